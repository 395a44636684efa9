# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation on an extension does: publish the goal, then believe nothing but the agent's reports."""

from __future__ import annotations

import time

from .. import errors, failures
from ..context import Context
from ..fabric import AgentView, FabricError, HandlerView
from ..operations import Interrupted
from ..store import Record
from . import goals
from .instance_view import handler_of
from .machines import power_state

PROVENANCE = {
    "VMExtensionProvisioningError with the handler's own text": "recorded",
    "VMAgentStatusCommunicationError; Azure waits 25 minutes for it": "recorded",
    "20 minutes for an extension, 90 for CustomScript": "docs",
    "suppressFailures hides what the handler reports, not a silent agent": "spec",
    "a handler that is NotReady in two reports is VMExtensionHandlerNonTransientError": "inferred",
    "a second request on the same extension preempts the first: OperationPreempted": "inferred",
    "ArtifactVersionNotFound comes by the operation": "docs",
}
LIMITS = {"customscript": 90 * 60.0}
LIMIT = 20 * 60.0
_SUPPRESSIBLE = ("VMExtensionProvisioningError", "VMExtensionHandlerNonTransientError")


def install(ctx: Context, machine: Record, extension: Record, generation: int) -> None:
    """The effect of PUT and PATCH."""
    error: errors.ArmError | None = None
    try:
        _install(ctx, machine, extension, generation)
    except errors.ArmError as failure:
        error = failure
    except FabricError as failure:
        error = errors.ArmError(409, failure.code, failure.message)
    suppressed = error is not None and error.code in _SUPPRESSIBLE and extension.properties.get("suppressFailures")
    _end(ctx, extension, generation, "Failed" if error and not suppressed else "Succeeded")
    if error is not None and not suppressed:
        raise error


def _install(ctx: Context, machine: Record, extension: Record, generation: int) -> None:
    properties = extension.properties
    publisher, kind = ctx.catalogue.handler(properties["publisher"], properties["type"], machine.document["location"])
    wanted, any_minor = properties["typeHandlerVersion"], properties["autoUpgradeMinorVersion"]
    goal = {
        "publisher": publisher, "type": kind, "version": ctx.catalogue.resolve(publisher, kind, wanted, any_minor),
        "state": "enabled", "settings": properties.get("settings"), **extension.private["configuration"],
    }  # fmt: skip
    _hand_over(ctx, machine, extension, generation, goal)
    watch = _Watch(ctx, machine, extension, generation)
    not_ready: set[float] = set()
    while True:
        agent = watch.look()
        handler = handler_of(agent, publisher, kind)
        if agent is None or handler is None:
            continue
        if _done(handler, goal["version"], goal["sequence"]):
            if handler.state == "error":
                raise failures.extension_failed(extension.document["name"], publisher, kind, handler.text)
            return
        # One such report may still be of the time before the goal came.
        if handler.status.lower() == "notready" and handler.message:
            not_ready.add(agent.reported_at)
        if len(not_ready) >= 2:
            name = extension.document["name"]
            raise failures.handler_failed(f"{publisher}.{kind}", name, handler.code, handler.message)


def _done(handler: HandlerView, version: str, sequence: int) -> bool:
    reached = handler.sequence is not None and handler.sequence >= sequence and handler.version == version
    return reached and handler.state in ("success", "warning", "error")


def uninstall(ctx: Context, machine: Record, extension: Record, generation: int) -> None:
    """The effect of DELETE: ends when the agent does not list the handler any more."""
    done = False
    try:
        goal = extension.private.get("goal")
        if goal is not None:
            _hand_over(ctx, machine, extension, generation, {**goal, "state": "uninstall"})
            watch = _Watch(ctx, machine, extension, generation)
            while True:
                agent = watch.look()
                if agent is not None and handler_of(agent, goal["publisher"], goal["type"]) is None:
                    break
        done = True
    finally:
        if not done and not ctx.operations.stopping.is_set():
            _end(ctx, extension, generation, "Failed")
    with ctx.store.lock:
        ctx.store.remove(extension.id)
    goals.publish(ctx, machine)


def _hand_over(ctx: Context, machine: Record, extension: Record, generation: int, goal: dict) -> None:
    with ctx.store.lock:
        _check_current(ctx, extension, generation)
        extension.private["goal"] = goal
        ctx.store.changed()
    goals.publish(ctx, machine)


def _check_current(ctx: Context, extension: Record, generation: int) -> None:
    if ctx.store.get(extension.id) is not extension or extension.private["generation"] != generation:
        raise failures.preempted()


def _end(ctx: Context, extension: Record, generation: int, state: str) -> None:
    with ctx.store.lock:
        if extension.private["generation"] == generation:
            extension.properties["provisioningState"] = state
            ctx.store.changed()


class _Watch:
    """Looks at the agent again and again, and gives up for the reasons for which Azure gives up."""

    def __init__(self, ctx: Context, machine: Record, extension: Record, generation: int) -> None:
        self._ctx = ctx
        self._machine = machine
        self._extension = extension
        self._generation = generation
        self._since = time.time()
        self._limit = LIMITS.get(extension.properties["type"].lower(), LIMIT)

    def look(self) -> AgentView | None:
        """Wait a moment; return the agent's report if it is newer than the request, else None."""
        ctx, name = self._ctx, self._machine.document["name"]
        if ctx.operations.stopping.wait(ctx.poll):
            raise Interrupted
        with ctx.store.lock:
            _check_current(ctx, self._extension, self._generation)
        agent = ctx.fabric.agent(self._machine.properties["vmId"])
        heard = agent is not None and agent.reported_at > self._since
        last = agent.reported_at if agent is not None and heard else self._since
        # An agent that works on a handler may be silent for long; a machine that is down will not speak again.
        if self._machine.private["power"] in ("stopped", "deallocated"):
            raise failures.agent_silent(name)
        if time.time() - last > ctx.agent_timeout and not (heard and power_state(ctx, self._machine) == "running"):
            raise failures.agent_silent(name)
        if time.time() - self._since > self._limit:
            raise failures.extension_timeout(self._extension.document["name"])
        return agent if heard else None
