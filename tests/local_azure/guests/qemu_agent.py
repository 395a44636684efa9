# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in a virtual machine by qemu-guest-agent: over a serial line, without network or user of the guest.

What a test does to SSH or to the firewall does not end it, and no key of the lab's lies where VMAccess works.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import subprocess
import time
from typing import Any

from ..lab.launcher import LabError
from .qemu_command import agent_socket

PROVENANCE = {"the operator's commands in a virtual machine, by qemu-guest-agent": "inferred"}
ANSWER_SECONDS = 60  # it starts late in a boot without KVM
RUN_SECONDS = 900
_STARTS = b"\xff"  # before it the agent throws away what it has read, after it comes what counts


class GuestAgent:
    """Of one machine, by its name. Each request has its own connection, so that others get theirs in between."""

    def __init__(self, machine: str) -> None:
        self.machine = machine

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root. LabError when the agent does not answer or the command does not end."""
        pid = self.call("guest-exec", path=command[0], arg=list(command[1:]), **{"capture-output": True})["pid"]
        deadline, pause = time.monotonic() + RUN_SECONDS, 0.02
        while not (status := self.call("guest-exec-status", pid=pid))["exited"]:
            if time.monotonic() > deadline:
                raise LabError(f"{command[0]} in {self.machine} did not end within {RUN_SECONDS} s")
            time.sleep(pause)
            pause = min(2 * pause, 0.5)
        code = status.get("exitcode", -status.get("signal", 0))
        output, errors = (base64.b64decode(status.get(name, "")).decode() for name in ("out-data", "err-data"))
        return subprocess.CompletedProcess(command, code, output, errors)

    def call(self, execute: str, **arguments: Any) -> Any:
        """Ask the agent; LabError with what it says against it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(f"\0{agent_socket(self.machine)}")
                lines = connection.makefile("rb")
                _synchronize(connection, lines)
                _send(connection, execute, arguments)
                line = lines.readline()
                answer = json.loads(line) if line else {"error": {"desc": "hung up"}}
            except OSError as error:
                raise LabError(f"the agent in {self.machine} does not answer ({error}); does it run?") from error
        if "error" in answer:
            raise LabError(f"{execute} in {self.machine}: {answer['error']['desc']}")
        return answer["return"]


def _send(connection: socket.socket, execute: str, arguments: dict[str, Any]) -> None:
    connection.sendall(json.dumps({"execute": execute, "arguments": arguments}).encode() + b"\n")


def _synchronize(connection: socket.socket, lines: Any) -> None:
    """Skip the answers that an earlier client did not wait for, and what a restored agent was just saying."""
    token = secrets.randbelow(2**31)
    connection.sendall(_STARTS)
    _send(connection, "guest-sync-delimited", {"id": token})
    while line := lines.readline():
        _old, marker, fresh = line.rpartition(_STARTS)
        if marker and json.loads(fresh) == {"return": token}:
            return
    raise ConnectionResetError("hung up")
