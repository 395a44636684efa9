# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib

import pytest

from local_azure.guests import qemu_command
from local_azure.guests.identity import machine_id
from local_azure.guests.qemu_disk import QemuDisk

from ..wire.machines import SECRET, spec

DISK = QemuDisk(pathlib.Path("/state/guests/one"), pathlib.Path("/cache/image-qemu"))


def options(**given):
    """{option: [values]} of the command line."""
    words = qemu_command.command(spec(**given), DISK, "tcg")[1:]
    found, name = {}, ""
    for word in words:
        if word.startswith("-"):
            name = word
            found.setdefault(name, [])
        else:
            found[name].append(word)
    return found


@pytest.mark.parametrize(
    ("accelerator", "accel", "processor", "memory"),
    [
        ("tcg", "tcg,thread=multi,tb-size=512", "Nehalem,-hypervisor", "1024"),
        ("kvm", "kvm", "host,-hypervisor", "2048"),
    ],
)
def test_processor(monkeypatch, accelerator, accel, processor, memory):
    monkeypatch.setattr(qemu_command.os, "cpu_count", lambda: 8)
    words = qemu_command.command(spec(), DISK, accelerator)
    values = {name: words[words.index(name) + 1] for name in ("-accel", "-cpu", "-m", "-smp", "-machine")}
    assert values == {"-accel": accel, "-cpu": processor, "-m": memory, "-smp": "2", "-machine": "q35"}


@pytest.mark.parametrize(("processors", "expected"), [(None, 1), (1, 1), (2, 2), (64, 2)])
def test_no_more_processors_than_there_are(monkeypatch, processors, expected):
    monkeypatch.setattr(qemu_command.os, "cpu_count", lambda: processors)
    assert qemu_command.size("tcg").processors == expected


def test_the_machine_looks_like_azures():
    found = options(vm_id="5d133683-9b4e-4f6a-8f3c-0000000000ff")
    assert any("manufacturer=Microsoft Corporation" in entry for entry in found["-smbios"])
    assert any(entry.endswith("uuid=5d133683-9b4e-4f6a-8f3c-0000000000ff") for entry in found["-smbios"])
    assert any(entry.startswith("virtio-net-pci") and "mac=00:0d:3a:" in entry for entry in found["-device"])


def test_kernel_and_disks():
    found = options()
    assert (found["-kernel"], found["-initrd"]) == (["/cache/image-qemu/kernel"], ["/cache/image-qemu/initrd"])
    assert f"systemd.machine_id={machine_id(spec())}" in found["-append"][0].split()
    assert {"apparmor=1", "security=apparmor", "net.ifnames=0"} < set(found["-append"][0].split())
    disk, identity = found["-drive"]
    assert "file=/state/guests/one/disk.qcow2,format=qcow2" in disk
    assert "file=/state/guests/one/identity.tar,format=raw,readonly=on" in identity
    assert "virtio-blk-pci,drive=identity,serial=identity" in found["-device"]


def test_a_reboot_from_inside_is_no_end():
    assert "-no-reboot" not in options()


def test_sockets_and_tap_are_the_machines_own():
    found = options(vm_id="5d133683-9b4e-4f6a-8f3c-0000000000ff")
    assert found["-netdev"] == ["tap,id=net,ifname=vm-000000ff,script=no,downscript=no"]
    assert [part for entry in found["-chardev"] for part in entry.split(",") if part.startswith("path=")] == [
        "path=local-azure-vm-000000ff-monitor", "path=local-azure-vm-000000ff-agent",
        "path=/state/guests/one/console.log",
    ]  # fmt: skip


def test_a_comma_in_a_path():
    disk = QemuDisk(pathlib.Path("/a,b"), pathlib.Path("/image"))
    words = qemu_command.command(spec(), disk, "tcg")
    assert any("file=/a,,b/disk.qcow2,format=qcow2" in word for word in words)


def test_no_secret_on_the_command_line():
    assert SECRET not in " ".join(qemu_command.command(spec(custom_data=SECRET.encode()), DISK, "tcg"))


def test_mac_addresses():
    one, again, two = (qemu_command.mac_address(name) for name in ("one", "one", "two"))
    assert one == again != two
    assert len(one) == 17
