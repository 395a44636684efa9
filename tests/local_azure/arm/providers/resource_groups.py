# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource groups: made at once, deleted with all that is in them."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor

from .. import errors, ids, operations
from ..context import Context
from ..fabric import FabricError
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, body_of, group_id, group_of, location_of, page, subscription_of

PROVENANCE = {
    "group document": "recorded",
    "PUT is synchronous, 201 or 200": "recorded",
    "DELETE 202 with Location only": "recorded",
    "ResourceGroupBeingDeleted, InvalidResourceGroupLocation": "docs",
    "order of the cascade: machines first": "inferred",
    "list filter by tagName and tagValue": "docs",
}
_TAG = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)


def render(group: Record) -> dict:
    """Return the group as ARM answers it."""
    return copy.deepcopy(group.document)


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace; the tags are those of the body."""
    with ctx.store.lock:
        body, wanted = body_of(call), group_id(ctx, call)
        existing = ctx.store.get(wanted)
        if existing is not None:
            group_of(ctx, call, writing=True)
        name = existing.document["name"] if existing else call.params["group"]
        location = _location(body, existing, name)
        document = {
            "id": existing.id if existing else wanted, "name": name, "type": ids.GROUP_TYPE, "location": location,
            "tags": body.get("tags") or {}, "properties": {"provisioningState": "Succeeded"},
        }  # fmt: skip
        record = existing or Record(wanted, ids.GROUP_TYPE, document)
        record.document = document
        ctx.store.put(record)
        return Reply(200 if existing else 201, render(record))


def _location(body: dict, existing: Record | None, name: str) -> str:
    location = location_of(body, None, name, name)
    if existing is not None and existing.document["location"] != location:
        text = (
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{existing.document['location']}'."
        )
        raise errors.ArmError(409, "InvalidResourceGroupLocation", text)
    return location


def patch(ctx: Context, call: Call) -> Reply:
    """Replace the tags."""
    with ctx.store.lock:
        group, body = group_of(ctx, call, writing=True), body_of(call)
        if body.get("tags") is not None:
            group.document["tags"] = dict(body["tags"])
        return Reply(200, render(ctx.store.put(group)))


def get(ctx: Context, call: Call) -> Reply:
    """Return one group."""
    with ctx.store.lock:
        return Reply(200, render(group_of(ctx, call)))


def list_all(ctx: Context, call: Call) -> Reply:
    """Return the groups of a subscription, by tag if asked."""
    with ctx.store.lock:
        found = ctx.store.children(f"/subscriptions/{subscription_of(ctx, call)}", ids.GROUP_TYPE)
        tag = _TAG.fullmatch(call.query.get("$filter", ""))
        if tag:
            found = [group for group in found if _tagged(group, tag[1], tag[2])]
        return page(call, found, render)


def _tagged(group: Record, name: str, value: str | None) -> bool:
    tags = group.document.get("tags") or {}
    return name in tags and (value is None or tags[name] == value)


def delete(ctx: Context, call: Call) -> Reply:
    """Delete the group and everything in it."""
    with ctx.store.lock:
        group = group_of(ctx, call)
        group.properties["provisioningState"] = "Deleting"
        ctx.store.changed(group)
        subscription = ids.subscription(group.id)

        def effect() -> None:
            _cascade(ctx, group)

        operation = ctx.operations.start(operations.RESOURCES, "", subscription, "group-delete", group.id, effect)
        return Reply(202, None, operations.headers(operation, call))


def _cascade(ctx: Context, group: Record) -> None:
    with ctx.store.lock:
        machines = ctx.store.children(group.id, "Microsoft.Compute/virtualMachines")
    with ThreadPoolExecutor(max_workers=8) as pool:
        for _done in pool.map(lambda machine: delete_machine(ctx, machine), machines):
            pass
    ctx.operations.hold()
    with ctx.store.lock:
        ctx.store.remove(group.id)


def delete_machine(ctx: Context, machine: Record) -> None:
    """Remove the machine itself; one that was never made is gone already."""
    try:
        ctx.fabric.delete(machine.properties["vmId"])
    except FabricError as error:
        if error.code != "VMNotFound":
            raise


ROUTES = {
    ("PUT", GROUP): put,
    ("PATCH", GROUP): patch,
    ("GET", GROUP): get,
    ("DELETE", GROUP): delete,
    ("GET", "/subscriptions/{subscription}/resourceGroups"): list_all,
}
