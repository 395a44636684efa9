# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Read the machine; nothing is changed."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import typing as t

from .._azure.errors import Failure
from . import disk
from . import record as records
from .document import Desired, parents
from .record import Record
from .state import ABSENT, ATTRIBUTES, DIRECTORY, FILE, LINK, NOTHING, SPECIAL, State


class Seen(t.NamedTuple):
    """All by path but ``users`` and ``groups``, which are ids by name, None for a name that the machine lacks.

    ``states``: what is there, of declared and recorded paths and the directories above them; ``entries``: names in
    directories; ``real``: where those that are links lead to; ``taken``: which other set has a path.
    ``own``: uid and gid of this process, which directories get that must be there for a file.
    """

    states: t.Mapping[str, State]
    entries: t.Mapping[str, t.FrozenSet[str]]
    real: t.Mapping[str, str]
    users: t.Mapping[str, t.Optional[int]]
    groups: t.Mapping[str, t.Optional[int]]
    taken: t.Mapping[str, str]
    record: t.Optional[Record]
    own: t.Tuple[int, int]


def observe(desired: Desired) -> Seen:
    """What the plan needs to know. Raises Failure for what cannot be read."""
    try:
        record = records.load(desired.name)
        known = record or records.EMPTY
        paths = sorted({*desired.declared, *known.files, *known.made})
        above = sorted({directory for path in paths for directory in parents(path)} - set(paths))
        bare = {path for path in paths if _only_attributes(path, desired, known)}
        states = {path: state_of(path, path not in bare) for path in (*paths, *above)}
        declared = [one for one in desired.declared.values() if one.kind != ABSENT]
        return Seen(
            states=states,
            entries={path: _names_in(path) for path in paths if states[path].kind == DIRECTORY},
            real={path: os.path.realpath(path) for path in (*paths, *above) if states[path].kind == LINK},
            users={one.owner: _user(one.owner) for one in declared},
            groups={one.group: _group(one.group) for one in declared},
            taken=records.owners(desired.name),
            record=record,
            own=(os.geteuid(), os.getegid()),
        )
    except OSError as error:
        raise Failure(
            f"The set {desired.name} could not be looked at: {disk.said(error)}.",
            code="FilesUnreadable",
            hint="Run as root (become: true), and see that the disk is in order.",
        ) from error


def _only_attributes(path: str, desired: Desired, record: Record) -> bool:
    if path in desired.declared:
        return desired.declared[path].kind == ATTRIBUTES
    return path in record.files and record.files[path].original.only_attributes


def state_of(path: str, whole: bool = True) -> State:
    """What is at a path, links not followed; without its content unless ``whole``. Raises OSError."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    attributes = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
    if stat.S_ISLNK(found.st_mode):
        return State(LINK, os.fsencode(os.readlink(path)), *attributes)
    if stat.S_ISDIR(found.st_mode):
        return State(DIRECTORY, None, *attributes)
    if not stat.S_ISREG(found.st_mode):
        return State(SPECIAL, None, *attributes)
    if not whole:
        return State(FILE, None, *attributes)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return State(FILE, file.read(), *attributes)


def _names_in(directory: str) -> t.FrozenSet[str]:
    """The names in a directory, without what a run of ours that was killed has left."""
    return frozenset(name for name in os.listdir(directory) if not name.endswith(disk.SUFFIX))


def _user(name: str) -> t.Optional[int]:
    return int(name) if name.isdigit() else _looked_up(lambda: pwd.getpwnam(name).pw_uid)


def _group(name: str) -> t.Optional[int]:
    return int(name) if name.isdigit() else _looked_up(lambda: grp.getgrnam(name).gr_gid)


def _looked_up(call: t.Callable[[], int]) -> t.Optional[int]:
    try:
        return call()
    except KeyError:
        return None
