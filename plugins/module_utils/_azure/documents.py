# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Pure functions over ARM's JSON: the difference of two documents, their merge, and (from ids.py) ids and locations.

Null in a desired document means "must be absent"; a key that is left out means "as it is".
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .equality import equal, name_in, stands_empty, united
from .ids import GROUP_TYPE, ResourceId, id_key, normal_location, parse_id, same_id

__all__ = [
    "GROUP_TYPE",
    "Difference",
    "ResourceId",
    "difference",
    "id_key",
    "merge",
    "normal_location",
    "parse_id",
    "same_id",
    "strings",
]

# What tells the items of a list apart, where it is not their name. By the last segment of the list's path.
LIST_KEYS = {"networkInterfaces": "id", "dataDisks": "lun", "publicKeys": "path"}


class Difference(NamedTuple):
    """One place where documents differ: ``path`` like "properties.securityRules[ssh].properties.priority"."""

    path: str
    before: Any
    after: Any


class _Rules(NamedTuple):
    list_keys: Mapping[str, str]
    ignore: Sequence[str]
    exclusive: Sequence[str]


def difference(
    desired: Mapping[str, Any],
    current: Mapping[str, Any],
    list_keys: Optional[Mapping[str, str]] = None,
    ignore: Sequence[str] = (),
    exclusive: Sequence[str] = (),
) -> List[Difference]:
    """Where ``current`` does not hold what ``desired`` asks for. What is not asked for never differs.

    Lists of objects are compared item by item: items with the same key (``name``, unless ``list_keys`` says otherwise
    for the path of the list) belong together, and further items in ``current`` count only in lists in ``exclusive``.
    Lists of scalars are compared as a whole. ``ignore`` holds paths that are skipped. Paths have no "[key]" parts.
    """
    return _differ("", desired, current, _Rules(list_keys or {}, ignore, exclusive))


def merge(
    current: Mapping[str, Any],
    desired: Mapping[str, Any],
    list_keys: Optional[Mapping[str, str]] = None,
    exclusive: Sequence[str] = (),
) -> Dict[str, Any]:
    """``current`` with everything that ``desired`` asks for, by the rules of ``difference``; neither is changed."""
    return _merge("", current, desired, _Rules(list_keys or {}, (), exclusive))


def strings(document: Any) -> Iterable[str]:
    """Every string value in a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from strings(value)
    elif isinstance(document, (list, tuple)):
        for value in document:
            yield from strings(value)


def _differ(path: str, desired: Any, current: Any, rules: _Rules) -> List[Difference]:
    place = _plain(path)
    if place in rules.ignore:
        return []
    if isinstance(desired, Mapping) and (current is None or isinstance(current, Mapping)):
        if current is None and stands_empty(place):
            return [Difference(path, None, desired)]
        found: List[Difference] = []
        for name, value in desired.items():
            found += _differ(_join(path, name), value, (current or {}).get(name_in(current, name, place)), rules)
        return found
    if _are_items(desired, current):
        return _differ_items(path, desired, current or [], rules)
    return [] if equal(place, desired, current) else [Difference(path, current, desired)]


def _differ_items(path: str, desired: List[Any], current: List[Any], rules: _Rules) -> List[Difference]:
    place = _plain(path)
    key = _list_key(place, desired, current, rules)
    if key is None:
        if len(desired) != len(current):
            return [Difference(path, current, desired)]
        pairs = [(str(index), want, have) for index, (want, have) in enumerate(zip(desired, current))]
        foreign: List[Tuple[str, Any]] = []
    else:
        pairs, foreign = _pair(desired, current, key)
    found: List[Difference] = []
    for name, want, have in pairs:
        spot = "%s[%s]" % (path, name)
        found += [Difference(spot, None, want)] if have is None else _differ(spot, want, have, rules)
    if place in rules.exclusive:
        found += [Difference("%s[%s]" % (path, name), have, None) for name, have in foreign]
    return found


def _merge(path: str, current: Any, desired: Any, rules: _Rules) -> Any:
    place = _plain(path)
    if isinstance(desired, Mapping):
        merged = dict(current) if isinstance(current, Mapping) else {}
        for name, value in desired.items():
            name = name_in(merged, name, place)
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = _merge(_join(path, name), merged.get(name), value, rules)
        return merged
    if _are_items(desired, current):
        return _merge_items(path, current or [], desired, rules)
    return current if current is not None and equal(place, desired, current) else united(place, desired, current)


def _merge_items(path: str, current: List[Any], desired: List[Any], rules: _Rules) -> List[Any]:
    place = _plain(path)
    key = _list_key(place, desired, current, rules)
    if key is None:
        pairs = list(zip(desired, current)) if len(desired) == len(current) else [(want, None) for want in desired]
        return [_merge(path, have, want, rules) for want, have in pairs]
    wanted = {_key_text(item.get(key)): item for item in desired}
    merged = []
    for have in current:
        want = wanted.pop(_key_text(have.get(key)), None)
        if want is not None:
            merged.append(_merge(path, have, {**want, key: have.get(key)}, rules))
        elif place not in rules.exclusive:
            merged.append(have)
    return merged + [_merge(path, None, want, rules) for want in wanted.values()]


def _pair(desired: List[Any], current: List[Any], key: str) -> Tuple[List[Tuple[str, Any, Any]], List[Tuple[str, Any]]]:
    present = {_key_text(item.get(key)): item for item in current}
    wanted = [_key_text(item.get(key)) for item in desired]
    pairs = []
    for text, item in zip(wanted, desired):
        have = present.get(text)
        # The key has matched; its casing is no difference.
        pairs.append((str(item.get(key)), item if have is None else {**item, key: have.get(key)}, have))
    foreign = [(str(item.get(key)), item) for item in current if _key_text(item.get(key)) not in wanted]
    return pairs, foreign


def _are_items(desired: Any, current: Any) -> bool:
    if not isinstance(desired, list) or not (current is None or isinstance(current, list)):
        return False
    both = desired + (current or [])
    return bool(both) and all(isinstance(item, Mapping) for item in both)


def _list_key(place: str, desired: List[Any], current: List[Any], rules: _Rules) -> Optional[str]:
    """The key that tells the items of both lists apart; None if there is none, so that their position has to."""
    chosen = rules.list_keys.get(place) or LIST_KEYS.get(place.rsplit(".", 1)[-1])
    for key in [chosen] if chosen else ["name", "id"]:
        if _tells_apart(key, desired) and _tells_apart(key, current):
            return key
    return None


def _tells_apart(key: str, items: List[Any]) -> bool:
    values = {_key_text(item[key]) for item in items if item.get(key) is not None}
    return len(values) == len(items)


def _key_text(value: Any) -> str:
    return str(value).lower()


def _join(path: str, name: str) -> str:
    return "%s.%s" % (path, name) if path else name


def _plain(path: str) -> str:
    """The path without its "[key]" parts; keys may hold dots and brackets, so count the brackets."""
    if "[" not in path:
        return path
    depth, kept = 0, []
    for sign in path:
        depth += sign == "["
        if not depth:
            kept.append(sign)
        depth -= sign == "]"
    return "".join(kept)
