# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""When leaves and keys fall due, spread so that a fleet of one day does not fall due on one day. Pure."""

from __future__ import annotations

import datetime
import hashlib
import typing as t


class Spread(t.NamedTuple):
    """By how many days at most things fall due earlier. The same site, name and days always give the same day."""

    site: str
    days: int

    def of(self, name: str, room: int) -> int:
        """The whole days by which this name is early. room: days there are; no more than half of them is used.

        So a certificate never falls due soon after it was issued, however short it lives.
        """
        most = max(0, min(self.days, room // 2))
        digest = hashlib.sha256(("%s\0%s" % (self.site, name)).encode("utf-8")).digest()
        return int.from_bytes(digest[:8], "big") % (most + 1)


def renew_before(valid_days: int, renew_before_days: int, spread: Spread, name: str) -> datetime.timedelta:
    """How long before its end a leaf is renewed: renew_before_days and the spread, or in its last third where it does
    not live that long."""
    if renew_before_days < valid_days:
        early = spread.of(name, valid_days - renew_before_days)
        return datetime.timedelta(days=renew_before_days + early)
    return datetime.timedelta(days=valid_days) / 3


def key_age_limit(max_age_days: int, spread: Spread, name: str) -> int:
    """The age in days at which a key is replaced, 0 for never."""
    return max_age_days - spread.of(name, max_age_days) if max_age_days else 0
