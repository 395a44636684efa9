# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance views: from reports to ARM's words (pure)."""

from __future__ import annotations

import time

import pytest

from local_azure.arm.fabric import AgentView, HandlerView
from local_azure.arm.providers import instance_view

DOCUMENT = {"properties": {
    "provisioningState": "Succeeded", "timeCreated": "then",
    "storageProfile": {"osDisk": {"name": "disk"}, "imageReference": {"sku": "13-gen2"}},
}}  # fmt: skip
EXTENSION = {"name": "e", "properties": {"publisher": "P", "type": "T"}}


def agent(age=0.0, status="Ready", **handlers):
    views = {f"P.{name}": handler for name, handler in handlers.items()}
    return AgentView("2.12", time.time() - age, "debian", "13", "one", status, "text", views)


def handler(status="Ready", **values):
    return HandlerView(
        **{"name": "p.t", "version": "2.1.19", "status": status, "message": "m", "sequence": 1, **values}
    )


@pytest.mark.parametrize("report, power, display, version", [
    (None, "running", "Not Ready", "Unknown"),
    ({}, "running", "Ready", "2.12"),
    ({"age": 61}, "running", "Not Ready", "2.12"),
    ({"age": 3600}, "stopped", "Ready", "2.12"),
    ({"status": "NotReady"}, "running", "Not Ready", "2.12"),
])  # fmt: skip
def test_the_agent(report, power, display, version):
    # made now: minutes may have passed since the table was read
    told = None if report is None else agent(**report)
    view = instance_view.machine(DOCUMENT, [], told, power, "now")["vmAgent"]
    status = view["statuses"][0]
    assert (status["displayStatus"], view["vmAgentVersion"]) == (display, version)
    expected = (
        ("ProvisioningState/succeeded", "Info") if display == "Ready" else ("ProvisioningState/Unavailable", "Warning")
    )
    assert (status["code"], status["level"]) == expected


def test_a_deallocated_machine_says_nothing_of_its_inside():
    view = instance_view.machine(DOCUMENT, [EXTENSION], agent(T=handler(state="success")), "deallocated", "now")
    assert set(view) == {"disks", "hyperVGeneration", "statuses"}
    assert [status["code"] for status in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/deallocated"]


@pytest.mark.parametrize("state, code, level", [
    ("success", "ProvisioningState/succeeded", "Info"), ("error", "ProvisioningState/failed/7", "Error"),
    ("transitioning", "ProvisioningState/transitioning", "Info"), ("warning", "ProvisioningState/succeeded", "Warning"),
])  # fmt: skip
def test_an_extension(state, code, level):
    report = agent(T=handler(state=state, code=7, text="said"))
    (view,) = instance_view.machine(DOCUMENT, [EXTENSION], report, "running", "now")["extensions"]
    status = view["statuses"][0]
    assert (status["code"], status["level"], status["message"]) == (code, level, "said")
    assert (view["name"], view["type"], view["typeHandlerVersion"]) == ("e", "P.T", "2.1.19")


def test_substatuses_become_components():
    entry = {"name": "StdOut", "status": "success", "formattedMessage": {"lang": "en-US", "message": "out"}}
    report = agent(T=handler(state="success", substatus=[entry]))
    (view,) = instance_view.machine(DOCUMENT, [EXTENSION], report, "running", "now")["extensions"]
    assert view["substatuses"][0]["code"] == "ComponentStatus/StdOut/succeeded"
    assert view["substatuses"][0]["message"] == "out"


@pytest.mark.parametrize("status, code, display", [
    ("Ready", "ProvisioningState/succeeded", "Ready"), ("NotReady", "ProvisioningState/failed/7", "Not Ready"),
    ("Installing", "ProvisioningState/installing", "Installing"),
    ("Unresponsive", "ProvisioningState/unresponsive", "Unresponsive"),
])  # fmt: skip
def test_a_handler_without_an_extension_is_shown_too(status, code, display):
    report = agent(T=handler(status, code=7))
    view = instance_view.machine(DOCUMENT, [EXTENSION], report, "running", "now")
    found = view["vmAgent"]["extensionHandlers"][0]["status"]
    assert (found["code"], found["displayStatus"]) == (code, display)
    assert "extensions" not in view
