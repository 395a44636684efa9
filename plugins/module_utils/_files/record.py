# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a set remembers on the machine: what we wrote, and what was there before.

A record is saved before anything is swapped. So it may know of more than there is, never of less: of a run that was
killed, ``written`` holds what was there of us and what was to come, and ``pending`` the paths whose commands did not
run to their end.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import typing as t

from .._azure.errors import Failure
from .._engine import system
from . import disk
from .state import FILE, State, as_data, of_data

DIRECTORY = pathlib.Path("/var/lib/bulwark-azure-docker/files")
SCHEMA = 1


class Entry(t.NamedTuple):
    """``original``: what was there before we first wrote; ``written``: fingerprints of what may be there of us.

    ``content``: of a file what we wrote last, to show what was edited since; None of a sensitive one.
    """

    original: State
    written: t.Tuple[str, ...]
    sensitive: bool = False
    content: t.Optional[bytes] = None

    def knows(self, state: State) -> bool:
        """Whether this is what we wrote or found, and not what somebody edited since."""
        return state.fingerprint in (self.original.fingerprint, *self.written)


class Record(t.NamedTuple):
    """``files``: by path; ``made``: directories above them that we made; ``pending``: see above."""

    files: t.Mapping[str, Entry] = {}
    made: t.Tuple[str, ...] = ()
    pending: t.Tuple[str, ...] = ()


EMPTY = Record()


def text(name: str, record: Record) -> str:
    """The record as it is stored; the same record always gives the same text."""
    files = {path: _entry_data(entry) for path, entry in record.files.items()}
    data = {"schema": SCHEMA, "name": name, "files": files, "made": record.made, "pending": record.pending}
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _entry_data(entry: Entry) -> t.Dict[str, t.Any]:
    data = {"original": as_data(entry.original), "written": entry.written, "sensitive": entry.sensitive}
    return data if entry.content is None else {**data, "content": base64.b64encode(entry.content).decode("ascii")}


def parse(stored: str, where: str) -> Record:
    """The record that ``text`` wrote. Raises Failure for anything else."""
    try:
        data = json.loads(stored)
        if data["schema"] != SCHEMA:
            raise ValueError(f"its schema is {data['schema']}, expected {SCHEMA}")
        files = {path: _entry(entry) for path, entry in data["files"].items()}
        return Record(files, tuple(data["made"]), tuple(data["pending"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Failure(
            f"{where} is no record of a set of files ({error}), expected the JSON that this module wrote.",
            code="RecordUnreadable",
            hint="Put it back from a backup. Without it nobody knows what was there before: remove it only if the "
            "files of the set shall stay as they are when the set goes.",
        ) from None


def _entry(data: t.Mapping[str, t.Any]) -> Entry:
    content = data.get("content")
    decoded = None if content is None else base64.b64decode(content, validate=True)
    return Entry(of_data(data["original"]), tuple(data["written"]), bool(data["sensitive"]), decoded)


def path_of(name: str) -> pathlib.Path:
    return DIRECTORY / f"{name}.json"


def load(name: str) -> t.Optional[Record]:
    """The record of a set, None where there is none. Raises Failure."""
    try:
        stored = path_of(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        stored = ""
    return parse(stored, str(path_of(name)))


def owners(name: str) -> t.Dict[str, str]:
    """The paths of the other sets, and whose they are. Raises Failure."""
    found: t.Dict[str, str] = {}
    for place in sorted(DIRECTORY.glob("*.json")):
        if place.stem != name and not place.name.startswith("."):
            found.update(dict.fromkeys((load(place.stem) or EMPTY).files, place.stem))
    return found


def save(name: str, record: t.Optional[Record]) -> None:
    """Store a record, or None for none any more; it stands on the disk when this returns. Raises OSError."""
    if record is None:
        path_of(name).unlink(missing_ok=True)
        for directory in (DIRECTORY, DIRECTORY.parent):
            system.remove_empty(directory)
        return
    for directory in (DIRECTORY.parent, DIRECTORY):
        if not directory.exists():
            directory.mkdir(mode=0o700 if directory == DIRECTORY else 0o755)
    content = text(name, record).encode("utf-8")
    disk.put(str(path_of(name)), State(FILE, content, 0o600, os.geteuid(), os.getegid()))
    disk.sync_directory(str(DIRECTORY))
