# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy assignments: each carries its own rule, and judges or changes what is written in its scope."""

from __future__ import annotations

import json
from typing import Any

from .. import errors, ids, policy_rules
from ..authorization import covers
from ..context import Context
from ..messages import Call
from . import scoped

PROVENANCE = {
    "RequestDisallowedByPolicy: 403, code, text, target and additionalInfo": "docs",
    "modify changes the tags of what is written": "docs",
    "enforcementMode DoNotEnforce judges and does not refuse": "docs",
    "the rule is in the assignment's metadata.policyRule, not in a definition": "inferred",
    "policies look at PUT and PATCH of groups and resources, not at tags/default": "inferred",
}
TYPE = "Microsoft.Authorization/policyAssignments"
_GROUP = "Microsoft.Resources/subscriptions/resourceGroups"  # what policies call it
_UNJUDGED = ("microsoft.authorization", "microsoft.resources")


def _complete(scope: str, given: dict) -> dict:
    policy_rules.check((given.get("metadata") or {}).get("policyRule"))
    definition = "/providers/Microsoft.Authorization/policyDefinitions/local"
    return {"policyDefinitionId": definition, "enforcementMode": "Default", "parameters": {}, **given, "scope": scope}


def apply(ctx: Context, call: Call) -> Any:
    """Judge a write by every assignment above it: refuse it, or return its body with other tags if one modifies."""
    if call.method not in ("PUT", "PATCH") or not isinstance(call.body, dict):
        return call.body
    with ctx.store.lock:
        assignments = [found for found in scoped.all_of(ctx, TYPE) if covers(scoped.scope_in(found), call.path)]
    if not assignments or not _judged(call.path):
        return call.body
    resource, body = _resource(ctx, call), call.body
    for assignment in assignments:
        rule = assignment["properties"]["metadata"]["policyRule"]
        effect = rule["then"]["effect"].lower()
        if effect == "disabled" or not policy_rules.matches(rule["if"], resource):
            continue
        if effect == "modify":
            resource = {**resource, "tags": policy_rules.with_tags(resource.get("tags") or {}, rule)}
            body = {**body, "tags": resource["tags"]}
        elif assignment["properties"]["enforcementMode"].lower() != "donotenforce":
            raise _refusal(assignment, rule, resource)
    return body


def _judged(path: str) -> bool:
    """Say whether the path is a group's or a resource's own."""
    words = path.strip("/").lower().split("/")
    if len(words) == 4:
        return words[2] == "resourcegroups"
    own = len(words) >= 8 and len(words) % 2 == 0 and words[4] == "providers" and words[5] not in _UNJUDGED
    return own and "providers" not in words[6:]


def _resource(ctx: Context, call: Call) -> dict:
    """Return what the resource would be after the write."""
    wanted = ids.canonical(call.path)
    existing = ctx.store.get(wanted)
    before = existing.document if existing is not None and call.method == "PATCH" else {}
    kind = ids.resource_type(wanted)
    properties = {**(before.get("properties") or {}), **(call.body.get("properties") or {})}
    return {
        **before, **call.body, "properties": properties,
        "type": _GROUP if kind == ids.GROUP_TYPE else kind, "name": ids.name(wanted), "id": wanted,
    }  # fmt: skip


def _refusal(assignment: dict, rule: dict, resource: dict) -> errors.ArmError:
    properties = assignment["properties"]
    definition = properties["policyDefinitionId"]
    shown = properties.get("displayName") or assignment["name"]
    named = (properties["metadata"].get("policyDefinitionName")) or shown
    identifiers = [{
        "policyAssignment": {"name": shown, "id": assignment["id"]},
        "policyDefinition": {"name": named, "id": definition},
    }]  # fmt: skip
    text = (
        f"Resource '{resource['name']}' was disallowed by policy. Policy identifiers: "
        f"'{json.dumps(identifiers, separators=(',', ':'))}'."
    )
    info = {
        "evaluationDetails": {"evaluatedExpressions": policy_rules.evaluated(rule["if"], resource)},
        "policyDefinitionId": definition, "policyDefinitionName": ids.name(definition),
        "policyDefinitionDisplayName": named, "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment["id"], "policyAssignmentName": assignment["name"],
        "policyAssignmentDisplayName": shown, "policyAssignmentScope": properties["scope"],
        "policyAssignmentParameters": properties["parameters"],
    }  # fmt: skip
    error = errors.ArmError(403, "RequestDisallowedByPolicy", text, target=resource["name"])
    error.additional_info = [{"type": "PolicyViolation", "info": info}]
    return error


ROUTES = scoped.routes(TYPE, _complete)
