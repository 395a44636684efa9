# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""runc's command line: which verb, and what the guard must know of its options. The script runc beside it
finds the verb by the same table (its tests are shared); only what could start a process comes here.
"""

from __future__ import annotations

import typing as t

from .verdict import Closed

VALUED = frozenset(("criu", "log", "log-format", "root", "rootless"))  # global flags that take a value
PLAIN = frozenset(("debug", "h", "help", "systemd-cgroup", "v", "version"))
# Verbs that start nothing and loosen nothing.
FREE = frozenset(
    (
        "checkpoint",
        "delete",
        "events",
        "features",
        "h",
        "help",
        "kill",
        "list",
        "pause",
        "ps",
        "resume",
        "spec",
        "start",
    )
) | {"state"}
CREATE, RUN, RESTORE, EXEC, UPDATE = "create", "run", "restore", "exec", "update"
_START = frozenset(("bundle", "console-socket", "pid-file", "pidfd-socket", "preserve-fds"))
_RESTORE = frozenset(("empty-ns", "image-path", "lsm-mount-context", "lsm-profile", "manage-cgroups-mode", "work-path"))
_EXEC = frozenset(("additional-gids", "apparmor", "cap", "cgroup", "cwd", "env", "process", "process-label", "user"))
_STARTING = frozenset(("detach", "keep", "no-new-keyring", "no-pivot", "no-subreaper"))
_RESTORING = frozenset(
    ("auto-dedup", "ext-unix-sk", "file-locks", "lazy-pages", "shell-job", "tcp-close", "tcp-established")
)
# verb: (options with a value, options without)
OPTIONS: t.Dict[str, t.Tuple[t.FrozenSet[str], t.FrozenSet[str]]] = {
    CREATE: (_START, _STARTING),
    RUN: (_START, _STARTING),
    RESTORE: (_START | _RESTORE, _STARTING | _RESTORING),
    EXEC: ((_START - {"bundle"}) | _EXEC, frozenset(("detach", "ignore-paused", "no-new-privs", "tty"))),
    UPDATE: (frozenset(("resources",)), frozenset()),
}
SHORT = {
    EXEC: {"c": "cap", "d": "detach", "e": "env", "g": "additional-gids", "p": "process", "t": "tty", "u": "user"},
    UPDATE: {"r": "resources"},
}
SHORT_START = {"b": "bundle", "d": "detach"}
# An exec says what it wants by a document or by these; only the document is judged. An update has the document only.
NOT_BY_DOCUMENT = {EXEC: _EXEC - {"process"} | {"no-new-privs"}}


class Call(t.NamedTuple):
    """``verb``: None where only runc itself is asked (`--version`); ``log``: where a client's error text goes."""

    verb: t.Optional[str]
    options: t.Mapping[str, str]
    container: str

    @property
    def free(self) -> bool:
        return self.verb is None or self.verb in FREE


def parse(argv: t.Sequence[str]) -> Call:
    """What is asked of runc. Raises Closed where it cannot be told for sure, as runc might see something else."""
    index, verb = _verb(argv)
    if verb is None or verb in FREE:
        return Call(verb, {}, "")
    if verb not in OPTIONS:
        raise Closed(
            f"arguments: found the unknown runc command {verb!r}, expected one of {sorted(FREE | set(OPTIONS))}"
        )
    options, rest = _options(verb, argv[index + 1 :])
    if len(rest) != 1 or rest[0].startswith("-") or not rest[0]:
        raise Closed(f"arguments: found {rest!r} after the options of runc {verb}, expected one container id")
    return Call(verb, options, rest[0])


def log_file(argv: t.Sequence[str]) -> t.Optional[str]:
    """The file of `--log`, as far as it can be told; never an error."""
    found, index = None, 0
    while index < len(argv) and argv[index].startswith("-"):
        name, equals, value = argv[index].lstrip("-").partition("=")
        if name in VALUED and not equals:
            index += 1
            value = argv[index] if index < len(argv) else ""
        found = value if name == "log" else found
        index += 1
    return found or None


def _verb(argv: t.Sequence[str]) -> t.Tuple[int, t.Optional[str]]:
    index = 0
    while index < len(argv):
        word = argv[index]
        if not word.startswith("-"):
            return index, word
        name, equals, _value = _flag(word)
        if name in VALUED:
            index += 1 if equals else 2
        elif name in PLAIN:
            index += 1
        else:
            raise Closed(f"arguments: found the unknown global option {word!r}, expected runc's own")
    return index, None


def _options(verb: str, words: t.Sequence[str]) -> t.Tuple[t.Dict[str, str], t.Sequence[str]]:
    valued, plain = OPTIONS[verb]
    found: t.Dict[str, str] = {}
    index = 0
    while index < len(words) and words[index].startswith("-"):
        name, equals, value = _flag(words[index])
        name = SHORT.get(verb, SHORT_START).get(name, name)
        if name not in valued and name not in plain:
            raise Closed(f"arguments: found the unknown option {words[index]!r} of runc {verb}, expected runc's own")
        if name in found or name in NOT_BY_DOCUMENT.get(verb, ()):
            raise Closed(
                f"arguments: found --{name} with runc {verb}, expected each option once and a document for the rest"
            )
        if name in valued and not equals:
            index += 1
            if index >= len(words):
                raise Closed(f"arguments: found --{name} without its value, expected one")
            value = words[index]
        found[name] = value
        index += 1
    if found.get("preserve-fds", "0") != "0":
        raise Closed(f"arguments: found --preserve-fds {found['preserve-fds']}, expected no file handed to a container")
    return found, words[index:]


def _flag(word: str) -> t.Tuple[str, str, str]:
    """A flag's name without its one or two dashes, "=" where a value follows at once, and that value."""
    if word in ("-", "--") or word.startswith("---"):
        raise Closed(f"arguments: found {word!r}, expected an option or a command of runc")
    return (word[2:] if word.startswith("--") else word[1:]).partition("=")
