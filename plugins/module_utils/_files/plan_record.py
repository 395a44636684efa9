# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a set remembers while it is being changed, and afterwards (pure)."""

from __future__ import annotations

import typing as t

from .document import Desired
from .observe import Seen
from .record import EMPTY, Entry, Record
from .state import NOTHING, State

States = t.Mapping[str, State]


def during(
    desired: Desired, seen: Seen, declared: States, made: t.AbstractSet[str], changed: t.AbstractSet[str]
) -> Record:
    """The record for the time in which each of the ``changed`` paths may be in its old or its new state."""
    record = seen.record or EMPTY
    files = dict(record.files)
    for path, state in declared.items():
        known = record.files.get(path)
        # A directory that we made for a file before it was declared itself was not there before us.
        original = known.original if known else NOTHING if path in record.made else seen.states[path]
        written = tuple(dict.fromkeys((*(known.written if known else ()), state.fingerprint)))
        sensitive = desired.declared[path].sensitive
        files[path] = Entry(original, written, sensitive, None if sensitive else state.content)
    all_made = {*record.made, *made} - {*declared}
    return Record(files, tuple(sorted(all_made)), tuple(sorted({*record.pending, *changed})))


def final(
    before: Record, declared: States, dropped: t.AbstractSet[str], made: t.AbstractSet[str]
) -> t.Optional[Record]:
    """The record once all is done, of the one ``during`` it; None when nothing of the set is left."""
    files = {
        path: entry._replace(written=(declared[path].fingerprint,)) if path in declared else entry
        for path, entry in before.files.items()
        if path not in dropped
    }
    return Record(files, tuple(sorted(made))) if files else None
