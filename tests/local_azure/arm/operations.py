# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations: the work in a thread, its state behind an opaque URL, in the three dialects of ARM."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from . import failures
from .errors import ArmError, not_found
from .fabric import FabricError
from .messages import Call, Reply, stamp
from .store import Store
from .timing import Settings

PROVENANCE = {
    "operation bodies of Compute and Network, Azure-AsyncOperation, Location with monitor=true": "recorded",
    "a failed operation is an HTTP 200 with status Failed": "recorded",
    "group delete: Location only, 202 until it is done": "recorded",
    "timing fast: x-ms-retry-after-ms 200 instead of Retry-After 10 and 35": "inferred",
    "operation URL with a wrong signature: 404": "inferred",
    "a monitor URL of a failed operation answers its error": "inferred",
}
COMPUTE, NETWORK, RESOURCES = "Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources"
_KEEP = 3600.0
_LATE = ("network-put", "delete")  # their effects only write documents: nothing of that may be seen early

Effect = Callable[[], "dict | None"]  # returns the result of an action, if it has one


class Interrupted(Exception):
    """The server is going down: the operation stays InProgress in the state file."""


@dataclass
class Plan:
    """That the next operation of a thread shall fail. `used` once one was started."""

    error: ArmError
    used: bool = False


class Operations:
    """Starts, runs and answers operations. They live in the store, so a later process can look at them.

    `give_up` (target id) shows at a resource that an operation on it did not come to its end.
    """

    def __init__(self, store: Store, settings: Settings, give_up: Callable[[str], None]) -> None:
        self._store = store
        self._settings = settings
        self._give_up = give_up
        self._here = threading.local()
        self._threads: set[threading.Thread] = set()
        self.stopping = threading.Event()

    @contextmanager
    def failing(self, error: ArmError) -> Iterator[Plan]:
        """Make what this thread starts meanwhile fail with `error`, its effect left out."""
        plan = self._here.plan = Plan(error)
        try:
            yield plan
        finally:
            self._here.plan = None

    def start(self, namespace: str, location: str, subscription: str, kind: str, target: str, effect: Effect) -> dict:
        """Run `effect` in a thread. `kind` and `target` say what a restart would have to resume."""
        operation: dict = {
            "name": str(uuid.uuid4()), "namespace": namespace, "location": location, "subscription": subscription,
            "kind": kind, "target": target, "signature": secrets.token_urlsafe(32), "status": "InProgress",
            "start": stamp(), "end": None, "ended": None, "error": None,
            "began": time.time(), "announced": self._settings.announcement(kind), "polls": 0,
        }  # fmt: skip
        plan: Plan | None = getattr(self._here, "plan", None)
        if plan is not None:
            plan.used = True
            effect = self._failure(target, plan.error)
        with self._store.lock:
            self._prune()
            self._store.operations[operation["name"]] = operation
            self._store.changed()
        self.resume(operation, effect)
        return operation

    def resume(self, operation: dict, effect: Effect) -> None:
        """Run the effect of an operation that exists already."""
        thread = threading.Thread(target=self._run, args=(operation, effect), name=operation["kind"], daemon=True)
        with self._store.lock:
            self._threads.add(thread)
        thread.start()

    def _failure(self, target: str, error: ArmError) -> Effect:
        def effect() -> None:
            self.hold()
            self._give_up(target)
            raise error

        return effect

    def hold(self) -> None:
        """Wait until the operation of this thread may settle. Effects call it before they show that they are done.

        Do not hold the store's lock. A thread without an operation, or one that was forgotten, does not wait.
        """
        operation = getattr(self._here, "operation", None)
        if operation is None:
            return
        if self._here.duration is None:
            self._here.duration = self._settings.duration(operation["kind"], self._elapsed(operation))
        while operation["name"] in self._store.operations:
            left = self._here.duration - self._elapsed(operation)
            if left <= 0:
                return
            if self.stopping.wait(min(left / self._settings.clock_scale, 0.1)):
                raise Interrupted

    def _elapsed(self, operation: dict) -> float:
        """Return the scaled seconds since the start."""
        return (time.time() - operation.get("began", 0.0)) * self._settings.clock_scale

    def forget(self, seconds: float) -> bool:
        """Drop all operations, finished or not, and wait for their threads; False if some still work after that."""
        with self._store.lock:
            self._store.operations.clear()
            threads = list(self._threads)
        deadline = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def finish(self, operation: dict, error: ArmError | None = None) -> None:
        """End an operation, well or badly."""
        with self._store.lock:
            operation["end"], operation["ended"] = stamp(), time.time()
            operation["error"] = None if error is None else {"code": error.code, "message": error.message}
            operation["status"] = "Succeeded" if error is None else "Failed"
            self._store.changed()

    def _run(self, operation: dict, effect: Effect) -> None:
        error: ArmError | None = failures.crashed()
        self._here.operation, self._here.duration = operation, None
        try:
            if operation["kind"] in _LATE:
                self.hold()
            error = _outcome(operation, effect)
            if error is None or error.code != failures.preempted().code:
                self.hold()
        except Interrupted:
            return
        finally:
            # Also on a defect: an operation that never ends would hang its client for the whole of its timeout.
            if not self.stopping.is_set():
                self.finish(operation, error)
            with self._store.lock:
                self._threads.discard(threading.current_thread())

    def _prune(self) -> None:
        limit = time.time() - _KEEP
        old = [name for name, found in self._store.operations.items() if found["ended"] and found["ended"] < limit]
        for name in old:
            del self._store.operations[name]

    def get(self, call: Call) -> Reply:
        """GET of an operation or of its result: the whole query must be the one that was handed out."""
        operation = self._store.operations.get(call.params["operation"])
        if operation is None or call.query.get("h") != operation["signature"]:
            raise not_found(f"Operation: {call.params['operation']}")
        retry: dict[str, str] = {}
        if operation["status"] == "InProgress":
            operation["polls"] = operation.get("polls", 0) + 1
            retry = self._settings.next_poll(operation["kind"], operation["polls"])
        if operation["namespace"] == RESOURCES or "monitor" in call.query or "/operationresults/" in call.path.lower():
            return _result(operation, call, retry)
        return Reply(200, _state(operation), retry)


def _outcome(operation: dict, effect: Effect) -> ArmError | None:
    """Run the effect, keep its result, and return how it failed, None if it did not."""
    try:
        operation["output"] = effect()
    except ArmError as failure:
        return failure
    except FabricError as failure:
        return ArmError(409, failure.code, failure.message)
    return None


def headers(operation: dict, call: Call, location: bool = False) -> dict[str, str]:
    """Return the headers that announce the operation; `location` for DELETE and POST."""
    retry = operation["announced"]
    announced = {"Azure-AsyncNotification": "Enabled", "Azure-AsyncOperation": _url(operation, call), **retry}
    if operation["namespace"] == RESOURCES:
        return {"Location": _url(operation, call), **retry}
    if location:
        announced["Location"] = _url(operation, call, result=True)
    return announced


def _url(operation: dict, call: Call, result: bool = False) -> str:
    compute = operation["namespace"] == COMPUTE
    query = {"p": operation["name"]} if compute else {}
    if result and compute:
        query["monitor"] = "true"
    query |= {"api-version": call.api_version, "t": "638000000000000000", "c": "local-azure", "s": "local-azure"}
    query["h"] = operation["signature"]
    word = "operationResults" if result and not compute else "operations"
    path = f"/subscriptions/{operation['subscription']}"
    if operation["namespace"] == RESOURCES:
        path += f"/operationresults/{operation['name']}"
    else:
        path += f"/providers/{operation['namespace']}/locations/{operation['location']}/{word}/{operation['name']}"
    return f"{call.base_url}{path}?{urlencode(query)}"


def _state(operation: dict) -> dict:
    body: dict = {"status": operation["status"]}
    if operation["error"]:
        body["error"] = operation["error"]
    if operation["namespace"] == COMPUTE:
        times = {"startTime": operation["start"]}
        if operation["end"]:
            times["endTime"] = operation["end"]
        shown = operation.get("output") if operation["end"] else None
        output = {"properties": {"output": shown}} if shown else {}
        body = {**times, **body, **output, "name": operation["name"]}
    return body


def _result(operation: dict, call: Call, retry: dict[str, str]) -> Reply:
    if operation["status"] == "InProgress":
        url = _url(operation, call, result=True)
        return Reply(202, None, {"Location": url, **retry})
    if operation["error"]:
        raise ArmError(409, operation["error"]["code"], operation["error"]["message"])
    return Reply(200, operation.get("output"))
