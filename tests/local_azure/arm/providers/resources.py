# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions, tenants, providers, and what is common to all resources: lists and operations."""

from __future__ import annotations

import re

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, group_of, page, subscription_of

PROVENANCE = {
    "subscription and tenant documents": "docs",
    "resource lists with resourceType filter": "docs",
    "provider registration: always Registered": "inferred",
}
_PREFIX = "/subscriptions/{subscription}"
_FILTER = re.compile(r"resourceType eq '([^']+)'", re.IGNORECASE)
_TYPES = {
    "Microsoft.Compute": ("virtualMachines", "virtualMachines/extensions", "disks"),
    "Microsoft.Network": ("virtualNetworks", "networkSecurityGroups", "publicIPAddresses", "networkInterfaces"),
    "Microsoft.Resources": ("resourceGroups", "tags"),
}
_VERSIONS = ["2024-07-01", "2024-01-01", "2023-09-01", "2022-11-01"]


def _subscription(ctx: Context, subscription: str) -> dict:
    number = ctx.subscriptions.index(subscription) + 1
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription,
        "tenantId": ctx.tenant_of(subscription),
        "displayName": f"Local Azure {number}",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off",
        },
    }  # fmt: skip


def _tenant(ctx: Context, call: Call) -> str:
    return call.caller.tenant if call.caller else ctx.tenant


def subscriptions(ctx: Context, call: Call) -> Reply:
    """Return the subscriptions of the caller's tenant."""
    here = _tenant(ctx, call)
    found = [_subscription(ctx, known) for known in ctx.subscriptions if ctx.tenant_of(known) == here]
    return Reply(200, {"value": found, "count": {"type": "Total", "value": len(found)}})


def subscription(ctx: Context, call: Call) -> Reply:
    """Return one subscription."""
    return Reply(200, _subscription(ctx, subscription_of(ctx, call)))


def tenants(ctx: Context, call: Call) -> Reply:
    """Return the caller's tenant: an application sees no other."""
    here = _tenant(ctx, call)
    tenant = {"id": f"/tenants/{here}", "tenantId": here, "displayName": "Local Azure", "countryCode": "XX"}
    return Reply(200, {"value": [tenant]})


def _provider(subscription_id: str, namespace: str) -> dict:
    return {
        "id": f"/subscriptions/{subscription_id}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": kind, "locations": [], "apiVersions": _VERSIONS} for kind in _TYPES[namespace]
        ],
    }


def providers(ctx: Context, call: Call) -> Reply:
    """Return the namespaces that are here."""
    known = subscription_of(ctx, call)
    return Reply(200, {"value": [_provider(known, namespace) for namespace in _TYPES]})


def provider(ctx: Context, call: Call) -> Reply:
    """Return one namespace; registering it is the same, it is always registered."""
    known = subscription_of(ctx, call)
    for namespace in _TYPES:
        if namespace.lower() == call.params["namespace"].lower():
            return Reply(200, _provider(known, namespace))
    wanted = call.params["namespace"]
    raise errors.ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{wanted}' is invalid.")


def _brief(record: Record) -> dict:
    document = record.document
    return {name: document[name] for name in ("id", "name", "type", "location", "tags") if name in document}


def _listed(ctx: Context, call: Call, groups: list[Record]) -> Reply:
    found = [record for group in groups for record in ctx.store.below(group.id)]
    kind = _FILTER.fullmatch(call.query.get("$filter", ""))
    if kind:
        found = [record for record in found if record.type.lower() == kind[1].lower()]
    return page(call, found, _brief)


def in_group(ctx: Context, call: Call) -> Reply:
    """Return the top-level resources of a group."""
    with ctx.store.lock:
        return _listed(ctx, call, [group_of(ctx, call)])


def in_subscription(ctx: Context, call: Call) -> Reply:
    """Return the top-level resources of a subscription."""
    with ctx.store.lock:
        groups = ctx.store.children(f"/subscriptions/{subscription_of(ctx, call)}", ids.GROUP_TYPE)
        return _listed(ctx, call, groups)


def operation(ctx: Context, call: Call) -> Reply:
    """Return an operation's state or result."""
    subscription_of(ctx, call)
    return ctx.operations.get(call)


ROUTES = {
    ("GET", "/subscriptions"): subscriptions,
    ("GET", "/tenants"): tenants,
    ("GET", _PREFIX): subscription,
    ("GET", f"{_PREFIX}/providers"): providers,
    ("GET", f"{_PREFIX}/providers/{{namespace}}"): provider,
    ("POST", f"{_PREFIX}/providers/{{namespace}}/register"): provider,
    ("GET", f"{_PREFIX}/resources"): in_subscription,
    ("GET", f"{GROUP}/resources"): in_group,
    ("GET", f"{_PREFIX}/operationresults/{{operation}}"): operation,
    ("GET", f"{_PREFIX}/providers/{{namespace}}/locations/{{location}}/operations/{{operation}}"): operation,
    ("GET", f"{_PREFIX}/providers/{{namespace}}/locations/{{location}}/operationResults/{{operation}}"): operation,
}
