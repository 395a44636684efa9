# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_order import read_resources
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_plan import owner_tags
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resources import make_absent, make_present

from .wire import GROUP, VM, Reply, Wire, absent, error, make_session

NET = GROUP + "/providers/Microsoft.Network"
NSG, VNET, NIC = NET + "/networkSecurityGroups/n", NET + "/virtualNetworks/v", NET + "/networkInterfaces/i"
SECRET = "planted-S3cret"
DONE = {"provisioningState": "Succeeded"}
SITE = [
    {"id": VM, "document": {"location": "x", "properties": {"networkProfile": {"networkInterfaces": [{"id": NIC}]}}}},
    {"id": NIC, "document": {"location": "x", "properties": {"a": {"id": VNET + "/subnets/s"}}}},
    {"id": VNET, "document": {"location": "x", "properties": {"b": {"id": NSG}}}},
    {"id": NSG, "document": {"location": "x"}},
    {"id": GROUP, "document": {"location": "x"}},
]
ORDER = [GROUP, NSG, VNET, NIC, VM]


def present(wire, items, check=False, owner="me"):
    return make_present(make_session(wire), read_resources(items), owner=owner, concurrency=4, check=check)


def remove(wire, ids, check=False):
    items = [{"id": resource_id} for resource_id in ids]
    return make_absent(make_session(wire), read_resources(items), owner="me", concurrency=1, check=check)


def test_a_site_is_made_in_the_order_of_its_references():
    made = {item["id"]: {**item["document"], "id": item["id"], "properties": DONE} for item in SITE}
    wire = Wire(
        *[absent("GET", resource_id, "ResourceGroupNotFound") for resource_id in ORDER],
        *[Reply("PUT", resource_id, 201, made[resource_id]) for resource_id in ORDER],
        Reply("GET", VM, 200, {**made[VM], "instance": "view"}),
    )
    results = present(wire, SITE)
    assert [sent.path.lower() for sent in wire.sent if sent.method == "PUT"] == [path.lower() for path in ORDER]
    assert {result["action"] for result in results.values()} == {"create"}
    assert all(sent.body["tags"] == owner_tags(sent.path, "me") for sent in wire.sent if sent.method == "PUT")
    assert results[VM]["document"]["instance"] == "view", "a VM is read again with its instance view"
    assert results[NIC]["document"] == made[NIC]
    assert wire.replies == []


def test_check_mode_on_nothing_predicts_and_sends_nothing():
    wire = Wire(*[absent("GET", resource_id) for resource_id in ORDER])
    results = present(wire, SITE, check=True)
    assert {sent.method for sent in wire.sent} == {"GET"}
    assert results[NIC]["changed"] is True
    assert results[NIC]["document"] == {
        **SITE[1]["document"],
        "tags": owner_tags(NIC, "me"),
        "id": NIC,
        "name": "i",
        "type": "Microsoft.Network/networkInterfaces",
    }


def test_the_second_run_sends_nothing():
    wire = Wire(*[Reply("GET", item["id"], 200, {**item["document"], "etag": "1"}) for item in SITE])
    results = present(wire, SITE)
    assert {sent.method for sent in wire.sent} == {"GET"}
    assert not any(result["changed"] for result in results.values())
    assert results[NSG] == {
        "changed": False,
        "action": "none",
        "reasons": [],
        "before": {},
        "after": {},
        "document": {"location": "x", "etag": "1"},
    }


def test_an_update_names_the_version_it_read():
    wire = Wire(
        Reply("GET", NSG, 200, {"location": "x", "etag": 'W/"1"', "properties": {"a": 1, "b": 2}}),
        Reply("PUT", NSG, 200, {"properties": DONE}),
    )
    results = present(wire, [{"id": NSG, "document": {"properties": {"a": 3}}}])
    assert wire.only("PUT").headers["If-Match"] == 'W/"1"'
    assert wire.only("PUT").body == {"location": "x", "properties": {"a": 3, "b": 2}}
    assert (results[NSG]["before"], results[NSG]["after"]) == ({"properties.a": 1}, {"properties.a": 3})


def test_what_somebody_wrote_meanwhile_is_read_before_it_is_judged_again():
    wire = Wire(
        Reply("GET", NSG, 200, {"etag": "1", "properties": {"a": 1}}),
        Reply("PUT", NSG, 412, error("PreconditionFailed")),
        Reply("GET", NSG, 200, {"etag": "2", "properties": {"a": 1, "theirs": 2}}),
        Reply("PUT", NSG, 200, {"properties": DONE}),
    )
    assert present(wire, [{"id": NSG, "document": {"properties": {"a": 3}}}])[NSG]["changed"] is True
    assert wire.sent[-1].body == {"properties": {"a": 3, "theirs": 2}}
    assert wire.sent[-1].headers["If-Match"] == "2"


def test_somebody_who_writes_all_the_time_is_an_error():
    wire = Wire(
        *[Reply("GET", NSG, 200, {"etag": "1", "properties": {"a": 1}}) for _turn in range(2)],
        *[Reply("PUT", NSG, 412, error("PreconditionFailed")) for _turn in range(2)],
    )
    failure = present(wire, [{"id": NSG, "document": {"properties": {"a": 3}}}])[NSG]
    assert failure.code == "PreconditionFailed"
    assert "run again" in failure.hint


def view(power):
    return {"instanceView": {"statuses": [{"code": "PowerState/" + power}]}}


@pytest.mark.parametrize(
    ("wanted", "found", "action"), [("running", "deallocated", "start"), ("deallocated", "running", "deallocate")]
)
def test_power_alone_sends_no_document(wanted, found, action):
    wire = Wire(
        Reply("GET", VM, 200, {"location": "x", "properties": view(found)}),
        Reply("POST", VM + "/" + action, 200),
        Reply("GET", VM, 200, {"location": "x", "properties": view(wanted)}),
    )
    result = present(wire, [{"id": VM, "power": wanted}])[VM]
    assert (result["action"], result["reasons"]) == ("update", ["power is " + found])
    assert result["document"]["properties"] == view(wanted)
    assert [sent.method for sent in wire.sent] == ["GET", "POST", "GET"]


def test_power_comes_after_the_document_and_not_in_check_mode():
    item = {"id": VM, "document": {"location": "x", "tags": {"a": "1"}}, "power": "stopped"}
    seen = Reply("GET", VM, 200, {"location": "x", "properties": view("running")})
    wire = Wire(seen, Reply("PUT", VM, 200, {"properties": DONE}), Reply("POST", VM + "/powerOff", 200), seen)
    assert present(wire, [item])[VM]["after"] == {"tags.a": "1", "power": "stopped"}
    assert [sent.method for sent in wire.sent] == ["GET", "PUT", "POST", "GET"]
    wire = Wire(seen)
    assert present(wire, [item], check=True)[VM]["after"] == {"tags.a": "1", "power": "stopped"}


LOCKED = error("ScopeLocked", "The scope '%s' cannot perform delete operation because it is locked." % NSG)


TAGGED = [{"id": NSG, "document": {"tags": {"env": "dev", "team": "a"}}}]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"env": "prod", "team": "a"}, {"env": "prod", "team": "a", "added": "x"}, False),
        ({"env": "prod", "team": "b"}, {"env": "prod", "team": "a"}, True),
        ({"env": "prod", "team": "a"}, {"env": "dev", "team": "a", "added": "x"}, True),
    ],
)
def test_a_tag_that_a_policy_keeps_is_no_change(before, after, changed):
    looks = [Reply("GET", NSG, 200, {"tags": before}), Reply("GET", NSG, 200, {"tags": after})]
    wire = Wire(*looks, Reply("PUT", NSG, 200, {"tags": after, "properties": DONE}))
    result = present(wire, TAGGED)[NSG]
    assert result["changed"] is changed
    told = result.get("warnings", [])
    assert len(told) == (after["env"] == "prod")
    assert all("tag env" in text and "ignore_tags" in text for text in told)


def test_an_answer_that_is_older_than_the_write_is_not_believed():
    before, after = {"env": "prod", "team": "a"}, {"env": "dev", "team": "a"}
    looks = [Reply("GET", NSG, 200, {"tags": before}), Reply("GET", NSG, 200, {"tags": after})]
    wire = Wire(*looks, Reply("PUT", NSG, 200, {"tags": before, "properties": DONE}))
    result = present(wire, TAGGED)[NSG]
    assert (result["changed"], result.get("warnings", [])) == (True, [])


def test_ignored_tags_are_given_at_creation_and_not_compared():
    wire = Wire(Reply("GET", NSG, 200, {"tags": {"env": "prod", "team": "a"}}))
    session = make_session(wire)
    options = {"owner": "me", "concurrency": 4, "check": False, "ignore_tags": ["env"]}
    assert make_present(session, read_resources(TAGGED), **options)[NSG]["changed"] is False
    wire = Wire(absent("GET", NSG), Reply("PUT", NSG, 201, {"properties": DONE}))
    make_present(make_session(wire), read_resources(TAGGED), **options)
    assert wire.only("PUT").body["tags"]["env"] == "dev"


@pytest.mark.parametrize(("state", "gets"), [("Creating", 2), ("Deleting", 2), ("Updating", 1)])
def test_a_creation_that_an_ended_run_has_begun_is_waited_for(state, gets):
    document = {"location": "x"}
    busy = Reply("GET", NSG, 200, {**document, "properties": {"provisioningState": state}})
    wire = Wire(busy, Reply("GET", NSG, 200, {**document, "properties": DONE}))
    assert present(wire, [{"id": NSG, "document": document}])[NSG]["changed"] is False
    assert len(wire.sent) == gets


def test_a_locked_resource_cannot_be_written():
    wire = Wire(Reply("GET", NSG, 200, {"properties": {"a": 1}}), Reply("PUT", NSG, 409, LOCKED))
    failure = present(wire, [{"id": NSG, "document": {"properties": {"a": 2}}}])[NSG]
    assert failure.code == "ScopeLocked"
    assert NSG in failure.message
    assert "remove the lock" in failure.text()


def test_one_failure_stops_only_what_needs_it():
    wire = Wire(
        absent("GET", NSG),
        Reply("PUT", NSG, 403, error("RequestDisallowedByPolicy", "no")),
        Reply("GET", GROUP, 200, {"location": "x"}),
    )
    results = present(wire, [item for item in SITE if item["id"] != VM])
    assert results[NSG].code == "RequestDisallowedByPolicy"
    assert [results[key].code for key in (VNET, NIC)] == ["Skipped", "Skipped"]
    assert results[VNET].message == "skipped because %s failed" % NSG, "as the user wrote it"
    assert results[GROUP]["action"] == "none"


def test_a_secret_is_sent_and_never_shown():
    profile = {"computerName": "vm1"}
    item = {
        "id": VM,
        "document": {"location": "x", "properties": {"osProfile": profile}},
        "protected": {"properties": {"osProfile": {"adminPassword": SECRET}}},
    }
    wire = Wire(absent("GET", VM), Reply("PUT", VM, 400, error("InvalidParameter", "'%s' is too simple" % SECRET)))
    failure = present(wire, [item])[VM]
    assert wire.only("PUT").body["properties"]["osProfile"]["adminPassword"] == SECRET, "the control: it was there"
    assert SECRET not in failure.text() + repr(failure.as_error())
    assert "is too simple" in failure.message


def held(*ids):
    return Reply("GET", GROUP + "/resources", 200, {"value": [{"id": resource_id} for resource_id in ids]})


def ours(resource_id, **properties):
    return Reply(
        "GET", resource_id, 200, {"id": resource_id, "tags": owner_tags(resource_id, "me"), "properties": properties}
    )


def gone(resource_id):
    return Reply("DELETE", resource_id, 204 if "/providers/" in resource_id else 200)


def test_what_depends_is_deleted_first():
    """The references come from what Azure holds, which points back too; nothing but ids is declared."""
    wire = Wire(
        ours(GROUP),
        ours(NSG, subnets=[{"id": VNET + "/subnets/s"}], networkInterfaces=[{"id": NIC}]),
        ours(VNET, a=NSG, subnets=[{"properties": {"ipConfigurations": [{"id": NIC + "/ipConfigurations/ip"}]}}]),
        ours(NIC, b=VNET + "/subnets/s", virtualMachine={"id": VM}),
        ours(VM, c=NIC),
        *[gone(resource_id) for resource_id in ORDER],
        held(),
    )
    results = remove(wire, ORDER)
    assert [sent.path.lower() for sent in wire.sent if sent.method == "DELETE"] == [
        path.lower() for path in reversed(ORDER)
    ]
    assert {result["action"] for result in results.values()} == {"delete"}


def test_a_lock_keeps_what_it_protects_and_nothing_else():
    wire = Wire(
        *[ours(resource_id) for resource_id in (GROUP, VNET, VM)],
        ours(NSG),
        gone(VNET),
        gone(VM),
        Reply("DELETE", NSG, 409, LOCKED),
    )
    results = remove(wire, [GROUP, NSG, VNET, VM])
    assert [results[key]["action"] for key in (VNET, VM)] == ["delete", "delete"]
    assert results[NSG].code == "ScopeLocked"
    assert NSG in results[NSG].message
    assert results[GROUP].code == "Skipped"


def test_results_are_in_the_order_of_removal():
    wire = Wire(ours(GROUP), ours(NSG), ours(VNET, b=NSG), ours(VM), held(NSG, VNET, VM))
    assert list(remove(wire, [GROUP, NSG, VNET, VM], check=True)) == [VNET, VM, NSG, GROUP]


def test_what_is_still_used_stays():
    """An interface of others in our network; ours in it goes, and so does not count."""
    theirs = NIC + "-theirs"
    used = [{"properties": {"ipConfigurations": [{"id": other + "/ipConfigurations/ip"} for other in (NIC, theirs)]}}]
    wire = Wire(
        ours(VNET, b=NSG, subnets=used), ours(NIC, a=VNET), ours(NSG, subnets=[{"id": VNET + "/subnets/s"}]), gone(NIC)
    )
    results = remove(wire, [VNET, NIC, NSG])
    assert results[NIC]["action"] == "delete"
    assert results[VNET]["reasons"] == ["kept: it is still used by %s/ipConfigurations/ip" % theirs]
    assert results[NSG]["reasons"] == ["kept: it is still used by %s/subnets/s" % VNET]


def test_a_list_of_azure_that_lags_behind_keeps_no_group():
    wire = Wire(ours(GROUP), ours(NSG), gone(NSG), held(NSG), gone(GROUP))
    assert remove(wire, [GROUP, NSG])[GROUP]["action"] == "delete"


def test_what_is_not_there_is_no_change():
    wire = Wire(absent("GET", VM, "ResourceGroupNotFound"), absent("GET", GROUP, "ResourceGroupNotFound"))
    results = remove(wire, [VM, GROUP])
    assert not any(result["changed"] for result in results.values())
    assert results[VM]["document"] == {}


def test_a_group_with_something_else_in_it_stays():
    wire = Wire(ours(GROUP), ours(NSG), gone(NSG), held("/theirs"))
    results = remove(wire, [GROUP, NSG])
    assert results[NSG]["changed"] is True
    assert results[GROUP]["changed"] is False
    assert "/theirs" in results[GROUP]["reasons"][0]


@pytest.mark.parametrize(
    ("others", "action"), [([], "delete"), ([VM + "/extensions/x"], "delete"), (["/subscriptions/x/theirs"], "none")]
)
def test_check_mode_predicts_what_the_group_will_hold(others, action):
    disk = {"deleteOption": "Delete", "managedDisk": {"id": "/disk"}}
    wire = Wire(ours(GROUP), ours(VM, storageProfile={"osDisk": disk}), held(VM, "/Disk", *others))
    results = remove(wire, [GROUP, VM], check=True)
    assert results[VM]["action"] == "delete"
    assert results[GROUP]["action"] == action
    assert {sent.method for sent in wire.sent} == {"GET"}


def test_what_cannot_be_read_fails_alone():
    wire = Wire(ours(NSG), gone(NSG), Reply("GET", VNET, 403, error("AuthorizationFailed")))
    results = remove(wire, [NSG, VNET])
    assert isinstance(results[VNET], Failure)
    assert results[NSG]["changed"] is True
