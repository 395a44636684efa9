# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from local_azure.wire import metadata_service

from .machines import SECRET, spec


def test_a_machine_may_know_who_it_is():
    compute = metadata_service.instance(spec())["compute"]
    assert {name: compute[name] for name in ("name", "location", "resourceGroupName", "subscriptionId", "vmId")} == {
        "name": "docker1",
        "location": "westeurope",
        "resourceGroupName": "site",
        "subscriptionId": "00000000-0000-0000-0000-000000000001",
        "vmId": "5d133683-9b4e-4f6a-8f3c-000000000001",
    }
    assert compute["resourceId"] == (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/site"
        "/providers/Microsoft.Compute/virtualMachines/docker1"
    )
    assert (compute["publisher"], compute["offer"], compute["sku"], compute["vmSize"]) == (
        "Debian",
        "debian-13",
        "13-gen2",
        "Standard_B2s",
    )


def test_a_machine_from_an_image_of_its_own_has_no_marketplace_names():
    compute = metadata_service.instance(spec(image={"id": "/subscriptions/s/images/own"}))["compute"]
    assert [compute[name] for name in ("publisher", "offer", "sku", "version")] == [""] * 4


@pytest.mark.parametrize(
    ("tags", "text"),
    [({}, ""), ({"role": "docker"}, "role:docker"), ({"b": "2", "a": "1:1"}, "a:1:1;b:2")],
)
def test_tags(tags, text):
    assert metadata_service.instance(spec(tags=tags))["compute"]["tags"] == text


def test_the_private_address():
    [interface] = metadata_service.instance(spec())["network"]["interface"]
    assert interface["ipv4"]["ipAddress"] == [{"privateIpAddress": "10.42.0.4", "publicIpAddress": ""}]


def test_no_custom_data_and_no_keys():
    text = json.dumps(metadata_service.instance(spec(custom_data=SECRET.encode())))
    assert SECRET not in text
    assert "ssh-ed25519" not in text
