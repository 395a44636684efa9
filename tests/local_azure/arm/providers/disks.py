# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed disks: made with their machine, left behind or removed with it as its deleteOption says."""

from __future__ import annotations

import copy
import uuid

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply, stamp
from ..store import Record
from .common import GROUP, group_of, in_group, in_subscription, page, resource, target_id

PROVENANCE = {
    "disk document": "docs",
    "a disk stays when its machine goes, unless deleteOption is Delete": "docs",
    "DELETE of an attached disk: text": "inferred",
}
TYPE = "Microsoft.Compute/disks"
_DISK = f"{GROUP}/providers/{TYPE}/{{name}}"


def of(properties: dict) -> list[dict]:
    """Return the entries of all disks of a machine, its system disk first."""
    storage = properties["storageProfile"]
    return [storage["osDisk"], *storage.get("dataDisks", [])]


def ids_of(properties: dict, with_option: str | None = None) -> list[str]:
    """Return the ids of a machine's disks: of all, or of those with that deleteOption."""
    chosen = [disk for disk in of(properties) if with_option in (None, disk["deleteOption"])]
    return [disk["managedDisk"]["id"] for disk in chosen]


def add(ctx: Context, machine: Record) -> None:
    """Make the records of a machine's disks that have none yet."""
    for disk in of(machine.properties):
        wanted = disk["managedDisk"]["id"]
        if ctx.store.get(wanted) is None:
            system = {"osType": disk["osType"]} if disk.get("osType") else {}
            document = {
                "name": ids.name(wanted), "id": wanted, "type": TYPE, "location": machine.document["location"],
                "tags": {}, "sku": {"name": disk["managedDisk"]["storageAccountType"], "tier": "Premium"},
                "properties": {
                    **system, "creationData": {"createOption": disk["createOption"]}, "diskSizeGB": disk["diskSizeGB"],
                    "timeCreated": stamp(), "provisioningState": "Succeeded", "uniqueId": str(uuid.uuid4()),
                },
            }  # fmt: skip
            ctx.store.put(Record(wanted, TYPE, document))


def render(ctx: Context, record: Record) -> dict:
    document = copy.deepcopy(record.document)
    owner = ctx.store.referrers(record.id, "Microsoft.Compute/virtualMachines")
    if owner:
        document["managedBy"] = owner[0].id
    document["properties"]["diskState"] = "Attached" if owner else "Unattached"
    return document


def get(ctx: Context, call: Call) -> Reply:
    """Return one disk."""
    with ctx.store.lock:
        return Reply(200, render(ctx, resource(ctx, call)))


def list_group(ctx: Context, call: Call) -> Reply:
    """Return the disks of a group."""
    with ctx.store.lock:
        return page(call, in_group(ctx, call, TYPE), lambda record: render(ctx, record))


def list_subscription(ctx: Context, call: Call) -> Reply:
    """Return the disks of a subscription."""
    with ctx.store.lock:
        return page(call, in_subscription(ctx, call, TYPE), lambda record: render(ctx, record))


def delete(ctx: Context, call: Call) -> Reply:
    """Delete a disk that no machine holds."""
    with ctx.store.lock:
        group_of(ctx, call)
        record = ctx.store.get(target_id(ctx, call))
        if record is None:
            return Reply(204)
        owner = ctx.store.referrers(record.id, "Microsoft.Compute/virtualMachines")
        if owner:
            text = f"Disk {record.document['name']} is attached to VM {owner[0].id}."
            raise errors.ArmError(409, "OperationNotAllowed", text)

        def effect() -> None:
            with ctx.store.lock:
                ctx.store.remove(record.id)

        location, subscription = record.document["location"], ids.subscription(record.id)
        operation = ctx.operations.start(operations.COMPUTE, location, subscription, "delete", record.id, effect)
        return Reply(202, None, operations.headers(operation, call, location=True))


ROUTES = {
    ("GET", _DISK): get,
    ("DELETE", _DISK): delete,
    ("GET", f"{GROUP}/providers/{TYPE}"): list_group,
    ("GET", f"/subscriptions/{{subscription}}/providers/{TYPE}"): list_subscription,
}
