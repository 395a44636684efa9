# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What the running daemon has read of daemon.json: "configured but not live" is drift.

After each start or reload of ours a note in /run says so for that very process. For a process that somebody else
started, or that was up before us, the file's time decides: what is older than the process has been read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import time
import typing as t

from . import daemon_json, system

NOTE = pathlib.Path("/run/bulwark-azure-docker-live.json")  # {"process": "PID STARTED", "restart": hex, "reload": hex}
PROC = pathlib.Path("/proc")


@dataclasses.dataclass(frozen=True)
class Live:
    """Digests of the parts of daemon.json that the running daemon has; None where it cannot have the file's."""

    at_start: t.Optional[str] = None
    reloaded: t.Optional[str] = None


def digest(options: t.Mapping[str, t.Any]) -> str:
    return hashlib.sha256(daemon_json.text(options).encode()).hexdigest()


def of(options: t.Optional[t.Mapping[str, t.Any]]) -> Live:
    """The digests of a daemon that has read just this."""
    known = options or {}
    return Live(digest(daemon_json.restart_part(known)), digest(daemon_json.reload_part(known)))


def started(pid: str) -> t.Optional[int]:
    """When a process was started, in clock ticks after the boot; None when there is none."""
    text = system.read(PROC / pid / "stat") if pid not in ("", "0") else None
    return int(text.rpartition(")")[2].split()[19]) if text else None


def is_replaced(pid: str) -> bool:
    """Whether a process runs from a file that is gone: its package was upgraded, and nobody restarted it."""
    try:
        return pid not in ("", "0") and os.readlink(PROC / pid / "exe").endswith(" (deleted)")
    except OSError:
        return False


def seconds_since_epoch(ticks: int) -> float:
    uptime = float((system.read(PROC / "uptime") or "0").split()[0])
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")


def note(pid: str, live: Live) -> None:
    """Remember what this process has read."""
    content = {"process": f"{pid} {started(pid)}", "restart": live.at_start, "reload": live.reloaded}
    system.write(NOTE, json.dumps(content) + "\n", 0o600)


def look(pid: str, options: t.Optional[t.Mapping[str, t.Any]]) -> Live:
    """What the process ``pid`` has read, while daemon.json holds ``options``."""
    ticks = started(pid)
    if ticks is None:
        return Live()
    try:
        known = json.loads(system.read(NOTE) or "{}")
    except ValueError:
        known = {}
    if known.get("process") == f"{pid} {ticks}":
        return Live(known.get("restart"), known.get("reload"))
    try:
        changed = os.stat(daemon_json.PATH).st_mtime
    except FileNotFoundError:
        return of({})
    return of(options) if changed <= seconds_since_epoch(ticks) + 1 else Live()
