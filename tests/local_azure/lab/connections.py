# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH connections from the lab to a machine: they outlive no snapshot, so they are ended before one."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import struct

SSH = 22


def end_ssh(address: str) -> list[int]:
    """End the ssh clients of the lab that are connected to a machine, and return their process ids.

    One that was kept for later use (ControlPersist) would hang for minutes: the other end has forgotten it.
    """
    sockets = to(pathlib.Path("/proc/net/tcp").read_text(), address, SSH)
    ended = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().strip() == "ssh" and sockets & _sockets(entry):
                os.kill(int(entry.name), signal.SIGTERM)
                ended.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended by itself
    return ended


def to(table: str, address: str, port: int) -> set[str]:
    """Return the inodes of connections to an address, from the text of /proc/net/tcp."""
    (number,) = struct.unpack("=I", socket.inet_aton(address))  # printed as a number of this machine
    remote = f"{number:08X}:{port:04X}"
    rows = (line.split() for line in table.splitlines()[1:])
    return {row[9] for row in rows if row[2] == remote and row[9] != "0"}


def _sockets(process: pathlib.Path) -> set[str]:
    """Inodes of a process's sockets."""
    links = (os.readlink(descriptor) for descriptor in (process / "fd").iterdir())
    return {link[8:-1] for link in links if link.startswith("socket:[")}
