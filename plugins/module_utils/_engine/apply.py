# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Carry a plan out: a set of files changes together or not at all, and a daemon that does not start is rolled back."""

from __future__ import annotations

import os
import pathlib
import socket
import time
import typing as t

from . import keys, ownership, system, unit
from .desired import Desired, Refusal
from .observe import is_listening
from .plan import Change

START_SECONDS = 60
SOCKET = "/run/docker.sock"
SET = ("write", "remove")  # actions on the set of public files


def make_key(desired: Desired) -> None:
    """Write the private key first with no owner, then its owner: a crash between makes a new key next time."""
    keys.DIRECTORY.mkdir(parents=True, exist_ok=True)
    os.chmod(keys.DIRECTORY, 0o700)
    keys.OWNER.unlink(missing_ok=True)
    brought = desired.tls.key if desired.tls is not None else None
    system.write(keys.KEY, brought or keys.new_key(), 0o600)
    system.write(keys.OWNER, desired.vm_id + "\n", 0o600)


def put(path: str, text: t.Optional[str], mode: int = 0o644) -> None:
    """Make a file have this text; None removes it."""
    if text is None:
        pathlib.Path(path).unlink(missing_ok=True)
    else:
        system.write(path, text, mode)


def systemctl(*arguments: str) -> t.Tuple[int, str]:
    return system.logged(["systemctl", *arguments])


def pings() -> bool:
    """Whether the daemon answers on its own socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(SOCKET)
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def restart(desired: Desired, serving: bool) -> None:
    """Restart dockerd and wait until it answers, and listens if it shall. Raises Refusal with its last words."""
    systemctl("daemon-reload")
    systemctl("reset-failed", "docker.service")
    code, _tail = systemctl("restart", "docker.service")
    deadline = time.monotonic() + START_SECONDS
    while code == 0 and time.monotonic() < deadline:
        if pings() and (not serving or is_listening(desired)):
            return
        time.sleep(0.2)
    journal = system.output(["journalctl", "--unit", "docker.service", "--no-pager", "--lines", "6", "--output", "cat"])
    raise Refusal(f"dockerd did not start with the new configuration; its last words:\n{(journal or '').strip()}")


def apply(desired: Desired, changes: t.Sequence[Change], before: t.Mapping[str, t.Optional[str]]) -> None:
    """Make the changes. ``before`` (path -> text) is what is put back when the daemon does not start."""
    former_key = {path: system.read(path) for path in (keys.KEY, keys.OWNER)}
    for change in changes:
        if change.action == "install":
            ownership.install(desired)
        elif change.action == "key":
            make_key(desired)
        elif change.action in SET:
            put(change.target, change.content)
    if not any(change.action == "restart" for change in changes):
        return
    after = {**before, **{change.target: change.content for change in changes if change.action in SET}}
    try:
        restart(desired, serving=after.get(unit.DROP_IN) is not None)
    except Refusal as failure:
        raise Refusal(f"{failure}\n{roll_back(changes, before, former_key)}") from None


def roll_back(
    changes: t.Sequence[Change],
    before: t.Mapping[str, t.Optional[str]],
    former_key: t.Mapping[pathlib.Path, t.Optional[str]],
) -> str:
    """Put everything back, the key with its files, and start again; what came of it, and the next step."""
    for change in changes:
        if change.action in SET:
            put(change.target, before.get(change.target))
    if any(change.action == "key" for change in changes):
        put(str(keys.OWNER), None)  # as in make_key: a crash in between leaves a key that nobody owns
        for path, text in former_key.items():
            put(str(path), text, 0o600)
    systemctl("daemon-reload")
    systemctl("reset-failed", "docker.service")
    code, tail = systemctl("restart", "docker.service")
    if code:
        return f"With the former configuration it does not start either ({tail}): look at journalctl -u docker.service."
    return "The former configuration is in force again; mend the cause and run again."
