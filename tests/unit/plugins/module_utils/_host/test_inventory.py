# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import inventory
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.inventory import (
    Choices,
    by_ids,
    by_site,
    hosts,
    read,
)

from .rows import OTHER_SUB, SUB, TAG, Graph, interface, interface_id, machine, public_address, resource_id

BUILD = {TAG: "build"}
TAGGED = (
    machine("one", zones=["2"]),
    interface("one", "10.0.0.4", public=True, tags=BUILD),
    public_address("one", "20.0.0.4", tags=BUILD),
)
TWINS = (machine("a"), machine("b"), machine("a", group="Other"))
SELECT = "Resources | where type in~ ('microsoft.compute/virtualmachines', 'microsoft.network/networkinterfaces', "
SELECT += "'microsoft.network/publicipaddresses') | where "
SHOW = " | project id, name, type, location, resourceGroup, subscriptionId, tags, zones, properties | order by id asc"


@pytest.mark.parametrize(
    ("sites", "condition"),
    [
        ([], f"isnotempty(tags['{TAG}'])"),
        (["build"], f"tags['{TAG}'] =~ 'build'"),
        (["build", "it's"], f"tags['{TAG}'] in~ ('build', 'it\\'s')"),
    ],
)
def test_the_query_for_sites(sites, condition):
    assert by_site(sites) == SELECT + condition + SHOW


def test_the_query_by_ids():
    assert by_ids(["/a", "/b"]) == "Resources | where id in~ ('/a', '/b')" + SHOW


def test_one_query_where_everything_carries_the_tag():
    graph = Graph(*TAGGED)
    [found] = read(graph, ["build"])
    assert graph.asked == [by_site(["build"])]
    assert json.loads(json.dumps(found)) == {
        "id": resource_id("Microsoft.Compute/virtualMachines", "one"),
        "name": "one",
        "computer_name": "one",
        "subscription": SUB,
        "resource_group": "rg",
        "location": "westeurope",
        "tags": BUILD,
        "site": "build",
        "zones": ["2"],
        "size": "Standard_B2s",
        "os": "Linux",
        "power_state": "running",
        "vm_id": "vm-id-of-one",
        "private_address": "10.0.0.4",
        "public_address": "20.0.0.4",
    }


def test_what_carries_no_tag_is_asked_by_id():
    graph = Graph(machine("one"), interface("one", "10.0.0.4", public=True), public_address("one", "20.0.0.4"))
    [found] = read(graph, [])
    assert (found["private_address"], found["public_address"]) == ("10.0.0.4", "20.0.0.4")
    ip = resource_id("Microsoft.Network/publicIPAddresses", "one-ip")
    assert graph.asked == [by_site([]), by_ids([interface_id("one")]), by_ids([ip])]


def test_what_nobody_shows_is_asked_once():
    graph = Graph(machine("one"), machine("two", nic=False))
    assert [found["private_address"] for found in read(graph, [])] == [None, None]
    assert len(graph.asked) == 2


def test_ids_are_asked_in_batches(monkeypatch):
    monkeypatch.setattr(inventory, "IDS_PER_QUERY", 2)
    names = ["a", "b", "c"]
    graph = Graph(*map(machine, names), *(interface(name, f"10.0.0.{name}") for name in names))
    assert [found["private_address"] for found in read(graph, [])] == ["10.0.0.a", "10.0.0.b", "10.0.0.c"]
    assert graph.asked[1:] == [by_ids([interface_id("a"), interface_id("b")]), by_ids([interface_id("c")])]


def test_ids_are_compared_without_case():
    shouted = {**interface("one", "10.0.0.4", tags=BUILD), "id": interface_id("one").upper()}
    graph = Graph(machine("one"), shouted)
    assert (read(graph, [])[0]["private_address"], len(graph.asked)) == ("10.0.0.4", 1)


def select(*rows, **choices):
    return hosts(read(Graph(*rows), []), Choices(**choices))


def test_the_variables_of_a_host():
    found, warnings = select(*TAGGED)
    assert (list(found), warnings) == (["one"], [])
    assert found["one"] == {
        "ansible_host": "10.0.0.4",
        "azure_location": "westeurope",
        "azure_os": "Linux",
        "azure_power_state": "running",
        "azure_private_address": "10.0.0.4",
        "azure_public_address": "20.0.0.4",
        "azure_resource_group": "rg",
        "azure_size": "Standard_B2s",
        "azure_subscription_id": SUB,
        "azure_tags": BUILD,
        "azure_vm_id": "vm-id-of-one",
        "azure_vms_id": resource_id("Microsoft.Compute/virtualMachines", "one"),
        "azure_zones": ["2"],
        "docker_site_name": "build",
    }


def test_public():
    found, warnings = select(*TAGGED, machine("two"), interface("two", "10.0.0.5"), connect_via="public")
    assert found["one"]["ansible_host"] == "20.0.0.4"
    assert "ansible_host" not in found["two"]
    assert {known["azure_vms_connect_via"] for known in found.values()} == {"public"}
    [warning] = warnings
    assert "no public address of two," in warning


def test_a_vm_without_interface_is_a_host_without_address():
    found, [warning] = select(machine("one", nic=False))
    assert found["one"]["azure_private_address"] is None
    assert "ansible_host" not in found["one"]
    assert "no private address of one," in warning


@pytest.mark.parametrize(("include_stopped", "names"), [(True, ["a", "b", "c"]), (False, ["a"])])
def test_stopped(include_stopped, names):
    rows = (machine("a"), machine("b", power="deallocated"), machine("c", power=None))
    found, _warnings = select(*rows, include_stopped=include_stopped)
    assert list(found) == names
    states = {"a": "running", "b": "deallocated", "c": None}
    assert {name: known["azure_power_state"] for name, known in found.items()} == {name: states[name] for name in names}


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        ({}, ["a", "b"]),
        ({"env": "prod"}, ["a"]),
        ({"Env": "prod", "cost": 42}, ["a"]),
        ({"env": "PROD"}, []),
        ({"env": "prod", "cost": "43"}, []),
        ({"nobody": "has"}, []),
    ],
)
def test_tags(tags, names):
    assert list(select(machine("a", tags={"env": "prod", "COST": "42"}), machine("b"), tags=tags)[0]) == names


@pytest.mark.parametrize(
    ("hostname", "name"),
    [
        ("name", "vm1"),
        ("computer_name", "guest1"),
        ("id", resource_id("Microsoft.Compute/virtualMachines", "vm1")),
        ("tag:role", "web.1"),
        ("tag:ROLE", "web.1"),
        ("tag:absent", "vm1"),
    ],
)
def test_hostname(hostname, name):
    found, warnings = select(
        machine("vm1", computer_name="guest1", tags={"role": "web.1"}, nic=False), hostname=hostname
    )
    assert list(found) == [name]
    assert len(warnings) == 1, "that it has no address"


@pytest.mark.parametrize("hostname", ["", "tag:", "fqdn", "Name"])
def test_hostname_that_is_none(hostname):
    with pytest.raises(Failure) as caught:
        select(machine("vm1"), hostname=hostname)
    assert caught.value.code == "InvalidHostname"
    assert "expected name, id, computer_name or tag:KEY" in caught.value.message


@pytest.mark.parametrize("value", ["../../etc", "a b", "-x", "{{ 1 }}", "a/b", "x\n"])
def test_a_tag_cannot_choose_a_path(value):
    found, warnings = select(machine("vm1", tags={"role": value}), hostname="tag:role")
    assert list(found) == ["vm1"]
    assert "it keeps the name of the VM" in warnings[0]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (TWINS, ["a.other", "a.rg", "b"]),
        ((machine("a"), machine("A", group="Other")), ["A.other", "a.rg"]),
        ((machine("a"), machine("a", subscription=OTHER_SUB)), [f"a.rg.{SUB}", f"a.rg.{OTHER_SUB}"]),
        ((machine("a"), machine("a", group="(x)_y")), ["a.rg", "a.x-_y"]),
    ],
)
def test_hosts_of_one_name(rows, names):
    found, warnings = select(*rows)
    assert sorted(found) == names
    assert select(*reversed(rows))[0].keys() == found.keys()
    assert all(name in warnings[-2] for name in names if "." in name), warnings
    assert "Several VMs have the same name" in warnings[0]


def test_two_sites():
    found, _warnings = select(machine("a"), machine("b", site="Web"))
    assert {name: known["docker_site_name"] for name, known in found.items()} == {"a": "build", "b": "Web"}


def test_nothing():
    assert select() == ({}, [])
