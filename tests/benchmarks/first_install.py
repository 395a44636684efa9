# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first installation on a fleet whose limits refuse and whose operations last: with our pacing, and without."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from benchmarks import bed, fleet_drift, measure, numbers

STRICT = ("--limits", "enforced", "--timing", "recorded", "--clock-scale", "1")
CONCURRENCY = 200  # the module's default
NARROW = 32


class Way(NamedTuple):
    """How many VMs are worked on at once, and whether the governor is there."""

    concurrency: int
    paced: bool


class Run(NamedTuple):
    """Wall time in seconds, what Azure was asked, what ``one_module`` said."""

    wall: float
    asked: numbers.Requests
    told: dict[str, Any]


def install(way: Way, hosts: int) -> Run:
    """Put the extension on all VMs of a fleet of its own."""
    with bed.fleet(hosts, options=STRICT) as there:
        options = {**fleet_drift.declared(there.login, there.vms), "concurrency": way.concurrency}
        command = [sys.executable, "-m", "benchmarks.one_module", *([] if way.paced else ["--ungoverned"])]
        began = time.monotonic()
        done = subprocess.run(
            command, input=json.dumps(options), stdout=subprocess.PIPE, env=bed.environment(), text=True, check=True
        )
        return Run(time.monotonic() - began, there.requests(), json.loads(done.stdout))


def report(runs: dict[Way, Run]) -> str:
    """Return the table, what the pacing avoids, and the conclusion."""
    head = ("VMs at once", "paced", "wall s", "peak MB", "ARM calls", "refused (429)", "VMs failed", "longest wait s")
    rows: list[tuple[object, ...]] = [head]
    for way, run in runs.items():
        failed, wait, peak = len(run.told["failed"]), run.told["longest_wait"], run.told["peak"]
        shown = ("yes" if way.paced else "no", run.wall, peak, run.asked.total, run.asked.refused, failed, wait)
        rows.append((way.concurrency, *shown))
    paced, free = (runs[Way(CONCURRENCY, it)].asked for it in (True, False))
    kinds = ", ".join(f"{number} {kind}" for kind, number in paced.by_kind.items())
    ours = [run for way, run in runs.items() if way.paced]
    claims = (
        ("requests refused with pacing", max(run.asked.refused for run in ours), 0),
        ("VMs failed", max(len(run.told["failed"]) for run in ours), 0),
    )
    return "\n".join([
        numbers.table(rows),
        f"calls with the default, {CONCURRENCY} VMs at once: {kinds}",
        f"refused, {CONCURRENCY} VMs at once: {paced.refused / paced.total:.0%} of all requests with pacing, "
        f"{free.refused / free.total:.0%} without",
        numbers.verdict(*claims),
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.first_install", description=__doc__)
    parser.add_argument("--hosts", type=int, default=200)
    hosts = parser.parse_args().hosts
    ways = [Way(wide, paced) for wide in (NARROW, CONCURRENCY) for paced in (True, False)]
    # All at once, each with an Azure of its own: they wait most of the time, and what is counted is not their CPU.
    with ThreadPoolExecutor(len(ways)) as pool:
        runs = dict(zip(ways, pool.map(lambda way: install(way, hosts), ways)))
    print(f"{hosts} VMs, limits enforced, operations as long as recorded; {measure.PROCESSORS} cores")
    print(report(runs))


if __name__ == "__main__":
    main()
