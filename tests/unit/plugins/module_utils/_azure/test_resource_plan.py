# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_plan import (
    OWNER_TAG,
    goes_along,
    is_tagless,
    plan_absent,
    plan_present,
)

from .wire import GROUP, VM

NSG = GROUP + "/providers/Microsoft.Network/networkSecurityGroups/n"
SUBNET = GROUP + "/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
LOCK = GROUP + "/providers/Microsoft.Authorization/locks/l"
SECRET = "planted-S3cret"


def rule(name, port="22"):
    return {"name": name, "properties": {"destinationPortRange": port}}


def nsg(*rules, **more):
    return {"id": NSG, "location": "westeurope", "etag": "1", "properties": {"securityRules": list(rules), **more}}


def wanted(*rules):
    return {"location": "West Europe", "properties": {"securityRules": list(rules)}}


def test_absent_is_created_with_the_owner_tag():
    plan = plan_present(NSG, {**wanted(rule("a")), "tags": {"x": "1"}, "zones": None}, None, owner="me")
    assert (plan.action, plan.reasons, plan.before) == ("create", ["absent"], {})
    assert plan.document == {**wanted(rule("a")), "tags": {"x": "1", OWNER_TAG: "me"}}
    assert plan.after == plan.document
    assert plan.predicted == {
        **plan.document,
        "id": NSG,
        "name": "n",
        "type": "Microsoft.Network/networkSecurityGroups",
    }


@pytest.mark.parametrize(("resource_id", "owner"), [(NSG, None), (SUBNET, "me"), (LOCK, "me")])
def test_no_owner_tag(resource_id, owner):
    assert "tags" not in plan_present(resource_id, {"properties": {}}, None, owner=owner).document


def test_what_is_there_is_left_alone():
    current = nsg(rule("foreign"), rule("a"))
    plan = plan_present(NSG, wanted(rule("a")), current, owner="me")
    assert plan == ("none", [], None, current, {}, {})


def test_an_update_keeps_what_others_set():
    current = nsg(rule("foreign"), rule("a", "23"), provisioningState="Succeeded")
    plan = plan_present(NSG, wanted(rule("a")), current, owner="me")
    path = "properties.securityRules[a].properties.destinationPortRange"
    assert (plan.action, plan.reasons) == ("update", ["%s differs" % path])
    assert (plan.before, plan.after) == ({path: "23"}, {path: "22"})
    assert plan.document == {
        "location": "westeurope",
        "properties": {"securityRules": [rule("foreign"), rule("a")]},
    }, "no owner tag on what was there before us, nothing read-only"
    assert plan.predicted["etag"] == "1"


def test_exclusive_and_list_keys_are_obeyed():
    plan = plan_present(NSG, wanted(rule("a")), nsg(rule("foreign"), rule("a")), exclusive=["properties.securityRules"])
    assert plan.reasons == ["properties.securityRules[foreign] differs"]
    desired, current = {"properties": {"x": [{"k": 1, "v": 1}]}}, {"properties": {"x": [{"k": 2}, {"k": 1, "v": 2}]}}
    assert plan_present(NSG, desired, current, list_keys={"properties.x": "k"}).reasons == ["properties.x[1].v differs"]


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        ("Succeeded", []),
        ("Updating", []),
        ("Failed", ["provisioningState is Failed"]),
        ("Canceled", ["provisioningState is Canceled"]),
    ],
)
def test_failed_is_drift(state, reasons):
    plan = plan_present(NSG, wanted(), nsg(provisioningState=state))
    assert plan.reasons == reasons
    assert plan.action == ("update" if reasons else "none")
    if reasons:
        assert plan.before == {"properties.provisioningState": state}
        assert plan.after == {"properties.provisioningState": "Succeeded"}


def test_a_resource_without_properties():
    assert plan_present(GROUP, {"location": "westeurope"}, {"location": "westeurope"}).action == "none"


def test_what_is_fixed_at_creation_is_never_sent_again():
    with pytest.raises(Failure) as caught:
        plan_present(NSG, {"location": "eastus"}, nsg())
    assert caught.value.code == "PropertyChangeNotAllowed"


def test_secrets_of_a_vm_are_sent_at_creation_only_and_never_shown():
    profile = {"computerName": "vm1", "adminPassword": SECRET, "customData": SECRET}
    desired = {"location": "westeurope", "tags": {"a": "1"}, "properties": {"osProfile": profile}}
    created = plan_present(VM, desired, None)
    assert created.document["properties"]["osProfile"] == profile
    assert SECRET not in repr((created.reasons, created.predicted, created.before, created.after))
    current = {"location": "westeurope", "properties": {"osProfile": {"computerName": "vm1"}}}
    updated = plan_present(VM, desired, current)
    assert updated.reasons == ["tags.a differs"]
    assert SECRET not in repr(updated)
    assert plan_present(VM, {"properties": {"osProfile": profile}}, current).action == "none"


# current document, what else is in it, action, words of the reason
ABSENT = {
    "not there": (GROUP, None, [], "none", []),
    "ours": (NSG, {"tags": {OWNER_TAG: "me"}}, [], "delete", ["present"]),
    "somebody's": (NSG, {"tags": {OWNER_TAG: "you"}}, [], "none", ["'you', not 'me'"]),
    "nobody's": (NSG, {}, [], "none", ["None, not 'me'"]),
    "without tags": (NSG, {"tags": None}, [], "none", ["None, not 'me'"]),
    "our empty group": (GROUP, {"tags": {OWNER_TAG: "me"}}, [], "delete", ["present"]),
    "our group with others in it": (GROUP, {"tags": {OWNER_TAG: "me"}}, ["/b", "/a"], "none", ["still holds /a, /b"]),
    "cannot carry a tag": (SUBNET, {}, [], "none", ["cannot carry a tag"]),
}


@pytest.mark.parametrize("name", ABSENT)
def test_only_what_is_ours_is_deleted(name):
    resource_id, current, others, action, words = ABSENT[name]
    plan = plan_absent(resource_id, current, "me", others)
    assert (plan.action, plan.document, plan.after) == (action, None, {})
    assert len(plan.reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, plan.reasons))
    assert plan.before == (current if action == "delete" else {})


@pytest.mark.parametrize(
    ("resource_id", "tagless"),
    [(GROUP, False), (NSG, False), (VM + "/extensions/x", False), (SUBNET, True), (LOCK, True)],
)
def test_is_tagless(resource_id, tagless):
    assert is_tagless(resource_id) is tagless


KEPT, GONE = {"deleteOption": "Detach"}, {"deleteOption": "Delete"}


@pytest.mark.parametrize(
    ("properties", "ids"),
    [
        ({}, []),
        ({"storageProfile": {"osDisk": {**GONE, "managedDisk": {"id": "/os"}}}}, ["/os"]),
        ({"storageProfile": {"osDisk": {**KEPT, "managedDisk": {"id": "/os"}}, "dataDisks": [GONE]}}, []),
        ({"storageProfile": {"dataDisks": [{**GONE, "managedDisk": {"id": "/data"}}]}}, ["/data"]),
        ({"networkProfile": {"networkInterfaces": [{"id": "/a", "properties": GONE}, {"id": "/b"}]}}, ["/a"]),
    ],
)
def test_what_goes_along_with_a_vm(properties, ids):
    assert goes_along({"properties": properties}) == ids
