# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Converge a list of resources: read, plan, write, in the order of their references."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

from . import kept_tags
from .create_only import VM, users, writable
from .documents import GROUP_TYPE, id_key, parse_id
from .errors import Failure
from .fleet import each, in_order
from .redaction import masked, public, secrets_in
from .resource_order import Resource, dependencies, in_sequence, reverse
from .resource_plan import Plan, goes_along, plan_absent, plan_present, provisioning_state
from .session import Session
from .settling import settled


def make_present(
    session: Session,
    resources: Mapping[str, Resource],
    *,
    owner: Optional[str],
    concurrency: int,
    check: bool,
    ignore_tags: Sequence[str] = (),
) -> Dict[str, Any]:
    """{id: result or Failure} after all ``resources`` hold what they declare; with ``check`` nothing is written.

    ``ignore_tags`` are names of tags that are given at creation and not compared later.
    """

    by_id = {resource.id: resource for resource in resources.values()}

    def work(resource_id: str) -> Dict[str, Any]:
        resource = by_id[resource_id]
        try:
            return _present(session, resource, owner, ignore_tags, check)
        except Failure as failure:
            raise masked(failure, secrets_in(resource.protected)) from None

    return in_order(_spelled(resources, dependencies(resources)), work, concurrency)


def make_absent(
    session: Session, resources: Mapping[str, Resource], *, owner: str, concurrency: int, check: bool
) -> Dict[str, Any]:
    """{id: result or Failure} after all ``resources`` that ``owner``'s tags call ours are gone; in order of removal."""
    observed = each(resources, lambda key: observe(session, resources[key]), concurrency)
    failed = {key: item for key, item in observed.items() if isinstance(item, Failure)}
    current = {key: item for key, item in observed.items() if key not in failed}
    gone: Set[str] = set()

    def work(resource_id: str) -> Dict[str, Any]:
        key = id_key(resource_id)
        if key in failed:
            raise failed[key]
        return _absent(session, resources[key], current[key], owner, check, gone)

    # Azure shows references in both directions; only the ones that can be written say who needs whom.
    written = {key: writable(item or {}, parse_id(key).type) for key, item in current.items()}
    needs = in_sequence(reverse(dependencies(resources, written)))
    return in_order(_spelled(resources, needs), work, concurrency)


def observe(session: Session, resource: Resource) -> Optional[Dict[str, Any]]:
    """The resource as it is, VMs with their instance view; None if absent."""
    expand = "instanceView" if parse_id(resource.id).type.lower() == VM else None
    return session.get(resource.id, expand=expand, version=resource.api_version)


def _present(
    session: Session, resource: Resource, owner: Optional[str], ignore_tags: Sequence[str], check: bool
) -> Dict[str, Any]:
    last_try = False
    while True:
        current = observe(session, resource) if check else _settled(session, resource)
        plan = _plan(resource, current, owner, ignore_tags)
        if check or plan.action == "none":
            return _result(plan, plan.predicted)
        try:
            written = _write(session, resource, plan, (current or {}).get("etag"))
        except Failure as failure:
            # Somebody wrote between our read and our write: what they wrote must be read before we judge again.
            if last_try or failure.code not in ("PreconditionFailed", "ConditionNotMet"):
                raise
            last_try = True
            continue
        declared = resource.full().get("tags")
        names = kept_tags.kept(session, declared, written, lambda: observe(session, resource), ignore_tags)
        return kept_tags.marked(_result(plan, written), resource.id, names)


def _plan(resource: Resource, current: Any, owner: Optional[str], ignore_tags: Sequence[str]) -> Plan:
    return plan_present(
        resource.id,
        resource.full(),
        current,
        owner=owner,
        list_keys=resource.list_keys,
        exclusive=resource.exclusive,
        power=resource.power,
        ignore_tags=ignore_tags,
    )


def _settled(session: Session, resource: Resource) -> Optional[Dict[str, Any]]:
    """The resource as it is when an earlier run's creation or deletion of it has ended.

    A mere update is not waited for: a VM shows one as long as anybody's extension is being changed.
    """

    def coming_or_going(found: Optional[Mapping[str, Any]]) -> Optional[str]:
        state = provisioning_state(found or {})
        return state if state in ("Creating", "Deleting") else None

    first = observe(session, resource)
    return settled(session, resource.id, first, coming_or_going, lambda: observe(session, resource))


def _write(session: Session, resource: Resource, plan: Plan, etag: Optional[str]) -> Dict[str, Any]:
    """Send what the plan says; the resource as it then is."""
    written: Dict[str, Any] = {}
    if plan.document is not None:
        written = session.put(resource.id, plan.document, if_match=etag, version=resource.api_version)
    if plan.power:
        session.post(resource.id, plan.power)
    if parse_id(resource.id).type.lower() == VM:
        written = observe(session, resource) or written
    return written


def _absent(
    session: Session, resource: Resource, current: Optional[Mapping[str, Any]], owner: str, check: bool, gone: Set[str]
) -> Dict[str, Any]:
    held: List[str] = []
    if current is not None and parse_id(resource.id).type == GROUP_TYPE:
        # Azure lists for a while what has been deleted.
        listed = [item["id"] for item in session.list(resource.id + "/resources")]
        held = [found for found in listed if not _went(id_key(found), gone)]
    using = [user for user in users(resource.id, current or {}) if not _went(id_key(user), gone)]
    plan = plan_absent(resource.id, current, owner, held, using)
    if plan.action == "delete":
        if not check:
            session.delete(resource.id, version=resource.api_version)
        gone.update(id_key(found) for found in [resource.id, *goes_along(current or {})])
    return _result(plan, plan.predicted)


def _spelled(resources: Mapping[str, Resource], needs: Mapping[str, Set[str]]) -> Dict[str, List[str]]:
    """The dependencies by the ids as the user wrote them: messages and results name these."""
    return {resources[key].id: [resources[other].id for other in others] for key, others in needs.items()}


def _went(key: str, gone: Set[str]) -> bool:
    return any(key == other or key.startswith(other + "/") for other in gone)


def _result(plan: Plan, document: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        "changed": plan.action != "none",
        "action": plan.action,
        "reasons": plan.reasons,
        "before": plan.before,
        "after": plan.after,
        "document": public(dict(document)),
    }
