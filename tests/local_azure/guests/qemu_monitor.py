# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's monitor: power button, snapshots. One client at a time is served; the others wait."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

from ..lab.launcher import LabError
from .qemu_command import monitor_socket

SECONDS = 120  # a snapshot of all memory on a slow disk
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Monitor:
    """Of one machine, by its name."""

    def __init__(self, machine: str) -> None:
        self.machine = machine

    def power_button(self) -> None:
        """Press it; the guest's init powers off."""
        self._call("system_powerdown")

    def snapshot(self, name: str) -> None:
        """Keep memory and disk under a name, in place of what had it."""
        self._say("savevm", name)

    def restore(self, name: str) -> None:
        """Go back, with all that the machine had in memory."""
        self._say("loadvm", name)

    def _say(self, verb: str, name: str) -> None:
        """Say a line to the monitor for people: what it answers is an error."""
        if not _NAME.fullmatch(name):
            raise LabError(f"found {name!r}, expected lower case letters, digits and hyphens; choose such a name")
        answer = self._call("human-monitor-command", **{"command-line": f"{verb} {name}"})
        if answer:
            raise LabError(f"{verb} {name} of {self.machine}: {str(answer).strip()}")

    def _call(self, execute: str, **arguments: Any) -> Any:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            try:
                connection.connect(f"\0{monitor_socket(self.machine)}")
                lines = connection.makefile("r")
                lines.readline()  # the greeting
                for command in ({"execute": "qmp_capabilities"}, {"execute": execute, "arguments": arguments}):
                    connection.sendall(json.dumps(command).encode() + b"\n")
                    answer = _answer(lines)
            except OSError as error:
                raise LabError(f"the monitor of {self.machine} does not answer ({error}); does it run?") from error
        if "error" in answer:
            raise LabError(f"{execute} of {self.machine}: {answer['error']['desc']}")
        return answer["return"]


def _answer(lines: Any) -> dict[str, Any]:
    """Return the next answer; events may come before it. OSError where the monitor hangs up."""
    for line in lines:
        found: dict[str, Any] = json.loads(line)
        if "return" in found or "error" in found:
            return found
    raise ConnectionResetError("it hung up")
