# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest that is a process of this machine: booting and stopping."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local_azure.arm.fabric import FabricError
from local_azure.guests import guest
from local_azure.guests.guest import Guest
from local_azure.guests.qemu import QemuGuest
from local_azure.lab.launcher import LabError

from ..wire.machines import spec

OBEYS = "import sys; sys.stdin.readline()"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
ENDS = "import time; print(flush=True); time.sleep(60)"


class Directory:
    def __init__(self, directory):
        self.directory = directory


class Sham(Guest):
    """Runs a Python program; the power button is a line on its standard input."""

    BOOT_SECONDS = 10
    STOP_SECONDS = 0.2

    def __init__(self, directory, program):
        super().__init__(spec(address="127.0.0.1"))
        self.disk = Directory(directory)
        self.program = program

    def start(self):
        (self.disk.directory / "console.log").write_text("Kernel panic")
        return subprocess.Popen(
            [sys.executable, "-c", self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )  # fmt: skip

    def power_off(self):
        self.process.stdin.write(b"off\n")
        self.process.stdin.flush()


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(guest.network, "add_gateway", lambda *_given: None)
    monkeypatch.setattr(guest, "END_SECONDS", 0.2)


@pytest.mark.parametrize(("program", "code"), [(OBEYS, 0), (ENDS, -15), (DEAF, -9)])
def test_stop(tmp_path, program, code):
    machine = Sham(tmp_path, program)
    machine.STOP_SECONDS = 10 if program == OBEYS else 0.2
    machine.process = process = machine.start()
    if program != OBEYS:
        process.stdout.readline()
    machine.stop()
    assert (process.returncode, machine.running) == (code, False)
    machine.stop()


def test_boot(tmp_path, monkeypatch):
    monkeypatch.setattr(Sham, "wait_for_ssh", lambda _self: None)
    machine = Sham(tmp_path, OBEYS)
    machine.STOP_SECONDS = 10
    machine.boot()
    assert machine.running
    first = machine.process
    machine.boot()
    assert machine.process is first
    card = json.loads((tmp_path / "machine.json").read_text())
    assert card == {"name": "docker1", "vm_id": spec().vm_id, "address": "127.0.0.1"}
    machine.stop()


def test_a_machine_that_ends_while_it_boots(tmp_path):
    with pytest.raises(FabricError, match="VM 'docker1' did not finish: Kernel panic"):
        Sham(tmp_path, "").boot()


def test_the_monitor_is_gone(tmp_path, monkeypatch):
    """Then nothing is left to ask, and QEMU ends by a signal."""

    def gone(_self):
        raise LabError("does not answer")

    machine = QemuGuest(spec(), tmp_path, tmp_path)
    monkeypatch.setattr("local_azure.guests.qemu_monitor.Monitor.power_button", gone)
    machine.process = process = subprocess.Popen([sys.executable, "-c", ENDS], stdout=subprocess.PIPE)
    process.stdout.readline()
    machine.stop()
    assert process.returncode == -15
