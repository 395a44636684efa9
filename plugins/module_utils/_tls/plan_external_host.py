# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What one host needs where another signs: a request that waits, and a certificate that comes back. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import ORIGIN_CONTROLLER, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_errors import error_of, import_error, unfit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_state import (
    Stored,
    effective_key,
    still_good,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.imports import judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import key_of, key_reasons
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import (
    Given,
    HostPlan,
    Terms,
    asked_for_another_key,
    chosen_request,
    failed,
    is_recorded,
    reasons_of,
    since,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    NO_REQUEST,
    Expected,
    Reason,
    valid_despite,
)

REQUEST = "csr.pem"
NEXT_REQUEST = "next-csr.pem"
WAITED_OUT = ("names_differ", "key_mismatch")
"""What a stored leaf may have and serve on until the next comes; a wrong key only where the VM still has that key."""


def plan_external_host(
    host: HostDesired, found: HostFacts, given: Given, terms: Terms, now: datetime.datetime
) -> HostPlan:
    """The plan for one host. Its stored leaf stays until a better one has come, for the signer may take days."""
    error = error_of(host, found, given.presented)
    if error:
        return failed(host, found, error, terms, now)
    stored = still_good(host, found)
    error = unfit(host, stored.facts, given.presented)
    if error:
        given = given._replace(presented=None)
    if stored.stale and not given.presented:
        # Nothing is known of the new VM's key, so the certificate can only be the old one's.
        given = given._replace(offered=None)
    expected = terms.expected._replace(names=host.names, more_names=True)
    due = key_reasons(key_of(stored.facts), host.key_type, terms.key_days, now)
    planned = _controller_key if host.key_origin == ORIGIN_CONTROLLER else _vm_key
    plan = planned(host, stored, given, expected, due, now)
    return plan._replace(error=error, rekey=None) if error else plan


def _vm_key(
    host: HostDesired,
    stored: Stored,
    given: Given,
    expected: Expected,
    due: t.Tuple[Reason, ...],
    now: datetime.datetime,
) -> HostPlan:
    facts = stored.facts
    leaf = facts.certificate
    request = chosen_request(facts, given.presented)
    reasons = reasons_of(stored, expected._replace(key_sha256=request.key_sha256 if request else None), now)
    if not host.names:
        reasons += (Reason("no_names", "neither dns_names nor ip_addresses are known yet"),)
    elif reasons and not request:
        reasons += (Reason(NO_REQUEST, "no signing request of this host is stored"),)
    plan = HostPlan(
        reasons,
        request,
        store=request is not None and request is not facts.request,
        drop=bool(stored.stale) and request is None,
        wipe=bool(stored.stale),
        # Only a VM that was asked for another key still has the one of its leaf.
        enrolled=_serves_on(reasons, has_old_key=bool(due)),
        vm_id=host.vm_id or facts.vm_id,
        pending=REQUEST if request and reasons and host.names else "",
    )
    plan = _with_import(plan, host, stored, given, expected, _vm_keys(request, facts, given, bool(due)), now)
    key = plan.certificate or leaf or request
    plan = plan._replace(key_sha256=key.key_sha256 if key else facts.recorded_key)
    plan = asked_for_another_key(plan, host, stored, request, due, now)
    return _recorded(plan, facts)


def _vm_keys(
    request: t.Optional[RequestFacts], facts: HostFacts, given: Given, has_old_key: bool
) -> t.Set[t.Optional[str]]:
    """The keys that the VM may have. Where nothing is known of it, on a new runner, the certificate itself tells."""
    leaf = facts.certificate
    keys = {effective_key(request, facts)}
    if leaf and has_old_key:
        keys.add(leaf.key_sha256)
    if keys == {None} and given.offered and given.offered.certificate:
        keys = {given.offered.certificate.key_sha256}
    return keys


def _controller_key(
    host: HostDesired,
    stored: Stored,
    given: Given,
    expected: Expected,
    due: t.Tuple[Reason, ...],
    now: datetime.datetime,
) -> HostPlan:
    facts = stored.facts
    leaf = facts.certificate
    present = facts.request if facts.has_key else None
    waiting = facts.next_request if facts.has_next_key else None
    if waiting and host.key_type not in (None, waiting.key_type):
        waiting = None
    if waiting and present and waiting.key_sha256 == present.key_sha256:
        # What a killed import leaves: its key is in use already.
        waiting = None
    reasons = reasons_of(stored, expected._replace(key_sha256=present.key_sha256 if present else None), now) + due
    if leaf and not facts.has_key:
        reasons += (Reason("key_missing", "the key made on the controller is not stored"),)
    if not host.names:
        reasons += (Reason("no_names", "neither dns_names nor ip_addresses are known yet"),)
    wanted = bool(reasons and host.names)
    aside = present is None or bool(due)
    plan = HostPlan(
        reasons,
        waiting if aside else present,
        make_key=wanted and aside and waiting is None,
        key_type=host.key_type,
        drop=bool(stored.stale) and not host.names,
        wipe=bool(stored.stale),
        enrolled=_serves_on(reasons, has_old_key=False),
        vm_id=host.vm_id or facts.vm_id,
        key_sha256=leaf.key_sha256 if leaf else facts.recorded_key,
        aside=aside,
        pending="" if not wanted else NEXT_REQUEST if aside else REQUEST,
    )
    keys = {request.key_sha256 for request in (present, waiting) if request}
    plan = _with_import(plan, host, stored, given, expected, keys, now)
    if plan.certificate:
        promote = waiting is not None and plan.certificate.key_sha256 == waiting.key_sha256
        plan = plan._replace(promote=promote, make_key=False, key_sha256=plan.certificate.key_sha256)
    return _recorded(plan, facts)


def _with_import(
    plan: HostPlan,
    host: HostDesired,
    stored: Stored,
    given: Given,
    expected: Expected,
    keys: t.Collection[t.Optional[str]],
    now: datetime.datetime,
) -> HostPlan:
    judged = judge(given.offered, stored.facts.certificate, plan.reasons, expected, keys, now)
    if judged.fault:
        return plan._replace(error=import_error("host", host.name, judged.fault, expected.issuer))
    if judged.certificate is None:
        return plan
    reason = Reason("imported", "the certificate that came takes its place")
    return plan._replace(
        certificate=judged.certificate, reasons=(*plan.reasons, reason), enrolled=True, pending="", drop=False
    )


def _serves_on(reasons: t.Iterable[Reason], has_old_key: bool) -> bool:
    return valid_despite(
        reason
        for reason in reasons
        if not (reason.code in WAITED_OUT and (reason.code != "key_mismatch" or has_old_key))
    )


def _recorded(plan: HostPlan, facts: HostFacts) -> HostPlan:
    """The plan with the day of its key, and a record where only that is missing."""
    plan = plan._replace(key_since=since(facts, plan.key_sha256))
    if facts.certificate and not plan.changed and not is_recorded(facts, plan):
        plan = plan._replace(
            record=True, reasons=(*plan.reasons, Reason("not_recorded", "host.json does not say this VM and key"))
        )
    return plan
