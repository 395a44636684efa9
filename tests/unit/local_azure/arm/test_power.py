# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power actions, and what a machine shows in each power state."""

from __future__ import annotations

import threading

from local_azure.arm.fabric import FabricError


def view(client) -> dict:
    return client.get(client.vm, "$expand=instanceView")["properties"]["instanceView"]


def power(client) -> str:
    return view(client)["statuses"][-1]["code"]


def test_power_actions_and_their_views(client, fabric):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    stages = [("powerOff", "stopped"), ("start", "running"), ("restart", "running"), ("deallocate", "deallocated")]
    for number, (action, state) in enumerate(stages, 2):
        status, body, headers = client.call("POST", f"{client.vm}/{action}")
        assert (status, body, headers["Content-Length"]) == (202, None, "0")
        assert "monitor=true" in headers["Location"]
        client.wait(headers)
        location = headers["Location"].removeprefix(client.base)
        assert client.send("GET", location)[:2] == (200, None)
        assert power(client) == f"PowerState/{state}"
        assert client.get(client.vm)["etag"] == f'"{number}"'
        inside = {"vmAgent", "extensions", "osName", "osVersion", "computerName"} & set(view(client))
        assert len(inside) == (0 if state == "deallocated" else 5)
        assert len(client.get(client.vm)["resources"]) == 1
    assert client.get(f"{client.vm}/instanceView") == view(client)
    assert client.call("POST", f"{client.vm}/restart")[1]["error"]["code"] == "OperationNotAllowed"


def test_a_stopped_machine_keeps_the_last_word_of_its_agent(client, fabric):
    client.add_vm()
    client.done("POST", f"{client.vm}/powerOff")
    assert view(client)["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


def test_a_machine_that_goes_down_by_itself_is_stopped(client, fabric):
    client.add_vm()
    fabric.on.clear()
    assert power(client) == "PowerState/stopped"


def test_a_start_that_fails_leaves_the_machine_stopped(client, fabric):
    client.add_vm()
    client.done("POST", f"{client.vm}/powerOff")
    fabric.boot_error = FabricError("Nope", "no")
    client.done("POST", f"{client.vm}/start", expect="Failed")
    assert power(client) == "PowerState/stopped"


def test_two_actions_at_once_conflict(client, fabric):
    client.add_vm()
    client.done("POST", f"{client.vm}/powerOff")
    fabric.boot_gate = threading.Event()
    _status, _body, headers = client.call("POST", f"{client.vm}/start")
    status, body, _headers = client.call("POST", f"{client.vm}/start")
    assert (status, body["error"]["code"]) == (409, "Conflict")
    fabric.boot_gate.set()
    assert client.wait(headers)["status"] == "Succeeded"
