# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Why a key must be replaced: its type, its strength, its age. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

DAY = "%Y-%m-%d"


class Key(t.NamedTuple):
    """A key in use. key_type: "" where it is not known; weak: why it is below the bar; since: day of its first leaf."""

    sha256: str
    key_type: str = ""
    weak: str = ""
    since: t.Optional[str] = None


def key_of(found: HostFacts) -> t.Optional[Key]:
    """The key that a host is known to have, from its certificate, else its request, else its record; None for none.

    A key that was taken up before days were recorded counts from the certificate that is stored.
    """
    leaf, request = found.certificate, found.request
    if leaf:
        since = found.key_since if leaf.key_sha256 == found.recorded_key else None
        return Key(leaf.key_sha256, leaf.key_type, leaf.weak_key, since or leaf.not_before.strftime(DAY))
    if request and not request.fault:
        since = found.key_since if request.key_sha256 == found.recorded_key else None
        return Key(request.key_sha256, request.key_type, since=since)
    return Key(found.recorded_key, since=found.key_since) if found.recorded_key else None


def key_reasons(
    key: t.Optional[Key], key_type: t.Optional[str], limit_days: int, now: datetime.datetime
) -> t.Tuple[Reason, ...]:
    """Every reason to replace a key, which serves until then. key_type: None for any; limit_days: 0 for no limit."""
    if key is None:
        return ()
    reasons = []
    if key_type and key.key_type and key.key_type != key_type:
        reasons.append(Reason("key_type_differs", "its key is %s, expected %s" % (key.key_type, key_type), True))
    if key.weak:
        reasons.append(Reason("weak", key.weak, True))
    if limit_days and key.since and _age(key.since, now) >= limit_days:
        text = "its key is in use since %s, expected no longer than %d days" % (key.since, limit_days)
        reasons.append(Reason("key_too_old", text, True))
    return tuple(reasons)


def _age(since: str, now: datetime.datetime) -> int:
    return (now.date() - datetime.date(*(int(part) for part in since.split("-")))).days
