# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations on managed run commands do: instances of one handler, each a goal of its own."""

from __future__ import annotations

from functools import partial

from .. import failures
from ..context import Context
from ..fabric import AgentView
from ..store import Record
from . import extension_work, instance_view
from .instance_view import instance_of

PROVENANCE = {
    "the operation ends well when the handler reports success, whatever became of the script": "recorded",
    "treatFailureAsDeploymentFailure: a script that failed is a failed operation and a Failed resource": "spec",
    "treatFailureAsDeploymentFailure: VMExtensionProvisioningError with the handler's executionMessage": "inferred",
    "90 minutes for a run command that is not asynchronous": "docs",
    "a second request on the same run command preempts the first: OperationPreempted": "inferred",
}
PUBLISHER, TYPE, VERSION = "Microsoft.CPlat.Core", "RunCommandHandlerLinux", "1"
LIMIT = 90 * 60.0


def run(ctx: Context, machine: Record, command: Record, generation: int) -> None:
    """The effect of PUT and PATCH."""
    extension_work.conclude(ctx, command, generation, partial(_run, ctx, machine, command, generation))


def _run(ctx: Context, machine: Record, command: Record, generation: int) -> None:
    name = command.document["name"]
    publisher, kind = ctx.catalogue.handler(PUBLISHER, TYPE, machine.document["location"])
    goal = {
        "publisher": publisher, "type": kind, "version": ctx.catalogue.resolve(publisher, kind, VERSION),
        "state": "enabled", "name": name, **command.private["configuration"],
    }  # fmt: skip
    extension_work.hand_over(ctx, machine, command, generation, goal)
    check = partial(extension_work.check_current, ctx, command, generation)
    watch = extension_work.Watch(ctx, machine, name, LIMIT, check)
    instance = extension_work.outcome(watch, lambda agent: instance_of(agent, publisher, kind, name), goal)
    if instance.state == "error":
        text = instance_view.run_command(instance)["executionMessage"]
        raise failures.extension_failed(name, publisher, kind, text)


def remove(ctx: Context, machine: Record, command: Record, generation: int) -> None:
    """The effect of DELETE: ends when the agent does not list the instance any more."""

    def gone(agent: AgentView, goal: dict) -> bool:
        return instance_of(agent, goal["publisher"], goal["type"], goal["name"]) is None

    extension_work.remove(ctx, machine, command, generation, "disabled", gone)
