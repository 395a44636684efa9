# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that only sleeps, to see whether it outlives what is done to its daemon."""

from __future__ import annotations

from typing import Protocol

FILES = (
    "usr/bin/sleep usr/lib/x86_64-linux-gnu/libc.so.6 usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 usr/lib64 lib lib64"
)


class Machine(Protocol):
    """Something that runs a shell command as root and returns its output."""

    def run(self, command: str) -> str:
        """Its output."""


def start(machine: Machine) -> str:
    """Start it; its process id."""
    machine.run(
        f"cd / && tar -c {FILES} | docker import - sleeper && docker run --detach --name sleeper --network none "
        "sleeper /usr/bin/sleep infinity"
    )
    return pid(machine)


def pid(machine: Machine) -> str:
    """The process id of the container; "0" when it does not run."""
    return machine.run("docker inspect --format '{{.State.Pid}}' sleeper").strip()
