# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, subscriptions, tags, lists."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from .conftest import SUBSCRIPTIONS, TENANT


def test_subscriptions_and_tenants(client):
    assert [found["subscriptionId"] for found in client.get("/subscriptions")["value"]] == SUBSCRIPTIONS
    assert client.get(f"/subscriptions/{SUBSCRIPTIONS[2].upper()}")["displayName"] == "Local Azure 3"
    assert client.get("/tenants")["value"][0]["tenantId"] == TENANT
    found = client.get(f"/subscriptions/{SUBSCRIPTIONS[0]}/providers/microsoft.compute")
    assert (found["namespace"], found["registrationState"]) == ("Microsoft.Compute", "Registered")


def test_a_group_is_made_at_once_and_keeps_its_casing(client):
    status, body, headers = client.call("PUT", client.group, {"location": "West Europe", "tags": {"a": "1"}})
    assert (status, body["location"], body["properties"]) == (201, "westeurope", {"provisioningState": "Succeeded"})
    assert "Azure-AsyncOperation" not in headers
    status, body, _headers = client.call("PUT", client.group.lower(), {"location": "westeurope"})
    assert (status, body["id"], body["name"], body["tags"]) == (200, client.group, "Group", {})


@pytest.mark.parametrize("body, code", [
    (None, "InvalidRequestContent"), ([], "InvalidRequestContent"), ({}, "LocationRequired"),
    ({"location": 1}, "InvalidRequestContent"), ({"location": "x", "tags": []}, "InvalidRequestContent"),
])  # fmt: skip
def test_a_bad_group_is_refused(client, body, code):
    status, answer, _headers = client.call("PUT", client.group, body)
    assert (status, answer["error"]["code"]) == (400, code)


def test_a_group_stays_where_it_is(client):
    client.call("PUT", client.group, {"location": "westeurope"})
    status, body, _headers = client.call("PUT", client.group, {"location": "eastus"})
    assert (status, body["error"]["code"]) == (409, "InvalidResourceGroupLocation")


def test_existence_is_asked_by_head(client):
    assert client.call("HEAD", client.group)[0] == 404
    client.call("PUT", client.group, {"location": "westeurope"})
    assert client.call("HEAD", client.group)[0] == 204


def test_groups_are_listed_by_tag(client):
    root = client.group.rpartition("/")[0]
    for name, tags in (("one", {"owner": "me"}), ("two", {"owner": "you"}), ("three", {})):
        client.call("PUT", f"{root}/{name}", {"location": "westeurope", "tags": tags})
    found = client.get(root, "$filter=tagName%20eq%20'owner'%20and%20tagValue%20eq%20'me'")
    assert [group["name"] for group in found["value"]] == ["one"]
    assert len(client.get(root)["value"]) == 3


@pytest.mark.parametrize("operation, expected", [
    ("Merge", {"a": "1", "b": "3", "c": "4"}), ("Replace", {"b": "3", "c": "4"}), ("Delete", {"a": "1"}),
])  # fmt: skip
def test_tags_have_an_api_of_their_own(client, operation, expected):
    client.add_vm()
    for scope in (client.group, client.vm):
        path = f"{scope}/providers/Microsoft.Resources/tags/default"
        client.call("PUT", path, {"properties": {"tags": {"a": "1", "b": "2"}}})
        wish = {"operation": operation, "properties": {"tags": {"b": "3", "c": "4"}}}
        assert client.call("PATCH", path, wish)[1]["properties"]["tags"] == expected
        assert client.get(path)["properties"]["tags"] == client.get(scope)["tags"] == expected


def test_patch_of_a_group_replaces_its_tags(client):
    client.call("PUT", client.group, {"location": "westeurope", "tags": {"a": "1"}})
    assert client.call("PATCH", client.group, {"tags": {"b": "2"}})[1]["tags"] == {"b": "2"}


def test_everything_in_a_group_is_listed(client):
    client.add_vm()
    found = {resource["type"] for resource in client.get(f"{client.group}/resources")["value"]}
    assert found == {
        "Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks", "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/networkInterfaces",
    }  # fmt: skip
    query = "$filter=resourceType%20eq%20'microsoft.compute/virtualmachines'"
    everywhere = f"/subscriptions/{SUBSCRIPTIONS[0]}/resources"
    assert [resource["name"] for resource in client.get(everywhere, query)["value"]] == ["vm1"]


def follow(client, location):
    url = urlsplit(location)
    for _attempt in range(500):
        status, body, headers = client.send("GET", f"{url.path}?{url.query}")
        if status != 202:
            return status, body
        assert (headers["Location"], headers["x-ms-retry-after-ms"]) == (location, "200")
    raise AssertionError("the group was not deleted")


def test_deleting_a_group_takes_all_with_it_and_has_a_location_only(client, fabric):
    client.add_vm()
    status, body, headers = client.call("DELETE", client.group)
    assert (status, body, headers["Content-Length"]) == (202, None, "0")
    assert "Azure-AsyncOperation" not in headers
    assert follow(client, headers["Location"]) == (200, None)
    assert client.call("GET", client.group)[0] == 404
    assert client.get("/subscriptions/" + SUBSCRIPTIONS[0] + "/resources")["value"] == []
    assert fabric.specs == {}
    assert client.call("DELETE", client.group)[1]["error"]["code"] == "ResourceGroupNotFound"


def test_a_group_on_its_way_out_takes_nothing_in(client, server):
    client.call("PUT", client.group, {"location": "westeurope"})
    server._store.get(client.group).properties["provisioningState"] = "Deleting"
    for path in (client.group, f"{client.network}/publicIPAddresses/ip"):
        status, body, _headers = client.call("PUT", path, {"location": "westeurope"})
        assert (status, body["error"]["code"]) == (409, "ResourceGroupBeingDeleted")
