# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks, security groups, public addresses, interfaces: documents, references, addresses, refusals."""

from __future__ import annotations

import pytest

LOCATION = {"location": "westeurope"}


def nic_body(client, *configurations, **properties):
    subnet = {"id": f"{client.network}/virtualNetworks/NET/subnets/sub"}
    wanted = [
        {"name": f"ip{number}", "properties": {"subnet": subnet, **extra}}
        for number, extra in enumerate(configurations)
    ]
    return {**LOCATION, "properties": {"ipConfigurations": wanted, **properties}}


def refused(client, method, path, body=None):
    status, answer, _headers = client.call(method, path, body)
    return status, answer["error"]["code"]


@pytest.fixture
def net(client):
    client.add_network()
    return f"{client.network}/virtualNetworks/net"


def test_a_network_updates_first_and_succeeds_then(client, net):
    status, body, headers = client.call("PUT", net, {
        **LOCATION, "properties": {"addressSpace": {"addressPrefixes": ["10.7.0.0/16"]}},
    })  # fmt: skip
    assert (status, body["properties"]["provisioningState"]) == (200, "Updating")
    assert client.wait(headers) == {"status": "Succeeded"}
    after = client.get(net)
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["etag"] != body["etag"]
    assert [subnet["etag"] for subnet in after["properties"]["subnets"]] == [after["etag"]]
    assert after["properties"]["resourceGuid"] == body["properties"]["resourceGuid"]


def test_subnets_are_children_and_part_of_the_body(client, net):
    client.done("PUT", f"{net}/subnets/second", {"properties": {"addressPrefix": "10.7.2.0/24"}})
    body = client.get(net)
    assert [subnet["name"] for subnet in body["properties"]["subnets"]] == ["sub", "second"]
    assert client.get(f"{net}/subnets/Second".lower()) == body["properties"]["subnets"][1]
    assert client.get(f"{net}/subnets")["value"] == body["properties"]["subnets"]
    body["properties"]["subnets"].pop(0)
    client.done("PUT", net, {**LOCATION, "properties": body["properties"]})
    assert [subnet["name"] for subnet in client.get(net)["properties"]["subnets"]] == ["second"]
    client.done("DELETE", f"{net}/subnets/second")
    assert client.get(net)["properties"]["subnets"] == []
    assert client.call("DELETE", f"{net}/subnets/second")[0] == 204


@pytest.mark.parametrize("prefix, code", [
    ("10.8.0.0/24", "NetcfgInvalidSubnet"), ("10.7.1.128/25", "NetcfgSubnetRangesOverlap"),
    ("10.7.2.1/24", "InvalidCIDRNotation"), (None, "InvalidCIDRNotation"),
])  # fmt: skip
def test_subnets_must_fit(client, net, prefix, code):
    body = {"properties": {"addressPrefix": prefix}}
    assert refused(client, "PUT", f"{net}/subnets/other", body) == (400, code)


@pytest.mark.parametrize("path, code", [
    ("virtualNetworks/none/subnets/x", "ParentResourceNotFound"), ("virtualNetworks/none", "ResourceNotFound"),
    ("virtualNetworks/net/subnets/x", "ResourceNotFound"), ("networkInterfaces/none", "ResourceNotFound"),
    ("networkSecurityGroups/none/securityRules/x", "ParentResourceNotFound"),
])  # fmt: skip
def test_absent_children_and_parents_differ(client, net, path, code):
    assert refused(client, "GET", f"{client.network}/{path}") == (404, code)


def test_the_text_of_absence_is_azures(client, net):
    error = client.call("GET", f"{client.network}/virtualNetworks/none")[1]["error"]
    assert error["message"] == (
        "The Resource 'Microsoft.Network/virtualNetworks/none' under resource group 'Group' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_addresses_come_from_the_subnet(client, net):
    nics = f"{client.network}/networkInterfaces"
    wishes = {
        "a": [{}], "b": [{"privateIPAllocationMethod": "Static", "privateIPAddress": "10.7.1.5"}], "c": [{}, {}],
    }  # fmt: skip
    found = {}
    for name, configurations in wishes.items():
        status, body, headers = client.call("PUT", f"{nics}/{name}", nic_body(client, *configurations))
        assert (status, "Azure-AsyncOperation" in headers) == (201, False)
        found[name] = [c["properties"]["privateIPAddress"] for c in body["properties"]["ipConfigurations"]]
    assert found == {"a": ["10.7.1.4"], "b": ["10.7.1.5"], "c": ["10.7.1.6", "10.7.1.7"]}
    assert client.call("PUT", f"{nics}/a", nic_body(client, {}))[0] == 200
    assert client.get(f"{nics}/a")["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.7.1.4"
    used = client.get(f"{net}/subnets/sub")["properties"]["ipConfigurations"]
    assert sorted(entry["id"].removeprefix(nics) for entry in used) == [
        "/a/ipConfigurations/ip0", "/b/ipConfigurations/ip0", "/c/ipConfigurations/ip0", "/c/ipConfigurations/ip1",
    ]  # fmt: skip


@pytest.mark.parametrize("address, code", [
    ("10.7.2.9", "PrivateIPAddressNotInSubnet"), ("10.7.1.3", "PrivateIPAddressNotInSubnet"),
    ("10.7.1.255", "PrivateIPAddressNotInSubnet"), ("10.7.1.4", "PrivateIPAddressInUse"), ("x", "InvalidIPAddress"),
])  # fmt: skip
def test_a_static_address_must_be_free_and_inside(client, net, address, code):
    client.add_nic()
    body = nic_body(client, {"privateIPAllocationMethod": "Static", "privateIPAddress": address})
    assert refused(client, "PUT", f"{client.network}/networkInterfaces/other", body) == (400, code)


def test_a_subnet_can_be_full(client, net):
    client.done("PUT", f"{net}/subnets/tiny", {"properties": {"addressPrefix": "10.7.9.0/29"}})
    body = nic_body(client, {}, {}, {}, {})
    for configuration in body["properties"]["ipConfigurations"]:
        configuration["properties"]["subnet"] = {"id": f"{net}/subnets/tiny"}
    assert refused(client, "PUT", f"{client.network}/networkInterfaces/n", body) == (400, "SubnetIsFull")


def test_an_interface_is_complete(client, net):
    body = client.add_nic()
    properties = body["properties"]
    assert properties["dnsSettings"]["dnsServers"] == []
    assert (properties["nicType"], body["kind"], "macAddress" in properties) == ("Standard", "Regular", False)
    reference = properties["ipConfigurations"][0]["properties"]["subnet"]["id"]
    assert reference == f"{net}/subnets/sub"


def test_references_must_exist(client, net):
    none = {"id": f"{client.network}/networkSecurityGroups/none"}
    body = nic_body(client, {}, networkSecurityGroup=none)
    assert refused(client, "PUT", f"{client.network}/networkInterfaces/n", body) == (400, "InvalidResourceReference")
    body = nic_body(client)
    status, code = refused(client, "PUT", f"{client.network}/networkInterfaces/n", body)
    assert (status, code) == (400, "NetworkInterfaceMustHaveAtLeastOneIPConfiguration")


def rule(priority, name="allow", direction="Inbound", **extra):
    return {"name": name, "properties": {
        "protocol": "Tcp", "access": "Allow", "direction": direction, "priority": priority,
        "sourceAddressPrefix": "10.0.0.0/8", "sourcePortRange": "*", "destinationAddressPrefix": "*",
        "destinationPortRange": "2376", **extra,
    }}  # fmt: skip


def test_security_rules_are_children_and_part_of_the_body(client, net):
    nsg = f"{client.network}/networkSecurityGroups/nsg"
    client.done("PUT", nsg, {**LOCATION, "properties": {"securityRules": [rule(100)]}})
    client.done("PUT", f"{nsg}/securityRules/second", rule(110))
    body = client.get(nsg)["properties"]
    assert [found["name"] for found in body["securityRules"]] == ["allow", "second"]
    assert [found["properties"]["priority"] for found in body["defaultSecurityRules"]] == [
        65000, 65001, 65500, 65000, 65001, 65500,
    ]  # fmt: skip
    assert body["securityRules"][0]["properties"]["sourcePortRanges"] == []
    assert client.get(f"{nsg}/securityRules/second") == body["securityRules"][1]
    assert client.get(f"{nsg}/securityRules")["value"] == body["securityRules"]
    client.done("DELETE", f"{nsg}/securityRules/second")
    assert client.call("DELETE", f"{nsg}/securityRules/second")[0] == 204
    client.done("PUT", nsg, LOCATION)
    assert client.get(nsg)["properties"]["securityRules"] == []


@pytest.mark.parametrize("rules, code", [
    ([rule(100), rule(100, "other")], "SecurityRuleConflict"), ([rule(99)], "SecurityRuleInvalidPriority"),
    ([rule(4097)], "SecurityRuleInvalidPriority"), ([rule(100, protocol=None)], "InvalidParameter"),
])  # fmt: skip
def test_bad_rules_are_refused(client, net, rules, code):
    body = {**LOCATION, "properties": {"securityRules": rules}}
    assert refused(client, "PUT", f"{client.network}/networkSecurityGroups/nsg", body) == (400, code)


def test_the_same_priority_in_both_directions_is_no_conflict(client, net):
    rules = [rule(100), rule(100, "out", "Outbound")]
    client.done(
        "PUT", f"{client.network}/networkSecurityGroups/nsg", {**LOCATION, "properties": {"securityRules": rules}}
    )


def test_conditions_hold_for_networks_too(client, net):
    body = {**LOCATION, "properties": client.get(net)["properties"]}
    stale, fresh = {"If-Match": 'W/"stale"'}, {"If-Match": client.get(net)["etag"]}
    assert client.call("PUT", net, body, headers=stale)[0] == 412
    assert client.call("PUT", net, body, headers=fresh)[0] == 200
    assert client.call("PUT", net, body, headers={"If-None-Match": "*"})[0] == 412
    assert client.call("PUT", f"{net}2", body, headers={"If-Match": "*"})[0] == 412


def test_patch_takes_tags_only(client, net):
    assert client.call("PATCH", net, {"tags": {"a": "b"}})[1]["tags"] == {"a": "b"}
    assert refused(client, "PATCH", net, {"properties": {}}) == (400, "InvalidRequestContent")


def test_a_network_stays_where_it_is(client, net):
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.7.0.0/16"]}}}
    assert refused(client, "PUT", net, body) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize("kind", ["virtualNetworks", "networkInterfaces", "networkSecurityGroups", "publicIPAddresses"])
def test_every_type_is_listed_by_group_and_subscription(client, net, kind):
    client.add_nic()
    subscription = client.group.rpartition("/resourceGroups/")[0]
    expected = {"virtualNetworks": ["net"], "networkInterfaces": ["nic1"]}.get(kind, [])
    for root in (client.network, f"{subscription}/providers/Microsoft.Network"):
        assert [found["name"] for found in client.get(f"{root}/{kind}")["value"]] == expected
