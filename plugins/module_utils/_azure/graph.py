# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Azure Resource Graph: one query over many subscriptions. What it answers is minutes behind."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Sequence

from .errors import Failure
from .session import Session

# Azure's own limits, per page and per request.
PAGE = 1000
SUBSCRIPTIONS = 1000
REMAINING, RESETS_AFTER = "x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"
# The length of Azure's window, for an answer that does not say how long to wait.
WINDOW_SECONDS = 5


def query(session: Session, subscriptions: Sequence[str], text: str) -> List[Dict[str, Any]]:
    """All rows that a query (KQL) finds in the subscriptions; none given means all that the identity may read.

    A query must project a column that tells the rows apart (id), or Azure cannot give them page by page. Raises
    Failure, also when Azure kept rows back or its quota would not refill within the session's timeout.
    """
    return [row for scope in _scopes(subscriptions) for page in _pages(session, scope, text) for row in page]


def text_literal(value: str) -> str:
    """``value`` as a string of the query language."""
    return "'%s'" % value.replace("\\", "\\\\").replace("'", "\\'")


def _scopes(subscriptions: Sequence[str]) -> List[Dict[str, Any]]:
    batches = [subscriptions[start : start + SUBSCRIPTIONS] for start in range(0, len(subscriptions), SUBSCRIPTIONS)]
    return [{"subscriptions": list(batch)} for batch in batches] or [{}]


def _pages(session: Session, scope: Mapping[str, Any], text: str) -> Iterator[List[Dict[str, Any]]]:
    options: Dict[str, Any] = {"$top": PAGE, "resultFormat": "objectArray"}
    while True:
        page = _page(session, {**scope, "query": text, "options": options})
        yield page.get("data") or []
        token = page.get("$skipToken")
        if not token and str(page.get("resultTruncated")).lower() == "true":
            raise _truncated(page)
        if not token:
            return
        options = {**options, "$skipToken": token}


def _page(session: Session, body: Mapping[str, Any]) -> Dict[str, Any]:
    """One page; waits where the quota is used up, be it before the answer or for the next query."""
    end = session.clock() + session.timeout
    while True:
        page, headers = session.query(body)
        if page is None or headers.get(REMAINING) == "0":
            _wait(session, _seconds(headers.get(RESETS_AFTER) or ""), end)
        if page is not None:
            return page


def _wait(session: Session, seconds: int, end: float) -> None:
    if session.clock() + seconds > end:
        raise Failure(
            "Azure Resource Graph takes the next query in %d seconds, expected one within %d seconds (timeout)."
            % (seconds, session.timeout),
            code="QuotaExhausted",
            hint="Run again later, or give a larger timeout.",
        )
    session.sleep(seconds)


def _seconds(text: str) -> int:
    """The seconds in "hh:mm:ss", at least one."""
    found = re.match(r"(\d+):(\d+):(\d+)", text)
    if not found:
        return WINDOW_SECONDS
    hours, minutes, seconds = (int(part) for part in found.groups())
    return max(1, 3600 * hours + 60 * minutes + seconds)


def _truncated(page: Mapping[str, Any]) -> Failure:
    return Failure(
        "Azure Resource Graph found %s rows and gave %s, without a way to the rest."
        % (page.get("totalRecords"), page.get("count")),
        code="ResultTruncated",
        hint="Ask for less: fewer subscriptions, or one site.",
    )
