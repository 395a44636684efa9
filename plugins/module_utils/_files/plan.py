# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Decide what to change and why. Pure: the same two arguments always give the same plan."""

from __future__ import annotations

import posixpath
import typing as t

from . import faults, plan_record
from .document import Desired, Wanted, parents
from .observe import Seen
from .record import EMPTY, Record
from .state import ABSENT, ATTRIBUTES, DIRECTORY, NOTHING, State

CREATE, CHANGE, REMOVE, RESTORE, FINISH, REFRESH = "create", "change", "remove", "restore", "finish", "refresh"
DIRECTORY_MODE = 0o755


class Change(t.NamedTuple):
    """One path that becomes another state. FINISH and REFRESH change nothing: their commands are to run."""

    path: str
    action: str
    reasons: t.Tuple[str, ...]
    before: State
    after: State
    sensitive: bool = False


class Plan(t.NamedTuple):
    """``changes`` in the order in which they are made; ``during``: the record to save before, ``final``: after it.

    ``target``: what of the declared files is there in the end, to be staged and validated.
    """

    changes: t.Tuple[Change, ...]
    during: Record
    final: t.Optional[Record]
    target: t.Mapping[str, State]


class Targets(t.NamedTuple):
    """What paths shall be: ``declared``; ``left``: of paths that are not declared any more, what was there before us;

    ``needed``: directories that must be made for files; ``going``: directories that are removed; ``made``: all that we
    made for files, with those to go; ``dropped``: paths to be forgotten.
    """

    declared: t.Mapping[str, State]
    left: t.Mapping[str, State]
    needed: t.Mapping[str, State]
    going: t.FrozenSet[str]
    made: t.FrozenSet[str]
    dropped: t.FrozenSet[str]


def plan(desired: Desired, seen: Seen) -> Plan:
    """The plan. Raises Failure that names every path that must not be touched."""
    record = seen.record or EMPTY
    faults.refuse_owners(desired, seen)
    targets = targets_of(desired, seen, record)
    faults.refuse_paths(desired, seen, {**targets.left, **targets.declared}, targets.going)
    faults.refuse_edited(desired, seen, targets.left)
    changes = _changes(desired, seen, targets)
    changed = frozenset(change.path for change in changes)
    during = plan_record.during(desired, seen, targets.declared, targets.made, changed)
    return Plan(
        changes=(*changes, *_unfinished(record, seen, changed), *_stale(desired, record, seen, changed)),
        during=during,
        final=plan_record.final(during, targets.declared, targets.dropped, targets.made - targets.going),
        target={
            path: state
            for path, state in targets.declared.items()
            if state.kind != ABSENT and not state.only_attributes
        },
    )


def targets_of(desired: Desired, seen: Seen, record: Record) -> Targets:
    """What every path shall be."""
    declared = {path: _state(one, seen) for path, one in desired.declared.items() if not _is_idle(one, seen)}
    leaving = not desired.present or desired.exclusive
    dropped = frozenset(path for path in record.files if leaving and path not in declared)
    kept = frozenset(record.files) - dropped - frozenset(declared)
    originals = {path: _original(record.files[path].original, seen.states[path]) for path in dropped}
    holding = {path for path, state in {**originals, **declared}.items() if state.kind != ABSENT} | kept
    above = frozenset(directory for path in holding for directory in parents(path))
    # A directory that is not declared any more, but something in it is, stays as one that we made for that.
    left = {path: state for path, state in originals.items() if state.kind != ABSENT or path not in above}
    # What is there and is no directory, ``faults`` finds.
    needed = {
        path: State(DIRECTORY, None, DIRECTORY_MODE, *seen.own)
        for path in above
        if path not in declared and path not in left and seen.states[path].kind == ABSENT
    }
    made = frozenset({*record.made, *needed, *(dropped & above)} - {*declared, *left, *kept})
    gone = {path for path, state in {**left, **declared}.items() if state.kind == ABSENT}
    return Targets(declared, left, needed, _going(gone, made - above, seen), made, dropped)


def _original(original: State, found: State) -> State:
    """What was there before us. Of what had only other attributes, nothing comes back that is there no more."""
    return found if original.only_attributes and found.kind != original.kind else original


def _is_idle(one: Wanted, seen: Seen) -> bool:
    """Whether it is about what is there, and nothing is: then it is not ours to remember either."""
    return one.kind == ATTRIBUTES and seen.states[one.path].kind == ABSENT


def _state(one: Wanted, seen: Seen) -> State:
    found = seen.states[one.path]
    if one.kind == ABSENT:
        return NOTHING
    if one.kind == ATTRIBUTES:
        return State(found.kind, None, found.mode & one.mode, seen.users[one.owner] or 0, seen.groups[one.group] or 0)
    return State(one.kind, one.content, one.mode, seen.users[one.owner] or 0, seen.groups[one.group] or 0)


def _going(gone: t.AbstractSet[str], made: t.AbstractSet[str], seen: Seen) -> t.FrozenSet[str]:
    """The directories that can be removed: of ``gone`` and ``made`` those in which nothing else is."""
    removed = {path for path in gone if seen.states[path].kind != DIRECTORY}
    for path in sorted({*gone, *made} & {*seen.entries}, key=_depth, reverse=True):
        if all(posixpath.join(path, name) in removed for name in seen.entries[path]):
            removed.add(path)
    return frozenset(removed & {*seen.entries})


def _depth(path: str) -> t.Tuple[int, str]:
    return path.count("/"), path


def _changes(desired: Desired, seen: Seen, targets: Targets) -> t.List[Change]:
    """In order: directories from the top, files, removed files, removed directories from the bottom."""
    found = [
        *(_declared(desired.declared[path], state, seen) for path, state in targets.declared.items()),
        *(_left(path, state, desired, seen) for path, state in targets.left.items()),
        *(
            Change(path, CREATE, ("absent, and something in it is declared",), NOTHING, state)
            for path, state in targets.needed.items()
        ),
        *(
            Change(path, REMOVE, ("made for this set, and empty",), seen.states[path], NOTHING)
            for path in targets.going - {*targets.declared, *targets.left}
        ),
    ]
    due = [change for change in found if change.before != change.after and not _stays(change, targets)]
    return sorted(due, key=_order)


def _stays(change: Change, targets: Targets) -> bool:
    """Whether this is a directory of ours in which somebody keeps something."""
    return change.before.kind == DIRECTORY and change.after.kind == ABSENT and change.path not in targets.going


def _order(change: Change) -> t.Tuple[int, int, str]:
    depth = change.path.count("/")
    if change.after.kind == DIRECTORY:
        return 0, depth, change.path
    if change.after.kind != ABSENT:
        return 1, 0, change.path
    return (3, -depth, change.path) if change.before.kind == DIRECTORY else (2, 0, change.path)


def _declared(one: Wanted, after: State, seen: Seen) -> Change:
    before, record = seen.states[one.path], seen.record or EMPTY
    entry = record.files.get(one.path)
    action = REMOVE if after.kind == ABSENT else CREATE if before.kind == ABSENT else CHANGE
    reasons = tuple(differences(before, after))
    settled = entry is not None and one.path not in record.pending
    if entry and settled and before.fingerprint not in entry.written:
        reasons += ("edited by somebody since",)
    return Change(one.path, action, reasons, before, after, one.sensitive or bool(entry and entry.sensitive))


def _left(path: str, after: State, desired: Desired, seen: Seen) -> Change:
    sensitive = bool(seen.record and seen.record.files[path].sensitive)
    action = REMOVE if after.kind == ABSENT else RESTORE
    reason = "no longer declared" if desired.present else "declared absent"
    return Change(path, action, (reason,), seen.states[path], after, sensitive)


def differences(before: State, after: State) -> t.Iterator[str]:
    """Why one state is not the other, in words."""
    if before.kind != after.kind:
        absent = ABSENT in (before.kind, after.kind)
        yield before.kind if before.kind == ABSENT else "present" if absent else f"is a {before.kind}"
        return
    if before.content != after.content:
        yield "content differs"
    if before.mode != after.mode:
        yield f"mode is {before.mode:04o}, expected {after.mode:04o}"
    for name, found, expected in (("owner", before.uid, after.uid), ("group", before.gid, after.gid)):
        if found != expected:
            yield f"{name} is {found}, expected {expected}"


def _unfinished(record: Record, seen: Seen, changed: t.AbstractSet[str]) -> t.Iterator[Change]:
    for path in record.pending:
        if path not in changed:
            state = seen.states.get(path, NOTHING)
            yield Change(path, FINISH, ("a run that was cut off has not run the commands for it",), state, state)


def _stale(desired: Desired, record: Record, seen: Seen, changed: t.AbstractSet[str]) -> t.Iterator[Change]:
    for path in sorted(desired.stale - {*changed, *record.pending}) if desired.present else ():
        state = seen.states[path]
        yield Change(path, REFRESH, ("what is in force is not what it says",), state, state)
