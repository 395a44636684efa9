# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""When two values in ARM documents mean the same, and what is asked for beside what others set. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Set

from .ids import id_key, normal_location

# Azure answers these with a casing of its own.
CASELESS = frozenset(
    [
        "access",
        "allocationMethod",
        "caching",
        "createOption",
        "deleteOption",
        "direction",
        "diskControllerType",
        "osType",
        "patchMode",
        "privateIPAddressVersion",
        "privateIPAllocationMethod",
        "protocol",
        "publicIPAddressVersion",
        "publicIPAllocationMethod",
        "publisher",
        "securityType",
        "storageAccountType",
        "tier",
        "vmSize",
    ]
)

# A policy or another team may add an identity of its own: what is asked for is there beside it.
IDENTITY_TYPE = "identity.type"
# {id of an identity: what Azure says of it}; the keys are ids, and an empty value still says that it is there.
USER_IDENTITIES = "identity.userAssignedIdentities"


def equal(place: str, desired: Any, current: Any) -> bool:
    """True if ``current`` holds what is ``desired`` at ``place`` (a path without "[key]" parts)."""
    if isinstance(desired, list) and isinstance(current, list):
        return len(desired) == len(current) and all(equal(place, want, have) for want, have in zip(desired, current))
    if desired in ([], {}) and current is None:
        return True
    if isinstance(desired, bool) or isinstance(current, bool):
        return desired is current
    if isinstance(desired, (str, int)) and isinstance(current, (str, int)):
        if place == IDENTITY_TYPE:
            return _kinds(desired) <= _kinds(current)
        return _text(place, desired) == _text(place, current)
    return bool(desired == current)


def united(place: str, desired: Any, current: Any) -> Any:
    """What to send for ``desired`` where ``current`` does not hold it."""
    if place != IDENTITY_TYPE or current is None:
        return desired
    both = _kinds(desired) | _kinds(current)
    return ", ".join(kind for kind in ("SystemAssigned", "UserAssigned") if kind.lower() in both)


def name_in(current: Optional[Mapping[str, Any]], name: str, place: str) -> str:
    """The key of ``current`` that means ``name``: ``name`` itself, but ids as keys come back in another casing."""
    if place == USER_IDENTITIES:
        for found in current or {}:
            if id_key(found) == id_key(name):
                return str(found)
    return name


def stands_empty(place: str) -> bool:
    """True if an empty object at ``place`` is asked for, and not only what is in it."""
    return place.startswith(USER_IDENTITIES + ".")


def _kinds(text: Any) -> Set[str]:
    """ "SystemAssigned, UserAssigned" as a set; "None" is none."""
    return {part.strip().lower() for part in str(text).split(",")} - {"none", ""}


def _text(place: str, value: Any) -> str:
    """Ports and priorities come from templates as text: ARM takes 22 for "22" and back."""
    last = place.rsplit(".", 1)[-1]
    text = str(value)
    if place == "location":
        return normal_location(text)
    if text.lower().startswith("/subscriptions/"):
        return id_key(text)
    if last == "keyData":
        return text.strip()
    return text.lower() if last in CASELESS or place == "sku.name" else text
