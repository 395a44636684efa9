# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed run commands: what is asked of them and what is answered; the work is in run_command_work."""

from __future__ import annotations

import copy
from functools import partial

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from . import extension_model, instance_view
from . import machine_children as children
from . import run_command_model as model
from . import run_command_work as work
from .common import GROUP, body_of, location_of
from .goals import RUN_COMMAND as TYPE

PROVENANCE = {
    "PUT 201 Creating, PATCH 200 Updating, no Location; DELETE 202 with both headers": "recorded",
    "instance view of a script that failed: operation and resource Succeeded": "recorded",
    "GET, list; a list has no instance view": "recorded",
    "PUT of an existing one: 200": "spec",
    "DELETE of an absent one: 204": "spec",
    "the script runs again only when something of the run command changed": "docs",
    "one that was deleted and made again runs": "inferred",
    "instance view while nothing was reported: Unknown; while the script runs: without endTime": "inferred",
    "25 on one machine: text of the 26th": "inferred",
    "state of the machine: refusals as for extensions": "inferred",
}
MOST = 25
_KIND = "runCommands"
_ALL = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{{vm}}/runCommands"
_ONE = f"{_ALL}/{{command}}"


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace a run command."""
    return _write(ctx, call, keep=False)


def patch(ctx: Context, call: Call) -> Reply:
    """Change what the body names."""
    with ctx.store.lock:
        _machine, command = children.existing(ctx, call, _KIND)
        call.body = {"location": command.document["location"], **body_of(call)}
    return _write(ctx, call, keep=True)


def _write(ctx: Context, call: Call, keep: bool) -> Reply:
    given = body_of(call).get("properties") or {}
    model.check(given)
    with ctx.store.lock:
        machine, wanted, existing = children.find(ctx, call, _KIND, writing=True)
    children.check_machine(ctx, machine)
    protected = model.protected_settings(given)
    sealed = children.seal(ctx, machine, protected)
    with ctx.store.lock:
        machine, wanted, existing = children.find(ctx, call, _KIND, writing=True)
        _check(ctx, machine, wanted, existing, call)
        properties = model.properties(given, existing.properties if existing else None, keep)
        settings = {"settings": model.public_settings(properties)}
        digest = extension_model.digest(ctx.store.digest_key, settings, protected)
        instance = f"{work.PUBLISHER}.{work.TYPE}/{ids.name(wanted)}"
        configuration = children.configure(machine, existing, instance, digest, sealed, keep and protected is None)
        private = {"configuration": {**settings, **configuration}, "digest": digest}
        command = children.store(ctx, wanted, existing, body_of(call), properties, private, keep)
        return _answer(ctx, call, machine, command, existing)


def _check(ctx: Context, machine: Record, wanted: str, existing: Record | None, call: Call) -> None:
    location_of(body_of(call), existing, ids.name(wanted), ids.group(wanted))
    if existing is not None and existing.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion("write", "VM run command", existing.document["name"], "it")
    if existing is None and len(ctx.store.children(machine.id, TYPE)) >= MOST:
        text = f"The VM '{machine.document['name']}' has {MOST} run commands, the most it can have. Delete one first."
        raise errors.ArmError(409, "OperationNotAllowed", text)


def _answer(ctx: Context, call: Call, machine: Record, command: Record, existing: Record | None) -> Reply:
    body = copy.deepcopy(command.document)
    effect = partial(work.run, ctx, machine, command, command.private["generation"])
    kind = "run-command-patch" if call.method == "PATCH" else "run-command-put"
    operation = children.start(ctx, machine, command.id, kind, effect)
    return Reply(200 if existing else 201, body, operations.headers(operation, call))


def _render(ctx: Context, machine: Record, command: Record, with_view: bool) -> dict:
    document = copy.deepcopy(command.document)
    if with_view:
        agent = children.agent_of(ctx, machine)
        instance = instance_view.instance_of(agent, work.PUBLISHER, work.TYPE, document["name"])
        # A report of an earlier run says nothing of this one.
        if instance is not None and (instance.sequence or 0) < command.private["configuration"]["sequence"]:
            instance = None
        document["properties"]["instanceView"] = instance_view.run_command(instance)
    return document


def get(ctx: Context, call: Call) -> Reply:
    """Return one run command, with its run-time state if asked."""
    with ctx.store.lock:
        machine, command = children.existing(ctx, call, _KIND)
        return Reply(200, _render(ctx, machine, command, call.expands_instance_view))


def list_all(ctx: Context, call: Call) -> Reply:
    """Return the run commands of a machine; there is no paging."""
    with ctx.store.lock:
        machine, found = children.siblings(ctx, call, _KIND)
        view = call.expands_instance_view
        return Reply(200, {"value": [_render(ctx, machine, command, view) for command in found]})


def delete(ctx: Context, call: Call) -> Reply:
    """Kill the script if it runs and remove the run command."""
    with ctx.store.lock:
        machine, _wanted, command = children.find(ctx, call, _KIND)
    if command is None:
        return Reply(204)
    children.check_machine(ctx, machine)
    with ctx.store.lock:
        command.private["generation"] += 1
        effect = partial(work.remove, ctx, machine, command, command.private["generation"])
        operation = children.start_removal(ctx, machine, command, "run-command-delete", effect)
        return Reply(202, None, operations.headers(operation, call, location=True))


ROUTES = {
    ("PUT", _ONE): put,
    ("PATCH", _ONE): patch,
    ("GET", _ONE): get,
    ("DELETE", _ONE): delete,
    ("GET", _ALL): list_all,
}
