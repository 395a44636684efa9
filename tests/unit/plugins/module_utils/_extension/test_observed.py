# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed

from .machines import PUBLISHER, TYPE, extension, machine, status, view

FAILED = status("ProvisioningState/failed/1", "Error", "exit code 52")
OUT = status("ComponentStatus/StdErr/succeeded", "Info", "no such file")


def test_extensions_are_found_by_name_and_by_handler_in_any_case():
    other = {"type": "Contoso/other", "name": TYPE}
    vm = machine(other, extension("mine"), extension("b", "P", "T"))
    assert [item["name"] for item in observed.extensions(vm)] == ["mine", "b"]
    assert observed.by_name(vm, "MINE")["name"] == "mine"
    assert observed.by_name(vm, "no") is None
    assert observed.by_name(vm, None) is None
    assert observed.by_handler(vm, PUBLISHER.upper(), TYPE.lower())["name"] == "mine"
    assert observed.by_handler(vm, PUBLISHER, "T") is None
    assert observed.by_handler(vm, None, TYPE) is None
    assert observed.extensions({}) == []


def test_the_view_of_an_extension():
    mine = extension("mine")
    vm = machine(mine, views=[view("other"), view("Mine")])
    assert observed.view_of(vm, mine)["name"] == "Mine"
    assert observed.view_of(vm, None) == {}
    assert observed.view_of(machine(mine), mine) == {}
    assert observed.view_of({}, extension("mine", instanceView={"name": "own"})) == {"name": "own"}


# provisioningState, statuses, substatuses, text
FAILURES = {
    "fine": ("Succeeded", [status(message="ok")], [], None),
    "no view": ("Succeeded", [], [], None),
    "failed with the handler's text": ("Failed", [FAILED], [OUT], "exit code 52\nno such file"),
    "failed, and nobody says why": (
        "Failed",
        [],
        [],
        "provisioningState is Failed, and Azure shows no status of the handler",
    ),
    "canceled": ("Canceled", [], [], "provisioningState is Canceled, and Azure shows no status of the handler"),
    "the handler failed later": ("Succeeded", [FAILED], [], "exit code 52"),
    "error level only": ("Succeeded", [status("X", "error", "bad")], [], "bad"),
    "says the same twice": ("Failed", [FAILED, FAILED], [], "exit code 52"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_status(name):
    state, statuses, substatuses, text = FAILURES[name]
    shown = view(statuses=statuses, substatuses=substatuses)
    assert observed.failure_status(extension(provisioningState=state), shown) == text


@pytest.mark.parametrize(
    ("vm", "power", "agent"),
    [
        (machine(), "running", "ready"),
        (machine(power="deallocated", agent=None), "deallocated", "absent"),
        (machine(power="stopped"), "stopped", "ready"),
        (machine(agent={"statuses": [{"displayStatus": "Not Ready"}, {"code": "X"}]}), "running", "Not Ready, X"),
        (machine(agent={"vmAgentVersion": "1"}), "running", "silent"),
        ({"properties": {}}, None, "absent"),
        ({}, None, "absent"),
    ],
)
def test_power_and_agent(vm, power, agent):
    assert observed.power_state(vm) == power
    assert observed.agent_state(vm) == agent
