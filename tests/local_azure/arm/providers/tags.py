# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: the tags API of any scope, and PATCH of a network resource, which changes nothing else."""

from __future__ import annotations

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, body_of, group_of, resource

PROVENANCE = {
    "Microsoft.Resources/tags/default: Merge, Replace, Delete": "docs",
    "a tag change is synchronous here": "inferred",
}
_TAGS = "/providers/Microsoft.Resources/tags/default"
_SCOPES = (
    GROUP,
    f"{GROUP}/providers/{{namespace}}/{{type}}/{{name}}",
    f"{GROUP}/providers/{{namespace}}/{{type}}/{{name}}/{{child_type}}/{{child}}",
)


def _scope(ctx: Context, call: Call) -> Record:
    scoped = Call(**{**vars(call), "path": call.path[: call.path.lower().rindex(_TAGS.lower())]})
    return resource(ctx, scoped) if "namespace" in call.params else group_of(ctx, scoped)


def _render(record: Record) -> dict:
    return {
        "id": f"{record.id}{_TAGS}", "name": "default", "type": "Microsoft.Resources/tags",
        "properties": {"tags": dict(record.document.get("tags") or {})},
    }  # fmt: skip


def get(ctx: Context, call: Call) -> Reply:
    """Return the tags of a scope."""
    with ctx.store.lock:
        return Reply(200, _render(_scope(ctx, call)))


def put(ctx: Context, call: Call) -> Reply:
    """Replace the tags of a scope."""
    return _change(ctx, call, "replace")


def patch(ctx: Context, call: Call) -> Reply:
    """Merge, replace or delete tags of a scope."""
    return _change(ctx, call, str(body_of(call).get("operation", "")).lower())


def _change(ctx: Context, call: Call, action: str) -> Reply:
    with ctx.store.lock:
        record = _scope(ctx, call)
        given = (body_of(call).get("properties") or {}).get("tags") or {}
        tags = dict(record.document.get("tags") or {})
        if action == "merge":
            tags.update(given)
        elif action == "replace":
            tags = dict(given)
        elif action == "delete":
            tags = {name: value for name, value in tags.items() if name not in given}
        else:
            raise errors.invalid_parameter("The tags operation must be Merge, Replace or Delete.", "operation")
        record.document["tags"] = tags
        return Reply(200, _render(ctx.store.put(record)))


def update_tags(record: Record, call: Call) -> None:
    """Apply the tags of a PATCH body, which replace those that are there."""
    body = body_of(call)
    if set(body) - {"tags"}:
        raise errors.invalid_content(f"PATCH of '{ids.name(record.id)}' takes tags only.")
    record.document["tags"] = dict(body.get("tags") or {})


ROUTES = {
    (method, f"{scope}{_TAGS}"): function
    for scope in _SCOPES
    for method, function in (("GET", get), ("PUT", put), ("PATCH", patch))
}
