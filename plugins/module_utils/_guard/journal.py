# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The log: one JSON object per decision, to journald by its own protocol. Where there is no journald, no log."""

from __future__ import annotations

import json
import typing as t

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "bulwark-runc"
WARNING, NOTICE, INFO = 4, 5, 6
LONGEST = 48 * 1024  # bytes; journald takes no longer line as one


def send(entry: t.Mapping[str, t.Any], priority: int, path: str = SOCKET) -> None:
    """Log ``entry``. That it cannot be logged keeps no container from starting."""
    import socket  # most containers start without a line in the log

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.setblocking(False)
            connection.sendto(datagram(entry, priority), path)
    except OSError:
        return


def datagram(entry: t.Mapping[str, t.Any], priority: int) -> bytes:
    message = json.dumps(entry, sort_keys=True)
    if len(message) > LONGEST:
        kept = {name: value for name, value in entry.items() if not isinstance(value, (dict, list))}
        message = json.dumps({**kept, "shortened": True}, sort_keys=True)[:LONGEST]
    return f"MESSAGE={message}\nPRIORITY={priority}\nSYSLOG_IDENTIFIER={IDENTIFIER}\n".encode("ascii")
