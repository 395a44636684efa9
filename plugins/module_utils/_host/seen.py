# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A Docker host seen from Azure: its VM, its addresses, what carries the program, the program's last report."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.settling import settled
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import keys
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed, secret_digest
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import observe as observe_vm
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.converge import (
    observe as observe_command,
)

from . import bundle, report

CUSTOM_SCRIPT, RUN_COMMAND, AUTO = "custom_script", "run_command", "auto"
PROGRAM = "bulwark.azure_docker"
RUN_COMMAND_HANDLER = "microsoft.cplat.core.runcommandhandlerlinux"
PUBLISHER, TYPE, VERSION = "Microsoft.Azure.Extensions", "CustomScript", "2.1"
Document = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Seen:
    """One VM at one moment. ``extension`` is what sits in the CustomScript slot, ``command`` the run command.

    ``sent`` and ``report`` are what ``carrier`` holds, and only if we made it.
    """

    vm: t.Optional[Document]
    extension: t.Optional[Document] = None
    sent: t.Optional[bundle.Bundle] = None
    report: t.Optional[report.Report] = None
    sealed: bool = False  # ours, but the whole script travelled as a protected setting
    extension_is_ours: bool = False
    command: t.Optional[Document] = None
    command_is_ours: bool = False
    carrier: str = CUSTOM_SCRIPT

    @property
    def vm_id(self) -> t.Optional[str]:
        return observed.properties_of(self.vm).get("vmId")

    @property
    def is_foreign(self) -> bool:
        return self.extension is not None and not self.extension_is_ours


def see(session: Session, resource_id: str, carrier: str = CUSTOM_SCRIPT, name: str = "") -> Seen:
    """One GET of the VM with its instance view, and one of the run command ``name`` where that may be the carrier."""
    vm = observe_vm(session, resource_id)
    seen = judge(vm)
    if vm is None or carrier == CUSTOM_SCRIPT or (carrier == AUTO and seen.extension_is_ours):
        return seen
    return judge(vm, observe_command(session, resource_id, name), carrier)


def find(session: Session, resource_id: str, declared: str, name: str) -> Seen:
    """What is on the VM, by whichever carrier it came: a fleet whose ``declared`` one was changed still has the other.

    As ``see``, and without the second GET where the declared carrier and the VM's agent say that it is of no use.
    """
    vm = observe_vm(session, resource_id)
    by_extension = judge(vm)
    if vm is None or (by_extension.extension_is_ours and declared != RUN_COMMAND):
        return by_extension
    if declared == CUSTOM_SCRIPT and not may_have_run_commands(vm):
        return by_extension
    command = observe_command(session, resource_id, name)
    if declared == AUTO:
        return judge(vm, command, AUTO)
    by_command = judge(vm, command, RUN_COMMAND)
    wanted = declared == RUN_COMMAND and not by_extension.extension_is_ours
    return by_command if by_command.command_is_ours or wanted else by_extension


def may_have_run_commands(vm: t.Mapping[str, t.Any]) -> bool:
    """False only if the VM's agent tells of its handlers, and that of run commands is not among them."""
    handlers = (observed.instance_view(vm).get("vmAgent") or {}).get("extensionHandlers")
    return handlers is None or any(str(item.get("type")).lower() == RUN_COMMAND_HANDLER for item in handlers)


def see_settled(session: Session, resource_id: str, carrier: str, name: str) -> Seen:
    """As ``see``, once no operation is under way on the carrier: what a run that was ended has begun counts."""
    what = "What brings the engine program to %s" % resource_id
    first = see(session, resource_id, carrier, name)
    return settled(session, what, first, _operation, lambda: see(session, resource_id, carrier, name))


def _operation(seen: Seen) -> t.Optional[str]:
    document = seen.command if seen.carrier == RUN_COMMAND else seen.extension
    return observed.properties_of(document).get("provisioningState")


def judge(vm: t.Optional[Document], command: t.Optional[Document] = None, carrier: str = CUSTOM_SCRIPT) -> Seen:
    """What the documents of a VM and of our run command say (pure); ``carrier`` is the one that is asked for."""
    if vm is None:
        return Seen(None)
    seen = _by_extension(vm)
    if carrier == CUSTOM_SCRIPT:
        return seen
    sent = bundle.read(str((observed.properties_of(command).get("source") or {}).get("script") or ""))
    seen = dataclasses.replace(seen, command=command, command_is_ours=sent is not None)
    if carrier == AUTO and (seen.extension_is_ours or not (seen.is_foreign or seen.command_is_ours)):
        return seen
    output = (observed.properties_of(command).get("instanceView") or {}).get("output")
    said = report.parse(str(output or "")) if sent else None
    return dataclasses.replace(seen, carrier=RUN_COMMAND, sent=sent, report=said, sealed=False)


def _by_extension(vm: Document) -> Seen:
    extension = observed.by_handler(vm, PUBLISHER, TYPE)
    properties = observed.properties_of(extension)
    settings = properties.get("settings") or {}
    sent = bundle.decode(settings.get("script"))
    text = observed.status_text(observed.view_of(vm, extension)) if extension else ""
    hidden = not settings.get("script") and not settings.get("commandToExecute")
    # every word of the program begins with its name; before its first word, our tag tells
    tag = secret_digest.read_tag(properties.get("forceUpdateTag"))
    tagged = tag is not None and tag.mark != secret_digest.NONE
    sealed = extension is not None and hidden and (PROGRAM in text or (not text and tagged))
    ours = sent is not None or sealed
    return Seen(vm, extension, sent, report.parse(text) if ours else None, sealed, ours)


def trusts(seen: Seen) -> Document:
    """Which authorities the host trusts and serves: what its program said, else what it was told; {} for neither."""
    said = seen.report or {}
    if said.get("trusts") and said.get("vm_id") == seen.vm_id:
        return dict(said["trusts"])
    tls = (seen.sent.desired.get("tls") if seen.sent else None) or {}
    if not tls:
        return {}
    return {
        "server_authority_sha256": tls.get("server_authority_sha256") or None,
        "client_authority_sha256s": keys.fingerprints(tls.get("client_authorities", "")),
    }


def addresses(session: Session, vm: Document) -> t.Dict[str, t.Optional[str]]:
    """The primary private and public address: one GET of the interface, one more if it has a public address."""
    interfaces = (observed.properties_of(vm).get("networkProfile") or {}).get("networkInterfaces") or []
    primary = [item for item in interfaces if (item.get("properties") or {}).get("primary")] or interfaces
    found: t.Dict[str, t.Optional[str]] = {"private_address": None, "public_address": None}
    interface = session.get(primary[0]["id"]) if primary else None
    for configuration in observed.properties_of(interface).get("ipConfigurations") or []:
        properties = configuration.get("properties") or {}
        if found["private_address"] is None or properties.get("primary"):
            found["private_address"] = properties.get("privateIPAddress")
            public = (properties.get("publicIPAddress") or {}).get("id")
            found["public_address"] = observed.properties_of(session.get(public)).get("ipAddress") if public else None
    return found


def describe(seen: Seen) -> Document:
    """The part of a host's result that comes from its VM document."""
    said = seen.report or {}
    properties = observed.properties_of((seen.command if seen.carrier == RUN_COMMAND else None) or seen.extension)
    return {
        "exists": seen.vm is not None,
        "vm_id": seen.vm_id,
        "power_state": observed.power_state(seen.vm) if seen.vm else None,
        "agent": observed.agent_state(seen.vm) if seen.vm else None,
        "carrier": seen.carrier,
        "extension": (seen.extension or {}).get("name"),
        "run_command": (seen.command or {}).get("name"),
        "provisioning_state": properties.get("provisioningState"),
        "is_foreign": seen.is_foreign,
        "state": said.get("state"),
        "engine_version": said.get("engine_version"),
        "os": said.get("os"),
        "csr": said.get("csr") if said.get("vm_id") == seen.vm_id else None,
        "restart_pending": said.get("restart_pending"),
        "findings": said.get("findings") or [],
        "ssh_host_keys": said.get("ssh_host_keys") or [],
        "trusts": trusts(seen),
        "certificate": ((seen.sent.desired.get("tls") if seen.sent else None) or {}).get("certificate"),
    }
