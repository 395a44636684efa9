# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Which distribution this machine runs."""

from __future__ import annotations

import typing as t

from . import system


def os_release(text: str) -> t.Dict[str, str]:
    """Fields of /etc/os-release; lines that are no assignment are passed over."""
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            fields[name] = value.strip().strip("\"'")
    return fields


def look() -> t.Dict[str, str]:
    return os_release(system.read("/etc/os-release") or "")


def names(release: t.Mapping[str, str]) -> t.Tuple[str, ...]:
    """The distribution's id and those that it is like, the nearest first."""
    return (release.get("ID", "unknown"), *release.get("ID_LIKE", "").split())
