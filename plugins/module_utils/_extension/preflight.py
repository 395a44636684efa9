# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What would make an extension operation fail or hang, found before anything is sent. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from .._azure.errors import Failure
from . import observed
from .desired import Desired


def require_vm(vm_id: str, vm: Optional[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The VM document; raises Failure if the VM does not exist."""
    if vm is None:
        raise Failure(
            "The VM %s does not exist." % vm_id,
            code="VMNotFound",
            hint="Check the id, or create the VM first.",
        )
    return vm


def check_ready(vm: Mapping[str, Any]) -> None:
    """Raise Failure if the VM cannot take an extension operation now."""
    check_allowed(vm)
    check_power(vm)
    check_agent(vm)


def check_allowed(vm: Mapping[str, Any]) -> None:
    """Raise Failure if the VM was created without extension operations, or without an agent."""
    profile = observed.properties_of(vm).get("osProfile") or {}
    if profile.get("allowExtensionOperations") is False:
        raise Failure(
            "Extension operations are disallowed on the VM %s (osProfile.allowExtensionOperations is false)."
            % vm.get("id"),
            code="ExtensionOperationsDisallowed",
            hint="Allow them: az vm update --set osProfile.allowExtensionOperations=true.",
        )
    if (profile.get("linuxConfiguration") or {}).get("provisionVMAgent") is False:
        raise Failure(
            "The VM %s was created without a VM agent (linuxConfiguration.provisionVMAgent is false)." % vm.get("id"),
            code="VMAgentAbsent",
            hint="Install the Azure Linux Agent in the VM and enable extensions in /etc/waagent.conf.",
        )


def check_power(vm: Mapping[str, Any]) -> None:
    """Raise Failure if the VM does not run. A stopped VM still shows its last agent status: ask this first."""
    state = observed.power_state(vm)
    if state not in (None, "running"):
        raise Failure(
            "The VM %s is %s; extensions can only be changed while it runs." % (vm.get("id"), state),
            code="VMNotRunning",
            hint="Start the VM and run again.",
        )


def check_agent(vm: Mapping[str, Any]) -> None:
    """Raise Failure if the VM agent has not reported that it is ready."""
    state = observed.agent_state(vm)
    if state == "absent":
        raise Failure(
            "The VM agent of %s has never reported." % vm.get("id"),
            code="VMAgentNotReady",
            hint="Wait until the VM has started. If that does not help, look at the Azure Linux Agent in the VM "
            "(systemctl status walinuxagent) and at its way to 168.63.129.16.",
        )
    if state != "ready":
        raise Failure(
            "The VM agent of %s is not ready: %s. Azure would wait for it for 25 minutes and then fail."
            % (vm.get("id"), state),
            code="VMAgentNotReady",
            hint="Look at the Azure Linux Agent in the VM (systemctl status walinuxagent).",
        )


def check_agent_version(desired: Desired, vm: Mapping[str, Any], minimum: Optional[str]) -> None:
    """Raise Failure if the VM's agent is too old for the handler. ``minimum`` is dotted numbers, or None."""
    found = (observed.instance_view(vm).get("vmAgent") or {}).get("vmAgentVersion")
    if not minimum or not found or observed.numbers(found) >= observed.numbers(minimum):
        return
    raise Failure(
        "The VM agent of %s is version %s; the handler %s needs %s or newer."
        % (vm.get("id"), found, desired.handler(), minimum),
        code="VMAgentTooOld",
        hint="Upgrade the Azure Linux Agent in the VM (package walinuxagent or WALinuxAgent) and run again.",
    )


def check_siblings(desired: Desired, vm: Mapping[str, Any]) -> None:
    """Raise Failure if another extension has failed, because Azure then holds back every new one."""
    failed = [
        item for item in observed.extensions(vm) if observed.properties_of(item).get("provisioningState") == "Failed"
    ]
    if not failed or desired.on_failed_sibling == "ignore":
        return
    names = ", ".join(repr(item.get("name")) for item in failed)
    raise Failure(
        "On %s the extension %s has failed, expected none: a failed extension can hold back every new one."
        % (vm.get("id"), names),
        code="SiblingFailed",
        details=[{"code": item.get("name"), "message": _failure_text(vm, item)} for item in failed],
        hint="Repair or remove it (its owner knows how) and run again, or set on_failed_sibling: ignore.",
    )


def _failure_text(vm: Mapping[str, Any], extension: Mapping[str, Any]) -> str:
    return observed.failure_status(extension, observed.view_of(vm, extension)) or ""
