# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Graph: rows of resources, late by a while, for the queries of graph_query."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from .. import errors, ids
from ..context import Context
from ..graph_history import History
from ..graph_query import Query, parse
from ..graph_reader import QueryError
from ..messages import Call, Reply, stamp
from ..store import Record
from . import disks, instance_view, machines, network_interfaces, network_security, networks, public_addresses
from .common import body_of

PROVENANCE = {
    "rows: columns, type in lower case, no instance view of extensions": "docs",
    "rows: properties.extended.instanceView of machines": "docs",
    "rows: resourceGroup in lower case": "inferred",
    "answers are late by the lag that was set; Azure's is not known": "inferred",
    "$top up to 1000, $skipToken, totalRecords, count, resultTruncated": "docs",
    "no $skipToken without id among the columns": "docs",
    "15 queries in 5 seconds, x-ms-user-quota-remaining and -resets-after": "docs",
    "429 RateLimiting: body": "inferred",
    "400 BadRequest with InvalidQuery and NoValidSubscriptionsInQueryRequest: body": "inferred",
    "only what the client may read is in the answer": "docs",
}
TOP = 1000
Render = Callable[[Context, Record], dict]
_RENDERS: dict[str, Render] = {
    disks.TYPE: disks.render, network_interfaces.TYPE: network_interfaces.render,
    network_security.TYPE: network_security.render, networks.TYPE: networks.render,
    public_addresses.TYPE: public_addresses.render,
}  # fmt: skip
_UNLISTED = (ids.GROUP_TYPE, networks.SUBNET, network_security.RULE)


class _Row(dict):
    """A row whose properties are made when somebody looks at them."""

    def __init__(self, columns: dict[str, Any], properties: Callable[[], dict]) -> None:
        super().__init__(columns)
        self._properties = properties

    def __missing__(self, name: str) -> Any:
        if name != "properties":
            raise KeyError(name)
        self[name] = self._properties()
        return self[name]


def row(ctx: Context, record: Record) -> dict | None:
    """Return the row of a resource, None if Resource Graph does not list its type."""
    if record.type in _UNLISTED:
        return None
    document = record.document
    subscription = ids.subscription(record.id)
    columns = {
        "id": record.id, "name": document["name"], "type": record.type.lower(),
        "tenantId": ctx.tenant_of(subscription), "kind": document.get("kind", "").lower(),
        "location": document.get("location", ""), "resourceGroup": ids.group(record.id).lower(),
        "subscriptionId": subscription, "managedBy": "", "sku": document.get("sku"), "plan": document.get("plan"),
        "tags": document.get("tags"), "identity": document.get("identity"), "zones": document.get("zones"),
        "extendedLocation": document.get("extendedLocation"),
    }  # fmt: skip
    return _Row(columns, lambda: _properties(ctx, record))


def _properties(ctx: Context, record: Record) -> dict:
    if record.type == machines.TYPE:
        return {**record.properties, "extended": {"instanceView": _extended(ctx, record)}}
    if record.type in _RENDERS:
        return _RENDERS[record.type](ctx, record)["properties"]
    return {name: value for name, value in record.properties.items() if name != "instanceView"}


def _extended(ctx: Context, machine: Record) -> dict:
    agent, power = machines.view_sources(ctx, machine)
    state = {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"}
    view: dict = {"hyperVGeneration": instance_view.generation(machine.properties), "powerState": state}
    if agent is not None and power != "deallocated":
        view |= {"computerName": agent.computer_name, "osName": agent.os_name, "osVersion": agent.os_version}
    return view


class Graph:
    """The service: what it knows of the past, and how often each client asked. `quota` is in queries per window."""

    def __init__(self, ctx: Context, lag: float, quota: int = 15, window: float = 5.0) -> None:
        self.quota = quota
        self.window = window
        self._ctx = ctx
        self._history = History(ctx.store, lambda record: row(ctx, record), lag)
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[float, int]] = {}

    def take(self, client: str) -> dict[str, str]:
        """Take one query of the client's quota; return the headers, or raise 429."""
        now = time.monotonic()
        with self._lock:
            since, used = self._asked.get(client, (now, 0))
            if now - since >= self.window:
                since, used = now, 0
            self._asked[client] = (since, min(used + 1, self.quota))
        seconds = math.ceil(max(since + self.window - now, 0))
        headers = {
            "x-ms-user-quota-remaining": str(max(self.quota - used - 1, 0)),
            "x-ms-user-quota-resets-after": time.strftime("%H:%M:%S", time.gmtime(seconds)),
        }
        if used < self.quota:
            return headers
        text = (
            "Client application has been throttled and should not attempt to repeat the request until an amount of "
            "time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help."
        )
        error = _refusal("RateLimiting", text, status=429)
        error.headers |= headers
        raise error

    def rows(self, subscriptions: set[str]) -> list[dict]:
        """Return the rows of some subscriptions, given in lower case. Hold the store's lock."""
        return [found for found in self._history.rows() if found["subscriptionId"].lower() in subscriptions]

    def answer(self, call: Call) -> Reply:
        """Answer a query."""
        ctx = self._ctx
        caller = call.caller
        headers = self.take(f"{caller.tenant}/{caller.client}" if caller else "")
        body = body_of(call)
        wanted = _subscriptions(ctx, call, body)
        query = _parse(body)
        with ctx.store.lock:
            rows = self.rows(wanted)
            if caller is not None and ctx.authorization.permissions(caller) is not None:
                rows = [r for r in rows if ctx.authorization.allowed(caller, f"{r['type']}/read", r["id"])]
            found = query.run(rows)
            return Reply(200, _page(query, body, found), headers)


def _subscriptions(ctx: Context, call: Call, body: dict) -> set[str]:
    tenant = call.caller.tenant if call.caller else ctx.tenant
    known = {known.lower() for known in ctx.subscriptions if ctx.tenant_of(known) == tenant}
    given = body.get("subscriptions") or sorted(known)
    valid = {str(wanted).lower() for wanted in given} & known
    if not valid:
        text = (
            "There must be at least one subscription that is eligible to contain resources. Given: "
            f"'{','.join(map(str, given))}'."
        )
        raise _refusal("NoValidSubscriptionsInQueryRequest", text)
    return valid


def _parse(body: dict) -> Query:
    try:
        return parse(str(body.get("query") or ""))
    except QueryError as error:
        raise _refusal("InvalidQuery", f"Query is invalid. {error}.", target=error.stage) from error


def _refusal(code: str, text: str, status: int = 400, target: str | None = None) -> errors.ArmError:
    message = (
        f"Please provide below info when asking for support: timestamp = {stamp()}, correlationId = {uuid.uuid4()}."
    )
    detail = {"code": code, "message": text, **({"target": target} if target else {})}
    return errors.ArmError(status, code if status == 429 else "BadRequest", message, details=[detail])


def _page(query: Query, body: dict, found: list) -> dict:
    options = body.get("options") or {}
    top = options.get("$top", TOP)
    if options.get("resultFormat", "objectArray") != "objectArray":
        raise _refusal("InvalidOptions", "This bed has the result format objectArray only.")
    if not isinstance(top, int) or not 1 <= top <= TOP:
        raise _refusal("InvalidOptions", f"The value of $top is '{top}', it must be from 1 to {TOP}.")
    mark = hashlib.sha256(json.dumps([body.get("query"), body.get("subscriptions")]).encode()).hexdigest()[:16]
    start = _start(options.get("$skipToken"), mark)
    data = [_whole(entry) for entry in found[start : start + top]]
    answer = {"totalRecords": len(found), "count": len(data), "resultTruncated": "false", "facets": [], "data": data}
    if start + top < len(found) and "id" in query.columns:
        answer["$skipToken"] = base64.urlsafe_b64encode(json.dumps([mark, start + top]).encode()).decode()
    elif start + top < len(found):
        answer["resultTruncated"] = "true"
    return answer


def _whole(entry: Any) -> dict:
    """Return a row with its properties made."""
    return {**entry, "properties": entry["properties"]} if isinstance(entry, _Row) else dict(entry)


def _start(token: Any, mark: str) -> int:
    if not token:
        return 0
    try:
        known, start = json.loads(base64.urlsafe_b64decode(str(token)))
    except ValueError:
        known, start = "", 0
    if known != mark:
        raise _refusal("InvalidSkipToken", "The $skipToken is none that an answer to this query had.")
    return int(start)


def query(ctx: Context, call: Call) -> Reply:
    """Answer POST resources."""
    return ctx.graph(call)


ROUTES = {("POST", "/providers/Microsoft.ResourceGraph/resources"): query}
