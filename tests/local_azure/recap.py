# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the recap that ansible-playbook prints at its end."""

from __future__ import annotations

import re
from typing import NamedTuple

LINE = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


class Recap(NamedTuple):
    """How many tasks of one host ended in which way."""

    ok: int
    changed: int
    unreachable: int
    failed: int


def recap(output: str) -> dict[str, Recap]:
    """The recap by host; empty where ansible-playbook ended before it."""
    return {host: Recap(*map(int, numbers)) for host, *numbers in LINE.findall(output)}
