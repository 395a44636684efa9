# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a set must not touch (pure)."""

from __future__ import annotations

import difflib
import typing as t

from .._azure.errors import Failure
from .document import Desired, parents
from .observe import Seen
from .state import ABSENT, ATTRIBUTES, DIRECTORY, FILE, LINK, SPECIAL, State, text_of

LONGEST_DIFFERENCE = 60  # lines


def refuse_owners(desired: Desired, seen: Seen) -> None:
    """Raise Failure for users and groups that the machine does not have."""
    lacking = [f"user {name}" for name, found in seen.users.items() if found is None]
    lacking += [f"group {name}" for name, found in seen.groups.items() if found is None]
    if lacking:
        raise Failure(
            f"Files of the set {desired.name} shall belong to {', '.join(lacking)}, which this machine does not have.",
            code="OwnerUnknown",
            hint="Create them first (in check mode they may be missing because a task before has not created them).",
        )


def refuse_paths(desired: Desired, seen: Seen, targets: t.Mapping[str, State], going: t.AbstractSet[str]) -> None:
    """Raise Failure for paths that are another set's, or something that is not replaced by what is declared."""
    faults: t.List[str] = []
    for path, state in sorted(targets.items()):
        if path in seen.taken and path in desired.declared:
            faults.append(f"{path} belongs to the set {seen.taken[path]}, expected one set for each path")
        faults += _above(path, seen) if state.kind != ABSENT or seen.states[path].kind != ABSENT else []
        faults += _kinds(path, state, desired, seen, going)
    if faults:
        raise Failure(
            f"The set {desired.name} cannot be brought about: {'; '.join(faults)}.",
            code="PathRefused",
            hint="Correct the paths, or move away what is there, and run again. Nothing was changed.",
        )


def _above(path: str, seen: Seen) -> t.Iterator[str]:
    for directory in parents(path):
        kind = seen.states[directory].kind
        if kind == LINK:
            yield f"{directory} above {path} is a symbolic link, expected the path below {seen.real[directory]}"
        elif kind in (FILE, SPECIAL):
            yield f"{directory} above {path} is a {kind}, expected a directory"


def _kinds(path: str, wanted: State, desired: Desired, seen: Seen, going: t.AbstractSet[str]) -> t.Iterator[str]:
    """A link in place of a file of ours is drift; any other link is somebody's."""
    found = seen.states[path].kind
    ours = seen.record is not None and path in seen.record.files
    if found == LINK and path in desired.declared and desired.declared[path].kind == ATTRIBUTES:
        yield f"{path} is a symbolic link, expected the path where it leads"
    elif found == DIRECTORY and wanted.kind == ABSENT:
        if path in desired.declared and path not in going:
            names = ", ".join(sorted(seen.entries[path])[:5])
            yield f"{path} shall be absent and holds {names}, expected an empty directory"
    elif found in (ABSENT, wanted.kind) or (found == LINK and ours and wanted.kind != DIRECTORY):
        return
    elif found != FILE or wanted.kind != ABSENT:
        yield f"{path} is a {found}, expected a {FILE if wanted.kind == ABSENT else wanted.kind}"


def refuse_edited(desired: Desired, seen: Seen, left: t.Mapping[str, State]) -> None:
    """Raise Failure, with the differences, for files that go and that somebody edited since we wrote them."""
    if desired.force or seen.record is None:
        return
    edited = [
        path
        for path in sorted(left)
        if seen.states[path].kind != ABSENT
        and not seen.record.files[path].original.only_attributes
        and not seen.record.files[path].knows(seen.states[path])
    ]
    if edited:
        raise Failure(
            f"Of the set {desired.name} somebody edited {', '.join(edited)} since, expected what was written last.",
            code="EditedSince",
            details=[{"code": "EditedSince", "message": _difference(path, seen)} for path in edited],
            hint="Take over what shall stay, then run again with force: true. Nothing was changed.",
        )


def _difference(path: str, seen: Seen) -> str:
    found = seen.states[path]
    entry = seen.record.files[path] if seen.record else None
    if entry is None or entry.sensitive or found.kind != FILE or entry.content is None:
        return f"{path} is a {found.kind} now; its content is not shown."
    written, edited = (text_of(content).splitlines() for content in (entry.content, found.content))
    lines = list(difflib.unified_diff(written, edited, f"{path} (as written)", f"{path} (as it is)", lineterm=""))
    more = [f"... and {len(lines) - LONGEST_DIFFERENCE} lines more"] if len(lines) > LONGEST_DIFFERENCE else []
    return "\n".join(["", *lines[:LONGEST_DIFFERENCE], *more, ""])
