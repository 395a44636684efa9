# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network security groups and their rules, which are resources of their own and part of the group's body."""

from __future__ import annotations

import copy

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, properties_of, resource, target_id
from .network_common import child_document, child_target, reads, remove, settle, store_child, top_level

PROVENANCE = {
    "security group document and its six default rules": "recorded",
    "InUseNetworkSecurityGroupCannotBeDeleted": "recorded",
    "rule document: empty lists beside the single values": "docs",
    "SecurityRuleConflict; priorities 100 to 4096": "docs",
    "a PUT without securityRules removes those that are there": "inferred",
}
TYPE = "Microsoft.Network/networkSecurityGroups"
RULE = f"{TYPE}/securityRules"
_GROUP = f"{GROUP}/providers/{TYPE}/{{name}}"
_RULE = f"{_GROUP}/securityRules/{{child}}"
_LISTS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
_DEFAULTS = (
    ("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET",
     "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Inbound"),
    ("AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer",
     "AzureLoadBalancer", "*", "Allow", 65001, "Inbound"),
    ("DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny", 65500, "Inbound"),
    ("AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET",
     "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Outbound"),
    ("AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet",
     "*", "Internet", "Allow", 65001, "Outbound"),
    ("DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny", 65500, "Outbound"),
)  # fmt: skip


def _default_rules(group: Record) -> list[dict]:
    rules = []
    for name, description, source, destination, access, priority, direction in _DEFAULTS:
        kind = f"{TYPE}/defaultSecurityRules"
        rule = child_document(group.id, "defaultSecurityRules", kind, name, {
            "description": description, "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*",
            "sourceAddressPrefix": source, "destinationAddressPrefix": destination, "access": access,
            "priority": priority, "direction": direction, **{empty: [] for empty in _LISTS},
        })  # fmt: skip
        rule["etag"] = group.document["etag"]
        rule["properties"]["provisioningState"] = group.properties["provisioningState"]
        rules.append(rule)
    return rules


def render(ctx: Context, group: Record) -> dict:
    """Return a group with its rules and with those who use it."""
    document = copy.deepcopy(group.document)
    properties = document["properties"]
    properties["securityRules"] = [copy.deepcopy(rule.document) for rule in ctx.store.children(group.id, RULE)]
    properties["defaultSecurityRules"] = _default_rules(group)
    for name, kind in (("networkInterfaces", "networkInterfaces"), ("subnets", "virtualNetworks/subnets")):
        found = ctx.store.referrers(group.id, f"Microsoft.Network/{kind}")
        if found:
            properties[name] = [{"id": user.id} for user in found]
    return document


def _rule_properties(given: dict) -> dict:
    properties = copy.deepcopy(given.get("properties") or {})
    properties.pop("provisioningState", None)
    for name in ("protocol", "access", "direction", "priority"):
        if properties.get(name) is None:
            raise errors.missing_parameter(f"securityRules.{given.get('name')}.{name}")
    if not isinstance(properties["priority"], int) or not 100 <= properties["priority"] <= 4096:
        text = (
            f"Security rule {given.get('name')} has invalid Priority. Value provided: {properties['priority']} "
            "Allowed range 100-4096."
        )
        raise errors.ArmError(400, "SecurityRuleInvalidPriority", text, details=[])
    return {**{empty: [] for empty in _LISTS}, **properties}


def _check_conflicts(rules: dict[str, dict]) -> None:
    seen: dict[tuple, str] = {}
    for name, properties in rules.items():
        place = (properties["direction"].lower(), properties["priority"])
        if place in seen:
            text = (
                f"Security rule {seen[place]} conflicts with rule {name}. Rules cannot have the same Priority and "
                "Direction. To learn more, see aka.ms/nsgrules."
            )
            raise errors.ArmError(400, "SecurityRuleConflict", text, details=[])
        seen[place] = name


def _store_rule(ctx: Context, group: Record, name: str, properties: dict) -> Record:
    return store_child(ctx, child_document(group.id, "securityRules", RULE, name, properties), [])


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace a group and all of its rules."""
    with ctx.store.lock:
        given = properties_of(call)
        rules = {str(rule.get("name")): _rule_properties(rule) for rule in given.pop("securityRules", None) or []}
        _check_conflicts(rules)
        for name in ("provisioningState", "defaultSecurityRules", "networkInterfaces", "subnets"):
            given.pop(name, None)
        group, new = top_level(ctx, call, TYPE, given)
        ctx.store.put(group)
        kept = {name.lower() for name in rules}
        for rule in ctx.store.children(group.id, RULE):
            if rule.document["name"].lower() not in kept:
                ctx.store.remove(rule.id)
        for name, properties in rules.items():
            _store_rule(ctx, group, name, properties)
        return settle(ctx, call, group, render(ctx, group), 201 if new else 200)


def put_rule(ctx: Context, call: Call) -> Reply:
    """Create or replace one rule."""
    with ctx.store.lock:
        group, wanted = child_target(ctx, call, writing=True)
        existing, name = ctx.store.get(wanted), ids.name(wanted)
        others = {r.document["name"]: r.properties for r in ctx.store.children(group.id, RULE) if r is not existing}
        properties = _rule_properties({"properties": properties_of(call), "name": name})
        _check_conflicts({**others, name: properties})
        rule = _store_rule(ctx, group, name, properties)
        return settle(ctx, call, rule, copy.deepcopy(rule.document), 200 if existing else 201)


def get_rule(ctx: Context, call: Call) -> Reply:
    """Return one rule."""
    with ctx.store.lock:
        child_target(ctx, call)
        rule = resource(ctx, call)
        return Reply(200, copy.deepcopy(rule.document), {"ETag": rule.document["etag"]})


def list_rules(ctx: Context, call: Call) -> Reply:
    """Return the rules of a group, without the default ones."""
    with ctx.store.lock:
        above = Call(**{**vars(call), "path": call.path.rpartition("/")[0]})
        return Reply(200, {"value": render(ctx, resource(ctx, above))["properties"]["securityRules"]})


def delete_rule(ctx: Context, call: Call) -> Reply:
    """Delete one rule."""
    with ctx.store.lock:
        rule = ctx.store.get(child_target(ctx, call)[1])
        return Reply(204) if rule is None else remove(ctx, call, rule)


def delete(ctx: Context, call: Call) -> Reply:
    """Delete a group that nobody uses."""
    with ctx.store.lock:
        group = ctx.store.get(target_id(ctx, call))
        if group is None:
            return Reply(204)
        document = render(ctx, group)["properties"]
        users = [user["id"] for user in document.get("networkInterfaces", []) + document.get("subnets", [])]
        if users:
            text = (
                f"Network security group {group.id} cannot be deleted because it is in use by the following resources: "
                f"{', '.join(users)}. In order to delete the Network security group, remove the association with the "
                "resource(s). To learn how to do this, see aka.ms/deletensg."
            )
            raise errors.ArmError(400, "InUseNetworkSecurityGroupCannotBeDeleted", text, details=[])
        return remove(ctx, call, group)


ROUTES = {
    ("PUT", _GROUP): put,
    ("DELETE", _GROUP): delete,
    ("PUT", _RULE): put_rule,
    ("GET", _RULE): get_rule,
    ("DELETE", _RULE): delete_rule,
    ("GET", f"{_GROUP}/securityRules"): list_rules,
    **reads(_GROUP, TYPE, render),
}
