# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles: what a client may not do is refused with Azure's words, and every action is in the journal."""

from __future__ import annotations

import json

import pytest

from local_azure.arm.authorization import covers, grants
from local_azure.arm.messages import Caller

from .conftest import CLIENT, SUBSCRIPTIONS, TENANT, Client, make_server

OBJECT = Caller(TENANT, CLIENT).object_id
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.mark.parametrize("permission, action, allowed", [
    ({"actions": ["*"]}, "Microsoft.Compute/virtualMachines/write", True),
    ({"actions": ["*/read"]}, "Microsoft.Compute/virtualMachines/extensions/READ", True),
    ({"actions": ["*/read"]}, "Microsoft.Compute/virtualMachines/write", False),
    ({"actions": ["Microsoft.Compute/virtualMachines/*"]}, "Microsoft.Compute/virtualMachines/start/action", True),
    ({"actions": ["Microsoft.Compute/virtualMachines/*"]}, "Microsoft.Compute/virtualMachinesX/read", False),
    ({"actions": ["*"], "notActions": ["*/delete"]}, "Microsoft.Compute/virtualMachines/delete", False),
    ({"actions": ["*"], "scope": "/subscriptions/s/resourceGroups/A"}, "x/read", True),
    ({"actions": ["*"], "scope": "/subscriptions/s/resourceGroups/ab"}, "x/read", False),
    ({"actions": ["*"], "scope": "/"}, "x/read", True),
])  # fmt: skip
def test_permissions(permission, action, allowed):
    assert grants([permission], action, "/subscriptions/S/resourceGroups/a/providers/P/t/n") is allowed


def test_scopes_cover_what_lies_below():
    assert covers("/subscriptions/A", "/subscriptions/a/resourceGroups/b")
    assert not covers("/subscriptions/a", "/subscriptions/ab")


def restrict(tmp_path, *entries):
    (tmp_path / "state/permissions.json").write_text(json.dumps(list(entries)))


def test_everything_until_a_file_restricts_and_after_it_is_gone(client, tmp_path):
    client.add_vm()
    restrict(tmp_path, {"actions": ["*/read"]})
    status, body, _headers = client.call("PUT", client.extension, client.extension_body())
    action = "Microsoft.Compute/virtualMachines/extensions/write"
    assert (status, body["error"]) == (403, {"code": "AuthorizationFailed", "message": (
        f"The client '{CLIENT}' with object id '{OBJECT}' does not have authorization to perform action '{action}' "
        f"over scope '{client.extension}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )})  # fmt: skip
    assert client.call("GET", client.vm)[0] == 200
    (tmp_path / "state/permissions.json").unlink()
    assert client.call("PUT", client.extension, client.extension_body())[0] == 201


def test_operations_can_be_polled_with_a_role_on_the_group_alone(client, tmp_path):
    client.add_network()
    client.add_nic()
    restrict(tmp_path, {"actions": ["*"], "scope": client.group.upper()})
    client.done("PUT", client.vm, client.vm_body())
    status, body, _headers = client.call("GET", f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups")
    assert (status, body["error"]["code"]) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("missing, path, kind", [
    ("networkInterfaces", "vm", "Microsoft.Compute/virtualMachines"),
    ("virtualNetworks/subnets", "nic", "Microsoft.Network/networkInterfaces"),
])  # fmt: skip
def test_joins_are_checked_beside_the_write(client, tmp_path, missing, path, kind):
    client.add_network()
    client.add_nic()
    restrict(tmp_path, {"actions": ["*"], "notActions": [f"Microsoft.Network/{missing}/join/action"]})
    subnet = {"id": f"{client.network}/virtualNetworks/net/subnets/sub"}
    body = {"location": "westeurope", "properties": {"ipConfigurations": [{"properties": {"subnet": subnet}}]}}
    where = client.vm if path == "vm" else f"{client.network}/networkInterfaces/nic2"
    status, answer, _headers = client.call("PUT", where, client.vm_body() if path == "vm" else body)
    linked = f"{client.network}/networkInterfaces/nic1" if path == "vm" else subnet["id"]
    assert (status, answer["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    assert answer["error"]["message"] == (
        f"The client '{CLIENT}' with object id '{OBJECT}' has permission to perform action '{kind}/write' on scope "
        f"'{where}'; however, it does not have permission to perform action(s) "
        f"'Microsoft.Network/{missing}/join/action' on the linked scope(s) '{linked}' (respectively) or the linked "
        "scope(s) are invalid."
    )


def test_the_constructor_restricts_too(tmp_path, fabric):
    server = make_server(tmp_path, fabric, permissions=[{"actions": ["Microsoft.Resources/*"]}])
    server.start()
    client = Client(server)
    client.login()
    assert client.call("PUT", client.group, {"location": "westeurope"})[0] == 201
    assert client.call("GET", f"{client.compute}/virtualMachines")[1]["error"]["code"] == "AuthorizationFailed"
    server.stop()


def test_role_assignments_restrict_and_their_removal_gives_back(client):
    assert client.call("PUT", client.group, {"location": "westeurope"})[0] == 201
    root = f"{client.group}/providers/Microsoft.Authorization"
    mine = f"{root}/roleDefinitions/mine"
    body = {"properties": {"roleName": "Mine", "permissions": [{"actions": ["Microsoft.Network/*"]}]}}
    assert client.call("PUT", mine, body)[0] == 201
    assert client.get(mine)["properties"]["type"] == "CustomRole"
    for name, role in (("one", mine), ("two", READER)):
        given = {"properties": {"principalId": OBJECT, "roleDefinitionId": role}}
        assert client.call("PUT", f"{root}/roleAssignments/{name}", given)[0] == 201
    assert client.call("PUT", client.group, {"location": "westeurope"})[0] == 403
    assert client.get(client.group)["name"] == "Group"
    assert client.call("PUT", f"{client.network}/networkSecurityGroups/x", {"location": "westeurope"})[0] == 201
    assert [found["name"] for found in client.get(f"{root}/roleAssignments")["value"]] == ["one", "two"]
    for name in ("one", "two"):
        assert client.call("DELETE", f"{root}/roleAssignments/{name}")[0] == 200
    assert client.call("DELETE", f"{root}/roleAssignments/one")[0] == 204
    assert client.call("PUT", client.group, {"location": "westeurope"})[0] == 200
    assert client.call("GET", f"{root}/roleAssignments/one")[1]["error"]["code"] == "RoleAssignmentNotFound"


@pytest.mark.parametrize("kind", ["roleDefinitions", "roleAssignments"])
def test_bad_roles_are_refused(client, kind):
    client.call("PUT", client.group, {"location": "westeurope"})
    status, body, _headers = client.call("PUT", f"{client.group}/providers/Microsoft.Authorization/{kind}/x", {})
    assert (status, body["error"]["code"]) == (400, "InvalidParameter")


def test_the_journal_has_every_action(client, tmp_path):
    client.add_vm()
    client.call("POST", f"{client.vm}/powerOff")
    lines = [json.loads(line) for line in (tmp_path / "state/requests.jsonl").read_text().splitlines()]
    assert "action" not in lines[0]  # the token
    used = {(line["action"], line.get("free", False)) for line in lines[1:]}
    assert used == {
        ("Microsoft.Resources/subscriptions/resourceGroups/write", False),
        ("Microsoft.Network/virtualNetworks/write", False), ("Microsoft.Network/networkInterfaces/write", False),
        ("Microsoft.Compute/virtualMachines/write", False), ("Microsoft.Compute/virtualMachines/read", False),
        ("Microsoft.Compute/virtualMachines/powerOff/action", False),
        ("Microsoft.Network/locations/operations/read", True), ("Microsoft.Compute/locations/operations/read", True),
    }  # fmt: skip
    joined = {action for line in lines for action in line.get("links", ())}
    assert joined == {
        "Microsoft.Network/virtualNetworks/subnets/join/action", "Microsoft.Network/networkInterfaces/join/action",
    }  # fmt: skip
