# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of an extension, and the number by which its handler knows whether to run again (pure)."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from typing import Any

from .. import errors

PROVENANCE = {
    "autoUpgradeMinorVersion filled in as false, the rest echoed only if sent": "recorded",
    "settings are replaced; a PUT may omit type": "recorded",
    "protectedSettings are never answered": "recorded",
    "a PUT without protectedSettings drops them, a PATCH keeps them": "inferred",
    "publisher and type are fixed: 400 PropertyChangeNotAllowed": "inferred",
    "forceUpdateTag must be a string": "inferred",
    "the sequence number goes up only with settings, protected settings or forceUpdateTag": "inferred",
    "protectedSettingsFromKeyVault is refused": "inferred",
}
_ECHOED = (
    "autoUpgradeMinorVersion", "forceUpdateTag", "enableAutomaticUpgrade", "suppressFailures", "settings",
    "provisionAfterExtensions",
)  # fmt: skip
_TYPES = {
    "publisher": str, "type": str, "typeHandlerVersion": str, "forceUpdateTag": str, "settings": dict,
    "protectedSettings": dict, "autoUpgradeMinorVersion": bool, "enableAutomaticUpgrade": bool,
    "suppressFailures": bool, "provisionAfterExtensions": list,
}  # fmt: skip


def check_types(given: dict) -> None:
    """Refuse a body whose properties have other types than the definition says."""
    for name, kind in _TYPES.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise errors.invalid_content(f"Error converting value of property '{name}' to type '{kind.__name__}'.")
    if given.get("protectedSettingsFromKeyVault") is not None:
        text = "The local Azure has no key vault: use protectedSettings in place of protectedSettingsFromKeyVault."
        raise errors.invalid_parameter(text, "protectedSettingsFromKeyVault")


def properties(given: dict, old: dict | None, keep: bool) -> dict:
    """Return the properties of an extension, without its state. `keep`: what is not named stays (PATCH)."""
    result: dict[str, Any] = {"autoUpgradeMinorVersion": False}
    source = {**old, **given} if keep and old else given
    for name in _ECHOED:
        if source.get(name) is not None:
            result[name] = copy.deepcopy(source[name])
    for name in ("publisher", "type", "typeHandlerVersion"):
        value = given.get(name)
        if old is not None and name != "typeHandlerVersion" and value and value.lower() != old[name].lower():
            raise errors.property_change(name, status=400)
        result[name] = value or (old or {}).get(name)
        if not result[name]:
            raise errors.missing_parameter(name)
    return result


def digest(key: str, document: dict, protected: dict | None) -> dict[str, str]:
    """Return keyed digests of what a handler is configured with: {"public": .., "protected": ..}."""
    public = [document.get("settings"), document.get("forceUpdateTag")]
    return {"public": _hmac(key, public), "protected": "" if protected is None else _hmac(key, protected)}


def _hmac(key: str, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def next_sequence(last: int | None, same: bool) -> int:
    """Return the sequence number. `last` is the handler's last one on this machine, `same` that nothing changed."""
    if last is None:
        return 0
    return last if same else last + 1
