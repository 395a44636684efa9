# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fabric without machines: boots and handler runs take no time, and a test says which of them fail.

For fleets: a thousand machines with their extensions are a few dictionaries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .arm.fabric import AgentView, ExtensionGoal, FabricError, HandlerView, VmSpec

PROVENANCE = {
    "null fabric: every handler succeeds at once unless outcomes.json says otherwise": "inferred",
    "null fabric: the agent reports at every look": "inferred",
}


@dataclass(frozen=True)
class Outcome:
    """What a handler reports. `state` is success, warning, error or transitioning; `status` is the handler's own."""

    state: str = "success"
    code: int = 0
    text: str = "Enable succeeded: "
    status: str = "Ready"
    substatus: list[dict] = field(default_factory=list)


Handler = Callable[[VmSpec, ExtensionGoal], Outcome]


def _succeed(_spec: VmSpec, _goal: ExtensionGoal) -> Outcome:
    return Outcome()


def _script(_spec: VmSpec, _goal: ExtensionGoal) -> Outcome:
    return Outcome(text="Enable succeeded: \n[stdout]\n\n[stderr]\n")


def _run_command(_spec: VmSpec, _goal: ExtensionGoal) -> Outcome:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Outcome(text=json.dumps({
        "executionState": "Succeeded", "executionMessage": "Execution completed", "output": "", "error": "",
        "exitCode": 0, "startTime": now, "endTime": now,
    }))  # fmt: skip


HANDLERS: dict[str, Handler] = {
    "Microsoft.Azure.Extensions.CustomScript": _script,
    "Microsoft.CPlat.Core.RunCommandLinux": _script,
    "Microsoft.CPlat.Core.RunCommandHandlerLinux": _run_command,
}
Outcomes = dict[str, dict[str, Any]]


class Table:
    """Which handlers do not simply succeed: {VM name or "*": {"Publisher.Type" or "*": outcome}}.

    An outcome is the text of an error, or an object with the fields of Outcome. It comes from the constructor and from
    outcomes.json in the state directory, which is read again when it changes and wins.
    """

    def __init__(self, path: pathlib.Path, given: Outcomes) -> None:
        self._path = path
        self._given = given
        self._read: tuple[int, Outcomes] = (0, {})

    def find(self, machine: str, handler: str) -> Outcome | None:
        """Return what is said of a handler on a machine."""
        for table in (self._file(), self._given):
            for row in (machine, "*"):
                entries = {name.lower(): value for name, value in table.get(row, {}).items()}
                found = entries.get(handler.lower(), entries.get("*"))
                if found is not None:
                    return Outcome("error", 1, found) if isinstance(found, str) else Outcome(**found)
        return None

    def _file(self) -> Outcomes:
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if self._read[0] != changed:
            self._read = (changed, json.loads(self._path.read_text()))
        return self._read[1]


class NullFabric:
    """Implements ``arm.fabric.Fabric``. `handlers` replaces HANDLERS; one that is not there succeeds."""

    def __init__(
        self, state: pathlib.Path, outcomes: Outcomes | None = None, handlers: dict[str, Handler] | None = None
    ) -> None:
        self._table = Table(state / "outcomes.json", outcomes or {})
        self._handlers = {name.lower(): run for name, run in (HANDLERS if handlers is None else handlers).items()}
        self._key = secrets.token_bytes(32)  # thrown away with the process: nobody opens what it sealed
        self._lock = threading.Lock()
        self._specs: dict[str, VmSpec] = {}
        self._on: set[str] = set()
        self._views: dict[str, AgentView] = {}
        self.runs = 0

    def boot(self, spec: VmSpec) -> None:
        """Make the machine known and let its agent report."""
        with self._lock:
            self._specs[spec.vm_id] = spec
            self._on.add(spec.vm_id)
            if spec.vm_id not in self._views:
                self._views[spec.vm_id] = AgentView(
                    "2.12.0.2", time.time(), "debian", "13", spec.computer_name, "Ready", "Guest Agent is running"
                )

    def stop(self, vm_id: str) -> None:
        """Switch the machine off; its last report stays."""
        with self._lock:
            self._on.discard(vm_id)

    def delete(self, vm_id: str) -> None:
        """Forget the machine."""
        with self._lock:
            if self._specs.pop(vm_id, None) is None:
                raise FabricError("VMNotFound", f"the fabric has no machine {vm_id}")
            self._on.discard(vm_id)
            del self._views[vm_id]

    def running(self, vm_id: str) -> bool:
        """Say whether it is on."""
        return vm_id in self._on

    def seal(self, vm_id: str, protected: dict[str, Any]) -> tuple[str, str]:
        """Return a salted keyed digest: it is opaque, and there is nothing in it to be opened."""
        salt = secrets.token_bytes(16)
        digest = hmac.new(self._key, salt + json.dumps(protected).encode(), hashlib.sha256).digest()
        thumbprint = hashlib.sha256(f"null {vm_id}".encode()).hexdigest()[:40].upper()
        return base64.b64encode(salt + digest).decode(), thumbprint

    def set_goals(self, vm_id: str, goals: list[ExtensionGoal]) -> None:
        """Run what is new among the goals, at once."""
        with self._lock:
            if vm_id in self._specs:
                view = self._views[vm_id]
                self._views[vm_id] = replace(view, handlers=self._work(self._specs[vm_id], goals, view.handlers))

    def agent(self, vm_id: str) -> AgentView | None:
        """Return the report of now; of a machine that is off the last one."""
        view = self._views.get(vm_id)
        return replace(view, reported_at=time.time()) if view is not None and vm_id in self._on else view

    def _work(
        self, spec: VmSpec, goals: Iterable[ExtensionGoal], before: dict[str, HandlerView]
    ) -> dict[str, HandlerView]:
        after: dict[str, HandlerView] = {}
        for goal in goals:
            if goal.state != "enabled":
                continue
            name = f"{goal.publisher}.{goal.type}"
            if goal.name is None:
                after[name] = self._run(spec, goal, before.get(name))
                continue
            whole = after.get(name) or HandlerView(name, goal.version, "Ready", "Plugin enabled")
            known = before[name].instances.get(goal.name) if name in before else None
            instances = {**whole.instances, goal.name: self._run(spec, goal, known)}
            after[name] = replace(whole, instances=instances)
        return after

    def _run(self, spec: VmSpec, goal: ExtensionGoal, known: HandlerView | None) -> HandlerView:
        if known is not None and (known.sequence, known.version) == (goal.sequence, goal.version):
            return known
        self.runs += 1
        name = f"{goal.publisher}.{goal.type}"
        outcome = self._table.find(spec.name, name) or self._handlers.get(name.lower(), _succeed)(spec, goal)
        if outcome.status != "Ready":
            return HandlerView(name, goal.version, outcome.status, outcome.text, code=outcome.code)
        return HandlerView(
            name, goal.version, "Ready", "Plugin enabled", goal.sequence, outcome.state, outcome.code, outcome.text,
            outcome.substatus, "Enable",
        )  # fmt: skip

    def stop_all(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._on.clear()
