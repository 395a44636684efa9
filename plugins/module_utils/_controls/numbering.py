# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Numbers of the CIS Docker Benchmark: 1.8 put one statement in, as 2.7, and moved those after it."""

from __future__ import annotations

ADDED_IN_1_8 = "2.7"


def to_1_8(number: str) -> str:
    """The number in 1.8 of a statement that has ``number`` in 1.6."""
    section, _dot, statement = number.partition(".")
    if section == "2" and int(statement) >= 7:
        return "2.%d" % (int(statement) + 1)
    return number
