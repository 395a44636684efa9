# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure does not have: paths below /local-azure/ to look at this one, to upset it and to empty it.

No token is asked for: the listener is on the loopback, and who reaches it could read the secret as well.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .context import Context
from .errors import ArmError, invalid_content, not_found
from .faults import Faults
from .limits import Limits
from .messages import Call, Reply
from .providers.machines import TYPE
from .providers.resource_groups import delete_machine
from .timing import Settings

PREFIX = "/local-azure/"
_PATIENCE = 120.0  # how long a reset waits for operations that are under way, seconds
_TAIL = 1000


class Control:
    """`about` is what status shall say beside what it can see: the backend of the guests, for example."""

    def __init__(
        self, arm: Context, settings: Settings, limits: Limits, faults: Faults, directory: Path, about: dict[str, Any]
    ) -> None:
        self._arm = arm
        self._settings = settings
        self._limits = limits
        self._faults = faults
        self._directory = directory
        self._about = about
        self._requests: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def count(self, method: str, status: int) -> None:
        """Count a request that was answered with `status`, 0 for a dropped connection."""
        with self._lock:
            self._requests[(method, status)] += 1

    def answer(self, call: Call) -> Reply:
        """Answer a call below PREFIX; ArmError for what is not there or not understood."""
        word, _slash, rest = call.path.strip("/").partition("/")[2].partition("/")
        functions: dict[str, dict[str, Callable[[Call, str], Reply]]] = {
            "status": {"GET": self._status},
            "settings": {"GET": self._get_settings, "POST": self._change_settings},
            "faults": {"GET": self._list_faults, "POST": self._add_faults, "DELETE": self._remove_faults},
            "requests": {"GET": self._journal},
            "reset": {"POST": self._reset},
        }
        methods = functions.get(word)
        if methods is None or (rest and (word, call.method) != ("faults", "DELETE")):
            text = f"found {call.path}, expected one of {', '.join(PREFIX + name for name in functions)}"
            raise ArmError(404, "NotFound", text)
        if call.method not in methods:
            text = f"found {call.method} {call.path}, expected {' or '.join(methods)}"
            raise ArmError(405, "MethodNotAllowed", text)
        try:
            return methods[call.method](call, rest)
        except ValueError as error:
            raise invalid_content(str(error)) from error

    def _status(self, _call: Call, _rest: str) -> Reply:
        store = self._arm.store
        with store.lock:
            resources = Counter(record.type for record in store.all())
            operations = [
                {name: operation[name] for name in ("name", "kind", "target", "start")}
                for operation in store.operations.values() if operation["status"] == "InProgress"
            ]  # fmt: skip
        with self._lock:
            requests = {f"{method} {status}": number for (method, status), number in sorted(self._requests.items())}
        return Reply(200, {
            "pid": os.getpid(), "state": str(self._directory), **self._about, "settings": asdict(self._settings),
            "resources": dict(sorted(resources.items())), "requests": requests, "operations": operations,
            "faults": len(self._faults.rules()),
        })  # fmt: skip

    def _get_settings(self, _call: Call, _rest: str) -> Reply:
        return Reply(200, asdict(self._settings))

    def _change_settings(self, call: Call, _rest: str) -> Reply:
        if not isinstance(call.body, dict):
            raise ValueError("found no object, expected one with limits, timing or clock_scale")
        self._settings.change(call.body)
        return Reply(200, asdict(self._settings))

    def _list_faults(self, _call: Call, _rest: str) -> Reply:
        return Reply(200, {"value": self._faults.rules()})

    def _add_faults(self, call: Call, _rest: str) -> Reply:
        documents = call.body if isinstance(call.body, list) else [call.body]
        return Reply(201, {"value": self._faults.add(documents)})

    def _remove_faults(self, _call: Call, rest: str) -> Reply:
        removed = self._faults.remove(rest or None)
        if rest and not removed:
            raise not_found(f"Fault rule {rest}")
        return Reply(200, {"removed": removed})

    def _journal(self, call: Call, _rest: str) -> Reply:
        """Answer the last requests, those of the moment `since` (epoch seconds) among them."""
        since = float(call.query.get("since") or 0)
        lines = (self._directory / "requests.jsonl").read_text().splitlines()
        found = [entry for entry in map(json.loads, lines) if entry["time"] >= since]
        return Reply(200, {"value": found[-_TAIL:]})

    def _reset(self, _call: Call, _rest: str) -> Reply:
        """Forget all resources and operations. The secret, the authority, the faults and the settings stay."""
        store = self._arm.store
        with store.lock:
            removed, machines = len(store.all()), store.of_type(TYPE)
            store.clear()
        if not self._arm.operations.forget(_PATIENCE):
            text = f"Operations were still at work after {_PATIENCE:.0f} s. Send the reset again."
            raise ArmError(500, "InternalOperationError", text)
        store.clear()  # an operation on its last steps may have put its resource back
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(lambda machine: delete_machine(self._arm, machine), machines))
        self._limits.refill()
        return Reply(200, {"removed": removed, "machines": len(machines)})
