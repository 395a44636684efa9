# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of QEMU for one machine."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from ..arm.fabric import VmSpec
from . import identity
from .accelerator import KVM
from .guest import machine_name
from .qemu_disk import QemuDisk

PROVENANCE = {
    "a virtual machine's SMBIOS data: manufacturer, product, asset tag, the VM's id as its UUID": "docs",
    "a virtual machine's first interface is eth0, its MAC address begins with 00:0d:3a": "docs",
}
# What systemd and the agent know Hyper-V and Azure by. The processor must not say that it is one of QEMU's.
SMBIOS = (
    "type=1,manufacturer=Microsoft Corporation,product=Virtual Machine,version=Hyper-V UEFI Release v4.1,uuid={vm_id}",
    "type=3,asset=7783-7084-3265-9085-8269-3286-77",
)
# After a snapshot is restored the kernel sees its clock jump, and would call that a stall. One that panics boots again:
# where a kernel patches itself, QEMU's emulation of several processors sometimes trips over it.
KERNEL = (
    "root=/dev/vda rw rootflags=noinit_itable console=ttyS0 net.ifnames=0 quiet apparmor=1 security=apparmor "
    "mitigations=off panic=-1 systemd.ssh_auto=no rcupdate.rcu_cpu_stall_suppress=1 systemd.machine_id={machine_id}"
)


@dataclass(frozen=True)
class Size:
    """Of a machine: virtual processors, and MiB of memory."""

    processors: int
    memory: int


def size(accelerator: str) -> Size:
    """Snapshots hold the memory, and emulation is slow: as little as Docker and its tests can do with."""
    return Size(min(2, os.cpu_count() or 1), 2048 if accelerator == KVM else 1024)


def monitor_socket(machine: str) -> str:
    """The abstract socket of QEMU's monitor: in the lab's network namespace, and gone with it."""
    return f"local-azure-{machine}-monitor"


def agent_socket(machine: str) -> str:
    """The abstract socket that leads to the operator's agent in the machine."""
    return f"local-azure-{machine}-agent"


def mac_address(vm_id: str) -> str:
    """An address of Microsoft's, the same for the same machine."""
    digest = hashlib.sha256(vm_id.encode()).digest()
    return "00:0d:3a:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def command(spec: VmSpec, disk: QemuDisk, accelerator: str) -> list[str]:
    """Return QEMU's arguments. Its tap device has the machine's name and is there already."""
    machine = machine_name(spec.vm_id)
    return [
        "qemu-system-x86_64", "-name", machine, "-nodefaults", "-no-user-config", "-display", "none",
        *_processor(accelerator),
        "-kernel", str(disk.image / "kernel"), "-initrd", str(disk.image / "initrd"),
        "-append", KERNEL.format(machine_id=identity.machine_id(spec)),
        *(word for entry in SMBIOS for word in ("-smbios", entry.format(vm_id=spec.vm_id))),
        "-drive", f"if=none,id=disk,file={_value(disk.overlay)},format=qcow2,cache=unsafe,discard=unmap",
        "-device", "virtio-blk-pci,drive=disk",
        "-drive", f"if=none,id=identity,file={_value(disk.identity)},format=raw,readonly=on",
        "-device", "virtio-blk-pci,drive=identity,serial=identity",
        "-netdev", f"tap,id=net,ifname={machine},script=no,downscript=no",
        "-device", f"virtio-net-pci,netdev=net,mac={mac_address(spec.vm_id)}",
        "-device", "virtio-rng-pci",
        *_socket("monitor", monitor_socket(machine)), "-mon", "chardev=monitor,mode=control",
        "-device", "virtio-serial-pci", *_socket("agent", agent_socket(machine)),
        "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        "-chardev", f"file,id=console,path={_value(disk.directory / 'console.log')},append=on",
        "-serial", "chardev:console",
    ]  # fmt: skip


def _processor(accelerator: str) -> list[str]:
    """Nehalem is what TCG emulates fastest; q35 comes up every time, microvm did not."""
    given = size(accelerator)
    kind = ("kvm", "host") if accelerator == KVM else ("tcg,thread=multi,tb-size=512", "Nehalem")
    return [
        "-accel", kind[0], "-machine", "q35", "-cpu", f"{kind[1]},-hypervisor", "-smp", str(given.processors),
        "-m", str(given.memory),
    ]  # fmt: skip


def _socket(name: str, path: str) -> list[str]:
    return ["-chardev", f"socket,id={name},path={path},abstract=on,server=on,wait=off"]


def _value(path: os.PathLike[str]) -> str:
    """A path in a list of options: there a comma is written twice."""
    return os.fspath(path).replace(",", ",,")
