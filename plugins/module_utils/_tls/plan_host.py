# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What one host needs. Pure: stored facts and declaration in, a plan with reasons out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import ORIGIN_CONTROLLER, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    NO_REQUEST,
    Expected,
    Reason,
    leaf_reasons,
    valid_despite,
)


class HostPlan(t.NamedTuple):
    """What happens to one host's directory.

    issue: sign a leaf for request, or for a key that is made first (make_key). store: write the request.
    drop: empty the directory, it belongs to another VM or key. record: write host.json only.
    enrolled: afterwards a leaf valid for this VM is stored. error: why nothing is done for this host.
    """

    reasons: t.Tuple[Reason, ...] = ()
    request: t.Optional[RequestFacts] = None
    make_key: bool = False
    store: bool = False
    issue: bool = False
    drop: bool = False
    record: bool = False
    enrolled: bool = False
    vm_id: t.Optional[str] = None
    key_sha256: t.Optional[str] = None
    error: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything is written or removed for this host."""
        return self.store or self.issue or self.drop or self.record


class _Stored(t.NamedTuple):
    """The part of a host's facts that still counts, and why the rest does not (stale)."""

    facts: HostFacts
    stale: t.Tuple[Reason, ...]


def plan_host(
    host: HostDesired,
    found: HostFacts,
    presented: t.Optional[RequestFacts],
    expected: Expected,
    now: datetime.datetime,
) -> HostPlan:
    """The plan for one host. presented: the CSR of this call, as checked.

    expected: issuer, usage and renewal; the host's names and key are filled in here.
    """
    error = _error(host, found, presented)
    if error:
        return failed(host, found, error, expected, now)
    stored = _still_good(host, found)
    request = presented or stored.facts.request
    if request and stored.facts.request and request.key_sha256 == stored.facts.request.key_sha256:
        request = stored.facts.request
    make_key = host.key_origin == ORIGIN_CONTROLLER and not (stored.facts.has_key and request) and bool(host.names)
    key = None if make_key else _effective_key(request, stored.facts)
    reasons = _reasons(stored, expected._replace(names=host.names, key_sha256=key), now)
    reasons += _lacking(host, stored.facts, request, reasons, make_key)
    vm_id = host.vm_id or stored.facts.vm_id
    if make_key:
        return HostPlan(reasons, make_key=True, store=True, issue=True, enrolled=True, vm_id=vm_id)
    return _without_new_key(HostPlan(reasons, request, vm_id=vm_id, key_sha256=key), stored)


def failed(host: HostDesired, found: HostFacts, error: str, expected: Expected, now: datetime.datetime) -> HostPlan:
    """The plan for a host that is left alone because of an error; what is stored for it is still judged."""
    reasons = _reasons(_still_good(host, found), expected._replace(names=host.names or None, key_sha256=None), now)
    return HostPlan(reasons, enrolled=valid_despite(reasons), vm_id=found.vm_id, error=error)


def public_key_of(host: HostDesired, found: HostFacts, presented: t.Optional[RequestFacts]) -> t.Optional[str]:
    """The SHA-256 of the public key this host comes with: presented now, or stored and still its own."""
    return _effective_key(presented, _still_good(host, found).facts)


def same_vm(one: t.Optional[str], other: t.Optional[str]) -> bool:
    """Whether two VM ids can be of one VM; an unknown id contradicts nothing."""
    return not one or not other or one.lower() == other.lower()


def _without_new_key(plan: HostPlan, stored: _Stored) -> HostPlan:
    facts, request = stored.facts, plan.request
    store = request is not None and request is not facts.request
    if request and plan.reasons:
        return plan._replace(store=store, issue=True, enrolled=True)
    reasons = plan.reasons
    if store:
        reasons += (Reason("request_missing", "the certificate's signing request was not stored"),)
    record = not stored.stale and facts.certificate is not None and not _recorded(facts, plan)
    if record:
        reasons += (Reason("not_recorded", "host.json does not say this VM and key"),)
    return plan._replace(
        reasons=reasons,
        store=store,
        drop=bool(stored.stale),
        record=record,
        enrolled=valid_despite(plan.reasons),
    )


def _reasons(stored: _Stored, expected: Expected, now: datetime.datetime) -> t.Tuple[Reason, ...]:
    facts = stored.facts
    return stored.stale or leaf_reasons(facts.certificate, facts.certificate_fault, expected, now)


def _error(host: HostDesired, found: HostFacts, presented: t.Optional[RequestFacts]) -> str:
    if host.fault:
        return "%s. Next step: correct the host's options." % _capital(host.fault)
    if presented and presented.fault:
        return "The csr of %s is refused: %s. Next step: make a new key and csr on that host." % (
            host.name,
            presented.fault,
        )
    if not host.names and (presented or found.request or found.certificate):
        return (
            "%s has a key but neither dns_names nor ip_addresses, expected at least one for its certificate. "
            "Next step: give the names and addresses by which clients reach it." % host.name
        )
    return ""


def _still_good(host: HostDesired, found: HostFacts) -> _Stored:
    stale = []
    if not same_vm(host.vm_id, found.vm_id):
        stale.append(Reason("vm_id_changed", "the VM id was %s, it is %s" % (found.vm_id, host.vm_id)))
    if found.has_key and host.key_origin != ORIGIN_CONTROLLER:
        stale.append(Reason("key_origin_changed", "the key was made on the controller, expected on the VM"))
    if stale:
        return _Stored(HostFacts(), tuple(stale))
    if found.request and found.request.fault:
        found = found._replace(request=None)
    return _Stored(found, ())


def _effective_key(request: t.Optional[RequestFacts], facts: HostFacts) -> t.Optional[str]:
    if request and not request.fault:
        return request.key_sha256
    if facts.request:
        return facts.request.key_sha256
    return facts.recorded_key or (facts.certificate.key_sha256 if facts.certificate else None)


def _lacking(
    host: HostDesired,
    facts: HostFacts,
    request: t.Optional[RequestFacts],
    reasons: t.Tuple[Reason, ...],
    make_key: bool,
) -> t.Tuple[Reason, ...]:
    if make_key:
        return (Reason("key_missing", "no complete key made on the controller is stored"),) if facts.certificate else ()
    if not host.names:
        return (Reason("no_names", "neither dns_names nor ip_addresses are known yet"),)
    if reasons and not request:
        return (Reason(NO_REQUEST, "no signing request of this host is stored"),)
    return ()


def _recorded(facts: HostFacts, plan: HostPlan) -> bool:
    same_id = (facts.vm_id or "").lower() == (plan.vm_id or "").lower()
    return same_id and facts.recorded_key == plan.key_sha256


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
