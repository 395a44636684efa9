# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What extensions and run commands are alike in: children of a machine, on which its agent works.

`kind` is the last word of their type, "extensions" or "runCommands".
"""

from __future__ import annotations

import copy

from .. import errors, ids, operations
from ..context import Context
from ..fabric import AgentView, FabricError
from ..messages import Call
from ..store import Record
from . import extension_model as model
from .common import location_of, target_id
from .machines import TYPE, power_state

PROVENANCE = {
    "ParentResourceNotFound": "inferred",
    "CannotModifyExtensionsWhenVMNotRunning, for PUT and DELETE": "docs",
    "extensions disallowed: text": "inferred",
}
Sealed = tuple[str | None, str | None]


def parent(ctx: Context, call: Call, wanted: str, kind: str) -> Record:
    """Return the machine of a child's id, or raise ParentResourceNotFound."""
    machine = ctx.store.get(ids.parent_key(wanted))
    if machine is None:
        action = {"GET": "read", "DELETE": "delete"}.get(call.method, "write")
        raise errors.parent_not_found(f"virtualMachines/{kind}", "/".join(wanted.split("/")[:-2]), action)
    return machine


def find(ctx: Context, call: Call, kind: str, writing: bool = False) -> tuple[Record, str, Record | None]:
    """Return (the machine, the child's id, the child if there is one)."""
    wanted = target_id(ctx, call, writing)
    machine = parent(ctx, call, wanted, kind)
    wanted = f"{machine.id}/{kind}/{ids.name(wanted)}"
    return machine, wanted, ctx.store.get(wanted)


def existing(ctx: Context, call: Call, kind: str) -> tuple[Record, Record]:
    """Return (the machine, the child), or raise ResourceNotFound."""
    machine, wanted, child = find(ctx, call, kind)
    if child is None:
        raise errors.resource_not_found(ids.relative(wanted), ids.group(wanted))
    return machine, child


def siblings(ctx: Context, call: Call, kind: str) -> tuple[Record, list[Record]]:
    """Return (the machine, all its children of a kind) for the path of the collection."""
    machine = parent(ctx, call, f"{target_id(ctx, call)}/any", kind)
    return machine, ctx.store.children(machine.id, f"{TYPE}/{kind}")


def check_machine(ctx: Context, machine: Record) -> None:
    """Refuse what a machine in this state cannot do. Asks the fabric: do not hold the store's lock."""
    if machine.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion("write", "VM", machine.document["name"], "the VM")
    if machine.properties["osProfile"].get("allowExtensionOperations") is False:
        raise errors.extensions_disallowed()
    if power_state(ctx, machine) != "running":
        raise errors.vm_not_running()


def seal(ctx: Context, machine: Record, protected: dict | None) -> Sealed:
    """Return (what is protected as only the machine can read it, the thumbprint of the key), or (None, None)."""
    if protected is None:
        return None, None
    try:
        return ctx.fabric.seal(machine.properties["vmId"], protected)
    except FabricError as error:
        raise errors.ArmError(500, error.code, error.message) from error


def configure(
    machine: Record, child: Record | None, handler: str, digest: dict[str, str], sealed: Sealed, kept: bool
) -> dict:
    """Return what a handler is configured with beside its settings: sequence, sealed_settings, thumbprint.

    `handler` is what has a sequence of its own, `digest` is completed; `kept`: what was protected stays as it is.
    """
    old = child.private if child else {"configuration": {}, "digest": None}
    if old["digest"] is not None and kept:
        digest["protected"] = old["digest"]["protected"]
    same = digest == old["digest"]
    # Sealing the same text twice gives two texts: keep the old one while it fits, so that the goal is the same too.
    known = old["configuration"]
    if child is not None and (kept or (same and known["thumbprint"] == sealed[1])):
        sealed = (known["sealed_settings"], known["thumbprint"])
    sequence = model.next_sequence(machine.private["sequences"].get(handler.lower()), same)
    machine.private["sequences"][handler.lower()] = sequence
    return {"sequence": sequence, "sealed_settings": sealed[0], "thumbprint": sealed[1]}


def store(
    ctx: Context, wanted: str, child: Record | None, body: dict, properties: dict, private: dict, keep: bool
) -> Record:
    """Create or change a child's record and return it: location and tags of the body, what was worked out before."""
    location = location_of(body, child, ids.name(wanted), ids.group(wanted))
    document = {
        "name": child.document["name"] if child else ids.name(wanted), "id": child.id if child else wanted,
        "type": ids.resource_type(wanted), "location": location,
        "properties": {**properties, "provisioningState": "Updating" if child else "Creating"},
    }  # fmt: skip
    tags = body.get("tags") or (child.document.get("tags") if child and keep else None)
    if tags is not None:
        document["tags"] = copy.deepcopy(tags)
    record = child or Record(wanted, ids.resource_type(wanted), document, {"generation": 0, "goal": None})
    record.document = document
    record.private.update(private)
    record.private["generation"] += 1
    return ctx.store.put(record)


def agent_of(ctx: Context, machine: Record) -> AgentView | None:
    """Return what the machine's agent said last; a deallocated machine says nothing."""
    deallocated = machine.private.get("power") == "deallocated"
    return None if deallocated else ctx.fabric.agent(machine.properties["vmId"])


def start(ctx: Context, machine: Record, target: str, kind: str, effect: operations.Effect) -> dict:
    """Start an operation of Compute in the machine's location."""
    location, subscription = machine.document["location"], ids.subscription(machine.id)
    return ctx.operations.start(operations.COMPUTE, location, subscription, kind, target, effect)


def start_removal(ctx: Context, machine: Record, child: Record, kind: str, effect: operations.Effect) -> dict:
    """Show that a child goes and start the operation. Hold the store's lock."""
    child.properties["provisioningState"] = "Deleting"
    ctx.store.changed(child)
    return start(ctx, machine, child.id, kind, effect)
