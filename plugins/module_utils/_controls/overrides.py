# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What people declare for single controls: layers merged into one, and checked. Pure.

``{ID: {"mode": "enforce" | "audit" | "waive", "reason": str, "expires": YYYY-MM-DD, "ticket": str}}``, each key may be
left out. Later layers win, for each control and each key.
"""

from __future__ import annotations

import datetime
import difflib
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._azure.errors import Failure
from .catalogue import BY_ID
from .control import DECLARED_MODES, ENFORCE, WAIVE

KEYS = ("mode", "reason", "expires", "ticket")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


class Override(NamedTuple):
    """What is declared for one control. ``mode`` None: nothing but the rest; ``expires``: the last day of a waiver."""

    mode: Optional[str] = None
    reason: str = ""
    expires: Optional[datetime.date] = None
    ticket: str = ""


def parse(layers: Sequence[Any], today: datetime.date) -> Dict[str, Override]:
    """The layers as one, later ones win. Raises Failure that lists everything that is wrong."""
    problems: List[str] = []
    merged = _merge(layers, problems)
    parsed = {name: _override(name, given, today, problems) for name, given in merged.items()}
    if problems:
        raise Failure(
            "docker_hardening_controls is not valid: %s." % "; ".join(problems),
            code="InvalidControls",
            hint="Correct docker_hardening_controls, or its _default, _group or _host, where this is declared; "
            "an expired waiver is renewed with another date, or taken away.",
        )
    return parsed


def _merge(layers: Sequence[Any], problems: List[str]) -> Dict[str, Dict[str, Any]]:
    merged: Dict[str, Dict[str, Any]] = {}
    for layer in layers:
        if not isinstance(layer, Mapping):
            problems.append("found %r, expected a dictionary of controls" % (layer,))
            continue
        for name, given in layer.items():
            if isinstance(given, Mapping):
                merged.setdefault(str(name), {}).update(given)
            else:
                problems.append("%s is %r, expected a dictionary such as {mode: audit}" % (name, given))
    return merged


def _override(name: str, given: Mapping[str, Any], today: datetime.date, problems: List[str]) -> Override:
    if name not in BY_ID:
        problems.append("there is no control %s%s" % (name, _near(name, BY_ID)))
        return Override()
    problems += [
        "%s.%s is unknown%s" % (name, key, _near(str(key), KEYS) or ", expected %s" % ", ".join(KEYS))
        for key in given
        if key not in KEYS
    ]
    override = Override(
        mode=_mode(name, given.get("mode"), problems),
        reason=_text(given.get("reason")),
        expires=_date(name, given.get("expires"), problems),
        ticket=_text(given.get("ticket")),
    )
    if override.mode == WAIVE:
        problems += _waiver(name, override, today)
    return override


def _near(name: str, known: Any) -> str:
    found = difflib.get_close_matches(name, list(known), 3, 0.5)
    return ", did you mean %s?" % " or ".join(found) if found else ""


def _mode(name: str, mode: Any, problems: List[str]) -> Optional[str]:
    if mode is None:
        return None
    if mode not in DECLARED_MODES:
        problems.append("%s.mode is %r, expected one of %s" % (name, mode, ", ".join(DECLARED_MODES)))
    elif mode == ENFORCE and BY_ID[name].kind != ENFORCE:
        problems.append("%s.mode is enforce, expected audit or waive: this control is only ever audited" % name)
    return str(mode)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _date(name: str, value: Any, problems: List[str]) -> Optional[datetime.date]:
    if value is None or value == "":
        return None
    found = day_of(value)
    if found is None:
        problems.append("%s.expires is %r, expected a date such as 2026-12-31" % (name, value))
    return found


def day_of(value: Any) -> Optional[datetime.date]:
    """The day of a date or YYYY-MM-DD, None for anything else. YAML makes a date of one itself, unless it is quoted."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        if DATE.match(str(value)):
            return datetime.date.fromisoformat(str(value))
    except ValueError:
        pass  # such as 2026-02-30
    return None


def _waiver(name: str, waiver: Override, today: datetime.date) -> List[str]:
    problems = []
    if not waiver.reason:
        problems.append("%s is waived without a reason, expected the reason why this is accepted" % name)
    if waiver.expires is not None and waiver.expires < today:
        ticket = "ticket %s" % waiver.ticket if waiver.ticket else "no ticket"
        problems.append(
            "the waiver of %s expired on %s (%s), expected a day not before %s"
            % (name, waiver.expires.isoformat(), ticket, today.isoformat())
        )
    return problems
