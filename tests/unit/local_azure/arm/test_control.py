# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control paths: what is told without a token, what is set, and what a reset leaves."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from .conftest import SUBSCRIPTIONS, Client


def test_status_counts_what_is_there_and_what_was_asked(client, tmp_path):
    client.add_vm()
    client.headers = {}
    client.call("GET", "/subscriptions")
    found = client.control("GET", "status")
    assert (found["pid"], found["state"], found["faults"]) == (os.getpid(), str(tmp_path / "state"), 0)
    assert found["resources"]["Microsoft.Compute/virtualMachines"] == 1
    assert found["settings"] == {"limits": "headers", "timing": "fast", "clock_scale": 1.0}
    assert (found["requests"]["GET 401"], found["operations"]) == (1, [])
    assert client.control("GET", "status")["requests"] == found["requests"]


def test_status_names_operations_under_way(client, fabric):
    client.add_network()
    client.add_nic()
    fabric.boot_gate = threading.Event()
    _status, _body, headers = client.call("PUT", client.vm, client.vm_body())
    operation = client.control("GET", "status")["operations"][0]
    assert (operation["kind"], operation["target"]) == ("vm-create", client.vm)
    fabric.boot_gate.set()
    client.wait(headers)
    assert client.control("GET", "status")["operations"] == []


@pytest.mark.parametrize("method, path, body, status, text", [
    ("GET", "nothing", None, 404, "/local-azure/status"),
    ("GET", "status/more", None, 404, "/local-azure/status/more"),
    ("POST", "status", None, 405, "expected GET"),
    ("GET", "reset", None, 405, "expected POST"),
    ("POST", "settings", {"timing": "slow"}, 400, "timing 'slow'"),
    ("POST", "settings", None, 400, "found no object"),
    ("POST", "faults", {"then": 1}, 400, "found then 1"),
    ("GET", "requests?since=yesterday", None, 400, "yesterday"),
])  # fmt: skip
def test_what_is_refused(client, method, path, body, status, text):
    got, answer, _headers = client.send(method, f"/local-azure/{path}", json.dumps(body))
    assert got == status
    assert text in answer["error"]["message"]


def test_settings_are_changed_and_told(client):
    assert client.setting(limits="enforced", clock_scale=10)["limits"] == "enforced"
    assert client.control("GET", "settings") == {"limits": "enforced", "timing": "fast", "clock_scale": 10.0}


def test_the_journal_can_be_read_from_a_moment_on(client):
    client.call("GET", "/subscriptions")
    everything = client.control("GET", "requests")["value"]
    assert [entry["path"] for entry in everything][-1] == "/subscriptions?api-version=2024-07-01"
    time.sleep(0.002)
    client.call("GET", "/tenants")
    later = client.control("GET", f"requests?since={everything[-1]['time'] + 0.001}")["value"]
    assert [entry["path"] for entry in later] == ["/tenants?api-version=2024-07-01"]


def test_a_reset_leaves_an_empty_azure_that_can_be_used(client, server, fabric, tmp_path):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    ca = server.ca_path.read_bytes()
    client.control("POST", "faults", {"path": "/nowhere", "then": {"drop": True}})
    removed = client.control("POST", "reset")
    assert removed["machines"] == 1
    assert (fabric.specs, client.control("GET", "status")["resources"]) == ({}, {})
    assert client.call("GET", client.group)[0] == 404
    assert (server.ca_path.read_bytes(), len(client.control("GET", "faults")["value"])) == (ca, 1)
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())


def test_a_reset_ends_what_is_under_way(client, fabric, server):
    client.add_vm()
    fabric.outcome = ("transitioning", 0, "working")
    _status, _body, headers = client.call("PUT", client.extension, client.extension_body())
    client.setting(timing="recorded")
    client.call("PUT", f"{client.network}/publicIPAddresses/ip", {"location": "westeurope"})
    fabric.boot_gate = threading.Event()
    second = client.vm.replace("vm1", "vm2")
    client.add_nic("nic2")
    assert client.call("PUT", second, client.vm_body("nic2"))[0] == 201
    timer = threading.Timer(0.3, fabric.boot_gate.set)
    timer.start()
    client.control("POST", "reset")
    timer.join()
    assert (fabric.specs, client.control("GET", "status")["operations"]) == ({}, [])
    path = headers["Azure-AsyncOperation"].removeprefix(client.base)
    assert client.send("GET", path)[0] == 404


def test_a_reset_fills_the_buckets(client):
    client.setting(limits="enforced")
    path = f"/subscriptions/{SUBSCRIPTIONS[0]}/providers/Microsoft.Compute/locations/westeurope/vmSizes"
    while client.call("GET", path)[0] == 200:
        pass
    assert client.call("GET", path)[0] == 429
    client.control("POST", "reset")
    assert client.call("GET", path)[0] == 200


def test_control_is_not_in_the_journal(client, tmp_path):
    client.control("GET", "status")
    assert "local-azure" not in (tmp_path / "state/requests.jsonl").read_text()


def test_control_needs_no_token(server):
    assert Client(server).control("GET", "status")["pid"] == os.getpid()
