# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Make the changes of a plan, all or none: what fails is rolled back."""

from __future__ import annotations

import typing as t

from .._azure.errors import Failure
from . import disk, record
from .commands import Runner, due
from .document import Command, Desired
from .plan import Change, Plan
from .record import Record
from .state import DIRECTORY


class Reason(Exception):
    """Why the set cannot stay as it was swapped in."""


def carry_out(desired: Desired, planned: Plan, before: t.Optional[Record], runner: Runner) -> None:
    """Make the changes and run the commands that are due. Raises Failure once all is as it was ``before``."""
    swaps = [change for change in planned.changes if change.before != change.after]
    swapped: t.List[Change] = []
    started: t.List[Command] = []
    try:
        record.save(desired.name, planned.during)
        swap(swaps, swapped)
        for command in due(desired.after, [change.path for change in planned.changes]):
            started.append(command)
            failed = runner.failure_of(command)
            if failed:
                raise Reason(failed)
        record.save(desired.name, planned.final)
    except (OSError, Reason) as error:
        reason = str(error) if isinstance(error, Reason) else f"{disk.said(error)}."
        for change in swaps:
            _attempt(disk.discard, change.path)
        # The record goes back last, and only where all else did: as it is, the next run goes on from there.
        faults = put_back(swapped) + run_again(started, runner)
        faults = faults or _attempt(record.save, desired.name, before)
        raise Failure(
            f"The set {desired.name} could not be put in place: {reason}",
            code="RolledBack",
            details=[{"code": None, "message": _outcome(faults, bool(started))}],
            hint="Correct the cause and run again.",
        ) from None


def swap(changes: t.Sequence[Change], swapped: t.List[Change]) -> None:
    """Write everything beside its place, then swap it in; ``swapped`` tells how far that came. Raises OSError.

    A full disk is met before the first swap. Directories come first, as files are written into them.
    """
    directories = [change for change in changes if change.after.kind == DIRECTORY]
    others = changes[len(directories) :]
    for change in directories:
        swapped.append(change)
        disk.commit(change.path, change.after)
    for change in others:
        disk.prepare(change.path, change.after)
    for change in others:
        swapped.append(change)
        disk.commit(change.path, change.after)


def put_back(swapped: t.Sequence[Change]) -> t.List[str]:
    """Undo what was swapped, the last one first; what could not be undone."""
    return [fault for change in reversed(swapped) for fault in _attempt(disk.put, change.path, change.before)]


def run_again(started: t.Sequence[Command], runner: Runner) -> t.List[str]:
    """Let the commands that were started take over what was put back; what failed."""
    return [f"run again, {failed}" for failed in map(runner.failure_of, started) if failed]


def _outcome(faults: t.Sequence[str], commands_ran: bool) -> str:
    if faults:
        return f"It was rolled back, but not all went well, and the next run goes on from there: {'; '.join(faults)}"
    return f"All of it was rolled back{', and the commands ran again' if commands_ran else ''}."


def _attempt(act: t.Callable[..., None], *arguments: t.Any) -> t.List[str]:
    try:
        act(*arguments)
    except OSError as error:
        return [disk.said(error)]
    return []
