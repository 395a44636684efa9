# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``start`` and ``stop``: a local Azure in the background, one for each state directory."""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

from .. import options as server_options
from .. import server_file
from ..lab.launcher import LabError
from .client import Client

LOG = "server.log"
# Beside a server in the background runs a command that does nothing, and that cannot be left behind.
IDLE = ("setpriv", "--pdeathsig", "KILL", "sleep", "infinity")
_START_SECONDS = 300.0  # machines of an earlier start boot before ARM answers
_STOP_SECONDS = 120.0


def start(options: argparse.Namespace) -> int:
    """Start, wait until it answers, and print ``export`` lines; one that runs already is left as it is."""
    state = options.state.resolve()
    pid, server = server_file.owner(state), server_file.find(state)
    if pid is not None and server is None:
        raise LabError(f"another local Azure (pid {pid}) is just coming up or going down in {state}; try again")
    if server is None:
        server = _launch(options, state)
        print(f"local Azure: started (pid {server.pid}), {server.base_url}", file=sys.stderr)
    else:
        text = "as it was started; for other options stop it first"
        print(f"local Azure: runs already (pid {server.pid}), {server.base_url}, {text}", file=sys.stderr)
    Client(server).send("GET", "status")
    for name, value in server.variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _launch(options: argparse.Namespace, state: pathlib.Path) -> server_file.Server:
    state.mkdir(parents=True, exist_ok=True)
    server_file.remove(state)
    with os.fdopen(os.open(state / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_azure", "run", *server_options.arguments(options), "--", *IDLE],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + _START_SECONDS
    # Not find() before the file is there: it tries the lock that the new process is about to take.
    while process.poll() is None and not (state / server_file.NAME).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    server = server_file.find(state) if process.poll() is None else None
    if server is None:
        if process.poll() is None:
            process.terminate()
        tail = (state / LOG).read_text(errors="replace")[-2000:].strip()
        raise LabError(f"it did not come up; the end of {state / LOG} is: {tail}")
    return server


def ended(pid: int) -> bool:
    """Say whether a process is gone; one that its parent has not buried yet is."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def stop(options: argparse.Namespace) -> int:
    """End it in order: machines powered off, state written. None that runs is no error."""
    state = options.state.resolve()
    pid = server_file.owner(state)
    if pid is None:
        print(f"local Azure: none runs in {state}", file=sys.stderr)
        return 0
    if b"local_azure" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
        raise LabError(f"{state}/lock is held by process {pid}, which is no local Azure; end it yourself")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while not ended(pid):
        if time.monotonic() > deadline:
            text = f"process {pid} did not end within {_STOP_SECONDS:.0f} s; look at {state / LOG}, then kill it"
            raise LabError(text)
        time.sleep(0.05)
    print(f"local Azure: stopped (pid {pid})", file=sys.stderr)
    return 0
