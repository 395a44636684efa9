# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The options of the module as what is declared (pure)."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import typing as t

from .._azure.errors import Failure
from .state import ABSENT, ATTRIBUTES, DIRECTORY, FILE

NAME = re.compile(r"[a-z0-9_-]{1,64}\Z")
# With a leading 0: an octal number without quotes arrives as a decimal one, which never has it.
MODE = re.compile(r"0[0-7]{3,4}\Z")
PLACE = re.compile(r"\{root\}|\{file:([^{}]+)\}")

Given = t.Mapping[str, t.Any]


class Wanted(t.NamedTuple):
    """One path. ``kind``: FILE, DIRECTORY, ABSENT or ATTRIBUTES, for which ``mode`` is the most that is permitted;
    ``owner`` and ``group``: a name or a number."""

    path: str
    kind: str = FILE
    content: t.Optional[bytes] = None
    mode: int = 0
    owner: str = "root"
    group: str = "root"
    sensitive: bool = False


class Command(t.NamedTuple):
    """``when_changed``: paths or globs; () means after any change."""

    argv: t.Tuple[str, ...]
    about: str = ""
    when_changed: t.Tuple[str, ...] = ()


class Desired(t.NamedTuple):
    """A set. With ``present`` false nothing of it shall be there, whatever ``files`` are."""

    name: str
    present: bool = True
    files: t.Tuple[Wanted, ...] = ()
    validate: t.Tuple[Command, ...] = ()
    after: t.Tuple[Command, ...] = ()
    exclusive: bool = True
    force: bool = False
    stale: t.FrozenSet[str] = frozenset()  # paths whose commands are due though the file is right

    @property
    def declared(self) -> t.Dict[str, Wanted]:
        """What shall be there or be absent, by path."""
        return {one.path: one for one in self.files} if self.present else {}


def parse(options: Given) -> Desired:
    """The set of the module's options. Raises Failure that names all that is wrong."""
    given = options.get("files") or []
    faults = [] if NAME.match(options["name"]) else [f"name is {options['name']!r}, expected a-z, 0-9, _ and - only"]
    for one in given:
        faults += _faults_of(one)
    desired = None if faults else _desired(options, given)
    faults += _faults_between(desired) if desired else []
    if desired is None or faults:
        raise Failure(
            f"The set of files cannot be declared: {'; '.join(faults)}.",
            code="InvalidOptions",
            hint="Correct the options and run again. Nothing was changed.",
        )
    return desired


def _desired(options: Given, given: t.Sequence[Given]) -> Desired:
    return Desired(
        name=options["name"],
        present=options["state"] != ABSENT,
        files=tuple(_wanted(one) for one in given),
        validate=tuple(_command(one) for one in options.get("validate") or ()),
        after=tuple(_command(one) for one in options.get("after") or ()),
        exclusive=bool(options["exclusive"]),
        force=bool(options["force"]),
        stale=frozenset(options.get("stale") or ()),
    )


def _command(one: Given) -> Command:
    return Command(tuple(one["command"]), one.get("about") or "", tuple(one.get("when_changed") or ()))


def _wanted(one: Given) -> Wanted:
    kind = one["state"]
    if kind == ABSENT:
        return Wanted(one["path"], kind, sensitive=bool(one["sensitive"]))
    default = "0755" if kind in (DIRECTORY, ATTRIBUTES) else "0600" if one["sensitive"] else "0644"
    mode = int(one.get("mode") or default, 8)
    return Wanted(one["path"], kind, _content(one), mode, one["owner"], one["group"], bool(one["sensitive"]))


def _content(one: Given) -> t.Optional[bytes]:
    if one["state"] != FILE:
        return None
    if one.get("content_base64") is not None:
        return base64.b64decode("".join(one["content_base64"].split()), validate=True)
    return one["content"].encode("utf-8", "surrogateescape")  # how Ansible hands over what is no UTF-8


def _faults_of(one: Given) -> t.Iterator[str]:
    path, mode = one["path"], one.get("mode")
    if not _is_normal(path):
        yield f"path is {path!r}, expected an absolute path without '.', '..', '//' and a '/' at its end"
    if mode is not None and not MODE.match(mode):
        yield f"mode of {path} is {mode!r}, expected octal digits with a leading 0, in quotes, as in '0644'"
    contents = [name for name in ("content", "content_base64") if one.get(name) is not None]
    if len(contents) != (one["state"] == FILE):
        expected = "one of content and content_base64" if one["state"] == FILE else "no content"
        yield f"{path} has state {one['state']} and {' and '.join(contents) or 'no content'}, expected {expected}"
    if contents == ["content"] and not isinstance(one["content"], str):
        found = type(one["content"]).__name__
        yield f"content of {path} is a {found}, expected a text (let the template end with '| string' or '| to_json')"
    if contents == ["content_base64"] and not _is_base64(one["content_base64"]):
        yield f"content_base64 of {path} is no base64"


def _is_normal(path: str) -> bool:
    """Whether a path is absolute and is written in the one way in which it is compared."""
    doubled = path.startswith("//")  # which POSIX leaves as it is
    return (
        path.startswith("/") and path != "/" and not doubled and "\0" not in path and posixpath.normpath(path) == path
    )


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _faults_between(desired: Desired) -> t.Iterator[str]:
    """What is wrong with entries that are right each by itself."""
    kinds = {one.path: one.kind for one in desired.files}
    for path in sorted(desired.stale - {*kinds}) if desired.present else ():
        yield f"stale names {path}, which is no path of this set"
    for path in sorted(kinds):
        if [one.path for one in desired.files].count(path) > 1:
            yield f"{path} is listed twice"
        for above in parents(path):
            if kinds.get(above) == FILE or (kinds.get(above) == ABSENT and kinds[path] != ABSENT):
                yield f"{path} is to be below {above}, which has state {kinds[above]}"
    for command in (*desired.validate, *desired.after):
        if not command.argv or not command.argv[0]:
            yield f"a command {f'({command.about}) ' if command.about else ''}is empty"
    for command in desired.validate if desired.present else ():
        for named in filter(None, PLACE.findall(" ".join(command.argv))):
            if kinds.get(named) != FILE:
                yield f"{{file:{named}}} of a command to validate names no file of this set"


def parents(path: str) -> t.List[str]:
    """The directories above a path, the topmost first, without the root."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: index + 1]) for index in range(len(parts))]
