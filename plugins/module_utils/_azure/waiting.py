# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Waiting for long-running operations, and for whoever holds the resource at the moment."""

from __future__ import annotations

import time
from typing import Any, Callable

from .errors import Failure

# Azure refuses these at once and takes them a little later.
RETRYABLE = frozenset(["AnotherOperationInProgress", "Conflict", "OperationPreempted", "RetryableError"])
RETRY_SECONDS = 10.0
ATTEMPTS = 6


def finish(result: Any, timeout: float, doing: str) -> Any:
    """The result of an SDK call: waits for a poller at most ``timeout`` seconds, passes anything else through.

    Raises Failure (code "OperationTimedOut") when the operation is still under way then.
    """
    if not hasattr(result, "polling_method"):
        return result
    result.wait(timeout)
    if not result.done():
        raise Failure(
            "%s was still under way after %d seconds (status: %s)." % (doing, timeout, result.status()),
            code="OperationTimedOut",
            hint="Azure goes on with it: run again later to see how it ended, or give a larger timeout.",
        )
    return result.result()


def with_patience(
    attempt: Callable[[float], Any],
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Any] = time.sleep,
) -> Any:
    """``attempt(seconds left)``, again after a pause while Azure says that another operation is in its way."""
    end = clock() + timeout
    for remaining in range(ATTEMPTS - 1, -1, -1):
        try:
            return attempt(max(1.0, end - clock()))
        except Failure as failure:
            if not remaining or not is_retryable(failure) or clock() + RETRY_SECONDS >= end:
                raise
        sleep(RETRY_SECONDS)
    raise AssertionError("unreachable")


def is_retryable(failure: Failure) -> bool:
    """True if the same request is expected to be taken once another operation has ended."""
    if failure.code in RETRYABLE:
        return True
    return failure.code == "OperationNotAllowed" and "another operation is in progress" in failure.message
