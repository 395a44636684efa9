# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_order import (
    dependencies,
    in_sequence,
    read_resources,
    reverse,
)

from .wire import GROUP, VM

NET = GROUP + "/providers/Microsoft.Network"
NSG, VNET, NIC, BALANCER = (
    NET + "/networkSecurityGroups/n",
    NET + "/virtualNetworks/v",
    NET + "/networkInterfaces/i",
    NET + "/loadBalancers/b",
)


def item(resource_id, document=None, **more):
    return {"id": resource_id, "document": document, **more}


def needs(*items):
    """{last name: last names of what it needs}."""
    found = dependencies(read_resources(items))
    return {key.split("/")[-1]: sorted(other.split("/")[-1] for other in others) for key, others in found.items()}


def test_references_parents_and_depends_on():
    assert needs(
        item(
            VM,
            {"properties": {"networkProfile": {"networkInterfaces": [{"id": NIC.upper().replace("/SUB", "/sub", 1)}]}}},
        ),
        item(NIC, {"properties": {"ipConfigurations": [{"properties": {"subnet": {"id": VNET + "/subnets/hosts"}}}]}}),
        item(VNET, {"properties": {"subnets": [{"properties": {"networkSecurityGroup": {"id": NSG}}}]}}),
        item(NSG, {}),
        item(GROUP),
        item(GROUP.replace("/g", "/other"), {}, depends_on=[GROUP]),
    ) == {
        "vm1": ["g", "i"],
        "i": ["g", "v"],
        "v": ["g", "n"],
        "n": ["g"],
        "g": [],
        "other": ["g"],
    }


def test_children_wait_for_their_parents():
    assert needs(item(VNET + "/subnets/s"), item(VNET)) == {"s": ["v"], "v": []}


def test_a_parent_that_mentions_its_own_child_does_not_wait_for_it():
    child = BALANCER + "/frontendIPConfigurations/f"
    assert needs(item(BALANCER, {"properties": {"rules": [{"id": child}, {"id": BALANCER}]}}), item(child)) == {
        "b": [],
        "f": ["b"],
    }


def test_a_name_that_begins_like_another_is_another():
    assert needs(item(NSG, {}), item(NSG + "2", {"x": NSG + "2"})) == {"n": [], "n2": []}


def test_observed_documents_replace_the_declared_ones():
    resources = read_resources([item(NIC), item(NSG)])
    found = dependencies(
        resources, {NIC.lower(): {"properties": {"networkSecurityGroup": {"id": NSG}}}, NSG.lower(): None}
    )
    assert found == {NIC.lower(): {NSG.lower()}, NSG.lower(): set()}


def test_reverse():
    assert reverse({"vm": {"nic"}, "nic": {"nsg"}, "nsg": set()}) == {"vm": set(), "nic": {"vm"}, "nsg": {"nic"}}


COMPUTE = GROUP + "/providers/Microsoft.Compute"
SET, PLACE, DATA = COMPUTE + "/availabilitySets/a", COMPUTE + "/proximityPlacementGroups/p", COMPUTE + "/disks/d"


def test_sets_placement_groups_and_data_disks_come_before_their_vm():
    disks = [{"lun": 0, "createOption": "Attach", "managedDisk": {"id": DATA}}]
    properties = {"availabilitySet": {"id": SET}, "storageProfile": {"dataDisks": disks}}
    assert needs(
        item(VM, {"properties": {**properties, "proximityPlacementGroup": {"id": PLACE}}}),
        item(SET, {"properties": {"proximityPlacementGroup": {"id": PLACE}}}),
        item(PLACE),
        item(DATA),
    ) == {"vm1": ["a", "d", "p"], "a": ["p"], "p": [], "d": []}


def test_in_sequence():
    found = in_sequence({"group": {"nsg", "vm"}, "nsg": {"vm"}, "vm": set(), "x": {"y"}, "y": {"x"}})
    assert list(found) == ["vm", "nsg", "group", "x", "y"], "a circle comes last, for others to refuse"
    assert found["nsg"] == {"vm"}


def test_power_is_part_of_a_declaration():
    resources = read_resources([item(VM, {"location": "x"}, power="stopped")])
    assert [resource.power for resource in resources.values()] == ["stopped"]
    with pytest.raises(Failure):
        read_resources([item(VM, {"a": 1}, power="stopped"), item(VM, {"a": 1})])


def test_equal_declarations_are_one():
    found = read_resources(
        [item(NSG, {"a": {"x": 1, "y": 2}}), item(NSG.upper().replace("/SUB", "/sub", 1), {"a": {"y": 2, "x": 1}})]
    )
    assert [resource.id for resource in found.values()] == [NSG], "the first spelling"


@pytest.mark.parametrize(
    "other", [item(NSG, {"a": 2}), item(NSG, {"a": 1}, exclusive=["a"]), item(NSG, {"a": 1}, protected={"b": 1})]
)
def test_different_declarations_of_one_id_are_an_error(other):
    with pytest.raises(Failure) as caught:
        read_resources([item(NSG, {"a": 1}), other])
    assert caught.value.code == "ConflictingDeclarations"
    assert NSG in caught.value.message


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        (item("vm1"), "InvalidResourceId", "'vm1'"),
        (item(NSG, power="running"), "NoPowerState", "only a virtual machine has a power state"),
        (item(VM + "/extensions/x"), "WrongModule", "vm_extension"),
        (item(VM + "/runCommands/x"), "WrongModule", "vm_run_command"),
        (
            item(VM, {"properties": {"osProfile": {"adminPassword": "planted"}}}),
            "SecretInDocument",
            "properties.osProfile.adminPassword",
        ),
        (item(VM, {"a": [{"b": 1}, {"protectedSettings": "planted"}]}), "SecretInDocument", "a.protectedSettings"),
    ],
)
def test_what_cannot_be_declared(entry, code, words):
    with pytest.raises(Failure) as caught:
        read_resources([entry])
    assert caught.value.code == code
    assert words in caught.value.text()
    assert "planted" not in caught.value.text()


def test_the_protected_part_is_merged_when_it_is_sent():
    secret = item(VM, {"properties": {"a": 1}}, protected={"properties": {"b": 2}}, list_keys=None, depends_on=None)
    found = read_resources([secret, item(GROUP, {"location": "x"})])
    resource, plain = found[VM.lower()], found[GROUP.lower()]
    assert resource.full() == {"properties": {"a": 1, "b": 2}}
    assert resource.document == {"properties": {"a": 1}}
    assert plain.full() is plain.document
