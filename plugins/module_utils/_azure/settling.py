# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Operations that an earlier run, or somebody else, has begun: their end is waited for before anything is judged.

A controller that is killed leaves its operations to Azure, which goes on with them. While one is under way, documents
show what was asked for and not what came of it.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .errors import Failure
from .session import Session

IN_PROGRESS = frozenset(["creating", "updating", "deleting", "migrating"])
POLL_SECONDS = 10.0


def in_progress(state: Optional[str]) -> bool:
    """True for a provisioningState of an operation that has not ended."""
    return str(state or "").lower() in IN_PROGRESS


def settled(
    session: Session,
    what: str,
    document: Any,
    state: Callable[[Any], Optional[str]],
    observe: Callable[[], Any],
) -> Any:
    """``document``, or as soon as ``state(document)`` tells of no operation any more, what ``observe()`` then gives.

    Raises Failure (code "OperationInProgress") when that takes longer than the session's timeout.
    """
    end = session.clock() + session.timeout
    while in_progress(state(document)):
        if session.clock() + POLL_SECONDS > end:
            raise Failure(
                "%s is still %s after %d seconds, expected the operation of somebody else, or of a run that was ended, "
                "to come to its end." % (what, state(document), session.timeout),
                code="OperationInProgress",
                hint="Wait for that operation and run again, or give a larger timeout.",
            )
        session.sleep(POLL_SECONDS)
        document = observe()
    return document
