# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of guest has in common: booted until SSH answers, stopped in order, run in by the operator."""

from __future__ import annotations

import abc
import json
import pathlib
import socket
import subprocess
import time
from typing import ClassVar, Protocol

from ..arm.fabric import FabricError, VmSpec
from ..lab import network

END_SECONDS = 5
DIRECTORY = "guests"  # below the state directory: a directory for each guest
CARD = "machine.json"  # in the guest's directory, for who looks a machine up: commands/guest.py


class Disk(Protocol):
    """What a machine keeps when it is off."""

    directory: pathlib.Path

    def remove(self) -> None:
        """Remove it with the directory."""


class Operator(Protocol):
    """Reaches into a machine that runs, from any process in the lab, as no user of the cloud could."""

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""

    def snapshot(self, name: str) -> None:
        """Keep memory and disk under a name."""

    def restore(self, name: str) -> None:
        """Go back to what was kept; the clock is set to now."""


def machine_name(vm_id: str) -> str:
    """Return the name of a machine in the lab; short enough for a network interface."""
    return f"vm-{vm_id[-8:]}"


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


class Guest(abc.ABC):
    """One virtual machine. Not thread-safe: the fabric serialises calls for one machine."""

    BOOT_SECONDS: ClassVar[float]
    STOP_SECONDS: ClassVar[float]
    BANNER_SECONDS: ClassVar[float] = 1  # from a connection to what sshd says first
    disk: Disk
    operator: Operator

    def __init__(self, spec: VmSpec) -> None:
        self.spec = spec
        self.machine = machine_name(spec.vm_id)
        self.process: subprocess.Popen[bytes] | None = None

    @abc.abstractmethod
    def start(self) -> subprocess.Popen[bytes]:
        """Make the disk if it is new and start the machine; its console goes to console.log."""

    @abc.abstractmethod
    def power_off(self) -> None:
        """Ask the machine to power off; it may be deaf, or gone a moment ago."""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def boot(self) -> None:
        """Boot and wait until the machine answers on its SSH port. Raises FabricError with the console's end."""
        if self.running:
            return
        card = {"name": self.spec.name, "vm_id": self.spec.vm_id, "address": self.spec.address}
        (self.disk.directory / CARD).write_text(json.dumps(card))
        network.add_gateway(self.spec.gateway, self.spec.prefix_length)
        self.process = self.start()
        self.wait_for_ssh()

    def wait_for_ssh(self) -> None:
        deadline = time.monotonic() + self.BOOT_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                break
            try:
                with socket.create_connection((self.spec.address, 22), timeout=self.BANNER_SECONDS) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.1)
        tail = (self.disk.directory / "console.log").read_bytes()[-500:].decode(errors="replace")
        self.stop()
        raise FabricError("OSProvisioningTimedOut", f"OS Provisioning for VM '{self.spec.name}' did not finish: {tail}")

    def stop(self) -> None:
        """Ask the guest to power off; where it does not, end what runs it."""
        process = self.process  # somebody else may stop it at the same time
        if process is None:
            return
        if self.running:
            self.power_off()
            if not _ended(process, self.STOP_SECONDS):
                process.terminate()  # QEMU writes what it holds of its disk
            if not _ended(process, END_SECONDS):
                process.kill()
                process.wait()
        self.process = None

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the cloud's user could not: for tests of the lab only."""
        return self.operator.run(*command)
