# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the extensions of a machine to the goals of its agent."""

from __future__ import annotations

from ..context import Context
from ..fabric import ExtensionGoal
from ..store import Record

EXTENSION = "Microsoft.Compute/virtualMachines/extensions"


def publish(ctx: Context, machine: Record) -> None:
    """Hand the machine the goals of all its extensions. One at a time, so that an older list never comes last."""
    with ctx.goal_lock:
        with ctx.store.lock:
            children = ctx.store.children(machine.id, EXTENSION)
            wanted = [ExtensionGoal(**child.private["goal"]) for child in children if child.private.get("goal")]
        ctx.fabric.set_goals(machine.properties["vmId"], wanted)
