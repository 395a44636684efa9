# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fault rule: which requests it matches, which of these meet the fault, and which fault that is."""

from __future__ import annotations

import fnmatch
import uuid
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("status", "drop", "operation", "stale", "delay")
_METHODS = ("*", "GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
# What a fault needs to have a meaning: an operation starts only with a write, a resource ages only by its own change.
_APPLIES_TO = {"operation": ("PUT", "PATCH", "POST", "DELETE"), "stale": ("PUT", "PATCH", "DELETE")}
_OPTIONAL = {"message": str, "headers": dict, "details": list, "inner_code": str}


@dataclass
class Rule:
    """`seen` counts the requests that matched, `fired` those that met the fault. `path` is a pattern without case."""

    then: dict
    method: str = "*"
    path: str = "*"
    nth: int = 1
    times: int = 1
    every: bool = False
    id: str = ""
    seen: int = 0
    fired: int = 0

    @classmethod
    def parse(cls, document: Any) -> Rule:
        """Return the rule that a client describes; ValueError says what is wrong with it."""
        if not isinstance(document, dict):
            raise ValueError(f"found {document!r}, expected a rule: an object with method, path, nth, times and then")
        allowed = ("method", "path", "nth", "times", "every", "then")
        unknown = sorted(set(document) - set(allowed))
        if unknown:
            raise ValueError(f"found {unknown[0]!r} in a rule, expected one of {', '.join(allowed)}")
        rule = cls(**{"then": None, **document}, id=uuid.uuid4().hex[:8])
        if not isinstance(rule.method, str) or rule.method.upper() not in _METHODS:
            raise ValueError(f"found method {rule.method!r}, expected one of {', '.join(_METHODS)}")
        rule.method = rule.method.upper()
        if not isinstance(rule.path, str) or not rule.path.startswith(("/", "*")):
            raise ValueError(f"found path {rule.path!r}, expected a pattern that begins with / or *")
        for name in ("nth", "times"):
            if not _is_whole(getattr(rule, name)) or getattr(rule, name) < 1:
                raise ValueError(f"found {name} {getattr(rule, name)!r}, expected a whole number from 1 on")
        if not isinstance(rule.every, bool):
            raise ValueError(f"found every {rule.every!r}, expected true or false")
        rule.then = _then(rule.then)
        if rule.method not in ("*", *_APPLIES_TO.get(rule.kind, _METHODS)):
            expected = ", ".join(("*", *_APPLIES_TO[rule.kind]))
            raise ValueError(f"found method {rule.method!r} for the fault {rule.kind!r}, expected one of {expected}")
        return rule

    @classmethod
    def load(cls, entry: dict) -> Rule:
        """Return a rule that was stored with its counts."""
        return cls(**{field.name: entry[field.name] for field in fields(cls)})

    @property
    def kind(self) -> str:
        """What the fault is."""
        return next(name for name in KINDS if name in self.then)

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is of those that the rule counts."""
        wanted = self.method in ("*", method) and method in _APPLIES_TO.get(self.kind, _METHODS)
        return wanted and fnmatch.fnmatchcase(path.rstrip("/").lower(), self.path.rstrip("/").lower())

    def count(self) -> bool:
        """Count a request that matches and say whether it is one that shall meet the fault."""
        self.seen += 1
        return self.seen >= self.nth and (self.every or self.seen < self.nth + self.times)


def _then(then: Any) -> dict:
    """Check the fault itself and return it in its full form."""
    found = [name for name in KINDS if isinstance(then, dict) and name in then]
    if len(found) != 1:
        raise ValueError(f"found then {then!r}, expected an object with exactly one of {', '.join(KINDS)}")
    kind = found[0]
    unknown = sorted(set(then) - ({kind} if kind != "status" else {"status", "code", *_OPTIONAL}))
    if unknown:
        raise ValueError(f"found {unknown[0]!r} beside {kind!r} in then, which it has no use for")
    return {"status": _status, "drop": _drop, "operation": _operation, "stale": _seconds, "delay": _seconds}[kind](then)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _status(then: dict) -> dict:
    if not _is_whole(then["status"]) or not 200 <= then["status"] <= 599:
        raise ValueError(f"found status {then['status']!r}, expected a number from 200 to 599")
    if not isinstance(then.get("code"), str):
        raise ValueError(f"found code {then.get('code')!r}, expected the code of the error, such as 'Conflict'")
    for name, kind in _OPTIONAL.items():
        if name in then and not isinstance(then[name], kind):
            raise ValueError(f"found {name} {then[name]!r}, expected a {kind.__name__}")
    return then


def _drop(then: dict) -> dict:
    if then["drop"] not in (True, "before", "after"):
        raise ValueError(f"found drop {then['drop']!r}, expected true, 'before' or 'after'")
    return {"drop": "after" if then["drop"] == "after" else "before"}


def _operation(then: dict) -> dict:
    error = then["operation"]
    good = isinstance(error, dict) and set(error) == {"code", "message"}
    if not good or not all(isinstance(text, str) for text in error.values()):
        raise ValueError(f"found operation {error!r}, expected an object with the texts code and message")
    return then


def _seconds(then: dict) -> dict:
    for name, value in then.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3600:
            raise ValueError(f"found {name} {value!r}, expected seconds, more than 0 and at most 3600")
    return then
