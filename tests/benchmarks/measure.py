# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command costs: CPU, wall time and memory of its whole process tree."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

PROCESSORS = os.cpu_count()
Result = TypeVar("Result")


@dataclass(frozen=True)
class Usage:
    """CPU (user and system; ``system`` is the kernel's part) and wall time in seconds; peak in MB, of the largest
    process of the tree."""

    cpu: float
    system: float
    wall: float
    peak: float


def run(command: Sequence[str], environment: Mapping[str, str], directory: pathlib.Path) -> Usage:
    """Run a command to its end; SystemExit with its output if it fails."""
    with (directory / "output.log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        # Not getrusage: that adds up all children, the local Azure among them.
        _pid, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        text = (directory / "output.log").read_text(errors="replace")
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{text[:2000]} ...")
    return Usage(used.ru_utime + used.ru_stime, used.ru_stime, wall, used.ru_maxrss / 1024)


def interleaved(ways: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Return what each way gave in each round. They take turns, after a round that warms up and does not count."""
    found: dict[str, list[Result]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            tell(f"round {number} of {rounds}: {name}")
            result = way()
            if number:
                found[name].append(result)
    return found


def middle(usages: Sequence[Usage]) -> Usage:
    """Return the medians."""
    return Usage(*(median(getattr(usage, name) for usage in usages) for name in ("cpu", "system", "wall", "peak")))


def tell(text: str) -> None:
    """Print what goes on."""
    print(f"... {text}", file=sys.stderr, flush=True)
