# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines: create, update, read, list, delete."""

from __future__ import annotations

import copy

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply, stamp
from ..store import Record
from . import disks, goals
from .common import (
    GROUP,
    body_of,
    check_conditions,
    in_group,
    in_subscription,
    location_of,
    page,
    resource,
    target_id,
)
from .machine_model import complete, data_disks, digest, merge, refuse_create_only_changes, without_gaps
from .machines import TYPE, interfaces, render, set_power, settle, specification, status_only
from .resource_groups import delete_machine

PROVENANCE = {
    "PUT 201 Creating with ETag 1, update 200 Updating": "recorded",
    "DELETE 202 with both headers": "recorded",
    "If-Match: 412 PreconditionFailed": "docs",
    "PATCH is a PUT of the merged document": "inferred",
    "$expand=instanceView in lists adds the instance view": "inferred",
    "statusOnly=true in lists: id, vmId, provisioningState and instance view, no model": "inferred",
    "PUT while the machine is being created: 409 Conflict": "inferred",
    "a failed creation is tried again by the next PUT": "inferred",
    "page size 50": "inferred",
    "interfaces and disks with deleteOption Delete go with the machine": "docs",
}
_MACHINE = f"{GROUP}/providers/{TYPE}/{{vm}}"
_TOP = ("tags", "zones", "identity", "plan", "extendedLocation")


def put(ctx: Context, call: Call) -> Reply:
    """Create or update a machine."""
    with ctx.store.lock:
        body = body_of(call)
        wanted = target_id(ctx, call, writing=True)
        machine = ctx.store.get(wanted)
        check_conditions(call, machine.etag if machine else None)
        location = location_of(body, machine, ids.name(wanted), ids.group(wanted))
        if machine is None:
            return _create(ctx, call, wanted, location, body)
        return _update(ctx, call, machine, {"tags": {}, **body})


def patch(ctx: Context, call: Call) -> Reply:
    """Update what the body names."""
    with ctx.store.lock:
        machine = resource(ctx, call)
        check_conditions(call, machine.etag)
        return _update(ctx, call, machine, body_of(call))


def _create(ctx: Context, call: Call, wanted: str, location: str, body: dict) -> Reply:
    group = "/".join(wanted.split("/")[:5])
    properties, custom_data = complete(body.get("properties") or {}, ids.name(wanted), group, stamp())
    document = {
        "name": ids.name(wanted), "id": wanted, "type": TYPE, "location": location,
        "tags": {}, "properties": properties,
    }  # fmt: skip
    document.update({name: copy.deepcopy(body[name]) for name in _TOP if body.get(name) is not None})
    private = {
        "power": "starting", "provisioned": False, "sequences": {},
        "custom_data": custom_data, "custom_data_digest": digest(custom_data),
    }  # fmt: skip
    machine = Record(wanted, TYPE, document, private)
    references = interfaces(ctx, wanted, properties)
    specification(ctx, machine)  # refuses now what could not boot later
    ctx.store.put(machine, [*references, *disks.ids_of(properties)])
    disks.add(ctx, machine)
    body = render(ctx, machine)
    operation = _operation(ctx, machine, "vm-create", lambda: boot_new(ctx, machine))
    return Reply(201, body, {"ETag": machine.etag, **operations.headers(operation, call)})


def _operation(ctx: Context, machine: Record, kind: str, effect: operations.Effect) -> dict:
    location, subscription = machine.document["location"], ids.subscription(machine.id)
    return ctx.operations.start(operations.COMPUTE, location, subscription, kind, machine.id, effect)


def boot_new(ctx: Context, machine: Record) -> None:
    """The effect of a creation: boots the machine; also what a restart of the server resumes."""
    succeeded = False
    try:
        with ctx.store.lock:
            specified = specification(ctx, machine)
        ctx.fabric.boot(specified)
        machine.private.update(provisioned=True, custom_data=None)
        goals.publish(ctx, machine)
        succeeded = True
    finally:
        set_power(ctx, machine, "running" if succeeded else "stopped")
        settle(ctx, machine, "Succeeded" if succeeded else "Failed")


def _update(ctx: Context, call: Call, machine: Record, body: dict) -> Reply:
    if machine.properties["provisioningState"] == "Deleting":
        name = machine.document["name"]
        raise errors.marked_for_deletion("update", "VM", name, "the VM")
    if machine.properties["provisioningState"] == "Creating":
        raise errors.conflict()
    given = without_gaps(body.get("properties") or {})
    for name in ("provisioningState", "vmId", "timeCreated", "instanceView"):
        given.pop(name, None)
    refuse_create_only_changes(machine.properties, machine.private["custom_data_digest"], given)
    for secret in ("customData", "adminPassword"):
        (given.get("osProfile") or {}).pop(secret, None)
    zones = machine.document.get("zones")
    if body.get("zones") not in (None, zones):
        raise errors.property_change("zones")
    properties = merge(machine.properties, given)
    if not properties["networkProfile"]["networkInterfaces"]:
        raise errors.missing_parameter("networkProfile.networkInterfaces")
    storage, group = properties["storageProfile"], "/".join(machine.id.split("/")[:5])
    attached = data_disks(storage.get("dataDisks") or [], machine.document["name"], group)
    properties["storageProfile"] = {**storage, "dataDisks": attached}
    references = interfaces(ctx, machine.id, properties)
    properties["provisioningState"] = "Updating"
    machine.document["properties"] = properties
    disks.add(ctx, machine)
    machine.document.update({name: copy.deepcopy(body[name]) for name in _TOP if body.get(name) is not None})
    ctx.store.put(machine, [*references, *disks.ids_of(properties)])
    reply_body = render(ctx, machine)
    if machine.private["provisioned"]:
        operation = _operation(ctx, machine, "vm-update", lambda: settle(ctx, machine, "Succeeded"))
    else:
        operation = _operation(ctx, machine, "vm-create", lambda: boot_new(ctx, machine))
    return Reply(200, reply_body, {"ETag": machine.etag, **operations.headers(operation, call)})


def get(ctx: Context, call: Call) -> Reply:
    """Return one machine, with its run-time state if asked."""
    with ctx.store.lock:
        machine = resource(ctx, call)
    if call.expands_instance_view:
        return Reply(200, render(ctx, machine, with_view=True))
    return Reply(200, render(ctx, machine), {"ETag": machine.etag})


def get_instance_view(ctx: Context, call: Call) -> Reply:
    """Return the run-time state alone."""
    with ctx.store.lock:
        machine = resource(ctx, Call(**{**vars(call), "path": call.path.rpartition("/")[0]}))
    return Reply(200, render(ctx, machine, with_view=True)["properties"]["instanceView"])


def list_group(ctx: Context, call: Call) -> Reply:
    """Return the machines of a group, 50 a page."""
    with ctx.store.lock:
        found = in_group(ctx, call, TYPE)
    return _listed(ctx, call, found)


def list_subscription(ctx: Context, call: Call) -> Reply:
    """Return the machines of a subscription, 50 a page."""
    with ctx.store.lock:
        found = in_subscription(ctx, call, TYPE)
    return _listed(ctx, call, found)


def _listed(ctx: Context, call: Call, found: list[Record]) -> Reply:
    if call.query.get("statusonly", "").lower() == "true":
        return page(call, found, lambda machine: status_only(ctx, machine))
    return page(call, found, lambda machine: render(ctx, machine, call.expands_instance_view, listed=True))


def delete(ctx: Context, call: Call) -> Reply:
    """Delete a machine; its interfaces and disk stay unless their deleteOption says otherwise."""
    with ctx.store.lock:
        machine = ctx.store.get(target_id(ctx, call))
        if machine is None:
            return Reply(204)
        check_conditions(call, machine.etag)
        machine.properties["provisioningState"] = "Deleting"
        ctx.store.changed(machine)
        operation = _operation(ctx, machine, "vm-delete", lambda: _remove(ctx, machine))
        return Reply(202, None, operations.headers(operation, call, location=True))


def _remove(ctx: Context, machine: Record) -> None:
    delete_machine(ctx, machine)
    ctx.operations.hold()
    with ctx.store.lock:
        properties = machine.properties
        ctx.store.remove(machine.id)
        for entry in properties["networkProfile"]["networkInterfaces"]:
            if (entry.get("properties") or {}).get("deleteOption") == "Delete":
                ctx.store.remove(entry["id"])
        for disk in disks.ids_of(properties, "Delete"):
            ctx.store.remove(disk)


ROUTES = {
    ("PUT", _MACHINE): put,
    ("PATCH", _MACHINE): patch,
    ("GET", _MACHINE): get,
    ("DELETE", _MACHINE): delete,
    ("GET", f"{_MACHINE}/instanceView"): get_instance_view,
    ("GET", f"{GROUP}/providers/{TYPE}"): list_group,
    ("GET", f"/subscriptions/{{subscription}}/providers/{TYPE}"): list_subscription,
}
