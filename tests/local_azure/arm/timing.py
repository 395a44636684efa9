# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How strict this Azure is, and how long its operations take: at once, or as long as they were recorded to take."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

PROVENANCE = {
    "timing recorded: durations on machines, extensions and run commands are medians": "recorded",
    "timing recorded: extension operations settle on ticks of about 10 s": "recorded",
    "timing recorded: Retry-After 10 on the VM PUT, 35 on its first poll, none later": "recorded",
    "timing recorded: Retry-After 15 on the DELETE of a group": "recorded",
    "timing recorded: creation of a machine as long as a deployment with one": "inferred",
    "timing recorded: durations of network, disk and group operations": "inferred",
    "timing recorded: x-ms-retry-after-ms 5000 on other operations": "inferred",
    "clock scale: divides durations, refills and Retry-After; fractions of a second by x-ms-retry-after-ms": "inferred",
}
LIMITS, TIMING = ("headers", "enforced"), ("fast", "recorded")
# Medians in seconds. vm-create is a deployment with one machine; below it nothing is recorded.
DURATIONS = {
    "extension-put": 20.4, "extension-delete": 10.4, "vm-update": 19.3, "vm-delete": 27.8,
    "vm-deallocate": 15.9, "vm-powerOff": 8.6, "vm-start": 4.7, "vm-restart": 36.0,
    "run-command-action": 14.1, "run-command-put": 18.2, "run-command-patch": 10.5,
    "run-command-delete": 10.5, "vm-create": 56.0,
    "network-put": 2.0, "delete": 2.0, "group-delete": 40.0,
}  # fmt: skip
_TICK = 10.2
_TICKING = ("extension-", "run-command-")
_FAST = {"x-ms-retry-after-ms": "200"}
_PUT_OF_VM = ("vm-create", "vm-update")
_SDK_INTERVAL = 30  # what clients wait when no header tells them


@dataclass
class Settings:
    """What start and the control paths set. `clock_scale` is how many times faster than the wall clock time runs."""

    limits: str = "headers"
    timing: str = "fast"
    clock_scale: float = 1.0

    def __post_init__(self) -> None:
        self.change({})

    def change(self, given: dict[str, Any]) -> None:
        """Take over what is given; ValueError, and nothing changed, if a name or a value is none that is known."""
        unknown = sorted(set(given) - {"limits", "timing", "clock_scale"})
        if unknown:
            raise ValueError(f"found setting {unknown[0]!r}, expected limits, timing or clock_scale")
        wanted = {**asdict(self), **given}
        for name, known in (("limits", LIMITS), ("timing", TIMING)):
            if wanted[name] not in known:
                raise ValueError(f"found {name} {wanted[name]!r}, expected {' or '.join(known)}")
        scale = wanted["clock_scale"]
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0.001 <= scale <= 100_000:
            raise ValueError(f"found clock_scale {scale!r}, expected a number from 0.001 to 100000")
        self.limits, self.timing, self.clock_scale = wanted["limits"], wanted["timing"], float(scale)

    def duration(self, kind: str, took: float) -> float:
        """Return after how many seconds of scaled time an operation settles whose work `took` that long."""
        if self.timing == "fast":
            return 0.0
        if kind.startswith(_TICKING):
            took = math.ceil(took / _TICK) * _TICK
        return max(DURATIONS.get(kind, 0.0), took)

    def announcement(self, kind: str) -> dict[str, str]:
        """Return when a client shall ask first, as headers of the answer that starts the operation."""
        if self.timing == "fast":
            return dict(_FAST)
        return self.retry_after(10 if kind in _PUT_OF_VM else 15 if kind == "group-delete" else 5)

    def next_poll(self, kind: str, polls: int) -> dict[str, str]:
        """Return when a client shall ask again, as headers of the answer to poll number `polls`."""
        if self.timing == "fast":
            return dict(_FAST)
        if kind not in _PUT_OF_VM:
            return self.announcement(kind)
        if polls == 1:
            return self.retry_after(35)
        # No header means 30 s to the SDK, whose clock is the wall clock: in scaled time that must be said.
        return {} if self.clock_scale == 1 else self.retry_after(_SDK_INTERVAL)

    def retry_after(self, seconds: float) -> dict[str, str]:
        """Return the header that makes a client wait so long in scaled time; Retry-After knows whole seconds only."""
        real = seconds / self.clock_scale
        if real >= 1 and real.is_integer():
            return {"Retry-After": str(int(real))}
        return {"x-ms-retry-after-ms": str(max(1, math.ceil(real * 1000)))}
