# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Which controls a host gets, and why. Pure: the day and the host's facts are arguments."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._azure.errors import Failure
from .catalogue import ALL
from .control import AUDIT, ENFORCE, FACTS, FOREIGN, LOW, NOT_APPLICABLE, TIERS, WAIVE, Control, Finding
from .overrides import Override
from .values import knows


class Facts(NamedTuple):
    """What is known of one host. ``has``: every name of FACTS and FOREIGN; ``engine``: the version, None if unknown."""

    has: Mapping[str, bool]
    engine: Optional[str]


class Choice(NamedTuple):
    """What is done with one control. ``reason`` says why where it is not simply the tier's; ``expires`` and ``ticket``
    are a waiver's."""

    mode: str
    reason: str = ""
    expires: Optional[datetime.date] = None
    ticket: str = ""


class Selection(NamedTuple):
    """One choice for each control, by its id in the order of the catalogue."""

    tier: str
    controls: Mapping[str, Choice]
    findings: Tuple[Finding, ...]

    @property
    def enabled(self) -> Tuple[str, ...]:
        """The ids of the controls that are enforced."""
        return tuple(name for name, choice in self.controls.items() if choice.mode == ENFORCE)


def facts_of(data: Mapping[str, Any]) -> Facts:
    """``{"engine_version": str | None, NAME: bool for each of FACTS and FOREIGN}``, checked. Raises Failure.

    A fact that is missing is an error and not "no": a misspelt one would switch controls off without a word.
    """
    names = {**FACTS, **FOREIGN}
    missing = ["%s is missing" % name for name in sorted({*names, "engine_version"} - set(data))]
    unknown = ["%s is unknown" % name for name in sorted(set(data) - {*names, "engine_version"})]
    wrong = [
        "%s is %r, expected true or false" % (name, data[name])
        for name in names
        if name in data and not isinstance(data[name], bool)
    ]
    version = data.get("engine_version")
    if version is not None and not isinstance(version, str):
        wrong.append("engine_version is %r, expected a text or null" % (version,))
    if missing or unknown or wrong:
        raise Failure(
            "The facts of this host are not valid: %s." % "; ".join(missing + unknown + wrong),
            code="InvalidFacts",
            hint="Give engine_version, and true or false for each of %s." % ", ".join(names),
        )
    return Facts({name: data[name] for name in names}, version or None)


def select(tier: str, overrides: Mapping[str, Override], facts: Facts) -> Selection:
    """The mode of each control. Raises Failure for a tier that does not exist.

    Overrides are as ``overrides.parse`` gives them: known controls, waivers that have a reason and have not expired.
    """
    if tier not in TIERS:
        raise Failure(
            "docker_hardening_tier is %r, expected one of %s." % (tier, ", ".join(TIERS)),
            code="InvalidTier",
            hint="Choose a tier; single controls are chosen with docker_hardening_controls.",
        )
    chosen: Dict[str, Choice] = {}
    findings: List[Finding] = []
    for control in ALL:
        override = overrides.get(control.id, Override())
        choice = _followed(control, _choose(control, tier, override, facts), chosen)
        chosen[control.id] = choice
        findings += _findings(control, override, choice)
    return Selection(tier, chosen, tuple(findings))


def _choose(control: Control, tier: str, override: Override, facts: Facts) -> Choice:
    """The mode of a control seen alone."""
    lacking = _lacking(control, facts)
    if lacking:
        return Choice(NOT_APPLICABLE, lacking)
    if override.mode == WAIVE:
        return Choice(WAIVE, override.reason, override.expires, override.ticket)
    if override.mode:
        return Choice(override.mode, override.reason)
    if TIERS.index(control.tier) > TIERS.index(tier):
        return Choice(NOT_APPLICABLE, "it belongs to the tier %s, and this host has %s" % (control.tier, tier))
    if control.yields_to and facts.has[control.yields_to]:
        return Choice(AUDIT, "%s; declare mode enforce to take it over" % FOREIGN[control.yields_to])
    if control.default_mode:
        return Choice(control.default_mode, "only audited unless mode enforce is declared: %s" % control.breaks)
    return Choice(control.kind)


def _lacking(control: Control, facts: Facts) -> str:
    """What this host lacks for a control; "" if nothing."""
    for requirement in control.requires:
        names = requirement.split(" or ")
        if not any(facts.has[name] for name in names):
            return "; ".join(FACTS[name] for name in names)
    if not knows(facts.engine, control.minimum_engine):
        found = "is %s" % facts.engine if facts.engine else "has no known version"
        return "the engine %s, and this takes %s or newer" % (found, control.minimum_engine)
    return ""


def _followed(control: Control, own: Choice, chosen: Mapping[str, Choice]) -> Choice:
    """With the mode of the controls that it needs: without the wrapper, nothing that the wrapper does is enforced."""
    for name in control.needs:
        needed = chosen[name]
        if own.mode == ENFORCE and needed.mode != ENFORCE:
            words = {AUDIT: "only audited", WAIVE: "waived", NOT_APPLICABLE: "not applicable"}[needed.mode]
            reason = "%s, which it needs, is %s%s" % (name, words, ": " + needed.reason if needed.reason else "")
            return needed._replace(reason=reason)
    return own


def _findings(control: Control, override: Override, choice: Choice) -> List[Finding]:
    """What somebody declared and does not get, and waivers that nothing ends."""
    if override.mode == ENFORCE and choice.mode != ENFORCE:
        text = "mode enforce is declared for %s, but it is %s: %s" % (control.id, choice.mode, choice.reason)
        return [Finding(control.id, control.severity, text)]
    if override.mode == WAIVE and choice.mode == WAIVE and choice.expires is None:
        return [Finding(control.id, LOW, "the waiver of %s never expires: give it a date (expires)" % control.id)]
    return []
