# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What the module returns (pure)."""

from __future__ import annotations

import typing as t

from .plan import Change, Plan
from .state import ABSENT, FILE, State, text_of

HIDDEN, OTHER_HIDDEN = "(hidden content)\n", "(other hidden content)\n"


def result(planned: Plan) -> t.Dict[str, t.Any]:
    """``changed``, ``changes``, ``changed_paths`` and the difference for --diff. No sensitive content is in it."""
    return {
        "changed": bool(planned.changes),
        "changes": [
            {"path": change.path, "action": change.action, "reasons": list(change.reasons)}
            for change in planned.changes
        ],
        "changed_paths": [change.path for change in planned.changes],
        "diff": [_difference(change) for change in planned.changes if change.before != change.after],
    }


def _difference(change: Change) -> t.Dict[str, str]:
    """Contents where these differ, else mode and owner."""
    before, after = change.before, change.after
    if change.sensitive and before.content != after.content:
        texts = [_hidden(before, HIDDEN), _hidden(after, HIDDEN if before.content is None else OTHER_HIDDEN)]
    elif FILE in (before.kind, after.kind) and before.content != after.content:
        texts = [_text(before), _text(after)]
    else:
        texts = ["" if state.kind == ABSENT else f"{state.kind}, {state.attributes}\n" for state in (before, after)]
    return {"before": texts[0], "after": texts[1], "before_header": change.path, "after_header": change.path}


def _hidden(state: State, shown: str) -> str:
    return "" if state.content is None else shown


def _text(state: State) -> str:
    return text_of(state.content) if state.kind in (FILE, ABSENT) else f"{state.kind}\n"
