# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the boothook of the data disk does, by the commands it calls: these only write down that they were called."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from ..house import checkout

SCRIPT = checkout.ROOT / "roles" / "azure_vms" / "files" / "data_disk.sh"
QUIET = ("udevadm", "systemctl", "sfdisk", "mkfs.ext4", "mount", "sleep")


class Machine:
    """A directory in the place of /, with stand-ins for all commands that touch disks."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        (root / "bin").mkdir()
        (root / "dev").mkdir()
        self.fstab = root / "fstab"
        self.fstab.write_text("UUID=1 / ext4 defaults 0 1\n")
        for name in QUIET:
            self.command(name, "")
        self.command("mountpoint", "exit 1")
        self.command("lsblk", "echo /dev/sdc disk; echo /dev/sdc1 part")
        self.holds(signatures="", label="docker-data")
        text = SCRIPT.read_text().replace("/etc/fstab", str(self.fstab)).replace("/dev/disk/azure", f"{root}/dev")
        (root / "script").write_text(text.replace("/var/lib", f"{root}/lib"))

    def command(self, name: str, body: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.root}/calls\n{body}\n')
        path.chmod(0o755)

    def attach(self, name: str) -> None:
        path = self.root / "dev" / name
        path.parent.mkdir(parents=True)
        path.touch()

    def holds(self, signatures: str, label: str) -> None:
        self.command("wipefs", f"echo '{signatures}'")
        self.command("blkid", f'case "$*" in *LABEL*) echo "{label}";; *) echo 1234-5678;; esac')

    def run(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin"}
        command = ["sh", str(self.root / "script")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def called(self) -> list[str]:
        path = self.root / "calls"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("name", ["scsi1/lun0", "data/by-lun/0"])
def test_an_empty_disk_is_made_ready_and_mounted(machine: Machine, name: str) -> None:
    machine.attach(name)
    done = machine.run()
    assert done.returncode == 0, done.stderr
    called = machine.called()
    assert [called.count(command) for command in ("sfdisk", "mkfs.ext4", "mount", "systemctl")] == [1, 1, 3, 1]
    _system, disk, containerd, docker = machine.fstab.read_text().splitlines()
    assert disk.split()[:3] == ["UUID=1234-5678", f"{machine.root}/lib/docker-data", "ext4"]
    for service, entry in (("containerd", containerd), ("docker", docker)):
        source, target, _kind, options, *_numbers = entry.split()
        assert (source, target) == (f"{machine.root}/lib/docker-data/{service}", f"{machine.root}/lib/{service}")
        assert {"bind", "nofail", f"x-systemd.before={service}.service"} <= set(options.split(","))
        assert (machine.root / "lib" / service).is_dir()


def test_it_is_done_once(machine: Machine) -> None:
    machine.attach("scsi1/lun0")
    machine.run()
    before, called = machine.fstab.read_text(), machine.called()
    assert machine.run().returncode == 0
    assert (machine.fstab.read_text(), machine.called()) == (before, called)


def test_our_disk_of_a_former_vm_is_mounted_and_not_made_again(machine: Machine) -> None:
    machine.attach("scsi1/lun0")
    machine.holds(signatures="gpt", label="docker-data")
    assert machine.run().returncode == 0
    assert not {"sfdisk", "mkfs.ext4"} & set(machine.called())
    assert len(machine.fstab.read_text().splitlines()) == 4


@pytest.mark.parametrize("partitions", ["echo /dev/sdc1 part", "true"])
def test_a_disk_with_anything_else_is_left_alone(machine: Machine, partitions: str) -> None:
    machine.attach("scsi1/lun0")
    machine.holds(signatures="xfs", label="theirs")
    machine.command("lsblk", partitions)
    done = machine.run()
    assert done.returncode == 1
    assert "is not empty and is not ours (label 'theirs'" in done.stderr
    assert not {"sfdisk", "mkfs.ext4", "mount"} & set(machine.called())
    assert len(machine.fstab.read_text().splitlines()) == 1


def test_no_disk(machine: Machine) -> None:
    done = machine.run()
    assert done.returncode == 1
    assert "found no disk at LUN 0" in done.stderr
    assert machine.called().count("sleep") == 59
