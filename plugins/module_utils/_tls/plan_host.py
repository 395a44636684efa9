# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What one host needs where this directory signs. Pure: stored facts and declaration in, a plan with reasons out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import ORIGIN_CONTROLLER, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CertificateFacts,
    HostFacts,
    Offered,
    RequestFacts,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_errors import error_of, unfit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_state import (
    Stored,
    effective_key,
    still_good,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.imports import judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import Key, key_of, key_reasons
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    NO_REQUEST,
    Expected,
    Reason,
    leaf_reasons,
    valid_despite,
)


class Given(t.NamedTuple):
    """What came with this call for one host: its CSR as checked, and a certificate."""

    presented: t.Optional[RequestFacts] = None
    offered: t.Optional[Offered] = None


class Terms(t.NamedTuple):
    """What counts for one host. expected: of its leaf; its names and key are filled in here. key_days: 0 for ever."""

    expected: Expected
    key_days: int = 0


class HostPlan(t.NamedTuple):
    """What happens to one host's directory.

    issue: sign a leaf for request, or for a key that is made first (make_key, of key_type). store: write the request.
    certificate: a leaf to write as it came. drop: empty the directory, it belongs to another VM or key. record: write
    host.json only. enrolled: afterwards a leaf valid for this VM is stored. rekey: SHA-256 of the public key that the
    VM is asked to replace. key_since: day of the key's first leaf, None for today. error: why this host is not served.
    Of an external signer only: aside: make_key makes the next key, the present one serves on; promote: the next key
    takes its place; pending: the file of the request that waits to be signed; wipe: what else is stored is stale.
    """

    reasons: t.Tuple[Reason, ...] = ()
    request: t.Optional[RequestFacts] = None
    make_key: bool = False
    key_type: t.Optional[str] = None
    store: bool = False
    issue: bool = False
    certificate: t.Optional[CertificateFacts] = None
    drop: bool = False
    record: bool = False
    enrolled: bool = False
    vm_id: t.Optional[str] = None
    key_sha256: t.Optional[str] = None
    key_since: t.Optional[str] = None
    rekey: t.Optional[str] = None
    error: str = ""
    aside: bool = False
    promote: bool = False
    pending: str = ""
    wipe: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything is written or removed for this host."""
        return self.store or self.issue or self.drop or self.record or self.make_key or self.certificate is not None


def plan_host(host: HostDesired, found: HostFacts, given: Given, terms: Terms, now: datetime.datetime) -> HostPlan:
    """The plan for one host."""
    error = error_of(host, found, given.presented)
    if error:
        return failed(host, found, error, terms, now)
    stored = still_good(host, found)
    error = unfit(host, stored.facts, given.presented)
    if error:
        # The present key serves on, and its leaf is renewed.
        plan = plan_host(host, found, given._replace(presented=None), terms, now)
        return plan._replace(error=error, rekey=None)
    request = chosen_request(stored.facts, given.presented)
    stored, restored = _restored(host, stored, request, given, terms, now)
    due = key_reasons(key_of(stored.facts), host.key_type, terms.key_days, now)
    if host.key_origin == ORIGIN_CONTROLLER and host.names:
        kept = request if stored.facts.has_key and not due else None
        if kept is None:
            return _with_new_key(host, stored, due, terms, now)
    key = effective_key(request, stored.facts)
    reasons = reasons_of(stored, terms.expected._replace(names=host.names, key_sha256=key), now)
    reasons += _lacking(host, request, reasons)
    plan = HostPlan(
        reasons, request, vm_id=host.vm_id or stored.facts.vm_id, key_sha256=key, key_since=since(stored.facts, key)
    )
    return asked_for_another_key(_with_this_key(plan, stored, restored), host, stored, request, due, now)


def failed(host: HostDesired, found: HostFacts, error: str, terms: Terms, now: datetime.datetime) -> HostPlan:
    """The plan for a host that is left alone because of an error; what is stored for it is still judged."""
    expected = terms.expected._replace(names=host.names or None, key_sha256=None)
    reasons = reasons_of(still_good(host, found), expected, now)
    return HostPlan(reasons, enrolled=valid_despite(reasons), vm_id=found.vm_id, error=error)


def chosen_request(facts: HostFacts, presented: t.Optional[RequestFacts]) -> t.Optional[RequestFacts]:
    """The request that counts: the stored one where the presented is for the same key, because signatures differ."""
    if presented and facts.request and presented.key_sha256 == facts.request.key_sha256:
        return facts.request
    return presented or facts.request


def reasons_of(stored: Stored, expected: Expected, now: datetime.datetime) -> t.Tuple[Reason, ...]:
    """Why the stored leaf is to be issued anew."""
    facts = stored.facts
    return stored.stale or leaf_reasons(facts.certificate, facts.certificate_fault, expected, now)


def since(facts: HostFacts, key_sha256: t.Optional[str]) -> t.Optional[str]:
    """The day of the first leaf for a key; None when that is today."""
    found = key_of(facts)
    return found.since if found and found.sha256 == key_sha256 else None


def asked_for_another_key(
    plan: HostPlan,
    host: HostDesired,
    stored: Stored,
    request: t.Optional[RequestFacts],
    due: t.Tuple[Reason, ...],
    now: datetime.datetime,
) -> HostPlan:
    """The plan, asking the VM for another key where the one to be certified is due. One that has just come is not
    judged by its age, and its type was judged before."""
    if host.key_origin == ORIGIN_CONTROLLER:
        return plan
    key = key_of(stored.facts)
    if request and (key is None or request.key_sha256 != key.sha256):
        due = key_reasons(Key(request.key_sha256, request.key_type), host.key_type, 0, now)
    if not due:
        return plan
    return plan._replace(reasons=plan.reasons + due, rekey=plan.key_sha256)


def _with_new_key(
    host: HostDesired, stored: Stored, due: t.Tuple[Reason, ...], terms: Terms, now: datetime.datetime
) -> HostPlan:
    reasons = reasons_of(stored, terms.expected._replace(names=host.names, key_sha256=None), now) + due
    if stored.facts.certificate and not due:
        reasons += (Reason("key_missing", "no complete key made on the controller is stored"),)
    return HostPlan(
        reasons,
        make_key=True,
        key_type=host.key_type,
        store=True,
        issue=True,
        enrolled=True,
        vm_id=host.vm_id or stored.facts.vm_id,
    )


def _restored(
    host: HostDesired,
    stored: Stored,
    request: t.Optional[RequestFacts],
    given: Given,
    terms: Terms,
    now: datetime.datetime,
) -> t.Tuple[Stored, t.Tuple[Reason, ...]]:
    """(what is stored with the leaf that came, where none is stored and it is good; why or why not)."""
    facts = stored.facts
    if stored.stale or facts.certificate or not given.offered or not host.names:
        return stored, ()
    if host.key_origin == ORIGIN_CONTROLLER and not (facts.has_key and request):
        return stored, ()
    expected = terms.expected._replace(names=host.names)
    found = given.offered.certificate
    key = effective_key(request, facts) or (found.key_sha256 if found else None)
    judged = judge(given.offered, None, (), expected, (key,), now)
    if judged.certificate is None:
        return stored, (Reason("not_restored", "the certificate that came is not used: %s" % judged.fault),)
    restored = Reason("restored", "the certificate that came is good and none was stored")
    return stored._replace(facts=facts._replace(certificate=judged.certificate, certificate_fault="")), (restored,)


def _with_this_key(plan: HostPlan, stored: Stored, restored: t.Tuple[Reason, ...]) -> HostPlan:
    facts, request = stored.facts, plan.request
    store = request is not None and request is not facts.request
    if request and plan.reasons:
        return plan._replace(reasons=plan.reasons + _unused(restored), store=store, issue=True, enrolled=True)
    reasons = plan.reasons + restored
    leaf = facts.certificate if any(reason.code == "restored" for reason in restored) else None
    if store and not leaf:
        reasons += (Reason("request_missing", "the certificate's signing request was not stored"),)
    record = not stored.stale and facts.certificate is not None and not is_recorded(facts, plan)
    if record and not leaf:
        reasons += (Reason("not_recorded", "host.json does not say this VM and key"),)
    return plan._replace(
        reasons=reasons,
        store=store,
        certificate=leaf,
        drop=bool(stored.stale),
        record=record,
        enrolled=valid_despite(plan.reasons),
    )


def _unused(restored: t.Tuple[Reason, ...]) -> t.Tuple[Reason, ...]:
    return tuple(reason for reason in restored if reason.code != "restored")


def _lacking(
    host: HostDesired, request: t.Optional[RequestFacts], reasons: t.Tuple[Reason, ...]
) -> t.Tuple[Reason, ...]:
    if not host.names:
        return (Reason("no_names", "neither dns_names nor ip_addresses are known yet"),)
    if reasons and not request:
        return (Reason(NO_REQUEST, "no signing request of this host is stored"),)
    return ()


def is_recorded(facts: HostFacts, plan: HostPlan) -> bool:
    """Whether host.json says the VM and the key of the plan."""
    same_id = (facts.vm_id or "").lower() == (plan.vm_id or "").lower()
    return same_id and facts.recorded_key == plan.key_sha256
