# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A system container: Debian booted by systemd-nspawn on the lab's bridge, with its own network namespace."""

from __future__ import annotations

import os
import pathlib
import subprocess

from ..arm.fabric import VmSpec
from ..lab import cgroups, network
from ..lab.launcher import LabError
from .disk import Disk
from .guest import Guest, machine_name

SYSTEM_CALLS = "add_key keyctl bpf"  # what dockerd and runc need beyond nspawn's default filter


class NspawnOperator:
    """Enters the container's namespaces."""

    def __init__(self, vm_id: str, address: str) -> None:
        self.machine = machine_name(vm_id)
        self.address = address

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""
        return subprocess.run(
            ["nsenter", "--target", str(self._leader()), "--all", "--", *command],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def snapshot(self, name: str) -> None:
        """Refuse: a container cannot be frozen and thawed."""
        raise LabError(f"found a system container, {name!r} needs a virtual machine; start with --guests qemu")

    restore = snapshot

    def _leader(self) -> int:
        """The container's process 1, the one child of its systemd-nspawn."""
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if f"--machine={self.machine}".encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    return int((entry / "task" / entry.name / "children").read_text().split()[0])
            except (OSError, IndexError):
                continue  # it ended while we looked, or is just starting
        raise LabError(f"found no container {self.machine}; start the VM first")


class NspawnGuest(Guest):
    """Its init is a process of the lab."""

    BOOT_SECONDS = 60
    STOP_SECONDS = 20

    def __init__(self, spec: VmSpec, directory: pathlib.Path, image: pathlib.Path) -> None:
        super().__init__(spec)
        self.disk: Disk = Disk(directory, image)
        self.operator = NspawnOperator(spec.vm_id, spec.address)

    def start(self) -> subprocess.Popen[bytes]:
        self.disk.mount()
        self.disk.provision(self.spec)
        group = os.path.join(os.environ.get("LOCAL_AZURE_CGROUP", cgroups.PREFIX + "lab"), self.machine)
        with (self.disk.directory / "console.log").open("ab") as console:
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1", SYSTEMD_NSPAWN_API_VFS_WRITABLE="1"),
                preexec_fn=lambda: cgroups.enter(group),
                start_new_session=True,
            )

    def command(self) -> list[str]:
        binds = [f"--bind={source}:/{target}" for source, target in self.disk.binds()]
        return [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe",
            "--resolv-conf=off", "--timezone=off", "--capability=all", f"--system-call-filter={SYSTEM_CALLS}",
            f"--network-bridge={network.BRIDGE}", f"--machine={self.machine}", f"--directory={self.disk.root}", *binds,
        ]  # fmt: skip

    def power_off(self) -> None:
        assert self.process is not None
        self.process.terminate()  # systemd-nspawn turns SIGTERM into an orderly power-off of its guest
