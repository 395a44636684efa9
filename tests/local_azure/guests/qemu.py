# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine: Debian with its own kernel in QEMU, by KVM where that works, else emulated."""

from __future__ import annotations

import pathlib
import subprocess
import time

from ..arm.fabric import VmSpec
from ..lab import connections, network
from ..lab.launcher import LabError
from .accelerator import accelerator
from .guest import Guest, machine_name
from .qemu_agent import GuestAgent
from .qemu_command import command
from .qemu_disk import QemuDisk
from .qemu_monitor import Monitor


class QemuOperator:
    """By the monitor and the operator's agent. A snapshot is of the machine alone: ARM and the wire server go on.

    So restore what was kept with the same extensions; else the agent runs again what it does not remember.
    """

    def __init__(self, vm_id: str, address: str) -> None:
        self.address = address
        self.monitor = Monitor(machine_name(vm_id))
        self.agent = GuestAgent(machine_name(vm_id))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""
        return self.agent.run(*command)

    def snapshot(self, name: str) -> None:
        """Keep memory and disk; the lab's SSH connections to the machine are ended first."""
        connections.end_ssh(self.address)
        self.agent.run("sync")
        self.monitor.snapshot(name)

    def restore(self, name: str) -> None:
        """Go back; the lab's SSH connections to the machine are ended first, its clock is set after."""
        connections.end_ssh(self.address)
        self.monitor.restore(name)
        done = self.agent.run("date", "--utc", "--set", f"@{time.time():.3f}")
        if done.returncode:
            raise LabError(f"the clock of {self.monitor.machine} could not be set: {done.stderr.strip()}")


class QemuGuest(Guest):
    """Its tap device is a port of the lab's bridge, and vanishes with the lab's network namespace."""

    BOOT_SECONDS = 240  # emulated: 27 to 60 on two processors
    STOP_SECONDS = 60
    BANNER_SECONDS = 10

    def __init__(self, spec: VmSpec, directory: pathlib.Path, image: pathlib.Path) -> None:
        super().__init__(spec)
        self.disk: QemuDisk = QemuDisk(directory, image)
        self.operator: QemuOperator = QemuOperator(spec.vm_id, spec.address)

    def start(self) -> subprocess.Popen[bytes]:
        self.disk.create(self.spec)
        network.add_tap(self.machine)
        with (self.disk.directory / "console.log").open("ab") as console:
            return subprocess.Popen(
                command(self.spec, self.disk, accelerator()),
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            )  # fmt: skip

    def power_off(self) -> None:
        try:
            self.operator.monitor.power_button()
        except LabError:
            assert self.process is not None
            self.process.terminate()  # no monitor to ask: it is just starting, or ending

    def snapshot(self, name: str) -> None:
        """See QemuOperator; for tests of the lab only."""
        self.operator.snapshot(name)

    def restore(self, name: str) -> None:
        """See QemuOperator; for tests of the lab only."""
        self.operator.restore(name)
