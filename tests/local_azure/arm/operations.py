# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations: the work in a thread, its state behind an opaque URL, in the three dialects of ARM."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlencode

from . import failures
from .errors import ArmError, not_found
from .fabric import FabricError
from .messages import Call, Reply, stamp
from .store import Store

PROVENANCE = {
    "operation bodies of Compute and Network, Azure-AsyncOperation, Location with monitor=true": "recorded",
    "a failed operation is an HTTP 200 with status Failed": "recorded",
    "group delete: Location only, 202 until it is done": "recorded",
    "x-ms-retry-after-ms 200 instead of Retry-After 10 and 35": "inferred",
    "operation URL with a wrong signature: 404": "inferred",
    "a monitor URL of a failed operation answers its error": "inferred",
}
COMPUTE, NETWORK, RESOURCES = "Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources"
RETRY = {"x-ms-retry-after-ms": "200"}
_KEEP = 3600.0

Effect = Callable[[], None]


class Interrupted(Exception):
    """The server is going down: the operation stays InProgress in the state file."""


class Operations:
    """Starts, runs and answers operations. They live in the store, so a later process can look at them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stopping = threading.Event()

    def start(self, namespace: str, location: str, subscription: str, kind: str, target: str, effect: Effect) -> dict:
        """Run `effect` in a thread. `kind` and `target` say what a restart would have to resume."""
        operation: dict = {
            "name": str(uuid.uuid4()), "namespace": namespace, "location": location, "subscription": subscription,
            "kind": kind, "target": target, "signature": secrets.token_urlsafe(32), "status": "InProgress",
            "start": stamp(), "end": None, "ended": None, "error": None,
        }  # fmt: skip
        with self._store.lock:
            self._prune()
            self._store.operations[operation["name"]] = operation
            self._store.changed()
        self.resume(operation, effect)
        return operation

    def resume(self, operation: dict, effect: Effect) -> None:
        """Run the effect of an operation that exists already."""
        threading.Thread(target=self._run, args=(operation, effect), name=operation["kind"], daemon=True).start()

    def finish(self, operation: dict, error: ArmError | None = None) -> None:
        """End an operation, well or badly."""
        with self._store.lock:
            operation["end"], operation["ended"] = stamp(), time.time()
            operation["error"] = None if error is None else {"code": error.code, "message": error.message}
            operation["status"] = "Succeeded" if error is None else "Failed"
            self._store.changed()

    def _run(self, operation: dict, effect: Effect) -> None:
        error: ArmError | None = failures.crashed()
        try:
            effect()
            error = None
        except ArmError as failure:
            error = failure
        except FabricError as failure:
            error = ArmError(409, failure.code, failure.message)
        except Interrupted:
            return
        finally:
            # Also on a defect: an operation that never ends would hang its client for the whole of its timeout.
            if not self.stopping.is_set():
                self.finish(operation, error)

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
        if operation["namespace"] == RESOURCES or "monitor" in call.query or "/operationresults/" in call.path.lower():
            return _result(operation, call)
        return Reply(200, _state(operation), dict(RETRY) if operation["status"] == "InProgress" else {})


def headers(operation: dict, call: Call, location: bool = False) -> dict[str, str]:
    """Return the headers that announce the operation; `location` for DELETE and POST."""
    announced = {"Azure-AsyncNotification": "Enabled", "Azure-AsyncOperation": _url(operation, call), **RETRY}
    if operation["namespace"] == RESOURCES:
        return {"Location": _url(operation, call), **RETRY}
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
        body = {**times, **body, "name": operation["name"]}
    return body


def _result(operation: dict, call: Call) -> Reply:
    if operation["status"] == "InProgress":
        url = _url(operation, call, result=True)
        return Reply(202, None, {"Location": url, **RETRY})
    if operation["error"]:
        raise ArmError(409, operation["error"]["code"], operation["error"]["message"])
    return Reply(200)
