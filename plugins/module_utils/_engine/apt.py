# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Run apt-get: waits for other package runs, mends a dpkg that was interrupted, says who is in the way."""

from __future__ import annotations

import pathlib
import re
import time
import typing as t

from . import system
from .refusal import Refusal

LOCK_SECONDS = 600
PAUSE = 5.0  # seconds between two looks at a lock that apt itself does not wait for
PROC = pathlib.Path("/proc")
# NEEDRESTART_SUSPEND: on Ubuntu a hook would restart services of others
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "NEEDRESTART_SUSPEND": "1"}
CONFFILES = ("--force-confdef", "--force-confold")  # what somebody changed stays, and nobody is asked
INTERRUPTED = "dpkg was interrupted"
LOCKED = re.compile(
    r"^E: (?:Could not get lock |Unable to acquire the dpkg frontend lock \()(\S+?)(?:\.? |\))", re.MULTILINE
)
HOLDER = re.compile(r"held by process (\d+)")


def options() -> t.Tuple[str, ...]:
    named = (f"DPkg::Lock::Timeout={LOCK_SECONDS}", "Acquire::Retries=3", *(f"Dpkg::Options::={x}" for x in CONFFILES))
    return tuple(word for option in named for word in ("-o", option))


def run(*arguments: str, lines: int = 8) -> t.Tuple[int, str]:
    """Exit code and last lines of an apt-get run. Raises Refusal when a lock does not become free in time."""
    deadline = time.monotonic() + LOCK_SECONDS
    mended = False
    while True:
        code, tail = system.logged(["apt-get", "--quiet", "--yes", *options(), *arguments], ENVIRONMENT, lines)
        if code and INTERRUPTED in tail and not mended:
            system.logged(["dpkg", *CONFFILES, "--configure", "-a"], ENVIRONMENT)
            mended = True
            continue
        locked = LOCKED.search(tail) if code else None
        if locked is None:
            return code, tail
        if time.monotonic() >= deadline:
            raise Refusal(
                f"{locked.group(1)} was held for {LOCK_SECONDS} s by {holder(tail)}, expected it to become free; wait "
                "for that package run to end, or end it, and run again"
            )
        time.sleep(PAUSE)


def holder(tail: str) -> str:
    """Process and command that hold the lock, as far as apt names them."""
    found = HOLDER.search(tail)
    if found is None:
        return "a process that apt does not name (fuser -v tells it)"
    words = (system.read(PROC / found.group(1) / "cmdline") or "").replace("\0", " ").strip()
    return f"process {found.group(1)} ({words[:200] or 'ended since'})"
