# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Kinds of values in handlers' settings. A kind gets a path and a value and returns what is wrong, one text each.

A text never quotes the value: it may be a secret.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional

Kind = Callable[[str, Any], List[str]]


def text(path: str, value: Any) -> List[str]:
    """A string."""
    return [] if isinstance(value, str) else ["%s is %s, expected a text" % (path, _named(value))]


def flag(path: str, value: Any) -> List[str]:
    """A JSON boolean. Handlers take every string for true, "false" too."""
    return [] if isinstance(value, bool) else ["%s is %s, expected true or false" % (path, _named(value))]


def anything(path: str, value: Any) -> List[str]:
    """Whatever the handler takes."""
    return []


def secret(path: str, value: Any) -> List[str]:
    """A key that everybody could read here."""
    return ["%s is secret, so it belongs in protected_settings" % path]


def unread(path: str, value: Any) -> List[str]:
    """A key that the handler looks for among the public settings only."""
    return ["%s belongs in settings: the handler does not look for it here" % path]


def whole(low: Optional[int] = None, high: Optional[int] = None) -> Kind:
    """An integer between two bounds."""

    def kind(path: str, value: Any) -> List[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            return ["%s is %s, expected a whole number" % (path, _named(value))]
        if (low is not None and value < low) or (high is not None and value > high):
            return ["%s is %d, expected %s to %s" % (path, value, low, high if high is not None else "any")]
        return []

    return kind


def choice(*names: str) -> Kind:
    """One of some words."""

    def kind(path: str, value: Any) -> List[str]:
        return [] if value in names else ["%s is %r, expected one of %s" % (path, value, ", ".join(names))]

    return kind


def either(*kinds: Kind) -> Kind:
    """A value that one of the kinds takes; the first one says what is wrong."""

    def kind(path: str, value: Any) -> List[str]:
        found = [one(path, value) for one in kinds]
        return [] if any(not problems for problems in found) else found[0]

    return kind


def items(of: Kind) -> Kind:
    """A list."""

    def kind(path: str, value: Any) -> List[str]:
        if not isinstance(value, list):
            return ["%s is %s, expected a list" % (path, _named(value))]
        return [problem for index, item in enumerate(value) for problem in of("%s[%d]" % (path, index), item)]

    return kind


def mapping(fields: Mapping[str, Kind], closed: bool = True, required: Any = ()) -> Kind:
    """A dictionary. ``closed``: the handler knows no other keys than these."""

    def kind(path: str, value: Any) -> List[str]:
        if not isinstance(value, Mapping):
            return ["%s is %s, expected a dictionary" % (path, _named(value))]
        found = ["%s.%s is missing" % (path, name) for name in required if name not in value]
        for name, item in value.items():
            if name in fields:
                found += fields[name]("%s.%s" % (path, name), item)
            elif closed:
                found.append("%s.%s is unknown, expected %s" % (path, name, ", ".join(sorted(fields)) or "nothing"))
        return found

    return kind


def _named(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a dictionary"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
