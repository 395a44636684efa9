# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Versions of packages (pure)."""

from __future__ import annotations

import re
import typing as t

from .refusal import Refusal


def matches(version: str, wanted: t.Optional[str]) -> bool:
    """Whether an installed version satisfies the wanted one (exact, or a series ending at a dot, "+" or "-")."""
    if wanted is None:
        return True
    forms = (version, version.partition(":")[2])  # also without the epoch, which hardly a user knows
    return any(form == wanted or (form.startswith(wanted) and form[len(wanted)] in ".+-~") for form in forms)


def newest(wanted: str, available: t.Sequence[str]) -> str:
    """The first of ``available`` (newest first) that is ``wanted`` or begins with it. Raises Refusal if none."""
    for version in available:
        if matches(version, wanted):
            return version
    raise Refusal(
        f"engine version {wanted} is not available, found: {', '.join(available) or 'none'}; "
        "choose one of these or give no version"
    )


def numbers(version: str) -> t.Tuple[int, ...]:
    """The leading numbers, without the epoch: (28, 0, 1) of 5:28.0.1-1~debian.13~trixie."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    return tuple(int(number) for number in found.group(1).split(".")) if found else ()


def is_older(wanted: str, version: str) -> bool:
    """Whether ``wanted``, a version or a series, is before ``version``."""
    series = numbers(wanted)
    return series < numbers(version)[: len(series)]
