# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a second process makes of the state that the first one left."""

from __future__ import annotations

import threading
import time

import pytest

from local_azure.arm.fabric import FabricError

from .conftest import Client, make_server
from .fake_fabric import FakeFabric


@pytest.fixture
def world(tmp_path):
    """Return a function that starts a server on the same state with a given fabric, and a client for it."""
    servers = []

    def start(fabric):
        if servers:
            servers.pop().stop()
        server = make_server(tmp_path, fabric)
        server.start()
        servers.append(server)
        client = Client(server)
        client.login()
        return client

    yield start
    servers.pop().stop()


def test_running_machines_run_again_with_their_goals(world):
    first, second = FakeFabric(), FakeFabric()
    client = world(first)
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body(protectedSettings={"a": 1}))
    before = client.get(client.vm)
    client = world(second)
    assert second.specs.keys() == first.specs.keys()
    assert second.goals == first.goals
    spec = next(iter(second.specs.values()))
    assert spec.custom_data is None
    assert client.get(client.vm) == before
    assert client.get(client.vm, "$expand=instanceView")["properties"]["instanceView"]["statuses"][1]["code"] == (
        "PowerState/running"
    )


@pytest.mark.parametrize("action", ["powerOff", "deallocate"])
def test_machines_that_did_not_run_stay_down(world, action):
    client = world(FakeFabric())
    client.add_vm()
    client.done("POST", f"{client.vm}/{action}")
    fabric = FakeFabric()
    client = world(fabric)
    assert fabric.boots == []
    client.done("POST", f"{client.vm}/{action}")
    client.done("DELETE", client.vm)


def test_a_creation_goes_on(world):
    first, second = FakeFabric(), FakeFabric()
    first.boot_gate = threading.Event()
    client = world(first)
    client.add_network()
    client.add_nic()
    _status, _body, headers = client.call("PUT", client.vm, client.vm_body())
    old_base = client.base
    client = world(second)
    headers = {"Azure-AsyncOperation": headers["Azure-AsyncOperation"].replace(old_base, client.base)}
    assert client.wait(headers)["status"] == "Succeeded"
    spec = next(iter(second.specs.values()))
    assert spec.custom_data == b"secret-custom-data"
    first.boot_gate.set()


def test_other_operations_end_badly(world):
    first, second = FakeFabric(), FakeFabric()
    client = world(first)
    client.add_vm()
    first.outcome = ("transitioning", 0, "working")
    _status, _body, headers = client.call("PUT", client.extension, client.extension_body())
    time.sleep(0.05)
    client = world(second)
    operation = client.wait(headers)
    assert (operation["status"], operation["error"]["code"]) == ("Failed", "InternalOperationError")
    assert client.get(client.extension)["properties"]["provisioningState"] == "Failed"
    client.done("PUT", client.extension, client.extension_body(forceUpdateTag="again"))


def test_a_machine_that_does_not_come_back_is_stopped(world):
    client = world(FakeFabric())
    client.add_vm()
    fabric = FakeFabric()
    fabric.boot_error = FabricError("OSProvisioningTimedOut", "no")
    client = world(fabric)
    assert client.get(client.vm)["properties"]["provisioningState"] == "Failed"
    fabric.boot_error = None
    client.done("POST", f"{client.vm}/start")
    assert client.get(client.vm)["properties"]["provisioningState"] == "Succeeded"
