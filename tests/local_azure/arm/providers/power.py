# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power actions: start, restart, power off, deallocate."""

from __future__ import annotations

from collections.abc import Callable

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from . import goals
from .common import GROUP, resource
from .machines import TYPE, set_power, settle, specification

TRANSIENT = ("starting", "stopping", "deallocating")
PROVENANCE = {
    "actions are 202 with both headers, the result is an empty 200": "recorded",
    "an action counts the ETag up": "recorded",
    "restart of a stopped machine: 409 OperationNotAllowed": "docs",
    "an action while another one is under way: 409 Conflict": "inferred",
    "powerOff of a deallocated machine leaves it deallocated": "inferred",
}


def _stop(ctx: Context, machine: Record, power: str) -> None:
    _halt(ctx, machine)
    set_power(ctx, machine, power)


def _halt(ctx: Context, machine: Record) -> None:
    # A machine that is down may be unknown to a fabric that has just started.
    if ctx.fabric.running(machine.properties["vmId"]):
        ctx.fabric.stop(machine.properties["vmId"])


def boot(ctx: Context, machine: Record) -> None:
    """Boot a machine that exists, if it does not run, and hand it its goals."""
    up = False
    set_power(ctx, machine, "starting")
    try:
        with ctx.store.lock:
            specified = specification(ctx, machine)
        if not ctx.fabric.running(specified.vm_id):
            ctx.fabric.boot(specified)
        goals.publish(ctx, machine)
        up = True
    finally:
        set_power(ctx, machine, "running" if up else "stopped")


def _restart(ctx: Context, machine: Record) -> None:
    _halt(ctx, machine)
    boot(ctx, machine)


# Action -> (the power state on the way, what it does).
_ACTIONS: dict[str, tuple[str, Callable[[Context, Record], None]]] = {
    "powerOff": ("stopping", lambda ctx, machine: _stop(ctx, machine, "stopped")),
    "deallocate": ("deallocating", lambda ctx, machine: _stop(ctx, machine, "deallocated")),
    "start": ("starting", boot),
    "restart": ("starting", _restart),
}


def _action(name: str) -> Callable[[Context, Call], Reply]:
    def act(ctx: Context, call: Call) -> Reply:
        with ctx.store.lock:
            machine = resource(ctx, Call(**{**vars(call), "path": call.path.rpartition("/")[0]}))
            effect = _prepare(ctx, machine, name)
            ctx.store.put(machine)
            location, subscription = machine.document["location"], ids.subscription(machine.id)
            operation = ctx.operations.start(
                operations.COMPUTE, location, subscription, f"vm-{name}", machine.id, effect
            )
            return Reply(202, None, operations.headers(operation, call, location=True))

    return act


def _prepare(ctx: Context, machine: Record, name: str) -> operations.Effect:
    """Refuse the action or put the machine on its way; return what is left to do."""
    before = machine.private["power"]
    if machine.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion(name, "VM", machine.document["name"], "the VM")
    if before in TRANSIENT:
        raise errors.conflict()
    if name == "restart" and before != "running":
        text = "The operation requires the VM to be running (or set to run)."
        raise errors.ArmError(409, "OperationNotAllowed", text)
    machine.properties["provisioningState"] = "Updating"
    way, act = _ACTIONS[name]
    idle = before == "deallocated" and name != "start"
    machine.private["power"] = before if idle else way

    def effect() -> None:
        done = idle
        try:
            if not idle:
                act(ctx, machine)
            done = True
        finally:
            if machine.private["power"] in TRANSIENT:
                set_power(ctx, machine, before)
            settle(ctx, machine, "Succeeded" if done else "Failed")

    return effect


ROUTES = {("POST", f"{GROUP}/providers/{TYPE}/{{vm}}/{name}"): _action(name) for name in _ACTIONS}
