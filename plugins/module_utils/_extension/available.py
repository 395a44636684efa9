# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Which handlers, and which versions of them, can be had at a location."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .._azure.errors import Failure
from .._azure.fleet import each
from .._azure.session import Session
from .catalogue import warnings
from .desired import Desired
from .observed import numbers


def handlers(
    session: Session, subscription: str, location: str, publisher: str, kind: Optional[str], concurrency: int
) -> List[Dict[str, Any]]:
    """[{publisher, type, versions (oldest first), warnings}] of a publisher, or of one type of it. Raises Failure."""
    base = (
        "/subscriptions/%s/providers/Microsoft.Compute/locations/%s/publishers/%s/artifacttypes/vmextension/types"
        % (
            subscription,
            location,
            publisher,
        )
    )
    kinds = [kind] if kind else sorted(item["name"] for item in session.list(base))
    found = each(kinds, lambda name: session.list("%s/%s/versions" % (base, name)), concurrency)
    return [_handler(publisher, name, versions) for name, versions in found.items()]


def _handler(publisher: str, kind: str, versions: Any) -> Dict[str, Any]:
    if isinstance(versions, Failure):
        raise versions
    return {
        "publisher": publisher,
        "type": kind,
        "versions": sorted((item["name"] for item in versions), key=numbers),
        "warnings": warnings(Desired(publisher=publisher, type=kind)),
    }
