# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action runCommand: one script now, its output as the result of the operation, nothing left in ARM."""

from __future__ import annotations

import base64
from functools import partial

from .. import errors, failures, operations
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from . import extension_work, goals, instance_view
from . import machine_children as children
from . import run_command_model as model
from .common import GROUP, body_of, resource
from .instance_view import handler_of
from .machines import TYPE as MACHINE
from .machines import power_state

PROVENANCE = {
    "POST 202 with both headers": "recorded",
    "result properties.output.value, one entry ProvisioningState/succeeded with stdout and stderr": "docs",
    "the final GET of Location answers the result itself": "spec",
    "a script that fails is a success": "docs",
    "one action at a time on a machine: 409 Conflict": "docs",
    "a machine that does not run: 409 OperationNotAllowed, text": "inferred",
    "script and parameters travel sealed": "inferred",
    "90 minutes": "docs",
}
PUBLISHER, TYPE, VERSION = "Microsoft.CPlat.Core", "RunCommandLinux", "1"
LIMIT = 90 * 60.0


def post(ctx: Context, call: Call) -> Reply:
    """Run a script in a machine."""
    protected = _protected(body_of(call))
    with ctx.store.lock:
        machine = resource(ctx, Call(**{**vars(call), "path": call.path.rpartition("/")[0]}))
    if power_state(ctx, machine) != "running":
        text = "The operation requires the VM to be running (or set to run)."
        raise errors.ArmError(409, "OperationNotAllowed", text)
    children.check_machine(ctx, machine)
    sealed = children.seal(ctx, machine, protected)
    with ctx.store.lock:
        target = f"{machine.id}/runCommand"
        if any(found["target"] == target and not found["end"] for found in ctx.store.operations.values()):
            text = "Run command extension execution is in progress. Please wait for completion before invoking a run "
            raise errors.ArmError(409, "Conflict", f"{text}command.")
        digest = {"public": "", "protected": "new at every call"}
        configuration = children.configure(machine, None, f"{PUBLISHER}.{TYPE}", digest, sealed, kept=False)
        operation = children.start(
            ctx, machine, target, "run-command-action", partial(_run, ctx, machine, configuration)
        )
        return Reply(202, None, operations.headers(operation, call, location=True))


def _protected(body: dict) -> dict:
    model.check_command(body.get("commandId"))
    lines, parameters = body.get("script") or [], body.get("parameters") or []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise errors.invalid_content("Error converting value of property 'script' to type 'list'.")
    if not isinstance(parameters, list):
        raise errors.invalid_content("Error converting value of property 'parameters' to type 'list'.")
    model.check_parameters(parameters, "parameters")
    script = "\n".join(lines) + "\n" if lines else model.SAMPLE
    return {"script": base64.b64encode(script.encode()).decode(), "parameters": parameters}


def _run(ctx: Context, machine: Record, configuration: dict) -> dict:
    """The effect: the result of the operation."""
    publisher, kind = ctx.catalogue.handler(PUBLISHER, TYPE, machine.document["location"])
    goal = {
        "publisher": publisher, "type": kind, "version": ctx.catalogue.resolve(publisher, kind, VERSION),
        "state": "enabled", "settings": {}, **configuration,
    }  # fmt: skip
    with ctx.store.lock:
        machine.private["action"] = goal
        ctx.store.changed(machine)
    goals.publish(ctx, machine)

    def check() -> None:
        if ctx.store.get(machine.id) is not machine:
            raise failures.preempted()

    watch = extension_work.Watch(ctx, machine, kind, LIMIT, check)
    handler = extension_work.outcome(watch, lambda agent: handler_of(agent, publisher, kind), goal)
    if handler.state == "error":
        raise failures.extension_failed(kind, publisher, kind, handler.text)
    return {"value": instance_view.extension(kind, publisher, kind, handler)["statuses"]}


ROUTES = {("POST", f"{GROUP}/providers/{MACHINE}/{{vm}}/runCommand"): post}
