# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What is known of single handlers: rules that Azure checks late, or never. Data, and one function per kind of rule."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._azure.errors import Failure
from .desired import Desired

Settings = Mapping[str, Any]
Rule = Callable[[Settings, Settings], Optional[str]]
LONGEST_SCRIPT = 256 * 1024


class Handler(NamedTuple):
    """What is known of one handler. A rule gets public and protected settings and returns what is wrong, or None."""

    rules: Tuple[Rule, ...] = ()
    warning: Optional[str] = None


def _one_of(*names: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if public.get(name) or protected.get(name)]
        if len(found) == 1:
            return None
        return "give one of %s, found %s" % (" and ".join(names), " and ".join(found) or "none")

    return rule


def _not_in_both(*names: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if name in public and name in protected]
        return "in both settings and protected_settings: %s" % ", ".join(found) if found else None

    return rule


def _together(*names: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if protected.get(name)]
        return "give all or none of %s" % ", ".join(names) if found and len(found) < len(names) else None

    return rule


def _not_together(one: str, other: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        both = one in protected and other in protected
        return "%s and %s exclude each other" % (one, other) if both else None

    return rule


def _protected_only(*names: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        found = [name for name in names if name in public]
        return "secret, so it belongs in protected_settings: %s" % ", ".join(found) if found else None

    return rule


def _script(name: str) -> Rule:
    def rule(public: Settings, protected: Settings) -> Optional[str]:
        text = public.get(name, protected.get(name))
        if text is None:
            return None
        if not isinstance(text, str):
            return "%s is not a text" % name
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


HANDLERS: Dict[str, Handler] = {
    "microsoft.azure.extensions.customscript": Handler(
        rules=(
            _one_of("commandToExecute", "script"),
            _not_in_both("commandToExecute", "script", "fileUris"),
            _protected_only("storageAccountKey", "storageAccountName", "managedIdentity"),
            _together("storageAccountName", "storageAccountKey"),
            _not_together("storageAccountKey", "managedIdentity"),
            _script("script"),
        )
    ),
    "microsoft.azure.extensions.dockerextension": Handler(
        warning="the handler Microsoft.Azure.Extensions.DockerExtension was retired by Microsoft in November 2018; "
        "bulwark.azure_docker.docker_host replaces it"
    ),
}


def problems(desired: Desired) -> List[str]:
    """What is wrong with the settings, by the rules of the handler. Settings that are not given are not judged."""
    handler = HANDLERS.get(desired.handler().lower())
    if handler is None or (desired.settings is None and desired.protected_settings is None):
        return []
    found = [rule(desired.settings or {}, desired.protected_settings or {}) for rule in handler.rules]
    return [problem for problem in found if problem]


def warnings(desired: Desired) -> List[str]:
    """What the user should know about the handler."""
    handler = HANDLERS.get(desired.handler().lower())
    return [handler.warning] if handler and handler.warning else []


def check(desired: Desired) -> None:
    """Raise Failure that lists all problems."""
    found = problems(desired)
    if found:
        raise Failure(
            "The settings for %s are not valid: %s." % (desired.handler(), "; ".join(found)),
            code="InvalidSettings",
            hint="Correct settings and protected_settings.",
        )
