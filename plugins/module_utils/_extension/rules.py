# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Rules between settings of one handler. A rule gets public and protected settings: what is wrong, or None."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Callable, List, Mapping, Optional

Settings = Mapping[str, Any]
Rule = Callable[[Settings, Settings], Optional[str]]
LONGEST_SCRIPT = 256 * 1024


def exactly_one(*names: str) -> Rule:
    """One of some settings, in either place."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if public.get(name) or protected.get(name)]
        if len(found) == 1:
            return None
        return "give one of %s, found %s" % (" and ".join(names), " and ".join(found) or "none")

    return rule


def not_in_both(*names: str) -> Rule:
    """A setting is public or protected."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if name in public and name in protected]
        return "in both settings and protected_settings: %s" % ", ".join(found) if found else None

    return rule


def together(*names: str) -> Rule:
    """All of some settings or none."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = _set(names, public, protected)
        return "give all or none of %s" % ", ".join(names) if found and len(found) < len(names) else None

    return rule


def excludes(one: str, *others: str) -> Rule:
    """A setting that stands alone."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = _set(others, public, protected)
        return "%s and %s exclude each other" % (one, found[0]) if found and _set([one], public, protected) else None

    return rule


def needs(one: str, other: str) -> Rule:
    """A setting that makes no sense without another one."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        missing = _set([one], public, protected) and not _set([other], public, protected)
        return "%s needs %s" % (one, other) if missing else None

    return rule


def script(name: str) -> Rule:
    """A script in base64: the handler reports success without running one that it cannot decode."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        text = public.get(name, protected.get(name))
        if not isinstance(text, str):
            return None
        if len(text) > LONGEST_SCRIPT:
            return "%s has %d characters in base64, more than %d: compress it with gzip" % (
                name,
                len(text),
                LONGEST_SCRIPT,
            )
        try:
            base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return "%s is not base64; use the filter b64encode" % name
        return None

    return rule


def product_at_most(one: str, other: str, defaults: Mapping[str, int], most: int) -> Rule:
    """Two public numbers whose product is limited."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        values = [public.get(name, defaults[name]) for name in (one, other)]
        if not all(isinstance(value, int) for value in values) or values[0] * values[1] <= most:
            return None
        return "%s times %s is %d, expected at most %d" % (one, other, values[0] * values[1], most)

    return rule


def when(name: str, value: str, needed: Any = (), forbidden: Any = ()) -> Rule:
    """What a value of one public setting means for the others."""

    def rule(public: Settings, protected: Settings) -> Optional[str]:
        if public.get(name) != value:
            return None
        missing = [other for other in needed if other not in public]
        if missing:
            return "%s %s needs %s" % (name, value, ", ".join(missing))
        found = [other for other in forbidden if other in public]
        return "%s %s takes no %s" % (name, value, ", ".join(found)) if found else None

    return rule


def _set(names: Any, public: Settings, protected: Settings) -> List[str]:
    empty = (None, "", False)
    found = []
    for name in names:
        if any(name in place and place[name] not in empty for place in (public, protected)):
            found.append(name)
    return found
