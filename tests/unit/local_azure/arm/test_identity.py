# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids count without case everywhere; conditions hold where Azure has them and nowhere else."""

from __future__ import annotations

import pytest


def shout(path: str) -> str:
    """The path in other casing, but for the first word, which clients never change."""
    return path.swapcase().replace("/SUBSCRIPTIONS/", "/subscriptions/", 1)


@pytest.fixture
def site(client):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    client.done("PUT", f"{client.network}/networkSecurityGroups/guard", {"location": "westeurope", "properties": {
        "securityRules": [{"name": "ssh", "properties": {
            "protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100, "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*", "sourcePortRange": "*", "destinationPortRange": "22",
        }}],
    }})  # fmt: skip
    return client


def paths(client):
    network = f"{client.network}/virtualNetworks/net"
    guard = f"{client.network}/networkSecurityGroups/guard"
    return [
        client.group, client.vm, client.extension, network, f"{network}/subnets/sub", guard,
        f"{guard}/securityRules/ssh", f"{client.network}/networkInterfaces/nic1",
    ]  # fmt: skip


def test_every_resource_is_found_in_any_casing_and_answers_its_own_id(site):
    for path in paths(site):
        assert site.get(shout(path))["id"] == path
    assert site.get(f"{shout(site.vm)}/INSTANCEVIEW")["statuses"]
    assert len(site.get(shout(f"{site.compute}/virtualMachines"))["value"]) == 1
    assert len(site.get(f"{shout(site.vm)}/EXTENSIONS")["value"]) == 1


def test_a_put_in_another_casing_changes_what_is_there(site):
    before = len(site.get(f"{site.group}/resources")["value"])
    for path in (site.vm, site.extension, f"{site.network}/networkInterfaces/nic1"):
        status, body, headers = site.call("PUT", shout(path), site.get(path))
        assert (status, body["id"]) == (200, path)
        if "Azure-AsyncOperation" in headers:
            assert site.wait(headers)["status"] == "Succeeded"
    assert len(site.get(f"{site.group}/resources")["value"]) == before
    assert len(site.get(f"{site.vm}/extensions")["value"]) == 1


def test_references_count_without_case(site):
    body = {"location": "westeurope", "properties": {
        "networkSecurityGroup": {"id": shout(f"{site.network}/networkSecurityGroups/guard")},
        "ipConfigurations": [{"name": "ip", "properties": {
            "subnet": {"id": shout(f"{site.network}/virtualNetworks/net/subnets/sub")},
        }}],
    }}  # fmt: skip
    status, nic, _headers = site.call("PUT", f"{site.network}/networkInterfaces/nic2", body)
    assert (status, nic["properties"]["networkSecurityGroup"]["id"]) == (
        201, f"{site.network}/networkSecurityGroups/guard")  # fmt: skip
    status, body, _headers = site.call("DELETE", f"{site.network}/networkSecurityGroups/GUARD")
    assert (status, body["error"]["code"]) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    machine = site.vm_body()
    machine["properties"]["networkProfile"]["networkInterfaces"][0]["id"] = shout(nic["id"])
    site.done("PUT", f"{site.compute}/virtualMachines/vm2", machine)
    assert site.call("DELETE", shout(nic["id"]))[1]["error"]["code"] == "NicInUse"
    assert site.call("DELETE", shout(f"{site.network}/virtualNetworks/net/subnets/sub"))[1]["error"]["code"] == (
        "InUseSubnetCannotBeDeleted")  # fmt: skip


CONDITIONED = (1, 3, 4, 5, 7)  # of paths(): machine, network, subnet, security group, interface


@pytest.mark.parametrize("number", CONDITIONED)
@pytest.mark.parametrize("header, value, status", [
    ("If-Match", "own", 200), ("If-Match", "*", 200), ("If-Match", '"0"', 412), ("If-None-Match", "*", 412),
    ("If-None-Match", "own", 412),
])  # fmt: skip
def test_conditions_of_what_is_there(site, number, header, value, status):
    path = paths(site)[number]
    body = site.get(path)
    given = body["etag"] if value == "own" else value
    got, answer, _headers = site.call("PUT", path, body, headers={header: given})
    assert got == status
    assert status == 200 or answer["error"]["code"] == "PreconditionFailed"


@pytest.mark.parametrize("header, status", [("If-Match", 412), ("If-None-Match", 201)])
def test_conditions_of_what_is_not_there(site, header, status):
    guard = f"{site.network}/networkSecurityGroups/new"
    assert site.call("PUT", guard, {"location": "westeurope"}, headers={header: "*"})[0] == status


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_extensions_know_no_conditions(site, header):
    assert site.call("PUT", site.extension, site.extension_body(), headers={header: "*" if "None" in header else "x"})[
        0] == 200  # fmt: skip


def test_a_stale_etag_is_noticed(site):
    old = site.get(site.vm)["etag"]
    site.done("PATCH", site.vm, {"tags": {"a": "b"}})
    assert site.call("PUT", site.vm, site.vm_body(), headers={"If-Match": old})[0] == 412
    nic = f"{site.network}/networkInterfaces/nic1"
    body = site.get(nic)
    assert site.call("PATCH", nic, {"tags": {"a": "b"}})[0] == 200
    assert site.call("PUT", nic, body, headers={"If-Match": body["etag"]})[0] == 412
