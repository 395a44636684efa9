# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs on a scope (subscription, group, resource): locks, policy assignments, roles. One way to keep them all."""

from __future__ import annotations

import copy
from collections.abc import Callable

from .. import errors, ids
from ..authorization import covers
from ..context import Context
from ..messages import Call, Reply
from .common import GROUP, body_of, subscription_of

PROVENANCE = {
    "locks, policy assignments, roles: PUT 201 or 200, GET, DELETE 200 or 204": "spec",
    "lists at a scope have what hangs on it and below it": "inferred",
}
# (scope, properties of the body) -> the properties to keep, or ArmError.
Complete = Callable[[str, dict], dict]
_SCOPES = (
    "/subscriptions/{subscription}",
    GROUP,
    f"{GROUP}/providers/{{namespace}}/{{type}}/{{name}}",
    f"{GROUP}/providers/{{namespace}}/{{type}}/{{name}}/{{child_type}}/{{child}}",
)


def scope_of(ctx: Context, call: Call) -> str:
    """Return the canonical scope that the path names; it must exist."""
    subscription = subscription_of(ctx, call)
    path = ids.canonical(call.path[: call.path.lower().rindex("/providers/microsoft.authorization/")])
    if path.count("/") == 2:
        return f"/subscriptions/{subscription}"
    found = ctx.store.get(path)
    if found is not None:
        return found.id
    if path.count("/") == 4 or ctx.store.get("/".join(path.split("/")[:5])) is None:
        raise errors.group_not_found(ids.group(path))
    raise errors.resource_not_found(ids.relative(path), ids.group(path))


def all_of(ctx: Context, kind: str) -> list[dict]:
    """Return the documents of one type whose scope is still there, in order of creation."""
    found = [document for document in ctx.store.governance.values() if document["type"] == kind]
    return [document for document in found if _alive(ctx, scope_in(document))]


def scope_in(document: dict) -> str:
    """Return the scope that a document hangs on."""
    return document["id"][: document["id"].rindex("/providers/")]


def _alive(ctx: Context, scope: str) -> bool:
    return scope.count("/") == 2 or ctx.store.get(scope) is not None


def routes(kind: str, complete: Complete) -> dict:
    """Return the routes of a type of such documents."""

    def put(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            scope, name = scope_of(ctx, call), call.params["scoped"]
            properties = complete(scope, copy.deepcopy(body_of(call).get("properties") or {}))
            wanted = f"{scope}/providers/{kind}/{name}"
            new = ids.key(wanted) not in ctx.store.governance
            document = {"id": wanted, "name": name, "type": kind, "properties": properties}
            ctx.store.governance[ids.key(wanted)] = document
            ctx.store.changed()
            return Reply(201 if new else 200, document)

    def get(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            scope_of(ctx, call)
            found = ctx.store.governance.get(ids.key(call.path))
            if found is None:
                raise errors.ArmError(404, _absent(kind), f"The {kind} '{call.params['scoped']}' could not be found.")
            return Reply(200, found)

    def list_all(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            scope = scope_of(ctx, call)
            return Reply(200, {"value": [found for found in all_of(ctx, kind) if covers(scope, scope_in(found))]})

    def delete(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            scope_of(ctx, call)
            found = ctx.store.governance.pop(ids.key(call.path), None)
            ctx.store.changed()
            return Reply(204) if found is None else Reply(200, found)

    result: dict = {}
    for scope in _SCOPES:
        root = f"{scope}/providers/{kind}"
        result[("GET", root)] = list_all
        for method, function in (("PUT", put), ("GET", get), ("DELETE", delete)):
            result[(method, f"{root}/{{scoped}}")] = function
    return result


def _absent(kind: str) -> str:
    """Return the code that says a document is absent: LockNotFound, PolicyAssignmentNotFound and so on."""
    word = kind.rpartition("/")[2].removesuffix("s")
    return f"{word[0].upper()}{word[1:]}NotFound"
