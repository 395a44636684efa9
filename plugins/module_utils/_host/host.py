# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A Docker host from Azure's side: what it shall be, what Azure was told, and the way between."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.redaction import mask, masked, secrets_in
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import preflight

from . import bundle, by_command, by_extension
from .desired import Document, Host, Site, desired_state, public
from .seen import CUSTOM_SCRIPT, RUN_COMMAND, Seen, addresses, describe, find, judge, see, see_settled

NOISE = ("settings.", "source.", "asked to")  # the carrier's reasons that the host's own terms say better


def differing(sent: t.Optional[bundle.Bundle], state: Document) -> t.List[str]:
    """Why the program must run, in the host's terms; [] when Azure holds just this."""
    if sent is None:
        return []
    reasons = [f"{name} differs" for name in sorted(state) if sent.desired.get(name) != state[name]]
    ours = bundle.fingerprint(bundle.build(sent.desired))  # with a key in it, a script has a line more to forget it
    return reasons + ([] if sent.digest == ours else ["the engine program is another version"])


def shown(result: Document, seen: Seen, state: Document, repair: bool) -> Document:
    """``result`` of the carrier in the host's terms: desired states instead of base64."""
    if not result["changed"]:
        return dict(result, before={}, after={})
    reasons = [reason for reason in result["reasons"] if not reason.startswith(NOISE)]
    reasons += differing(seen.sent, state) + (["what looks inside found it changed"] if repair else [])
    before = public(seen.sent.desired if seen.sent else None)
    return dict(result, reasons=reasons, before=before, after=public(state))


def converge(session: Session, host: Host, site: Site, check: bool) -> Document:
    """Bring one host to its declared state through its carrier. Raises Failure. ``check`` sends nothing.

    A key that the controller made, or another secret, is kept out of every result and Failure, whoever quotes it.
    """
    hidden = secrets_in([host.key or "", *options.secret_strings(host.engine)])
    try:
        return mask(_converge(session, host, site, check), hidden)
    except Failure as failure:
        raise masked(failure, hidden) from None


def _converge(session: Session, host: Host, site: Site, check: bool) -> Document:
    where = (session, host.id, site.carrier, site.extension_name)
    seen = see(*where) if check else see_settled(*where)
    vm = preflight.require_vm(host.id, seen.vm)
    if seen.carrier != RUN_COMMAND:
        by_extension.refuse_foreign(host, seen)
    state = desired_state(host, site, str(seen.vm_id), host.address or private_address(session, host, vm))
    if seen.carrier == RUN_COMMAND:
        result = shown(by_command.deliver(session, host, site, seen, state, check), seen, public(state), host.repair)
        moved = by_extension.withdraw(session, host, seen, check)
    else:
        result = shown(by_extension.deliver(session, host, site, seen, state, check), seen, state, host.repair)
        moved = None
    if moved:
        reasons = [*result["reasons"], "the extension %r of ours is not the carrier any more" % moved["name"]]
        result = dict(result, changed=True, action="update", reasons=reasons)
    after = see(*where) if result["changed"] and not check else seen
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


def remove(session: Session, host: Host, site: Site, check: bool) -> Document:
    """Take our extension and run command off the VM; engine and listener stay as they are.

    Somebody else's extension is left alone: with the carrier custom_script alone it is an error to name it here.
    """
    seen = see(session, host.id, site.carrier, site.extension_name)
    if site.carrier == CUSTOM_SCRIPT:
        by_extension.refuse_foreign(host, seen)
    gone = [carrier.withdraw(session, host, seen, check) for carrier in (by_extension, by_command)]
    done = [result for result in gone if result is not None]
    if not done:
        return {**describe(seen), "changed": False, "action": "none", "reasons": [], "before": {}, "after": {}}
    return {
        **describe(seen if check else judge(None)),
        "changed": True,
        "action": "delete",
        "reasons": sorted({reason for result in done for reason in result["reasons"]}),
        "before": public(seen.sent.desired if seen.sent else None),
        "after": {},
    }


def information(session: Session, resource_id: str, carrier: str, name: str) -> Document:
    """What ``docker_host_info`` says of a VM with that declared carrier; ``exists`` is false where there is no VM."""
    seen = find(session, resource_id, carrier, name)
    where: t.Dict[str, t.Optional[str]] = {"private_address": None, "public_address": None}
    return {**describe(seen), **(addresses(session, seen.vm) if seen.vm else where), "changed": False}
