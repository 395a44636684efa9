# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's own Python SDK against a strict Azure: it waits as it is told, and repeats what may be repeated."""

from __future__ import annotations

import time

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient

from .conftest import SUBSCRIPTIONS
from .test_sdk import PIN, credential


@pytest.fixture
def compute(server):
    """A client with the SDK's own polling interval of 30 s."""
    return ComputeManagementClient(
        credential(server), SUBSCRIPTIONS[0], base_url=server.base_url, connection_verify=str(server.ca_path),
        credential_scopes=[f"{server.base_url}/.default"], retry_backoff_factor=0.01,
    )  # fmt: skip


def test_a_machine_takes_its_scaled_time(client, compute):
    client.add_network()
    client.add_nic()
    client.setting(timing="recorded", clock_scale=100)
    began = time.monotonic()
    compute.virtual_machines.begin_create_or_update("Group", "vm1", client.vm_body(), **PIN).result()
    assert 0.56 <= time.monotonic() - began < 5  # 56 s recorded; with one poll every 30 s it would be 30


def test_limits_are_waited_out(client, compute):
    client.add_vm()
    client.setting(limits="enforced", clock_scale=50)
    for _request in range(60):
        compute.virtual_machines.get("Group", "vm1", **PIN)
    assert client.control("GET", "status")["requests"]["GET 429"] > 0


@pytest.mark.parametrize("then", [
    {"drop": "before"},
    {"status": 503, "code": "ServerBusy"},
    {"status": 429, "code": "TooManyRequests", "headers": {"x-ms-retry-after-ms": "20"}},
])  # fmt: skip
def test_a_read_is_repeated(client, compute, then):
    client.add_vm()
    client.control("POST", "faults", {"method": "GET", "path": client.vm, "times": 2, "then": then})
    assert compute.virtual_machines.get("Group", "vm1", **PIN).name == "vm1"
    assert client.control("GET", "faults")["value"][0]["fired"] == 2


def test_an_operation_that_fails_is_an_error_with_status_200(client, compute):
    client.add_vm()
    error = {"code": "VMExtensionProvisioningTimeout", "message": "too long"}
    client.control("POST", "faults", {"path": client.extension, "then": {"operation": error}})
    extensions = compute.virtual_machine_extensions
    with pytest.raises(HttpResponseError) as caught:
        extensions.begin_create_or_update("Group", "vm1", "script", client.extension_body(), **PIN).result()
    assert (caught.value.status_code, caught.value.error.code) == (200, error["code"])
