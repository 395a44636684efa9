# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure.guests.disk import Disk, network_unit

from ..wire.machines import SECRET, spec


def sections(text):
    """[(name, {key: value})] of a unit file, repeated sections too."""
    found = []
    for line in text.splitlines():
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        else:
            key, _equals, value = line.partition("=")
            found[-1][1][key] = value
    return found


@pytest.mark.parametrize(
    ("given", "address", "gateway"),
    [
        ({}, "10.42.0.4/24", "10.42.0.1"),
        ({"address": "10.7.1.5", "prefix_length": 20, "gateway": "10.7.0.1"}, "10.7.1.5/20", "10.7.0.1"),
    ],
)
def test_the_network_of_a_guest(given, address, gateway):
    match, network, wire_server, metadata = sections(network_unit(spec(**given)))
    assert match == ("Match", {"Name": "host0"})
    assert network == (
        "Network",
        {"Address": address, "Gateway": gateway, "LinkLocalAddressing": "no", "IPv6AcceptRA": "no"},
    )
    assert wire_server == ("Route", {"Destination": "168.63.129.16/32", "Gateway": gateway})
    assert metadata == ("Route", {"Destination": "169.254.169.254/32", "Gateway": gateway})


def test_no_secret_in_the_network_unit():
    assert SECRET not in network_unit(spec(custom_data=SECRET.encode()))


def test_docker_keeps_its_layers_beside_the_overlay(tmp_path):
    disk = Disk(tmp_path / "guest", tmp_path / "image")
    assert disk.binds() == [
        (tmp_path / "guest/data/var-lib-docker", "var/lib/docker"),
        (tmp_path / "guest/data/var-lib-containerd", "var/lib/containerd"),
    ]


def test_a_disk_is_provisioned_once(tmp_path):
    disk = Disk(tmp_path, tmp_path / "image")
    assert disk.is_new
    (tmp_path / "provisioned").touch()
    assert not disk.is_new
    disk.provision(spec())
    assert [path.name for path in tmp_path.iterdir()] == ["provisioned"]
