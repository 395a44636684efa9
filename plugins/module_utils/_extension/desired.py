# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a user wants of one extension."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional


class Desired(NamedTuple):
    """An extension as declared. None means "as it is"; ``name`` None means "the one of this handler, else its type".

    ``version`` is "Major.Minor". ``protected_settings`` None and {} differ: only {} says that there are none.
    ``rerun`` makes the handler run again although nothing differs.
    """

    name: Optional[str] = None
    publisher: Optional[str] = None
    type: Optional[str] = None
    version: Optional[str] = None
    settings: Optional[Dict[str, Any]] = None
    protected_settings: Optional[Dict[str, Any]] = None
    auto_upgrade_minor_version: Optional[bool] = None
    enable_automatic_upgrade: Optional[bool] = None
    force_update_tag: Optional[str] = None
    on_unknown_secret: str = "keep"
    state: str = "present"
    rerun: bool = False

    def handler(self) -> str:
        """Publisher and type as instance views write them."""
        return "%s.%s" % (self.publisher, self.type)
