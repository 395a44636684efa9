# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the extensions and run commands of a machine to the goals of its agent."""

from __future__ import annotations

from ..context import Context
from ..fabric import ExtensionGoal
from ..store import Record

EXTENSION = "Microsoft.Compute/virtualMachines/extensions"
RUN_COMMAND = "Microsoft.Compute/virtualMachines/runCommands"


def publish(ctx: Context, machine: Record) -> None:
    """Hand the machine all its goals. One at a time, so that an older list never comes last.

    Those of extensions, those of managed run commands, and that of the last action runCommand.
    """
    with ctx.goal_lock:
        with ctx.store.lock:
            children = [child for kind in (EXTENSION, RUN_COMMAND) for child in ctx.store.children(machine.id, kind)]
            found = [child.private.get("goal") for child in children] + [machine.private.get("action")]
            wanted = [ExtensionGoal(**goal) for goal in found if goal]
        ctx.fabric.set_goals(machine.properties["vmId"], wanted)
