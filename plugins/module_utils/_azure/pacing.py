# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""A governor that keeps one subscription below Azure's limits, so that a large fleet is not refused with 429."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict

from .imports import require

# ARM's own buckets hold 250 reads and 200 writes and refill 25 and 10 a second: stay below, others use them too.
READS_PER_SECOND, READ_BURST = 25.0, 200.0
WRITES_PER_SECOND, WRITE_BURST = 10.0, 200.0


class Bucket:
    """Tokens that refill with time. ``take`` waits until there is one."""

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = burst
        self._filled_at = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take one token; returns the seconds waited."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            # A debt queues the callers one behind the other without holding the lock while they sleep.
            self._tokens -= 1
            delay = max(0.0, -self._tokens / self._rate)
        if delay:
            self._sleep(delay)
        return delay


class Governor:
    """The two buckets of one subscription."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], Any] = time.sleep) -> None:
        self._reads = Bucket(READS_PER_SECOND, READ_BURST, clock, sleep)
        self._writes = Bucket(WRITES_PER_SECOND, WRITE_BURST, clock, sleep)

    def before(self, method: str) -> float:
        """Wait until a request of that HTTP method may be sent; returns the seconds waited."""
        return (self._reads if method.upper() in ("GET", "HEAD") else self._writes).take()


class Governors:
    """One governor per subscription, made on first use."""

    def __init__(self, **timing: Any) -> None:
        self._timing = timing
        self._made: Dict[str, Governor] = {}
        self._lock = threading.Lock()

    def of(self, subscription: str) -> Governor:
        """The governor of that subscription."""
        with self._lock:
            return self._made.setdefault(subscription.lower(), Governor(**self._timing))


def policy(governor: Governor) -> Any:
    """The governor as an azure-core policy, for ``per_call_policies``."""
    base = require("azure.core.pipeline.policies")[0].SansIOHTTPPolicy

    class PacingPolicy(base):  # type: ignore[misc,valid-type]
        """Asks the governor before each request."""

        def on_request(self, request: Any) -> None:
            governor.before(request.http_request.method)

    return PacingPolicy()
