# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which local Azure has a state directory: the lock says whether one runs, server.json how to reach it."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import time
from dataclasses import asdict, dataclass

NAME = "server.json"


@dataclass
class Server:
    """`pid` is the launcher's on the host; `variables` are the LOCAL_AZURE_* ones, the client's secret among them.

    `network` names the network namespace in which `base_url` is reached.
    """

    pid: int
    guests: str
    base_url: str
    ca_path: str
    state: str
    network: str
    variables: dict[str, str]


def owner(state: pathlib.Path) -> int | None:
    """Return the process that holds the directory's lock, None if there is none: such a pid is never another's."""
    if not (state / "lock").exists():
        return None
    descriptor = os.open(state / "lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        while not (text := (state / "lock").read_text()):  # locked a moment ago
            time.sleep(0.01)
        return int(text)
    finally:
        os.close(descriptor)
    return None


def write(server: Server) -> None:
    """Tell where the server is, to its owner only."""
    path = pathlib.Path(server.state) / NAME
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(server), file, indent=1)
    os.replace(temporary, path)


def find(state: pathlib.Path) -> Server | None:
    """Return the server that runs for the directory and has come up, None if there is none."""
    pid, path = owner(state), state / NAME
    if pid is None or not path.exists():
        return None
    server = Server(**json.loads(path.read_text()))
    return server if server.pid == pid else None


def remove(state: pathlib.Path) -> None:
    """Tell of no server any more."""
    (state / NAME).unlink(missing_ok=True)
