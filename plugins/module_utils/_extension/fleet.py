# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""One extension on many VMs: a large fleet is read in a few queries, and only what may differ is looked at one by one.

Azure allows about 25 reads a second, so 1,000 VMs take 40 seconds and 1,000 requests when each is read. Azure Resource
Graph tells of 1,000 extensions in one request, some minutes late and without what the handlers said. So its word is
taken for "nothing differs" only; whatever else it says is looked at in Azure itself before anything is sent.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._azure import graph
from .._azure.documents import parse_id
from .._azure.errors import Failure
from .._azure.fleet import each
from .._azure.redaction import mask, masked, secrets_in
from .._azure.session import Session
from . import catalogue
from .converge import converge, unchanged
from .desired import Desired
from .plan import Plan, plan

# From here on a query is cheaper than single requests, and Azure's limits begin to be felt.
QUERY_FROM = 100
LIVE, QUERIED = "live", "resource_graph"
QUERY = (
    "Resources | where type =~ 'microsoft.compute/virtualmachines/extensions' and %s "
    "| project id, name, type, location, tags, properties | order by id asc"
)


def check_declared(desired: Desired) -> None:
    """Raise Failure for settings that are wrong whatever a VM has: once for the call, before anything is sent.

    Without protected settings a part of them may be a stored secret, so each VM is judged by what it has.
    """
    if desired.state == "absent" or desired.protected_settings is None:
        return
    try:
        catalogue.check(desired)
    except Failure as failure:
        raise masked(failure, secrets_in(desired.protected_settings)) from None


def converge_many(
    session: Session,
    vms: Sequence[str],
    desired: Desired,
    *,
    digest_key: Optional[str],
    check: bool,
    concurrency: int,
    read_by: str = "auto",
) -> Dict[str, Any]:
    """{VM id: result or Failure}. Results say in ``read_by`` and ``read_at`` how and when a VM was seen.

    ``read_by`` "auto" queries for 100 VMs and more, "live" never. Without the right to query, all are read live.
    """
    queried: Dict[str, Any] = {}
    if read_by == QUERIED or (read_by == "auto" and len(vms) >= QUERY_FROM):
        queried = _as_declared(session, vms, desired, digest_key)
    rest = [vm for vm in vms if vm not in queried]

    def work(vm: str) -> Dict[str, Any]:
        result = converge(session, vm, desired, digest_key=digest_key, check=check)
        return {**result, "read_by": LIVE, "read_at": _now()}

    looked_at = each(rest, work, concurrency)
    return {vm: queried[vm] if vm in queried else looked_at[vm] for vm in vms}


def query_for(desired: Desired) -> str:
    """The query for the extensions that ``desired`` may be about: a VM has several, and all others are of no use here.

    By the name that is given, as ``plan.find`` does; by handler where there is none, or another name is taken over.
    """
    adopts = desired.adopt and desired.publisher is not None and desired.state != "absent"
    if desired.name is not None and not adopts:
        return QUERY % ("name =~ %s" % graph.text_literal(desired.name))
    named = (("publisher", desired.publisher), ("type", desired.type))
    return QUERY % " and ".join("properties.%s =~ %s" % (key, graph.text_literal(str(value))) for key, value in named)


def _as_declared(
    session: Session, vms: Sequence[str], desired: Desired, digest_key: Optional[str]
) -> Dict[str, Dict[str, Any]]:
    """Results of the VMs on which, by Resource Graph, nothing differs."""
    subscriptions = sorted({parse_id(vm).subscription.lower() for vm in vms})
    try:
        rows = graph.query(session, subscriptions, query_for(desired))
    except Failure as failure:
        if failure.code not in ("AuthorizationFailed", "InvalidQuery", "InvalidResourceType"):
            raise
        return {}
    read = {"read_by": QUERIED, "read_at": _now()}
    hidden = secrets_in(desired.protected_settings)
    by_vm = _by_vm(rows)
    found = {}
    for vm in vms:
        document = {"id": vm, "resources": by_vm.get(vm.rstrip("/").lower(), [])}
        steps = _plan_if_settled(desired, document, digest_key)
        if steps is not None:
            found[vm] = mask({**unchanged(steps, document), **read}, hidden)
    return found


def _plan_if_settled(desired: Desired, document: Mapping[str, Any], digest_key: Optional[str]) -> Optional[Plan]:
    try:
        steps = plan(desired, document, digest_key)
    except Failure:
        return None  # to be judged by what Azure itself says
    return steps if steps.action == "none" else None


def _by_vm(rows: Sequence[Mapping[str, Any]]) -> Dict[str, List[Mapping[str, Any]]]:
    found: Dict[str, List[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row["id"]).lower().rsplit("/extensions/", 1)[0], []).append(row)
    return found


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
