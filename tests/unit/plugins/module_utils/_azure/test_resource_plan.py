# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_plan import (
    ID_TAG,
    OWNER_TAG,
    goes_along,
    is_tagless,
    owner_tags,
    plan_absent,
    plan_present,
    removal_lines,
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
    digest = "72a5b07d36c1b036"
    assert plan.document == {**wanted(rule("a")), "tags": {"x": "1", OWNER_TAG: "me", ID_TAG: digest}}
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
    assert plan == ("none", [], None, current, {}, {}, None)


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


def test_a_former_copy_of_the_tags_does_not_travel():
    """Tags are written at creation only: a copy on another resource is never made to fit it."""
    copied = {**nsg(), "tags": owner_tags(VM, "me")}
    plan = plan_present(NSG, {**wanted(rule("a")), "tags": {"x": "1"}}, copied, owner="me")
    assert plan.document["tags"] == {**owner_tags(VM, "me"), "x": "1"}


def test_the_digest_is_of_the_id_in_any_casing():
    assert owner_tags(NSG.upper(), "me") == owner_tags(NSG + "/", "me")
    assert len(owner_tags(NSG, "me")[ID_TAG]) == 16


@pytest.mark.parametrize("power", [None, "running"])
def test_nothing_is_created_without_a_document(power):
    with pytest.raises(Failure) as caught:
        plan_present(VM, {}, None, owner="me", power=power)
    assert caught.value.code == "ResourceNotFound"


def machine(power=None, **properties):
    statuses = [{"code": "ProvisioningState/succeeded"}]
    statuses += [{"code": "PowerState/" + power}] if power else []
    return {"location": "westeurope", "properties": {"instanceView": {"statuses": statuses}, **properties}}


# wanted, found, action
POWER = [
    (None, "deallocated", None),
    ("running", "running", None),
    ("running", "stopped", "start"),
    ("running", "deallocated", "start"),
    ("running", "stopping", "start"),
    ("running", None, "start"),
    ("stopped", "running", "powerOff"),
    ("stopped", "stopped", None),
    ("stopped", "deallocated", None),
    ("deallocated", "running", "deallocate"),
    ("deallocated", "stopped", "deallocate"),
    ("deallocated", "deallocated", None),
]


@pytest.mark.parametrize(("power", "found", "action"), POWER)
def test_power_of_a_vm_that_exists(power, found, action):
    plan = plan_present(VM, {"location": "westeurope"}, machine(found), power=power)
    assert (plan.power, plan.action) == (action, "update" if action else "none")
    if action:
        assert plan.reasons == ["power is %s" % (found or "unknown")]
        assert (plan.before, plan.after) == ({"power": found or "unknown"}, {"power": power})
        assert plan.document is None, "the document does not differ, so it is not sent"


def test_power_beside_a_document_that_differs():
    desired = {"properties": {"hardwareProfile": {"vmSize": "B"}}}
    plan = plan_present(VM, desired, machine("stopped", hardwareProfile={"vmSize": "A"}), power="running")
    assert plan.reasons == ["properties.hardwareProfile.vmSize differs", "power is stopped"]
    assert plan.document["properties"] == {"hardwareProfile": {"vmSize": "B"}}
    assert plan.after == {"properties.hardwareProfile.vmSize": "B", "power": "running"}


@pytest.mark.parametrize(
    ("power", "action"), [(None, None), ("running", None), ("stopped", "powerOff"), ("deallocated", "deallocate")]
)
def test_power_of_a_new_vm(power, action):
    plan = plan_present(VM, {"location": "x"}, None, power=power)
    assert (plan.action, plan.power) == ("create", action)
    assert plan.after.get("power") == power
    assert "power" not in plan.document


def test_only_power_is_declared_of_a_failed_vm():
    failed = machine("running", provisioningState="Failed")
    assert plan_present(VM, {}, failed, power="running").action == "none"
    assert plan_present(VM, {}, failed, power="stopped").document is None


def ours(resource_id, **tags):
    return {"tags": {**owner_tags(resource_id, "me"), **tags}}


OLD = {"tags": {OWNER_TAG: "me"}}
# id, current document, what else is in it, what uses it, action, words of the reason
ABSENT = {
    "not there": (GROUP, None, [], [], "none", []),
    "ours": (NSG, ours(NSG), [], [], "delete", ["present"]),
    "ours, read in another casing": (NSG.upper(), ours(NSG), [], [], "delete", ["present"]),
    "somebody's": (NSG, {"tags": {OWNER_TAG: "you"}}, [], [], "none", ["'you', not 'me'"]),
    "nobody's": (NSG, {}, [], [], "none", ["None, not 'me'"]),
    "without tags": (NSG, {"tags": None}, [], [], "none", ["None, not 'me'"]),
    "of a former version": (NSG, OLD, [], [], "none", ["not the tag bulwark-azure-docker-id"]),
    "with copied tags": (NSG, ours(VM), [], [], "none", ["written for another resource: the tags were copied"]),
    "ours and in use": (NSG, ours(NSG), [], ["/b", "/a"], "none", ["kept: it is still used by /a, /b"]),
    "our empty group": (GROUP, ours(GROUP), [], [], "delete", ["present"]),
    "our group with others in it": (GROUP, ours(GROUP), ["/b", "/a"], [], "none", ["still holds /a, /b"]),
    "cannot carry a tag": (SUBNET, {}, [], [], "none", ["cannot carry a tag"]),
}


@pytest.mark.parametrize("name", ABSENT)
def test_only_what_is_ours_is_deleted(name):
    resource_id, current, held, using, action, words = ABSENT[name]
    plan = plan_absent(resource_id, current, "me", held, using)
    assert (plan.action, plan.document, plan.after) == (action, None, {})
    assert len(plan.reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, plan.reasons))
    assert plan.before == (current if action == "delete" else {})


def test_what_goes_along_is_said():
    properties = {"storageProfile": {"osDisk": {"deleteOption": "Delete", "managedDisk": {"id": "/os"}}}}
    assert plan_absent(VM, {**ours(VM), "properties": properties}, "me").reasons == ["present", "with it go /os"]


def test_removal_in_words():
    results = {
        "/vm": {"action": "delete", "reasons": ["present", "with it go /os"]},
        "/nic": {"action": "delete", "reasons": ["present"]},
        "/nsg": {"action": "none", "reasons": ["kept: it is theirs"]},
        "/ip": {"action": "none", "reasons": []},
        "/net": Failure("is locked", code="ScopeLocked", hint="Unlock."),
    }
    assert removal_lines(results) == [
        "delete /vm; with it go /os",
        "delete /nic",
        "keep   /nsg: it is theirs",
        "absent /ip",
        "fail   /net: is locked Next step: Unlock.",
    ]


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
