# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A Docker host seen from Azure: its VM, its addresses, our extension, the program's last report."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.settling import settled
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed, secret_digest
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import observe as observe_vm

from . import bundle, report

PROGRAM = "bulwark.azure_docker"
PUBLISHER, TYPE, VERSION = "Microsoft.Azure.Extensions", "CustomScript", "2.1"
Document = t.Dict[str, t.Any]
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Seen:
    """One VM at one moment. ``extension`` is whatever sits in the CustomScript slot; ``sent`` only if it is ours."""

    vm: t.Optional[Document]
    extension: t.Optional[Document]
    sent: t.Optional[bundle.Bundle]
    report: t.Optional[report.Report]
    sealed: bool  # ours, but the whole script travelled as a protected setting

    @property
    def vm_id(self) -> t.Optional[str]:
        return observed.properties_of(self.vm).get("vmId")

    @property
    def is_foreign(self) -> bool:
        return self.extension is not None and self.sent is None and not self.sealed


def see(session: Session, resource_id: str) -> Seen:
    """One GET of the VM with its instance view. Raises Failure."""
    return judge(observe_vm(session, resource_id))


def see_settled(session: Session, resource_id: str) -> Seen:
    """As ``see``, once no operation is under way on the extension: what a run that was ended has begun counts."""
    return settled(
        session,
        "The extension of %s" % resource_id,
        see(session, resource_id),
        _operation,
        lambda: see(session, resource_id),
    )


def _operation(seen: Seen) -> t.Optional[str]:
    return observed.properties_of(seen.extension).get("provisioningState")


def judge(vm: t.Optional[Document]) -> Seen:
    """What a VM document says (pure)."""
    if vm is None:
        return Seen(None, None, None, None, False)
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
    return Seen(vm, extension, sent, report.parse(text) if sent or sealed else None, sealed)


def sha256_of_pem(text: str) -> t.List[str]:
    """SHA-256 (hex, of the DER) of every certificate in a PEM text; one that is no base64 stands for itself."""
    found = []
    for body in CERTIFICATE.findall(text):
        try:
            data = base64.b64decode(body)
        except ValueError:
            data = body.encode("utf-8")
        found.append(hashlib.sha256(data).hexdigest())
    return found


def trusts(sent: t.Optional[bundle.Bundle]) -> Document:
    """Which authorities the host was told to trust and serve; {} before it was told of any."""
    tls = (sent.desired.get("tls") if sent else None) or {}
    if not tls:
        return {}
    return {
        "server_authority_sha256": tls.get("server_authority_sha256") or None,
        "client_authority_sha256s": sha256_of_pem(tls.get("client_authorities", "")),
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
    properties = observed.properties_of(seen.extension)
    return {
        "exists": seen.vm is not None,
        "vm_id": seen.vm_id,
        "power_state": observed.power_state(seen.vm) if seen.vm else None,
        "agent": observed.agent_state(seen.vm) if seen.vm else None,
        "extension": (seen.extension or {}).get("name"),
        "provisioning_state": properties.get("provisioningState"),
        "is_foreign": seen.is_foreign,
        "state": said.get("state"),
        "engine_version": said.get("engine_version"),
        "os": said.get("os"),
        "csr": said.get("csr") if said.get("vm_id") == seen.vm_id else None,
        "ssh_host_keys": said.get("ssh_host_keys") or [],
        "trusts": trusts(seen.sent),
    }
