# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabric of local Azure: ARM's wishes become guests, goal states and reports of the real agent."""

from __future__ import annotations

import base64
import pathlib
import shutil
import threading
from typing import Any

from .arm.fabric import AgentView, ExtensionGoal, FabricError, VmSpec
from .guests.guest import DIRECTORY, Guest
from .guests.kinds import MakeGuest
from .wire.machine import Machine
from .wire.server import Wire


class LocalFabric:
    """Implements ``arm.fabric.Fabric``. One directory per machine below ``state``/guests."""

    def __init__(self, state: pathlib.Path, make_guest: MakeGuest, image: pathlib.Path, wire: Wire) -> None:
        self.state = state / DIRECTORY
        self.make_guest = make_guest
        self.image = image
        self.wire = wire
        self.guests: dict[str, Guest] = {}
        self.machines: dict[str, Machine] = {}
        self.lock = threading.RLock()

    def known(self, vm_id: str) -> tuple[Guest, Machine]:
        with self.lock:
            if vm_id not in self.guests:
                raise FabricError("VMNotFound", f"the fabric has no machine {vm_id}")
            return self.guests[vm_id], self.machines[vm_id]

    def register(self, spec: VmSpec) -> Guest:
        with self.lock:
            other = self.wire.machines.get(spec.address)
            if other is not None and other.spec.vm_id != spec.vm_id:
                raise FabricError(
                    "PrivateIPAddressInUse", f"{spec.address} belongs to {other.spec.name}: the lab has one network"
                )
            directory = self.state / spec.vm_id
            directory.mkdir(parents=True, exist_ok=True)
            if spec.vm_id not in self.guests:
                self.guests[spec.vm_id] = self.make_guest(spec, directory, self.image)
                self.machines[spec.vm_id] = Machine(spec, directory / "wire.json")
            self.wire.machines[spec.address] = self.machines[spec.vm_id]
            return self.guests[spec.vm_id]

    def boot(self, spec: VmSpec) -> None:
        self.register(spec).boot()

    def stop(self, vm_id: str) -> None:
        self.known(vm_id)[0].stop()

    def delete(self, vm_id: str) -> None:
        if vm_id not in self.guests:  # stopped before the lab began: only its disk is there
            shutil.rmtree(self.state / vm_id, ignore_errors=True)
            return
        guest, machine = self.known(vm_id)
        guest.stop()
        guest.disk.remove()
        with self.lock:
            self.wire.machines.pop(machine.spec.address, None)
            del self.guests[vm_id], self.machines[vm_id]

    def running(self, vm_id: str) -> bool:
        with self.lock:
            return vm_id in self.guests and self.guests[vm_id].running

    def seal(self, vm_id: str, protected: dict[str, Any]) -> tuple[str, str]:
        sealed, thumbprint = self.known(vm_id)[1].seal(protected)
        return base64.b64encode(sealed).decode(), thumbprint

    def set_goals(self, vm_id: str, goals: list[ExtensionGoal]) -> None:
        self.known(vm_id)[1].set_goals(goals)

    def agent(self, vm_id: str) -> AgentView | None:
        with self.lock:
            machine = self.machines.get(vm_id)
        return machine.view if machine else None

    def stop_all(self) -> None:
        """Power every guest off, all at once."""
        threads = [threading.Thread(target=guest.stop) for guest in list(self.guests.values())]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
