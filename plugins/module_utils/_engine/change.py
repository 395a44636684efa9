# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A single change with its reason."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing to do. ``action``: see ``apply.ACTIONS``; ``content`` is never a private key."""

    action: str
    target: str
    reason: str
    content: t.Optional[str] = None

    def __str__(self) -> str:
        return f"{self.action} {self.target}: {self.reason}"
