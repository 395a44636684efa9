# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.bulwark.azure_docker.plugins.action import fleet_result

from .playbook import run, task_in_play

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/docker1"
EXTENSION = ID + "/extensions/CustomScript"
NOTHING = {"changed": False, "action": "none", "reasons": [], "before": {}, "after": {}}
CREATED = {"changed": True, "action": "create", "reasons": ["absent"], "before": {}, "after": {"size": "B2s"}}
UPDATED = {
    "changed": True,
    "action": "update",
    "reasons": ["tls differs", "port differs"],
    "before": {"port": 1},
    "after": {"port": 2},
}
DELETED = {"changed": True, "action": "delete", "reasons": ["present"], "before": {"port": 1}, "after": {}}
BARE = {"changed": True}


def booked(results, **arguments):
    return run(fleet_result, task_in_play({"results": results, **arguments}))


def diff(header, before, after):
    return {"before": before, "after": after, "before_header": header, "after_header": header}


# results, title, (changed, message, diff)
BOOKED = {
    "no results": ({}, "", (False, "nothing to change", [])),
    "nothing changed": ({"docker1": NOTHING}, "Docker", (False, "nothing to change", [])),
    "created": (
        {"docker1": CREATED},
        "",
        (True, ["create docker1: absent"], [diff("docker1", {}, {"size": "B2s"})]),
    ),
    "with a title": (
        {"docker1": UPDATED},
        "Docker host",
        (True, ["Docker host update docker1: tls differs; port differs"], [diff("docker1", {"port": 1}, {"port": 2})]),
    ),
    "an ARM id": (
        {ID: CREATED},
        "",
        (
            True,
            ["create virtualMachines/docker1: absent"],
            [diff("virtualMachines/docker1", {}, {"size": "B2s"})],
        ),
    ),
    "the ARM id of a child": (
        {EXTENSION: DELETED},
        "",
        (True, ["delete extensions/CustomScript: present"], [diff("extensions/CustomScript", {"port": 1}, {})]),
    ),
    "a name with slashes": ({"clients/alice": BARE}, "", (True, ["change clients/alice"], [])),
    "no reasons, no difference": (
        {"docker1": {**BARE, "reasons": None, "before": None, "after": None}},
        "",
        (True, ["change docker1"], []),
    ),
    "several": (
        {ID: NOTHING, EXTENSION: UPDATED, "docker1": DELETED},
        "",
        (
            True,
            ["update extensions/CustomScript: tls differs; port differs", "delete docker1: present"],
            [diff("extensions/CustomScript", {"port": 1}, {"port": 2}), diff("docker1", {"port": 1}, {})],
        ),
    ),
}


@pytest.mark.parametrize("name", BOOKED)
def test_what_is_booked(name):
    results, title, (changed, message, differences) = BOOKED[name]
    found = booked(results, **({"title": title} if title else {}))
    assert (found["changed"], found["msg"], found["diff"]) == (changed, message, differences)
    assert "failed" not in found
    assert found.get("_ansible_verbose_always", False) is changed, "changes are shown without -v, the rest is not"


def error(**given):
    return {"code": None, "message": None, "details": [], "request_id": None, "hint": None, **given}


# error, its sentence
ERRORS = {
    "a text": ("it broke", "docker1: it broke"),
    "message only": (error(message="It broke."), "docker1: It broke."),
    "code": (error(message="It broke.", code="Broken"), "docker1: Broken: It broke."),
    "details that say more": (
        error(
            message="It broke.",
            details=[{"message": "exit code 1"}, {"message": "It broke"}, {"code": "x"}],
            hint="Go.",
        ),
        "docker1: It broke. exit code 1 Go.",
    ),
    "code and next step": (
        error(message="It broke.", code="Broken", hint="Mend it."),
        "docker1: Broken: It broke. Mend it.",
    ),
    "msg": ({"msg": "It broke."}, "docker1: It broke."),
    "code only": ({"code": "Broken"}, "docker1: Broken: {'code': 'Broken'}"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    given, text = ERRORS[name]
    found = booked({"docker1": {**NOTHING, "error": given}})
    assert (found["failed"], found["changed"], found["msg"]) == (True, False, text)
    assert "_ansible_verbose_always" not in found


def test_an_error_stands_beside_what_was_changed():
    failed = {**NOTHING, "error": error(message="It broke.")}
    found = booked({ID: CREATED, EXTENSION: failed, "docker1": {**NOTHING, "error": "so did this"}}, title="VM")
    assert (found["failed"], found["changed"]) == (True, True)
    assert found["msg"] == "extensions/CustomScript: It broke.\ndocker1: so did this"
    assert found["diff"] == [diff("virtualMachines/docker1", {}, {"size": "B2s"})]


@pytest.mark.parametrize("nothing", [None, "", {}])
def test_no_error_is_no_failure(nothing):
    assert "failed" not in booked({"docker1": {**NOTHING, "error": nothing}})


@pytest.mark.parametrize("blocks", [1, 2])
def test_in_blocks_and_under_any_strategy(blocks):
    task = task_in_play({"results": {"docker1": CREATED}}, blocks, strategy="free")
    assert run(fleet_result, task)["changed"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "missing required arguments: results"),
        ({"results": [1]}, "results"),
        ({"results": {}, "titel": "x"}, "titel"),
    ],
)
def test_wrong_arguments(arguments, words):
    task = task_in_play(arguments)
    with pytest.raises(AnsibleActionFail, match=words):
        run(fleet_result, task)
