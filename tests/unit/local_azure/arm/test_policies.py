# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: their rules, what they deny and what they change."""

from __future__ import annotations

import json
import time

import pytest

from local_azure.arm import policy_rules
from local_azure.arm.errors import ArmError

EXTENSION = "Microsoft.Compute/virtualMachines/extensions"
RESOURCE = {
    "type": EXTENSION, "name": "e", "location": "westeurope", "tags": {"Owner": "me"},
    "properties": {"type": "CustomScript", "settings": {"a": {"b": 1}}},
}  # fmt: skip


@pytest.mark.parametrize("condition, expected", [
    ({"field": "type", "equals": EXTENSION.lower()}, True), ({"field": "type", "notEquals": EXTENSION}, False),
    ({"field": f"{EXTENSION}/type", "in": ["customscript"]}, True),
    ({"field": f"{EXTENSION}/type", "notIn": ["VMAccess"]}, True),
    ({"field": f"{EXTENSION}/settings.a.b", "equals": 1}, True),
    ({"field": f"{EXTENSION}/settings.a.c.d", "exists": False}, True),
    ({"field": "Microsoft.Compute/disks/x", "exists": "true"}, False),
    ({"field": "tags['owner']", "exists": True}, True), ({"field": "tags.cost", "exists": "false"}, True),
    ({"field": "tags[Owner]", "like": "M*"}, True), ({"field": "location", "like": "east*"}, False),
    ({"allOf": [{"field": "name", "equals": "e"}, {"not": {"field": "name", "equals": "f"}}]}, True),
    ({"anyOf": [{"field": "name", "equals": "x"}, {"field": "name", "equals": "y"}]}, False),
    ({"field": "tags.cost", "equals": "x"}, False), ({"field": "tags.cost", "notIn": ["x"]}, True),
])  # fmt: skip
def test_conditions(condition, expected):
    assert policy_rules.matches(condition, RESOURCE) is expected
    shown = policy_rules.evaluated(condition, RESOURCE)
    assert all(set(entry) >= {"result", "expression", "operator"} for entry in shown)


@pytest.mark.parametrize("rule", [
    None, {}, {"if": {}, "then": {"effect": "deny"}},
    {"if": {"field": "name", "equals": "x"}, "then": {"effect": "audit"}},
    {"if": {"field": "name", "contains": "x"}, "then": {"effect": "deny"}},
    {"if": {"field": "name", "equals": "x"},
     "then": {"effect": "modify", "details": {"operations": [{"field": "name"}]}}},
])  # fmt: skip
def test_rules_that_cannot_be_judged(rule):
    with pytest.raises(ArmError, match="InvalidPolicyRule"):
        policy_rules.check(rule)


def assign(client, scope, rule, name="house-rule", **properties):
    body = {"properties": {"displayName": "The house rule", "metadata": {"policyRule": rule}, **properties}}
    path = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
    status, answer, _headers = client.call("PUT", path, body)
    assert status in (200, 201), answer
    return answer


DENY = {
    "if": {"allOf": [
        {"field": "type", "equals": EXTENSION}, {"field": f"{EXTENSION}/type", "notIn": ["VMAccessForLinux"]},
    ]},
    "then": {"effect": "deny"},
}  # fmt: skip


def test_deny(client):
    client.add_vm()
    assignment = assign(client, client.group, DENY)
    status, body, _headers = client.call("PUT", client.extension, client.extension_body())
    error = body["error"]
    assert (status, error["code"], error["target"]) == (403, "RequestDisallowedByPolicy", "script")
    head, _space, rest = error["message"].partition(" Policy identifiers: ")
    assert head == "Resource 'script' was disallowed by policy."
    assert json.loads(rest[1:-2]) == [{
        "policyAssignment": {"name": "The house rule", "id": assignment["id"]},
        "policyDefinition": {
            "name": "The house rule", "id": "/providers/Microsoft.Authorization/policyDefinitions/local",
        },
    }]  # fmt: skip
    (entry,) = error["additionalInfo"]
    info = entry["info"]
    assert (entry["type"], info["policyAssignmentName"], info["policyDefinitionEffect"]) == (
        "PolicyViolation", "house-rule", "deny")  # fmt: skip
    assert (info["policyAssignmentId"], info["policyAssignmentScope"]) == (assignment["id"], client.group)
    assert info["evaluationDetails"]["evaluatedExpressions"][1] == {
        "result": "True", "expressionKind": "Field", "expression": f"{EXTENSION}/type", "path": f"{EXTENSION}/type",
        "expressionValue": "CustomScript", "targetValue": ["VMAccessForLinux"], "operator": "NotIn",
    }  # fmt: skip
    assert client.call("GET", client.extension)[0] == 404
    client.done("PUT", f"{client.vm}/extensions/access", client.extension_body(
        publisher="Microsoft.OSTCExtensions", type="VMAccessForLinux", typeHandlerVersion="1.5"))  # fmt: skip


def test_a_policy_that_does_not_enforce_lets_pass(client):
    client.add_vm()
    assign(client, client.group, DENY, enforcementMode="DoNotEnforce")
    client.done("PUT", client.extension, client.extension_body())
    assign(client, client.group, DENY)
    assert client.call("PATCH", client.extension, {"tags": {"a": "b"}})[0] == 403  # what is there is judged as well
    assert client.call("DELETE", client.extension)[0] == 202


def test_a_put_is_judged_by_what_it_says_and_a_patch_by_what_comes_of_it(client):
    client.add_vm()
    rule = {"if": {"field": "tags['role']", "exists": False}, "then": {"effect": "deny"}}
    assign(client, client.group, rule)
    untagged = {name: value for name, value in client.vm_body().items() if name != "tags"}
    assert client.call("PUT", client.vm, untagged)[0] == 403
    assert client.call("PATCH", client.vm, {"properties": {"hardwareProfile": {"vmSize": "x"}}})[0] == 200


def modify(operation="addOrReplace", tag="cost", value="42"):
    operations = [{"operation": operation, "field": f"tags['{tag}']", "value": value}]
    return {
        "if": {"field": f"tags['{tag}']", "notEquals": value},
        "then": {"effect": "modify", "details": {"operations": operations}},
    }


def test_modify_really_changes_tags_of_what_is_written(client, tmp_path):
    assign(client, "/".join(client.group.split("/")[:3]), modify())
    client.add_vm()
    assert client.get(client.vm)["tags"] == {"role": "docker", "cost": "42"}
    assert client.get(client.group)["tags"] == {"cost": "42"}
    client.done("PUT", client.extension, client.extension_body())
    assert client.get(client.extension)["tags"] == {"cost": "42"}
    client.done("PATCH", client.vm, {"tags": {"role": "x", "cost": "1"}})
    assert client.get(client.vm)["tags"] == {"role": "x", "cost": "42"}
    lines = [json.loads(line) for line in (tmp_path / "state/requests.jsonl").read_text().splitlines()]
    sent = [line["body"] for line in lines if line["path"].startswith(client.extension) and line["method"] == "PUT"]
    assert "tags" not in sent[0]  # the journal has what was sent


def test_modify_add_leaves_what_is_there(client):
    assign(client, "/".join(client.group.split("/")[:3]), modify("add"))
    client.call("PUT", client.group, {"location": "westeurope", "tags": {"cost": "1"}})
    assert client.get(client.group)["tags"] == {"cost": "1"}


def test_groups_have_a_name_of_their_own_in_policies(client):
    rule = {"if": {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
            "then": {"effect": "deny"}}  # fmt: skip
    assignment = assign(client, "/".join(client.group.split("/")[:3]), rule)
    assert client.call("PUT", client.group, {"location": "westeurope"})[1]["error"]["target"] == "Group"
    assert client.call("DELETE", assignment["id"])[0] == 200
    assert client.call("PUT", client.group, {"location": "westeurope"})[0] == 201


def test_assignments_are_kept_and_go_with_their_scope(client, server):
    client.call("PUT", client.group, {"location": "westeurope"})
    assignment = assign(client, client.group, DENY)
    assert assignment["id"].lower() in server._store.governance
    assert client.call("DELETE", client.group)[0] == 202
    root = "/".join(client.group.split("/")[:3])
    for _attempt in range(200):
        if client.call("GET", client.group)[0] == 404:
            break
        time.sleep(0.01)
    assert client.get(f"{root}/providers/Microsoft.Authorization/policyAssignments")["value"] == []
