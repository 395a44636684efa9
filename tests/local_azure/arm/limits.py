# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's rate limits: token buckets that every request draws on, shown in headers and, where enforced, refusing."""

from __future__ import annotations

import json
import math
import threading
import time
from dataclasses import dataclass

from .errors import ArmError, gateway
from .messages import stamp
from .timing import Settings

PROVENANCE = {
    "names and sizes of the x-ms-ratelimit-remaining buckets": "recorded",
    "refill rates": "docs",
    "limits headers: an empty bucket refuses nothing": "inferred",
    "limits enforced: Compute's 429 OperationNotAllowed with TooManyRequests, TooManyRequestsReceived": "docs",
    "limits enforced: ARM's own 429 SubscriptionRequestsThrottled": "docs",
    "limits enforced: text of SubscriptionRequestsThrottled": "inferred",
    "limits enforced: Retry-After until one token is there again": "docs",
    "limits enforced: a refused request takes no token": "inferred",
}
_COMPUTE = {
    "PutVM": (1500, 500, 12, 4), "UpdateVM": (1500, 500, 12, 4), "DeleteVM": (1500, 500, 12, 4),
    "LowCostGet": (24000, 8000, 36, 12), "GetOperation": (15000, 5000, 45, 15),
}  # fmt: skip


@dataclass(frozen=True)
class _Bucket:
    """`refill` is in tokens a second. `name` is ARM's operation type or Compute's policy."""

    name: str
    owner: str
    size: int
    refill: float


class Limits:
    """The buckets, by name and owner. They start full."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, method: str, path: str) -> dict[str, str]:
        """Take one token of each bucket that the request draws on and return the headers that say what is left.

        Where limits are enforced and a bucket is empty: ArmError 429, and no token is taken.
        """
        words = path.lower().strip("/").split("/")
        if words[0] != "subscriptions" or len(words) < 2:
            return {}
        arm = _arm(method, words[1])
        compute = _compute(method, words) if "microsoft.compute" in words[:-1] else []
        with self._lock:
            now = time.monotonic()
            left = {bucket: self._now(bucket, now) for bucket in (*arm, *compute)}
            empty = [bucket for bucket, tokens in left.items() if tokens < 1]
            if empty and self._settings.limits == "enforced":
                raise self._refusal(empty[0], empty[0] in arm, left, _headers(arm, compute, left))
            left = {bucket: max(0.0, tokens - 1) for bucket, tokens in left.items()}
            self._left.update({(bucket.name, bucket.owner): (tokens, now) for bucket, tokens in left.items()})
        return _headers(arm, compute, left)

    def refill(self) -> None:
        """Fill all buckets."""
        with self._lock:
            self._left.clear()

    def _now(self, bucket: _Bucket, now: float) -> float:
        tokens, since = self._left.get((bucket.name, bucket.owner), (float(bucket.size), now))
        return min(float(bucket.size), tokens + (now - since) * self._settings.clock_scale * bucket.refill)

    def _refusal(self, bucket: _Bucket, arm: bool, left: dict[_Bucket, float], headers: dict[str, str]) -> ArmError:
        seconds = max(1, math.ceil((1 - left[bucket]) / bucket.refill))
        error = _arm_refusal(bucket, seconds) if arm else _compute_refusal(bucket, seconds)
        error.headers.update(headers)
        error.headers.update(self._settings.retry_after(seconds))
        return error


def _arm_refusal(bucket: _Bucket, seconds: int) -> ArmError:
    text = (
        f"Number of '{bucket.name.removeprefix('global-').removesuffix('s')}' requests for subscription "
        f"'{bucket.owner}' exceeded. Please try again after '{seconds}' seconds after additional tokens are available. "
        "Refer to https://aka.ms/arm-throttling for additional information."
    )
    return gateway(ArmError(429, "SubscriptionRequestsThrottled", text))


def _compute_refusal(bucket: _Bucket, seconds: int) -> ArmError:
    now = time.time()
    measured = {
        "operationGroup": bucket.name, "startTime": stamp(now), "endTime": stamp(now + seconds),
        "allowedRequestCount": bucket.size, "measuredRequestCount": bucket.size + 1,
    }  # fmt: skip
    return ArmError(
        429, "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        inner_code="TooManyRequestsReceived",
        details=[{"code": "TooManyRequests", "target": bucket.name, "message": json.dumps(measured)}],
    )  # fmt: skip


def _headers(arm: list[_Bucket], compute: list[_Bucket], left: dict[_Bucket, float]) -> dict[str, str]:
    headers = {f"x-ms-ratelimit-remaining-subscription-{bucket.name}": str(int(left[bucket])) for bucket in arm}
    if compute:
        policies = (f"Microsoft.Compute/{bucket.name};{int(left[bucket])}" for bucket in compute)
        headers["x-ms-ratelimit-remaining-resource"] = ",".join(policies)
    return headers


def _arm(method: str, subscription: str) -> list[_Bucket]:
    kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
    size, refill = (250, 25.0) if kind == "reads" else (200, 10.0)
    return [
        _Bucket(kind, subscription, size, refill),
        _Bucket(f"global-{kind}", subscription, size * 15, refill * 15),
    ]


def _compute(method: str, words: list[str]) -> list[_Bucket]:
    """`words` is the path, in lower case."""
    after = words[words.index("microsoft.compute") + 1 :]
    policy = _policy(method, after)
    if policy is None:
        return [_Bucket("HighCostGetSubscriptionMaximum", words[1], 900, 5.0)]
    total, total_refill, single, single_refill = _COMPUTE[policy]
    owner = words if policy == "GetOperation" else words[: words.index("microsoft.compute") + 3]
    return [
        _Bucket(f"{policy}SubscriptionMaximum", words[1], total, total_refill / 60),
        _Bucket(f"{policy}Resource", "/".join(owner), single, single_refill / 60),
    ]


def _policy(method: str, after: list[str]) -> str | None:
    """`after` is the path below the provider. None: a list, which costs most."""
    if after[0] == "locations":
        return "GetOperation" if "operations" in after else "LowCostGet"
    if method in ("GET", "HEAD"):
        return "LowCostGet" if len(after) > 1 else None
    if len(after) == 2:
        return "DeleteVM" if method == "DELETE" else "PutVM"
    return "DeleteVM" if after[-1] == "deallocate" else "UpdateVM"
