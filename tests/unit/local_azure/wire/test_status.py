# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure.arm.fabric import AgentView, HandlerView
from local_azure.wire import status

HANDLER = {
    "handlerName": "Microsoft.Azure.Extensions.CustomScript",
    "handlerVersion": "2.1.19",
    "status": "Ready",
    "code": 0,
    "formattedMessage": {"lang": "en-US", "message": "Plugin enabled"},
    "runtimeSettingsStatus": {
        "sequenceNumber": "3",
        "settingsStatus": {
            "status": {
                "name": "Enable",
                "operation": "Enable",
                "status": "success",
                "code": 0,
                "formattedMessage": {"lang": "en-US", "message": "Enable succeeded"},
                "substatus": [{"name": "StdOut"}],
            }
        },
    },
}
VIEW = HandlerView(
    name="Microsoft.Azure.Extensions.CustomScript",
    version="2.1.19",
    status="Ready",
    message="Plugin enabled",
    sequence=3,
    state="success",
    code=0,
    text="Enable succeeded",
    substatus=[{"name": "StdOut"}],
    operation="Enable",
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        ({}, ""),
        ({"lang": "en"}, ""),
        ({"message": "x"}, "x"),
        ({"message": None}, ""),
        ({"lang": "en", "message": ""}, ""),
    ],
)
def test_message(value, text):
    assert status.message(value) == text


def with_status(**given):
    runtime = HANDLER["runtimeSettingsStatus"]
    found = {**runtime["settingsStatus"]["status"], **given}
    return {**HANDLER, "runtimeSettingsStatus": {**runtime, "settingsStatus": {"status": found}}}


# an entry of the agent's report, what of the view differs from VIEW
HANDLERS = {
    "ran": (HANDLER, {}),
    "failed": (with_status(status="error", code="7"), {"state": "error", "code": 7}),
    "no substatus": (with_status(substatus=None), {"substatus": []}),
    "sequence 0": (
        {**HANDLER, "runtimeSettingsStatus": {**HANDLER["runtimeSettingsStatus"], "sequenceNumber": 0}},
        {"sequence": 0},
    ),
    "the message as a text": (
        {**HANDLER, "formattedMessage": None, "message": "plain"},
        {"message": "plain"},
    ),
    "has not written its status": (
        {**HANDLER, "runtimeSettingsStatus": {"sequenceNumber": 3, "settingsStatus": None}},
        {"state": None, "text": "", "substatus": [], "operation": ""},
    ),
    "does not come up": (
        {"handlerName": VIEW.name, "status": "NotReady", "code": 1009, "message": "no such file"},
        {
            "version": "",
            "status": "NotReady",
            "message": "no such file",
            "sequence": None,
            "state": None,
            "code": 1009,
            "text": "",
            "substatus": [],
            "operation": "",
        },
    ),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_handler_view(name):
    entry, differs = HANDLERS[name]
    assert status.handler_view(entry) == HandlerView(**{**vars(VIEW), **differs})


def instance(name, **given):
    entry = with_status(**given)
    return {**entry, "runtimeSettingsStatus": {**entry["runtimeSettingsStatus"], "extensionName": name}}


def test_instances_of_one_handler():
    bare = {name: value for name, value in HANDLER.items() if name != "runtimeSettingsStatus"}
    other = {**HANDLER, "handlerName": "Other.Handler"}
    found = status.handler_views([instance("one"), other, instance("two", status="error")])
    assert list(found) == [VIEW.name, "Other.Handler"]
    whole = HandlerView(VIEW.name, VIEW.version, VIEW.status, VIEW.message)
    two = HandlerView(**{**vars(VIEW), "state": "error"})
    assert found[VIEW.name] == HandlerView(**{**vars(whole), "instances": {"one": VIEW, "two": two}})
    assert status.handler_views([bare]) == {VIEW.name: whole}


BLOB = {
    "aggregateStatus": {
        "guestAgentStatus": {
            "version": "2.12.0",
            "status": "Ready",
            "formattedMessage": {"message": "Guest Agent is running"},
        },
        "handlerAggregateStatus": [HANDLER],
    },
    "guestOSInfo": {"osName": "debian", "osVersion": "13", "computerName": "docker1"},
}


@pytest.mark.parametrize(
    ("blob", "view"),
    [
        (
            BLOB,
            AgentView("2.12.0", 5.0, "debian", "13", "docker1", "Ready", "Guest Agent is running", {VIEW.name: VIEW}),
        ),
        ({}, AgentView("", 5.0, "", "", "", "", "", {})),
        (
            {"aggregateStatus": {"guestAgentStatus": None, "handlerAggregateStatus": None}, "guestOSInfo": None},
            AgentView("", 5.0, "", "", "", "", "", {}),
        ),
    ],
)
def test_agent_view(blob, view):
    assert status.agent_view(blob, 5.0) == view
