# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network types share: guids as ETags, operations without a name, children that are part of a body."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import (
    body_of,
    check_conditions,
    group_of,
    in_group,
    in_subscription,
    location_of,
    page,
    resource,
    target_id,
)
from .tags import update_tags

PROVENANCE = {
    "ETags are weak guids, new with every change, the same in parent and children": "recorded",
    "PUT 201 or 200 Updating, then Succeeded; operation body is the status only": "recorded",
    "DELETE 202 with operations and operationResults": "recorded",
    "DELETE of an absent resource: 204": "spec",
    "If-Match on network resources": "inferred",
}
Render = Callable[[Context, Record], dict]


def new_etag() -> str:
    """Return a fresh ETag."""
    return f'W/"{uuid.uuid4()}"'


def top_level(ctx: Context, call: Call, type_name: str, properties: dict) -> tuple[Record, bool]:
    """Find or make the record of a PUT: (record, whether it is new). It is not stored yet."""
    body = body_of(call)
    wanted = target_id(ctx, call, writing=True)
    existing = ctx.store.get(wanted)
    check_conditions(call, existing.document["etag"] if existing else None)
    location = location_of(body, existing, ids.name(wanted), ids.group(wanted))
    if existing is not None:
        properties = {**properties, "resourceGuid": existing.properties["resourceGuid"]}
    document = {
        "name": ids.name(wanted), "id": wanted, "etag": new_etag(), "type": type_name, "location": location,
        "properties": {"provisioningState": "Updating", "resourceGuid": str(uuid.uuid4()), **properties},
    }  # fmt: skip
    kept = [name for name in ("tags", "zones", "sku") if body.get(name) is not None]
    document.update({name: copy.deepcopy(body[name]) for name in kept})
    if existing is None:
        return Record(wanted, type_name, document), True
    return Record(wanted, type_name, document, existing.private, existing.references, existing.version), False


def settle(ctx: Context, call: Call, record: Record, body: dict, status: int) -> Reply:
    """Answer an asynchronous PUT of a stored record; it succeeds in the operation."""

    def effect() -> None:
        with ctx.store.lock:
            found = ctx.store.get(record.id)
            if found is not None:
                succeed(ctx, found)

    location = record.document.get("location") or parent_of(ctx, record).document["location"]
    subscription = ids.subscription(record.id)
    operation = ctx.operations.start(operations.NETWORK, location, subscription, "network-put", record.id, effect)
    return Reply(status, body, operations.headers(operation, call))


def succeed(ctx: Context, record: Record) -> None:
    """Mark a record and what is part of its body as settled."""
    for found in (record, *ctx.store.below(record.id)):
        found.properties["provisioningState"] = "Succeeded"
    change_etag(ctx, record)


def change_etag(ctx: Context, record: Record) -> None:
    """Give a new ETag to a record, to its parent if that is no group, and to all their children."""
    parent = ctx.store.get(ids.parent_key(record.id))
    root = record if parent is None or parent.type == ids.GROUP_TYPE else parent
    etag = new_etag()
    for found in (root, *ctx.store.below(root.id)):
        found.document["etag"] = etag
        ctx.store.put(found)


def parent_of(ctx: Context, child: Record) -> Record:
    """Return the record that a child hangs on."""
    parent = ctx.store.get(ids.parent_key(child.id))
    if parent is None:
        raise errors.parent_not_found(child.type, ids.parent_key(child.id))
    return parent


def remove(ctx: Context, call: Call, record: Record) -> Reply:
    """Answer an asynchronous DELETE that nothing forbids; the record goes in the operation."""
    record.properties["provisioningState"] = "Deleting"
    ctx.store.changed(record)

    def effect() -> None:
        with ctx.store.lock:
            change_etag(ctx, record)
            ctx.store.remove(record.id)

    location = record.document.get("location") or parent_of(ctx, record).document["location"]
    subscription = ids.subscription(record.id)
    operation = ctx.operations.start(operations.NETWORK, location, subscription, "delete", record.id, effect)
    return Reply(202, None, operations.headers(operation, call, location=True))


def child_document(parent_id: str, collection: str, type_name: str, name: str, properties: dict) -> dict:
    """Return the document of a child that is part of its parent's body."""
    return {
        "name": name, "id": f"{parent_id}/{collection}/{name}", "etag": "", "type": type_name,
        "properties": {"provisioningState": "Updating", **properties},
    }  # fmt: skip


def store_child(ctx: Context, document: dict, references: list[str]) -> Record:
    """Store a child with the ETag of its parent."""
    existing = ctx.store.get(document["id"])
    record = existing or Record(document["id"], document["type"], document)
    record.document = document
    parent = parent_of(ctx, record)
    document["etag"] = parent.document["etag"]
    return ctx.store.put(record, references)


def child_target(ctx: Context, call: Call, writing: bool = False) -> tuple[Record, str]:
    """Return the parent's record and the child's id, or raise ParentResourceNotFound."""
    wanted = target_id(ctx, call, writing)
    parent = ctx.store.get(ids.parent_key(wanted))
    if parent is None:
        action = {"GET": "read", "DELETE": "delete"}.get(call.method, "write")
        raise errors.parent_not_found(ids.resource_type(wanted), "/".join(wanted.split("/")[:-2]), action)
    child = f"{parent.id}/{'/'.join(wanted.split('/')[-2:])}"
    existing = ctx.store.get(child)
    return parent, existing.id if existing else child


def reads(template: str, type_name: str, render: Render) -> dict:
    """Return the routes of GET, lists and PATCH of tags, which are the same for every top-level network type."""

    def get(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            record = resource(ctx, call)
            return Reply(200, render(ctx, record), {"ETag": record.document["etag"]})

    def list_group(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            return page(call, in_group(ctx, call, type_name), lambda record: render(ctx, record))

    def list_subscription(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            return page(call, in_subscription(ctx, call, type_name), lambda record: render(ctx, record))

    def patch(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            group_of(ctx, call, writing=True)
            record = resource(ctx, call)
            update_tags(record, call)
            record.document["etag"] = new_etag()
            return Reply(200, render(ctx, ctx.store.put(record)))

    collection = template.rpartition("/")[0]
    return {
        ("GET", template): get,
        ("PATCH", template): patch,
        ("GET", collection): list_group,
        ("GET", f"/subscriptions/{{subscription}}/providers/{type_name}"): list_subscription,
    }
