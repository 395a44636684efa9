# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Break-glass: for a limited time everything is judged and logged, and nothing refused or changed (pure).

The file is one line, "UNTIL REASON", UNTIL in seconds since 1970. It is root's alone and vanishes at a reboot.
"""

from __future__ import annotations

import typing as t

PATH = "/run/bulwark-azure-docker/break-glass"
LONGEST = 24 * 60 * 60  # seconds; a file that claims more was not made by bulwark-docker-break-glass


class BreakGlass(t.NamedTuple):
    until: int
    reason: str


def parse(content: t.Optional[str], now: float) -> t.Optional[BreakGlass]:
    """What holds at ``now``; None where there is no such file, none that can be read, or its time is over."""
    until, _space, reason = (content or "").strip().partition(" ")
    if not (until.isascii() and until.isdigit()) or not now < int(until) <= now + LONGEST:
        return None
    return BreakGlass(int(until), reason)
