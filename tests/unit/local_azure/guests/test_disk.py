# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import stat

import pytest

from local_azure.arm.fabric import FabricError
from local_azure.guests import disk, qemu_disk
from local_azure.guests.disk import Disk
from local_azure.guests.qemu_disk import QemuDisk

from ..wire.machines import spec


@pytest.fixture
def commands(monkeypatch):
    """What was run; key makers and qemu-img leave their files."""
    ran = []

    def run(*command, **_given):
        ran.append(command)
        if command[0] == "ssh-keygen":
            for end in ("", ".pub"):
                with open(command[-1] + end, "w") as file:
                    file.write(f"{command[5]}{end}")
        if command[0] == "qemu-img":
            with open(command[-1], "w") as file:
                file.write("qcow2")

    monkeypatch.setattr(disk.network, "run", run)
    return ran


def test_docker_keeps_its_layers_beside_the_overlay(tmp_path):
    disk = Disk(tmp_path / "guest", tmp_path / "image")
    assert disk.binds() == [
        (tmp_path / "guest/data/var-lib-docker", "var/lib/docker"),
        (tmp_path / "guest/data/var-lib-containerd", "var/lib/containerd"),
    ]


def test_a_disk_is_provisioned_once(tmp_path, commands):
    disk = Disk(tmp_path, tmp_path / "image")
    assert disk.is_new
    (tmp_path / "provisioned").touch()
    assert not disk.is_new
    disk.provision(spec())
    assert [path.name for path in tmp_path.iterdir()] == ["provisioned"]
    assert commands == []


def test_the_identity_in_a_container(tmp_path, commands):
    Disk(tmp_path, tmp_path / "image").provision(spec(custom_data=b"#cloud-config"))
    modes = {
        str(path.relative_to(tmp_path / "root")): stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "root").rglob("*") if path.is_file()
    }  # fmt: skip
    assert modes["etc/sudoers.d/90-cloud-init-users"] == 0o440
    assert modes["home/azureuser/.ssh/authorized_keys"] == 0o600
    assert modes["var/lib/waagent/CustomData"] == 0o600
    assert (modes["etc/ssh/ssh_host_rsa_key"], modes["etc/ssh/ssh_host_rsa_key.pub"]) == (0o600, 0o644)
    assert (tmp_path / "root/etc/systemd/network/10-host0.network").exists()
    assert next(command[:3] for command in commands if command[0] == "chroot") == (
        "chroot", str(tmp_path / "root"), "sh",
    )  # fmt: skip


def test_the_disks_of_a_virtual_machine(tmp_path, commands):
    image, directory = tmp_path / "image", tmp_path / "guest"
    for path in (image, directory):
        path.mkdir()
    (image / "stamp").write_text("one")
    guest = QemuDisk(directory, image)
    guest.create(spec())
    made = [command for command in commands if command[0] == "qemu-img"]
    assert made == [(
        "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image / "disk.ext4"),
        str(directory / "disk.qcow2"),
    )]  # fmt: skip
    assert stat.S_IMODE(guest.identity.stat().st_mode) == 0o600
    guest.create(spec())
    assert len([command for command in commands if command[0] == "qemu-img"]) == 1
    (image / "stamp").write_text("two")
    with pytest.raises(FabricError, match="built anew after docker1; begin with an empty Azure"):
        guest.create(spec())
    guest.remove()
    assert not directory.exists()
    assert (disk.INTERFACE, qemu_disk.INTERFACE) == ("host0", "eth0")
