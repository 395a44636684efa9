# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation on an extension does: publish the goal, then believe nothing but the agent's reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

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
    forgiven = _SUPPRESSIBLE if extension.properties.get("suppressFailures") else ()
    conclude(ctx, extension, generation, lambda: _install(ctx, machine, extension, generation), forgiven)


def conclude(
    ctx: Context, child: Record, generation: int, work: Callable[[], None], forgiven: tuple[str, ...] = ()
) -> None:
    """Do the work of a PUT or PATCH and show its end at the child; errors of the `forgiven` codes are no failure."""
    error: errors.ArmError | None = None
    try:
        work()
        ctx.operations.hold()
        with ctx.store.lock:
            check_current(ctx, child, generation)
    except errors.ArmError as failure:
        error = failure
    except FabricError as failure:
        error = errors.ArmError(409, failure.code, failure.message)
    if error is not None and error.code != failures.preempted().code:
        ctx.operations.hold()
    failed = error is not None and error.code not in forgiven
    _end(ctx, child, generation, "Failed" if failed else "Succeeded")
    if error is not None and failed:
        raise error


def _install(ctx: Context, machine: Record, extension: Record, generation: int) -> None:
    properties, name = extension.properties, extension.document["name"]
    publisher, kind = ctx.catalogue.handler(properties["publisher"], properties["type"], machine.document["location"])
    wanted, any_minor = properties["typeHandlerVersion"], properties["autoUpgradeMinorVersion"]
    goal = {
        "publisher": publisher, "type": kind, "version": ctx.catalogue.resolve(publisher, kind, wanted, any_minor),
        "state": "enabled", "settings": properties.get("settings"), **extension.private["configuration"],
    }  # fmt: skip
    hand_over(ctx, machine, extension, generation, goal)
    limit = LIMITS.get(properties["type"].lower(), LIMIT)
    watch = Watch(ctx, machine, name, limit, lambda: check_current(ctx, extension, generation))
    handler = outcome(watch, lambda agent: handler_of(agent, publisher, kind), goal)
    if handler.state == "error":
        raise failures.extension_failed(name, publisher, kind, handler.text)


def outcome(watch: Watch, find: Callable[[AgentView], HandlerView | None], goal: dict) -> HandlerView:
    """Wait for the end of what a goal asks for and return the handler's own report of it.

    Raises VMExtensionHandlerNonTransientError for a handler that cannot be started, and what `watch` gives up for.
    """
    not_ready: set[float] = set()
    while True:
        agent = watch.look()
        handler = find(agent) if agent is not None else None
        if agent is None or handler is None:
            continue
        if _done(handler, goal["version"], goal["sequence"]):
            return handler
        # One such report may still be of the time before the goal came.
        if handler.status.lower() == "notready" and handler.message:
            not_ready.add(agent.reported_at)
        if len(not_ready) >= 2:
            whole = f"{goal['publisher']}.{goal['type']}"
            raise failures.handler_failed(whole, watch.name, handler.code, handler.message)


def _done(handler: HandlerView, version: str, sequence: int) -> bool:
    reached = handler.sequence is not None and handler.sequence >= sequence and handler.version == version
    return reached and handler.state in ("success", "warning", "error")


def uninstall(ctx: Context, machine: Record, extension: Record, generation: int) -> None:
    """The effect of DELETE: ends when the agent does not list the handler any more."""

    def gone(agent: AgentView, goal: dict) -> bool:
        return handler_of(agent, goal["publisher"], goal["type"]) is None

    remove(ctx, machine, extension, generation, "uninstall", gone)


def remove(
    ctx: Context, machine: Record, child: Record, generation: int, state: str, gone: Callable[[AgentView, dict], bool]
) -> None:
    """Ask the agent for the `state` that removes a child; when the agent shows it `gone`, remove the record."""
    done = False
    try:
        goal = child.private.get("goal")
        if goal is not None:
            hand_over(ctx, machine, child, generation, {**goal, "state": state})
            check = partial(check_current, ctx, child, generation)
            watch = Watch(ctx, machine, child.document["name"], LIMIT, check)
            while True:
                agent = watch.look()
                if agent is not None and gone(agent, goal):
                    break
        done = True
    finally:
        if not done and not ctx.operations.stopping.is_set():
            _end(ctx, child, generation, "Failed")
    ctx.operations.hold()
    with ctx.store.lock:
        ctx.store.remove(child.id)
    goals.publish(ctx, machine)


def hand_over(ctx: Context, machine: Record, child: Record, generation: int, goal: dict) -> None:
    """Keep the goal at the child and tell the machine, unless a later request took over."""
    with ctx.store.lock:
        check_current(ctx, child, generation)
        child.private["goal"] = goal
        ctx.store.changed(child)
    goals.publish(ctx, machine)


def check_current(ctx: Context, child: Record, generation: int) -> None:
    """Raise OperationPreempted if a later request took over."""
    if ctx.store.get(child.id) is not child or child.private["generation"] != generation:
        raise failures.preempted()


def _end(ctx: Context, child: Record, generation: int, state: str) -> None:
    with ctx.store.lock:
        if child.private["generation"] == generation:
            child.properties["provisioningState"] = state
            ctx.store.changed(child)


class Watch:
    """Looks at the agent again and again, and gives up for the reasons for which Azure gives up.

    `name` is that of the extension, `limit` is in seconds, `check` raises when there is nothing to wait for any more.
    """

    def __init__(self, ctx: Context, machine: Record, name: str, limit: float, check: Callable[[], None]) -> None:
        self.name = name
        self._ctx = ctx
        self._machine = machine
        self._limit = limit
        self._check = check
        self._since = time.time()

    def look(self) -> AgentView | None:
        """Wait a moment; return the agent's report if it is newer than the request, else None."""
        ctx, name = self._ctx, self._machine.document["name"]
        if ctx.operations.stopping.wait(ctx.poll):
            raise Interrupted
        with ctx.store.lock:
            self._check()
        agent = ctx.fabric.agent(self._machine.properties["vmId"])
        heard = agent is not None and agent.reported_at > self._since
        last = agent.reported_at if agent is not None and heard else self._since
        # An agent that works on a handler may be silent for long; a machine that is down will not speak again.
        if self._machine.private["power"] in ("stopped", "deallocated"):
            raise failures.agent_silent(name)
        if time.time() - last > ctx.agent_timeout and not (heard and power_state(ctx, self._machine) == "running"):
            raise failures.agent_silent(name)
        if time.time() - self._since > self._limit:
            raise failures.extension_timeout(self.name)
        return agent if heard else None
