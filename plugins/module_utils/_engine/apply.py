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

from . import compose_apply, compose_plan, daemon_json, group, installation, keys, live, system, unit
from .change import Change
from .desired import Desired
from .observe import Observed, is_listening, properties
from .refusal import Refusal

START_SECONDS = 60
SOCKET = "/run/docker.sock"
SET = ("write", "remove")  # actions on the set of public files
KEYS = ("key", "promote")  # actions that replace the key that serves

Options = t.Optional[t.Mapping[str, t.Any]]


def make_key(desired: Desired) -> None:
    """Write the private key first with no owner, then its owner: a crash between makes a new key next time."""
    make_directory()
    keys.OWNER.unlink(missing_ok=True)
    brought = desired.tls.key if desired.tls is not None else None
    system.write(keys.KEY, brought or keys.new_key(desired.key_type), 0o600)
    system.write(keys.OWNER, desired.vm_id + "\n", 0o600)


def make_directory() -> None:
    keys.DIRECTORY.mkdir(parents=True, exist_ok=True)
    os.chmod(keys.DIRECTORY, 0o700)


def put(path: str, text: t.Optional[str], mode: t.Optional[int] = None) -> None:
    """Make a file have this text; None removes it."""
    if text is None:
        pathlib.Path(path).unlink(missing_ok=True)
    else:
        system.write(path, text, mode_of(path, text) if mode is None else mode)


def mode_of(path: str, text: str) -> int:
    """The mode of a file of ours. Passwords of proxies are nobody's business; what was closed stays so."""
    if path == daemon_json.RECORD or (path == daemon_json.PATH and '"proxies"' in text):
        return 0o600
    if path == daemon_json.PATH and os.path.exists(path):
        return os.stat(path).st_mode & 0o644
    return 0o644


def validate(text: str, command: str) -> None:
    """Have the daemon judge a daemon.json together with its flags, before it counts. Raises Refusal."""
    words = unit.words_of(command)
    candidate = f"{daemon_json.PATH}.candidate"
    system.write(candidate, text, 0o600)
    try:
        code, tail = system.logged([*words, "--validate", "--config-file", candidate])
    finally:
        put(candidate, None)
    if code and "unknown flag: --validate" not in tail:  # engines before 23.0 cannot tell
        raise Refusal(
            f"dockerd refuses the wanted {daemon_json.PATH}: {tail}; correct the declared daemon options and run again "
            "(nothing was changed)"
        )


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


def main_pid() -> str:
    return properties("docker.service", "MainPID").get("MainPID", "")


def restart(desired: Desired, serving: bool, options: Options = None) -> None:
    """Restart dockerd and wait until it answers, and listens if it shall. Raises Refusal with its last words."""
    systemctl("daemon-reload")
    systemctl("reset-failed", "docker.service")
    code, _tail = systemctl("restart", "docker.service")
    deadline = time.monotonic() + START_SECONDS
    while code == 0 and time.monotonic() < deadline:
        if pings() and (not serving or is_listening(desired)):
            live.note(main_pid(), live.of(options))
            return
        time.sleep(0.2)
    journal = system.output(["journalctl", "--unit", "docker.service", "--no-pager", "--lines", "6", "--output", "cat"])
    raise Refusal(f"dockerd did not start with the new configuration; its last words:\n{(journal or '').strip()}")


def reload(seen: Observed, options: Options) -> None:
    """Have the running daemon take over what it can without a restart. Raises Refusal."""
    code, tail = systemctl("reload", "docker.service")
    if code:
        raise Refusal(f"systemctl reload docker.service ended with {code}, expected 0: {tail}; see its journal")
    live.note(main_pid(), live.Live(seen.live.at_start, live.of(options).reloaded))


def apply(desired: Desired, changes: t.Sequence[Change], seen: Observed, options: Options = None) -> None:
    """Make the changes. ``seen``: what was there before, to be put back when the daemon does not start.

    ``options``: what daemon.json holds once the changes are made.
    """
    former_keys = {path: system.read(path) for path in (keys.KEY, keys.OWNER, keys.NEXT)}
    command = seen.effective_start or seen.exec_start
    for change in changes:
        if change.target == daemon_json.PATH and change.content is not None and command:
            validate(change.content, command)
    for change in changes:
        if change.action in ACTIONS:
            ACTIONS[change.action](desired, change)
        elif change.action == "reload":
            reload(seen, options)
    if not any(change.action == "restart" for change in changes):
        return
    after = {**seen.files, **{change.target: change.content for change in changes if change.action in SET}}
    try:
        restart(desired, after.get(unit.DROP_IN) is not None, options)
    except Refusal as failure:
        raise Refusal(f"{failure}\n{roll_back(changes, seen.files, former_keys)}") from None


def make_next_key(desired: Desired, _change: Change) -> None:
    make_directory()
    system.write(keys.NEXT, keys.new_key(desired.key_type), 0o600)


def install(desired: Desired, change: Change) -> None:
    if change.target == compose_plan.PLUGIN:
        installation.install_compose()
    else:
        installation.install(desired, pings)


def restart_runtime(_desired: Desired, change: Change) -> None:
    """Restart containerd; containers run on, as they are no children of it. Raises Refusal."""
    systemctl("daemon-reload")
    code, tail = systemctl("restart", change.target)
    if code:
        raise Refusal(
            f"systemctl restart {change.target} ended with {code}, expected 0: {tail}; look at journalctl -u "
            f"{change.target}, mend its drop-ins, and run again"
        )


ACTIONS: t.Mapping[str, t.Callable[[Desired, Change], t.Any]] = {
    "install": install,
    "key": lambda desired, _change: make_key(desired),
    "next_key": make_next_key,
    "promote": lambda _desired, _change: os.replace(keys.NEXT, keys.KEY),
    "erase": lambda _desired, change: put(change.target, None),
    "write": lambda _desired, change: put(change.target, change.content),
    "remove": lambda _desired, change: put(change.target, None),
    "join": lambda _desired, change: group.carry_out(change),
    "read_units": lambda _desired, _change: systemctl("daemon-reload"),
    "runtime": restart_runtime,
    "leave": lambda _desired, change: group.carry_out(change),
    **compose_apply.ACTIONS,
}
"""How each change is made; restart and reload come after all of them."""


def roll_back(
    changes: t.Sequence[Change],
    before: t.Mapping[str, t.Optional[str]],
    former_keys: t.Mapping[pathlib.Path, t.Optional[str]],
) -> str:
    """Put everything back, the key with its files, and start again; what came of it, and the next step."""
    for change in changes:
        if change.action in SET:
            put(change.target, before.get(change.target))
    if any(change.action in KEYS for change in changes):
        put(str(keys.OWNER), None)  # as in make_key: a crash in between leaves a key that nobody owns
        for path, text in former_keys.items():
            put(str(path), text, 0o600)
    systemctl("daemon-reload")
    systemctl("reset-failed", "docker.service")
    code, tail = systemctl("restart", "docker.service")
    if code:
        return f"With the former configuration it does not start either ({tail}): look at journalctl -u docker.service."
    return "The former configuration is in force again; mend the cause and run again."
