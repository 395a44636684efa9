# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Everything that host_files returns: parse, observe, plan, validate, apply; one run at a time on a machine."""

from __future__ import annotations

import typing as t

from .._azure.errors import Failure
from .._engine import lock, scratch
from . import apply, commands, disk, record, staging
from .document import Desired, parse
from .observe import Seen, observe
from .plan import Plan, plan
from .result import result


def converge(options: t.Mapping[str, t.Any], check_mode: bool, run: commands.Run) -> t.Dict[str, t.Any]:
    """The module's result. Raises Failure."""
    desired = parse(options)
    try:
        with lock.held():
            scratch.sweep()
            planned = _converge(desired, check_mode, run)
    except OSError as error:
        raise Failure(
            f"The set {desired.name} could not be worked on: {disk.said(error)}.",
            code="FilesUnusable",
            hint="Run as root (become: true), and see that the disk is in order and has room.",
        ) from error
    return result(planned)


def _converge(desired: Desired, check_mode: bool, run: commands.Run) -> Plan:
    seen = observe(desired)
    planned = plan(desired, seen)
    runner = commands.Runner(run, _secrets(desired, planned))
    if planned.changes and desired.present:
        staging.validate(desired, planned.target, runner)
    if not check_mode:
        _act(desired, planned, seen, runner)
    return planned


def _act(desired: Desired, planned: Plan, seen: Seen, runner: commands.Runner) -> None:
    for path in (*planned.during.files, *planned.during.made):
        disk.discard(path)
    if planned.changes:
        apply.carry_out(desired, planned, seen.record, runner)
    elif planned.final is None or planned.final != seen.record:
        # What was there already, as declared, is remembered now; and what is forgotten leaves no directory.
        record.save(desired.name, planned.final)


def _secrets(desired: Desired, planned: Plan) -> t.List[str]:
    changed = [change for change in planned.changes if change.sensitive]
    return commands.secrets_of(desired, [state.content for it in changed for state in (it.before, it.after)])
