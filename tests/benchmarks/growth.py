# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the cost of a drift check grows with the fleet."""

from __future__ import annotations

import argparse
import contextlib
from functools import partial

from benchmarks import bed, fleet_drift, measure, numbers

SIZES = (100, 200, 500, 1000)
MOST_OFF, MOST_MEMORY = 0.1, 300  # part of the measured CPU; MB


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with contextlib.ExitStack() as beds:
        there: dict[str, bed.Bed] = {}
        for size in SIZES:
            there[f"{size} hosts"] = beds.enter_context(fleet_drift.drifting(size))
        ways = {name: partial(one.asked, fleet_drift.one_call) for name, one in there.items()}
        runs = measure.interleaved(ways, options.rounds)
    rows: list[tuple[object, ...]] = [("hosts", "CPU s", "wall s", "peak MB", "ARM calls")]
    points, peak = [], 0.0
    for size, found in zip(SIZES, runs.values()):
        usage = measure.middle([usage for usage, _asked in found])
        points.append((float(size), usage.cpu))
        peak = max([peak, *(usage.peak for usage, _asked in found)])
        rows.append((size, usage.cpu, usage.wall, usage.peak, max(asked.total for _usage, asked in found)))
    line = numbers.fit(points)
    print(f"drift check in one call; {measure.PROCESSORS} cores, medians of {options.rounds} runs")
    print(numbers.table(rows))
    ratio = points[-1][1] / points[0][1]
    print(f"CPU = {line.base:.2f} s + {1000 * line.slope:.2f} ms per host; "
          f"{SIZES[-1] // SIZES[0]} times the hosts cost {ratio:.1f} times the CPU")  # fmt: skip
    print(numbers.verdict(("distance from a line", line.worst, MOST_OFF), ("peak MB", peak, MOST_MEMORY)))


if __name__ == "__main__":
    main()
