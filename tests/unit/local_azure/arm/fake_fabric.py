# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines without machines: an agent that answers each new goal at once, with the outcome that the test set."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from dataclasses import replace

from local_azure.arm.fabric import AgentView, ExtensionGoal, FabricError, HandlerView, VmSpec


class FakeFabric:
    """`outcome` is (state, code, text) of the next runs; `silent` stops reports; `runs` counts handler runs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.specs: dict[str, VmSpec] = {}
        self.on: set[str] = set()
        self.goals: dict[str, list[ExtensionGoal]] = {}
        self.views: dict[str, AgentView] = {}
        self.outcome: tuple[str, int, str] = ("success", 0, "Enable succeeded.")
        self.handler_status = "Ready"
        self.silent = False
        self.boot_error: Exception | None = None
        self.boot_gate: threading.Event | None = None
        self.runs: list[tuple[str, int]] = []
        self.boots: list[str] = []

    def boot(self, spec: VmSpec) -> None:
        if self.boot_gate is not None:
            self.boot_gate.wait(10)
        if self.boot_error is not None:
            raise self.boot_error
        with self.lock:
            self.boots.append(spec.vm_id)
            self.specs[spec.vm_id] = spec
            self.on.add(spec.vm_id)
            self.views[spec.vm_id] = AgentView(
                "2.12.0.2", time.time(), "debian", "13.0", spec.computer_name, "Ready", "Guest Agent is running", {}
            )

    def stop(self, vm_id: str) -> None:
        with self.lock:
            self.on.remove(vm_id)

    def delete(self, vm_id: str) -> None:
        with self.lock:
            if vm_id not in self.specs:
                raise FabricError("VMNotFound", f"the fabric has no machine {vm_id}")
            self.on.discard(vm_id)
            del self.specs[vm_id]
            self.views.pop(vm_id, None)

    def running(self, vm_id: str) -> bool:
        return vm_id in self.on

    def seal(self, vm_id: str, protected: dict) -> tuple[str, str]:
        digest = hashlib.sha256(json.dumps(protected).encode()).digest()
        return base64.b64encode(digest).decode(), "AB" * 20

    def set_goals(self, vm_id: str, goals: list[ExtensionGoal]) -> None:
        with self.lock:
            self.goals[vm_id] = list(goals)

    def agent(self, vm_id: str) -> AgentView | None:
        with self.lock:
            view = self.views.get(vm_id)
            if view is None or self.silent or vm_id not in self.on:
                return view
            self.views[vm_id] = replace(view, reported_at=time.time(), handlers=self._work(vm_id, view.handlers))
            return self.views[vm_id]

    def _work(self, vm_id: str, before: dict[str, HandlerView]) -> dict[str, HandlerView]:
        handlers: dict[str, HandlerView] = {}
        for goal in self.goals.get(vm_id, []):
            name = f"{goal.publisher}.{goal.type}"
            if goal.state != "enabled":
                continue
            known = before.get(name)
            if goal.name is None:
                handlers[name] = self._run(goal, known)
                continue
            whole = handlers.get(name) or HandlerView(name, goal.version, "Ready", "Plugin enabled")
            instance = self._run(goal, known.instances.get(goal.name) if known else None)
            handlers[name] = replace(whole, instances={**whole.instances, goal.name: instance})
        return handlers

    def _run(self, goal: ExtensionGoal, known: HandlerView | None) -> HandlerView:
        name = f"{goal.publisher}.{goal.type}"
        if known is not None and known.sequence == goal.sequence and known.version == goal.version:
            return known
        self.runs.append((name if goal.name is None else f"{name}/{goal.name}", goal.sequence))
        state, code, text = self.outcome
        if self.handler_status != "Ready":
            return HandlerView(name, goal.version, self.handler_status, "install failed", code=1007)
        return HandlerView(
            name, goal.version, "Ready", "Plugin enabled", goal.sequence, state, code, text, [], "Enable"
        )  # fmt: skip
