# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What of a document may be shown, and how a secret that slipped into a text is taken out of it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Sequence, Set

from .documents import strings
from .errors import Failure

SECRET_KEYS = frozenset(
    ["adminPassword", "customData", "protectedSettings", "protectedParameters", "runAsPassword", "userData"]
)
# Shorter strings ("true", "2376", "443/tcp") occur everywhere: masking them blanks whole results and hides nothing.
SHORTEST_MASKED = 8
HIDDEN = "(hidden)"


def public(document: Any) -> Any:
    """The document without its secret parts, at any depth. The argument is not changed."""
    if isinstance(document, dict):
        return {name: public(value) for name, value in document.items() if name not in SECRET_KEYS}
    if isinstance(document, list):
        return [public(item) for item in document]
    return document


def withdraw(module: Any, *names: str) -> Dict[str, Any]:
    """The values of secret options, taken out of the module's parameters: results show HIDDEN in their place.

    Ansible hides each string of a secret option wherever it stands in a result. Of these it is told to leave alone the
    ones that are too short to be told from other text; with the option itself withdrawn, they stand nowhere else.
    """
    taken = {name: module.params[name] for name in names}
    for name, value in taken.items():
        if value not in (None, {}, [], ""):
            module.params[name] = HIDDEN
    _leave_short_words(module, names)
    return taken


def withdraw_items(module: Any, option: str, *names: str) -> List[Dict[str, Any]]:
    """As ``withdraw``, for the secret suboptions ``names`` of each item of a list: the items with their secrets."""
    taken = module.params[option]
    module.params[option] = [{**item, **{name: HIDDEN for name in names if item.get(name)}} for item in taken]
    _leave_short_words(module, ())
    return list(taken)


def _leave_short_words(module: Any, withdrawn: Sequence[str]) -> None:
    others = {
        str(module.params[name])
        for name, spec in module.argument_spec.items()
        if spec.get("no_log") and name not in withdrawn
    }
    short = {value for value in module.no_log_values if len(value) < SHORTEST_MASKED}
    module.no_log_values = module.no_log_values - (short - others)


def secrets_in(document: Any) -> List[str]:
    """The strings in a secret document that must not appear in any text, longest first."""
    found: Set[str] = set()
    for text in strings(document):
        found.update([text.strip()] + [line.strip() for line in text.splitlines()])
    return sorted((part for part in found if len(part) >= SHORTEST_MASKED), key=lambda part: (-len(part), part))


def masked(failure: Failure, secrets: Iterable[str]) -> Failure:
    """The failure without ``secrets``: Azure and handlers quote what was sent to them."""
    hidden = list(secrets)
    return failure.changed(message=mask(failure.message, hidden), details=mask(failure.details, hidden))


def mask(value: Any, secrets: Iterable[str]) -> Any:
    """The value with every one of ``secrets`` in its strings replaced."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, dict):
        return {name: mask(item, secrets) for name, item in value.items()}
    if isinstance(value, list):
        return [mask(item, secrets) for item in value]
    return value
