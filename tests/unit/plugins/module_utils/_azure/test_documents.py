# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.documents import difference, merge, strings

ID = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/n"
RULES = "properties.securityRules"


def rule(name, port="22", **more):
    return {"name": name, "properties": {"destinationPortRange": port, **more}}


def nsg(*rules):
    return {"properties": {"securityRules": list(rules)}}


# desired, current, the differences (path, before, after), the merged document (None: as current)
CASES = {
    "nothing asked for": ({}, {"a": 1}, [], None),
    "equal": ({"a": 1}, {"a": 1, "b": 2}, [], None),
    "value differs": ({"a": 1}, {"a": 2, "b": 3}, [("a", 2, 1)], {"a": 1, "b": 3}),
    "absent": ({"a": 1}, {}, [("a", None, 1)], {"a": 1}),
    "nested": ({"a": {"b": 1}}, {"a": {"c": 2}}, [("a.b", None, 1)], {"a": {"b": 1, "c": 2}}),
    "nested in nothing": ({"a": {"b": {"c": 1}}}, {}, [("a.b.c", None, 1)], {"a": {"b": {"c": 1}}}),
    "empty object asked for, nothing there": ({"a": {}}, {}, [], {"a": {}}),
    "empty list asked for, nothing there": ({"a": []}, {}, [], {"a": []}),
    "object where a text is": ({"a": {"b": 1}}, {"a": "x"}, [("a", "x", {"b": 1})], {"a": {"b": 1}}),
    "text where an object is": ({"a": "x"}, {"a": {"b": 1}}, [("a", {"b": 1}, "x")], {"a": "x"}),
    "null and there": ({"a": None}, {"a": 1, "b": 2}, [("a", 1, None)], {"b": 2}),
    "null and not there": ({"a": None}, {"b": 2}, [], None),
    "null below what is not there": ({"a": {"b": None}}, {}, [], {"a": {}}),
    "tags of others stay": (
        {"tags": {"ours": "1"}},
        {"tags": {"theirs": "2"}},
        [("tags.ours", None, "1")],
        {"tags": {"theirs": "2", "ours": "1"}},
    ),
    "location written otherwise": ({"location": "East US"}, {"location": "eastus"}, [], None),
    "another location": (
        {"location": "East US"},
        {"location": "westus"},
        [("location", "westus", "East US")],
        {"location": "East US"},
    ),
    "location below is a plain text": (
        {"a": {"location": "A B"}},
        {"a": {"location": "ab"}},
        [("a.location", "ab", "A B")],
        {"a": {"location": "A B"}},
    ),
    "id in another case": ({"id": ID}, {"id": ID.upper().replace("SUBSCRIPTIONS", "subscriptions")}, [], None),
    "ids in a list in another case": ({"a": [ID]}, {"a": [ID.lower()]}, [], None),
    "number as text": ({"port": 22}, {"port": "22"}, [], None),
    "text as number": ({"port": "22"}, {"port": 22}, [], None),
    "true is not 1": ({"a": True}, {"a": 1}, [("a", 1, True)], {"a": True}),
    "true is not its name": ({"a": "true"}, {"a": True}, [("a", True, "true")], {"a": "true"}),
    "enumeration in another case": ({"protocol": "tcp"}, {"protocol": "Tcp"}, [], None),
    "other texts keep their case": ({"a": "tcp"}, {"a": "Tcp"}, [("a", "Tcp", "tcp")], {"a": "tcp"}),
    "sku name in another case": ({"sku": {"name": "standard"}}, {"sku": {"name": "Standard"}}, [], None),
    "key with a line end": ({"keyData": "ssh-rsa A\n"}, {"keyData": "ssh-rsa A"}, [], None),
    "scalars differ in length": ({"a": ["1"]}, {"a": ["1", "2"]}, [("a", ["1", "2"], ["1"])], {"a": ["1"]}),
    "scalars differ in order": (
        {"a": ["1", "2"]},
        {"a": ["2", "1"]},
        [("a", ["2", "1"], ["1", "2"])],
        {"a": ["1", "2"]},
    ),
    "scalars none wanted": ({"a": []}, {"a": ["1"]}, [("a", ["1"], [])], {"a": []}),
    "scalars where nothing is": ({"a": ["1"]}, {}, [("a", None, ["1"])], {"a": ["1"]}),
    "list where a text is": ({"a": ["1"]}, {"a": "1"}, [("a", "1", ["1"])], {"a": ["1"]}),
    "numbers": ({"a": 1.5}, {"a": 1.5}, [], None),
    "items in another order, foreign ones between": (
        nsg(rule("a"), rule("b")),
        nsg(rule("B"), rule("foreign"), rule("a")),
        [],
        None,
    ),
    "item is not there": (
        nsg(rule("a"), rule("b")),
        nsg(rule("foreign"), rule("a")),
        [(RULES + "[b]", None, rule("b"))],
        nsg(rule("foreign"), rule("a"), rule("b")),
    ),
    "item differs": (
        nsg(rule("a")),
        nsg(rule("foreign"), rule("a", "23", etag="1")),
        [(RULES + "[a].properties.destinationPortRange", "23", "22")],
        nsg(rule("foreign"), rule("a", etag="1")),
    ),
    "items where nothing is": (nsg(rule("a")), {}, [(RULES + "[a]", None, rule("a"))], nsg(rule("a"))),
    "no items asked for": (nsg(), nsg(rule("foreign")), [], None),
    "null inside an item": (
        nsg({"name": "a", "x": None}),
        nsg({"name": "a", "x": 1}),
        [(RULES + "[a].x", 1, None)],
        nsg({"name": "a"}),
    ),
    "null inside a new item is not sent": (
        nsg({"name": "a", "x": None}),
        nsg(),
        [(RULES + "[a]", None, {"name": "a", "x": None})],
        nsg({"name": "a"}),
    ),
    "a name with dots and brackets": (
        nsg(rule("a.[b].c", "1")),
        nsg(rule("a.[b].c", "2")),
        [(RULES + "[a.[b].c].properties.destinationPortRange", "2", "1")],
        nsg(rule("a.[b].c", "1")),
    ),
    "interfaces by id": (
        {"networkInterfaces": [{"id": ID, "properties": {"primary": True}}]},
        {"networkInterfaces": [{"id": ID.lower(), "properties": {"primary": False}}]},
        [("networkInterfaces[%s].properties.primary" % ID, False, True)],
        {"networkInterfaces": [{"id": ID.lower(), "properties": {"primary": True}}]},
    ),
    "disks by lun": ({"dataDisks": [{"lun": 1, "a": 1}]}, {"dataDisks": [{"lun": 0}, {"lun": 1, "a": 1}]}, [], None),
    "two keys in one file are told apart by position": (
        {"publicKeys": [{"path": "p", "keyData": "1"}, {"path": "p", "keyData": "2"}]},
        {"publicKeys": [{"path": "p", "keyData": "1"}, {"path": "p", "keyData": "3"}]},
        [("publicKeys[1].keyData", "3", "2")],
        {"publicKeys": [{"path": "p", "keyData": "1"}, {"path": "p", "keyData": "2"}]},
    ),
    "items without a key, another number of them": (
        {"a": [{"x": 1}]},
        {"a": [{"x": 1}, {"x": 2}]},
        [("a", [{"x": 1}, {"x": 2}], [{"x": 1}])],
        {"a": [{"x": 1}]},
    ),
    "items without a key, equal": ({"a": [{"x": 1}]}, {"a": [{"x": 1, "y": 2}]}, [], None),
}


@pytest.mark.parametrize("name", CASES)
def test_difference_and_merge(name):
    desired, current, differences, merged = CASES[name]
    before = copy.deepcopy((desired, current))
    assert [tuple(item) for item in difference(desired, current)] == differences
    result = merge(current, desired)
    assert result == (current if merged is None else merged)
    assert difference(desired, result) == [], "what was merged is what was asked for"
    assert merge(result, desired) == result, "merging twice is merging once"
    assert (desired, current) == before, "the arguments stay as they are"


def test_exclusive_lists_tolerate_nothing_else():
    desired, current = nsg(rule("a")), nsg(rule("foreign"), rule("a"))
    assert [tuple(item) for item in difference(desired, current, exclusive=[RULES])] == [
        (RULES + "[foreign]", rule("foreign"), None)
    ]
    assert merge(current, desired, exclusive=[RULES]) == nsg(rule("a"))
    assert merge(current, nsg(), exclusive=[RULES]) == nsg()
    assert len(difference(nsg(), current, exclusive=[RULES])) == 2


def test_list_keys_are_chosen_by_path():
    desired, current = {"a": [{"k": 1, "name": "x", "v": 1}]}, {"a": [{"k": 2, "name": "x", "v": 2}, {"k": 1, "v": 1}]}
    assert [item.path for item in difference(desired, current, {"a": "k"})] == ["a[1].name"]
    assert merge(current, desired, {"a": "k"}) == {"a": [current["a"][0], {"k": 1, "v": 1, "name": "x"}]}


def test_ignored_paths_are_skipped():
    desired = {"a": {"b": 1, "c": 2}, "list": [{"name": "x", "secret": 1}]}
    current = {"list": [{"name": "x"}]}
    assert [item.path for item in difference(desired, current, ignore=["a.b", "list.secret"])] == ["a.c"]


def test_strings():
    assert list(strings({"a": ["x", {"b": "y"}], "c": 1, "d": None, "e": ("z",)})) == ["x", "y", "z"]


MINE, THEIRS = (
    "/subscriptions/s/resourceGroups/g/providers/x/y/mine",
    "/subscriptions/s/resourceGroups/g/providers/x/y/t.h",
)


def identity(kind, *ids):
    return {"identity": {"type": kind, **({"userAssignedIdentities": {one: {} for one in ids}} if ids else {})}}


SHOWN = {"clientId": "c", "principalId": "p"}
# asked for, current, paths that differ, what is sent
IDENTITIES = {
    "none yet": (identity("SystemAssigned"), {}, ["identity.type"], identity("SystemAssigned")),
    "there": (identity("SystemAssigned"), identity("SystemAssigned"), [], identity("SystemAssigned")),
    "beside theirs": (
        identity("SystemAssigned"),
        identity("SystemAssigned, UserAssigned", THEIRS),
        [],
        identity("SystemAssigned, UserAssigned", THEIRS),
    ),
    "added to theirs": (
        identity("SystemAssigned"),
        identity("UserAssigned", THEIRS),
        ["identity.type"],
        identity("SystemAssigned, UserAssigned", THEIRS),
    ),
    "one more": (
        identity("UserAssigned", MINE),
        identity("UserAssigned", THEIRS),
        ["identity.userAssignedIdentities." + MINE],
        identity("UserAssigned", THEIRS, MINE),
    ),
    "in another casing": (
        identity("UserAssigned", MINE.upper().replace("/SUB", "/sub")),
        {"identity": {"type": "userassigned", "userAssignedIdentities": {MINE: SHOWN}}},
        [],
        {"identity": {"type": "userassigned", "userAssignedIdentities": {MINE: SHOWN}}},
    ),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_of_others_stay(name):
    desired, current, paths, sent = IDENTITIES[name]
    assert [item.path for item in difference(desired, current)] == paths
    assert merge(current, desired) == sent
    assert difference(desired, merge(current, desired)) == []
