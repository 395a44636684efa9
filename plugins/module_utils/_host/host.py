# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A Docker host through the CustomScript extension: what it shall be, what Azure was told, and the way between."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.redaction import mask, masked, secrets_in
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import SCHEMA
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed, preflight
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import (
    converge as converge_extension,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from . import bundle
from .seen import PUBLISHER, TYPE, VERSION, Document, Seen, addresses, describe, judge, see, see_settled


@dataclasses.dataclass(frozen=True)
class Host:
    """One host as declared. ``certificate`` belongs to VM ``vm_id``; ``key`` only for keys made on the controller."""

    name: str
    id: str
    address: str = ""
    port: int = 2376
    engine_version: str = ""
    certificate: str = ""
    vm_id: str = ""
    repair: bool = False
    key: t.Optional[str] = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Site:
    """What all hosts of a call share."""

    extension_name: str
    client_authorities: str = ""
    server_authority_sha256: str = ""
    digest_key: t.Optional[str] = dataclasses.field(default=None, repr=False)


def desired_state(host: Host, site: Site, vm_id: str, address: str) -> Document:
    """The engine program's JSON object. A leaf made for another VM (re-image, clone) is not used: the host enrols."""
    tls: t.Optional[Document] = None
    if host.certificate and site.client_authorities and host.vm_id == vm_id:
        tls = {
            "certificate": host.certificate,
            "client_authorities": site.client_authorities,
            "server_authority_sha256": site.server_authority_sha256,
        }
        if host.key:
            tls["key"] = host.key
    return {
        "schema": SCHEMA,
        "host": host.name,
        "vm_id": vm_id,
        "address": address,
        "port": host.port,
        "engine": {"version": host.engine_version or None},
        "tls": tls,
    }


def refuse_foreign(host: Host, seen: Seen) -> None:
    if not seen.is_foreign:
        return
    name = (seen.extension or {}).get("name")
    raise Failure(
        f"The CustomScript slot of {host.id} is taken by the extension {name!r}, which this collection did not make; "
        "a VM takes one CustomScript only.",
        code="CustomScriptSlotTaken",
        hint=f"Ask its owner; if it has done its work, remove it (az vm extension delete --name {name}) and run again.",
    )


def extension(host: Host, site: Site, seen: Seen, state: Document) -> Desired:
    """The extension that carries ``state``. What Azure already holds in another wording stays as it is."""
    script = bundle.encoded(bundle.build(state))
    settings: Document = {"skipDos2Unix": True}
    protected: Document = {}
    if host.key:
        protected = {"script": script}
    elif seen.sent == bundle.Bundle(bundle.digest(), state):
        settings = observed.properties_of(seen.extension).get("settings") or {}
    else:
        settings["script"] = script
    return Desired(
        name=(seen.extension or {}).get("name") or site.extension_name,
        publisher=PUBLISHER,
        type=TYPE,
        version=VERSION,
        settings=settings,
        protected_settings=protected,
        on_unknown_secret="apply",
        rerun=host.repair,
    )


def differing(sent: t.Optional[bundle.Bundle], state: Document) -> t.List[str]:
    """Why the program must run, in the host's terms; [] when Azure holds just this."""
    if sent is None:
        return []
    reasons = [f"{name} differs" for name in sorted(state) if sent.desired.get(name) != state[name]]
    ours = bundle.fingerprint(bundle.build(sent.desired))  # with a key in it, a script has a line more to forget it
    return reasons + ([] if sent.digest == ours else ["the engine program is another version"])


def public(state: t.Optional[t.Mapping[str, t.Any]]) -> Document:
    """``state`` without a private key, for diffs."""
    if not state:
        return {}
    tls = state.get("tls")
    return dict(state, tls={name: value for name, value in tls.items() if name != "key"} if tls else None)


def shown(result: Document, seen: Seen, state: Document, repair: bool) -> Document:
    """``result`` of the extension in the host's terms: desired states instead of base64."""
    if not result["changed"]:
        return dict(result, before={}, after={})
    reasons = [reason for reason in result["reasons"] if not reason.startswith(("settings.", "asked to"))]
    reasons += differing(seen.sent, state) + (["what looks inside found it changed"] if repair else [])
    before = public(seen.sent.desired if seen.sent else None)
    return dict(result, reasons=reasons, before=before, after=public(state))


def converge(session: Session, host: Host, site: Site, check: bool) -> Document:
    """Bring one host to its declared state through its extension. Raises Failure. ``check`` sends nothing.

    A key that the controller made is kept out of every result and Failure, whoever quotes it.
    """
    hidden = secrets_in({"key": host.key or ""})
    try:
        return mask(_converge(session, host, site, check), hidden)
    except Failure as failure:
        raise masked(failure, hidden) from None


def _converge(session: Session, host: Host, site: Site, check: bool) -> Document:
    seen = see(session, host.id) if check else see_settled(session, host.id)
    vm = preflight.require_vm(host.id, seen.vm)
    refuse_foreign(host, seen)
    state = desired_state(host, site, str(seen.vm_id), host.address or private_address(session, host, vm))
    wanted = extension(host, site, seen, state)
    result = converge_extension(session, host.id, wanted, digest_key=site.digest_key, check=check, vm=vm)
    result = shown(result, seen, state, host.repair)
    after = see(session, host.id) if result["changed"] and not check else seen
    told = ("changed", "action", "reasons", "before", "after")
    return {**describe(after), **{name: result[name] for name in told}, "warnings": result["warnings"]}


def private_address(session: Session, host: Host, vm: t.Mapping[str, t.Any]) -> str:
    """The VM's primary private address. Raises Failure where it has none: there is nothing to listen on."""
    found = addresses(session, dict(vm))["private_address"]
    if not found:
        raise Failure(
            f"The VM {host.id} has no private address on its primary network interface, expected one to listen on.",
            code="NoPrivateAddress",
            hint="Give address, or attach an interface with a private address.",
        )
    return found


def remove(session: Session, host: Host, check: bool) -> Document:
    """Take our extension off the VM; engine and listener stay as they are. Somebody else's extension is left alone."""
    seen = see(session, host.id)
    refuse_foreign(host, seen)
    name = (seen.extension or {}).get("name")
    if seen.vm is None or name is None:
        return {**describe(seen), "changed": False, "action": "none", "reasons": [], "before": {}, "after": {}}
    wanted = Desired(name=name, publisher=PUBLISHER, type=TYPE, state="absent")
    result = converge_extension(session, host.id, wanted, check=check, vm=seen.vm)
    before = public(seen.sent.desired if seen.sent else None)
    return {
        **describe(seen if check else judge(None)),
        **{name: result[name] for name in ("changed", "action", "reasons")},
        "before": before,
        "after": {},
    }


def information(session: Session, resource_id: str) -> Document:
    """What ``docker_host_info`` says of one VM; ``exists`` is false where there is none."""
    seen = see(session, resource_id)
    where: t.Dict[str, t.Optional[str]] = {"private_address": None, "public_address": None}
    return {**describe(seen), **(addresses(session, seen.vm) if seen.vm else where), "changed": False}
