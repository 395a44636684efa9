# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Policy's rules, as far as this bed knows them: one condition on fields, then deny or modify (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import ArmError

PROVENANCE = {
    "rules: if with allOf, anyOf, not, field and equals, notEquals, in, notIn, exists, like": "docs",
    "rules: fields type, name, location, tags, tags['x'] and aliases into properties": "docs",
    "rules: then deny, or modify with operations on tags": "docs",
}
_TAG = re.compile(r"tags(?:\.|\[)'?([^'\]]+)'?\]?", re.IGNORECASE)


def _same(value: Any, wanted: Any) -> bool:
    return value is not None and str(value).lower() == str(wanted).lower()


def _like(value: Any, wanted: Any) -> bool:
    pattern = ".*".join(map(re.escape, str(wanted).split("*")))
    return value is not None and re.fullmatch(pattern, str(value), re.IGNORECASE) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "notEquals": lambda value, wanted: not _same(value, wanted),
    "in": lambda value, wanted: any(_same(value, one) for one in wanted),
    "notIn": lambda value, wanted: not any(_same(value, one) for one in wanted),
    "exists": lambda value, wanted: (value is not None) == (str(wanted).lower() == "true"),
    "like": _like,
}


def check(rule: Any) -> None:
    """Refuse a rule that could not be judged later."""
    if not isinstance(rule, dict) or not isinstance(rule.get("if"), dict) or not isinstance(rule.get("then"), dict):
        raise _invalid("it must have an 'if' and a 'then'")
    effect = str(rule["then"].get("effect", "")).lower()
    if effect not in ("deny", "modify", "disabled"):
        raise _invalid(f"the effect is '{effect}', this bed knows deny, modify and disabled")
    matches(rule["if"], {})
    if effect == "modify":
        with_tags({}, rule)


def _invalid(reason: str) -> ArmError:
    return ArmError(400, "InvalidPolicyRule", f"Failed to parse policy rule: {reason}.")


def value_of(field: str, resource: dict) -> Any:
    """Return the value of a field; `resource` is a document in ARM's shape with its type."""
    tag = _TAG.fullmatch(field)
    if tag:
        tags = resource.get("tags") or {}
        return next((value for name, value in tags.items() if name.lower() == tag[1].lower()), None)
    if "/" not in field:
        return resource.get(field)
    kind = str(resource.get("type", ""))
    if not field.lower().startswith(f"{kind.lower()}/"):
        return None
    value: Any = resource.get("properties")
    for word in field[len(kind) + 1 :].split("."):
        value = value.get(word) if isinstance(value, dict) else None
    return value


def matches(condition: dict, resource: dict) -> bool:
    """Say whether the condition holds for the resource."""
    if "allOf" in condition:
        return all(matches(one, resource) for one in condition["allOf"])
    if "anyOf" in condition:
        return any(matches(one, resource) for one in condition["anyOf"])
    if "not" in condition:
        return not matches(condition["not"], resource)
    operator = next((name for name in _OPERATORS if name in condition), None)
    if operator is None or not isinstance(condition.get("field"), str):
        raise _invalid(f"the condition {condition} needs a field and one of {', '.join(_OPERATORS)}")
    return _OPERATORS[operator](value_of(condition["field"], resource), condition[operator])


def evaluated(condition: dict, resource: dict) -> list[dict]:
    """Return the expressions that were evaluated, as a refusal lists them."""
    inner = condition.get("allOf") or condition.get("anyOf") or ([condition["not"]] if "not" in condition else None)
    if inner is not None:
        return [entry for one in inner for entry in evaluated(one, resource)]
    operator = next(name for name in _OPERATORS if name in condition)
    entry = {
        "result": str(matches(condition, resource)), "expressionKind": "Field", "expression": condition["field"],
        "path": condition["field"], "targetValue": condition[operator],
        "operator": operator[0].upper() + operator[1:],
    }  # fmt: skip
    value = value_of(condition["field"], resource)
    return [entry if value is None else {**entry, "expressionValue": value}]


def with_tags(tags: dict, rule: dict) -> dict:
    """Return the tags after the operations of a modify effect."""
    result = dict(tags)
    for operation in (rule["then"].get("details") or {}).get("operations") or ():
        tag = _TAG.fullmatch(str(operation.get("field", "")))
        action = str(operation.get("operation", "")).lower()
        if tag is None or action not in ("add", "addorreplace", "remove"):
            raise _invalid(f"the operation {operation} is none of add, addOrReplace and remove on a tag")
        if action == "remove":
            result.pop(tag[1], None)
        elif action == "addorreplace" or tag[1] not in result:
            result[tag[1]] = operation["value"]
    return result
