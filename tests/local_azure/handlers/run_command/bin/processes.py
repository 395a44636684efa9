# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that outlive the agent's call: going to the background, and ending what an earlier call left."""

from __future__ import annotations

import os
import pathlib
import signal


def in_background() -> bool:
    """True in the process that shall do the work, which leads a group of its own; the agent's own child returns."""
    if os.fork():
        return False
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return True


def started(pid: int) -> str:
    """When a process began, in ticks since the machine's boot; "" if it is gone. A number may be used again."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def remember(path: pathlib.Path, *pids: int) -> None:
    path.write_text("".join(f"{pid} {started(pid)}\n" for pid in pids))


def kill_previous(path: pathlib.Path) -> None:
    """Kill the groups that the file remembers, as far as they are still the same."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        pid, _blank, began = line.partition(" ")
        if began and started(int(pid)) == began:
            kill_group(int(pid))
    path.unlink()


def kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
