# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's rate-limit headers. The buckets empty and fill as Azure's do, but nothing is refused here."""

from __future__ import annotations

import threading
import time

PROVENANCE = {
    "names and sizes of the x-ms-ratelimit-remaining buckets": "recorded",
    "refill rates": "docs",
    "an empty bucket refuses nothing": "inferred",
}
_COMPUTE = {
    "PutVM": (1500, 500, 12, 4), "UpdateVM": (1500, 500, 12, 4), "DeleteVM": (1500, 500, 12, 4),
    "LowCostGet": (24000, 8000, 36, 12), "GetOperation": (15000, 5000, 45, 15),
}  # fmt: skip


class Limits:
    """The buckets, by name and owner."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def headers(self, method: str, path: str) -> dict[str, str]:
        """Take one token of each bucket that the request draws on and say how many are left."""
        words = path.lower().strip("/").split("/")
        if words[0] != "subscriptions" or len(words) < 2:
            return {}
        subscription = words[1]
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        size, refill = (250, 25.0) if kind == "reads" else (200, 10.0)
        found = {
            f"x-ms-ratelimit-remaining-subscription-{kind}": self._take(kind, subscription, size, refill),
            f"x-ms-ratelimit-remaining-subscription-global-{kind}": self._take(
                f"global-{kind}", subscription, size * 15, refill * 15
            ),
        }
        headers = {name: str(left) for name, left in found.items()}
        if "microsoft.compute" in words[:-1]:
            headers["x-ms-ratelimit-remaining-resource"] = self._compute(method, words, subscription)
        return headers

    def _compute(self, method: str, words: list[str], subscription: str) -> str:
        after = words[words.index("microsoft.compute") + 1 :]
        policy = _policy(method, after)
        if policy is None:
            left = self._take("HighCostGet", subscription, 900, 5.0)
            return f"Microsoft.Compute/HighCostGetSubscriptionMaximum;{left}"
        total, total_refill, single, single_refill = _COMPUTE[policy]
        owner = "/".join(words[: words.index("microsoft.compute") + 3])
        whole = self._take(policy, subscription, total, total_refill / 60)
        one = self._take(policy, owner if policy != "GetOperation" else "/".join(words), single, single_refill / 60)
        return f"Microsoft.Compute/{policy}SubscriptionMaximum;{whole},Microsoft.Compute/{policy}Resource;{one}"

    def _take(self, name: str, owner: str, size: int, refill: float) -> int:
        now = time.monotonic()
        with self._lock:
            left, since = self._buckets.get((name, owner), (float(size), now))
            left = max(0.0, min(float(size), left + (now - since) * refill) - 1)
            self._buckets[(name, owner)] = (left, now)
        return int(left)


def _policy(method: str, after: list[str]) -> str | None:
    """`after` is the path below the provider. None: a list, which costs most."""
    if after[0] == "locations":
        return "GetOperation" if "operations" in after else "LowCostGet"
    if method in ("GET", "HEAD"):
        return "LowCostGet" if len(after) > 1 else None
    if len(after) == 2:
        return "DeleteVM" if method == "DELETE" else "PutVM"
    return "DeleteVM" if after[-1] == "deallocate" else "UpdateVM"
