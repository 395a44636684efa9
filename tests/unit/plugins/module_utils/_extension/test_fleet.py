# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet: which VMs are believed settled by one query, and which are looked at."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import fleet
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.secret_digest import mark_of

from .machines import PUBLISHER, TYPE, VM, extension

WANTED = Desired(
    name=TYPE, publisher=PUBLISHER, type=TYPE, version="2.1", settings={"a": 1}, protected_settings={"x": "long-S3cret"}
)
KEY = "a key"
TAG = "bulwark1:" + mark_of(WANTED.protected_settings, KEY)


def vm(number):
    return "%s%d" % (VM[:-1], number)


def row(number, **properties):
    """A row of Resource Graph: types and ids come in lower case."""
    made = extension(settings={"a": 1}, forceUpdateTag=TAG, **properties)
    return {**made, "id": (vm(number) + "/extensions/" + TYPE).lower(), "type": made["type"].lower()}


@pytest.fixture
def world(monkeypatch):
    """(rows or the Failure of the query, VMs that were looked at); the fixture replaces query and single look."""
    rows, seen, queries = [], [], []

    def query(_session, subscriptions, _text):
        queries.append(subscriptions)
        if rows and isinstance(rows[0], Failure):
            raise rows[0]
        return rows

    def converge(_session, vm_id, _desired, *, digest_key, check):
        seen.append(vm_id)
        return {"changed": True, "action": "create"}

    monkeypatch.setattr(fleet.graph, "query", query)
    monkeypatch.setattr(fleet, "converge", converge)
    return rows, seen, queries


def run(count, desired=WANTED, **options):
    options = {"digest_key": KEY, "check": True, "concurrency": 4, **options}
    return fleet.converge_many(None, [vm(number) for number in range(count)], desired, **options)


# what is declared, whether it is wrong whatever a VM has
DECLARED = {
    "right": ({"settings": {}, "protected_settings": {"commandToExecute": "true"}}, False),
    "nothing to run": ({"settings": {}, "protected_settings": {}}, True),
    "a wrong type": ({"protected_settings": {"commandToExecute": ["planted-S3cret"]}}, True),
    "the VM may have the command": ({"protected_settings": None}, False),
    "on its way out": ({"protected_settings": {}, "state": "absent"}, False),
    "of an unknown handler": ({"publisher": None, "type": None}, False),
}


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_wrong_for_all_is_said_once(name):
    given, wrong = DECLARED[name]
    desired = WANTED._replace(**given)
    if not wrong:
        fleet.check_declared(desired)
        return
    with pytest.raises(Failure) as caught:
        fleet.check_declared(desired)
    assert caught.value.code == "InvalidSettings"
    assert "S3cret" not in repr(caught.value.as_result())


def test_a_small_fleet_is_looked_at(world):
    _rows, seen, queries = world
    results = run(3)
    assert (len(seen), queries) == (3, [])
    assert results[vm(0)]["read_by"] == "live"


def test_a_large_fleet_is_queried_once_and_only_differences_are_looked_at(world):
    rows, seen, queries = world
    rows += [row(number) for number in range(100) if number != 7]
    rows[3]["properties"]["settings"] = {"a": 2}
    rows[4]["properties"]["provisioningState"] = "Failed"
    results = run(100)
    assert queries == [[VM.split("/")[2]]]
    assert sorted(seen) == sorted([vm(3), vm(4), vm(7)])
    assert list(results) == [vm(number) for number in range(100)], "in the order of the call"
    settled = results[vm(0)]
    assert (settled["changed"], settled["read_by"], settled["action"]) == (False, "resource_graph", "none")
    assert settled["read_at"].endswith("Z")
    assert results[vm(7)]["changed"] is True


BY_NAME = "name =~ 'CustomScript' |"
BY_HANDLER = "properties.publisher =~ 'Microsoft.Azure.Extensions' and properties.type =~ 'CustomScript' |"


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({}, BY_NAME),
        ({"name": None}, BY_HANDLER),
        ({"adopt": True}, BY_HANDLER),
        ({"adopt": True, "publisher": None, "type": None}, BY_NAME),
        ({"adopt": True, "state": "absent"}, BY_NAME),
        ({"name": None, "state": "absent"}, BY_HANDLER),
        ({"name": "it's"}, "name =~ 'it\\'s' |"),
    ],
)
def test_the_query_asks_for_what_the_plan_would_find(given, condition):
    text = fleet.query_for(WANTED._replace(**given))
    assert "'microsoft.compute/virtualmachines/extensions' and " + condition in text


def test_absence_of_what_is_absent_needs_no_look(world):
    rows, seen, _queries = world
    rows.append(row(5))
    run(100, Desired(name=TYPE, state="absent"))
    assert seen == [vm(5)]


@pytest.mark.parametrize(
    ("read_by", "count", "looked"), [("live", 100, 100), ("resource_graph", 2, 2), ("auto", 99, 99)]
)
def test_how_to_read_is_the_users_choice(world, read_by, count, looked):
    _rows, seen, queries = world
    run(count, read_by=read_by)
    assert (len(seen), bool(queries)) == (looked, read_by == "resource_graph")


def test_without_the_right_to_query_every_vm_is_looked_at(world):
    rows, seen, _queries = world
    rows.append(Failure("no", code="AuthorizationFailed"))
    run(100)
    assert len(seen) == 100


def test_a_query_that_fails_otherwise_is_an_error(world):
    rows, _seen, _queries = world
    rows.append(Failure("no", code="Unreachable"))
    with pytest.raises(Failure):
        run(100)


def test_what_the_query_cannot_judge_is_looked_at(world):
    rows, seen, _queries = world
    rows.append({**row(1), "name": "other"})
    run(100, WANTED._replace(name="mine"))
    assert vm(1) in seen, "the handler under another name is judged by Azure itself"
