# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Converge a list of resources: read, plan, write, in the order of their references."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Set

from .create_only import VM, writable
from .documents import GROUP_TYPE, id_key, parse_id
from .errors import Failure
from .fleet import each, in_order
from .redaction import masked, public, secrets_in
from .resource_order import Resource, dependencies, reverse
from .resource_plan import Plan, goes_along, plan_absent, plan_present
from .session import Session


def make_present(
    session: Session, resources: Mapping[str, Resource], *, owner: Optional[str], concurrency: int, check: bool
) -> Dict[str, Any]:
    """{id: result or Failure} after all ``resources`` hold what they declare; with ``check`` nothing is written."""

    by_id = {resource.id: resource for resource in resources.values()}

    def work(resource_id: str) -> Dict[str, Any]:
        resource = by_id[resource_id]
        try:
            return _present(session, resource, owner, check)
        except Failure as failure:
            raise masked(failure, secrets_in(resource.protected)) from None

    return in_order(_spelled(resources, dependencies(resources)), work, concurrency)


def make_absent(
    session: Session, resources: Mapping[str, Resource], *, owner: str, concurrency: int, check: bool
) -> Dict[str, Any]:
    """{id: result or Failure} after all ``resources`` that carry ``owner``'s tag are gone."""
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
    return in_order(_spelled(resources, reverse(dependencies(resources, written))), work, concurrency)


def observe(session: Session, resource: Resource) -> Optional[Dict[str, Any]]:
    """The resource as it is, VMs with their instance view; None if absent."""
    expand = "instanceView" if parse_id(resource.id).type.lower() == VM else None
    return session.get(resource.id, expand=expand, version=resource.api_version)


def _present(session: Session, resource: Resource, owner: Optional[str], check: bool) -> Dict[str, Any]:
    last_try = False
    while True:
        current = observe(session, resource)
        plan = plan_present(
            resource.id,
            resource.full(),
            current,
            owner=owner,
            list_keys=resource.list_keys,
            exclusive=resource.exclusive,
        )
        if check or plan.action == "none":
            return _result(plan, plan.predicted)
        try:
            etag = (current or {}).get("etag")
            written = session.put(resource.id, plan.document or {}, if_match=etag, version=resource.api_version)
        except Failure as failure:
            # Somebody wrote between our read and our write: what they wrote must be read before we judge again.
            if last_try or failure.code not in ("PreconditionFailed", "ConditionNotMet"):
                raise
            last_try = True
            continue
        if parse_id(resource.id).type.lower() == VM:
            written = observe(session, resource) or written
        return _result(plan, written)


def _absent(
    session: Session, resource: Resource, current: Optional[Mapping[str, Any]], owner: str, check: bool, gone: Set[str]
) -> Dict[str, Any]:
    others: List[str] = []
    if current is not None and parse_id(resource.id).type == GROUP_TYPE:
        held = [item["id"] for item in session.list(resource.id + "/resources")]
        others = [found for found in held if not _went(id_key(found), gone)] if check else held
    plan = plan_absent(resource.id, current, owner, others)
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
