# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How operations fail: the texts that a client meets in an operation's body, never as an HTTP status."""

from __future__ import annotations

from .errors import ArmError

_HELP = {"customscript": "https://aka.ms/VMExtensionCSELinuxTroubleshoot"}


def extension_failed(name: str, publisher: str, kind: str, text: str) -> ArmError:
    """The handler ran and reported an error; `text` is its own. The trailing blank is Azure's."""
    link = _HELP.get(kind.lower(), "https://aka.ms/VMExtensionLinuxTroubleshoot")
    message = (
        f"VM has reported a failure when processing extension '{name}' (publisher '{publisher}' and type '{kind}'). "
        f'Error message: "{text}". More information on troubleshooting is available at {link}. '
    )
    return ArmError(409, "VMExtensionProvisioningError", message)


def handler_failed(handler: str, name: str, code: int, text: str) -> ArmError:
    """The handler could not be installed or started at all."""
    message = (
        f"Handler '{handler}' has reported failure for VM Extension '{name}' with terminal error code '{code}' "
        f"and error message: '{text}'"
    )
    return ArmError(409, "VMExtensionHandlerNonTransientError", message)


def agent_silent(vm: str) -> ArmError:
    """Nothing was heard from the agent since the request."""
    message = (
        f"VM '{vm}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the "
        "VM has a running VM agent, and that it can establish outbound connections to Azure storage. Please refer to "
        "https://aka.ms/vmextensionlinuxtroubleshoot for additional VM agent troubleshooting information."
    )
    return ArmError(409, "VMAgentStatusCommunicationError", message)


def extension_timeout(name: str) -> ArmError:
    """The handler did not come to an end in the platform's time."""
    message = (
        f"Provisioning of VM extension '{name}' has timed out. Extension provisioning has taken too long to complete. "
        "The extension did not report a message."
    )
    return ArmError(409, "VMExtensionProvisioningTimeout", message)


def preempted() -> ArmError:
    """A later request took over."""
    return ArmError(409, "OperationPreempted", "Operation execution has been preempted by a more recent operation.")


def interrupted() -> ArmError:
    """The local Azure itself stopped half-way; this has no counterpart in Azure."""
    message = "The local Azure stopped while this operation was running. Send the request again."
    return ArmError(500, "InternalOperationError", message)


def crashed() -> ArmError:
    """A defect of the local Azure; its traceback is on standard error."""
    message = "The local Azure met a defect of its own. Its standard error has the traceback."
    return ArmError(500, "InternalOperationError", message)
