# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""A selection as a role reads it: plain data, with what the enabled controls set and what should be looked at."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, Sequence

from .._azure.errors import Failure
from . import floors, overrides, selection, values
from .catalogue import BY_ID
from .control import AUDIT, ENFORCE


def chosen(
    tier: str, layers: Sequence[Any], facts: Mapping[str, Any], settings: Mapping[str, Any], today: Any = None
) -> Dict[str, Any]:
    """``{"tier", "controls": {ID: {...}}, "enabled": [ID], "daemon_options": {...}, "findings": [{...}]}``.

    ``facts``: as ``selection.facts_of``, with ``package_source`` and ``runc_version`` beside them; ``today``: a date or
    YYYY-MM-DD, None for the present day in UTC. Raises Failure.
    """
    if not isinstance(layers, (list, tuple)) or not isinstance(facts, Mapping) or not isinstance(settings, Mapping):
        raise Failure(
            "Found controls, facts and settings of the types %s, %s and %s, expected a list and two dictionaries."
            % (type(layers).__name__, type(facts).__name__, type(settings).__name__),
            code="InvalidArguments",
            hint="See the documentation of the filter hardening_selection.",
        )
    host = dict(facts)
    missing = [name for name in ("package_source", "runc_version") if name not in host]
    if missing:
        raise Failure(
            "The facts of this host lack %s." % " and ".join(missing),
            code="InvalidFacts",
            hint="Give the kind of the engine's package source, and runc's version (null where it is not known).",
        )
    source, runc = host.pop("package_source"), host.pop("runc_version")
    known = selection.facts_of(host)
    picked = selection.select(tier, overrides.parse(layers, _day(today)), known)
    tuned = values.settings_of(settings)
    return {
        "tier": picked.tier,
        "controls": {name: _shown(name, choice) for name, choice in picked.controls.items()},
        "enabled": list(picked.enabled),
        "daemon_options": values.daemon_options(picked.enabled, tuned, known.engine),
        "findings": _findings(picked, {floors.ENGINE: known.engine, floors.RUNC: runc}, source),
    }


def _day(today: Any) -> datetime.date:
    if today is None:
        return datetime.datetime.now(datetime.timezone.utc).date()
    found = overrides.day_of(today)
    if found is None:
        raise Failure(
            "today is %r, expected a date such as 2026-12-31." % (today,),
            code="InvalidArguments",
            hint="Leave it out for the present day.",
        )
    return found


def _shown(name: str, choice: selection.Choice) -> Dict[str, Any]:
    control = BY_ID[name]
    return {
        "mode": choice.mode,
        "reason": choice.reason,
        "expires": choice.expires.isoformat() if choice.expires else None,
        "ticket": choice.ticket,
        "title": control.title,
        "layer": control.layer,
        "tier": control.tier,
        "severity": control.severity,
        "variable": control.variable,
        "cis_1_6": list(control.cis_1_6),
        "cis_1_8": list(control.cis_1_8),
    }


def _findings(picked: selection.Selection, versions: Mapping[str, Any], source: str) -> List[Dict[str, str]]:
    """What the selection tells, and versions below their floors unless that control is waived."""
    found = list(picked.findings)
    for component, version in versions.items():
        low = floors.judge(component, version, source)
        if low and picked.controls[low.control].mode in (AUDIT, ENFORCE):
            found.append(low)
    return [finding._asdict() for finding in found]
