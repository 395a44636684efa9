# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on the embedded default: local Azure, ``playbooks/site.yml`` for its VMs, and again.

``python -m local_azure.demo`` starts the lab and runs itself in it with ``--inside``.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from .__main__ import CACHE, CHECKOUT
from .__main__ import main as local_azure
from .guests.accelerator import TCG, accelerator
from .guests.kinds import KINDS
from .lab.launcher import SITE
from .recap import Recap, recap
from .site import Site

STATE = CACHE / "lab" / "demo"


def start(guests: str) -> int:
    """A lab with an empty Azure, and this program inside."""
    inside = [sys.executable, "-m", "local_azure.demo", "--inside", "--guests", guests]
    return local_azure(["run", "--fresh", "--guests", guests, "--state", str(STATE), "--", *inside])


def hosts(guests: str) -> list[str]:
    """The VMs to make: two, but an emulated one takes all processors that there are."""
    return ["docker1"] if guests == "qemu" and accelerator() == TCG else ["docker1", "docker2"]


def play(site: Site, title: str) -> tuple[int, dict[str, Recap], float]:
    """One run of site.yml, shown as it goes: exit code, recap by host, seconds."""
    print(f"\n=== {title}", flush=True)
    began = time.monotonic()
    run = subprocess.Popen(
        site.command("playbooks/site.yml"), cwd=CHECKOUT, env=site.environment(), text=True, stdout=subprocess.PIPE
    )
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return run.wait(), recap("".join(lines)), time.monotonic() - began


def writes(state: pathlib.Path) -> int:
    """How many PUT, PATCH, POST and DELETE ARM has seen, tokens apart."""
    requests = [json.loads(line) for line in (state / "requests.jsonl").read_text().splitlines()]
    return sum(
        entry["method"] in ("PUT", "PATCH", "POST", "DELETE") and "/oauth2/" not in entry["path"] for entry in requests
    )


def inside(guests: str) -> int:
    state = pathlib.Path(os.environ["LOCAL_AZURE_STATE"])
    site = Site(state / SITE, {host: {} for host in hosts(guests)})
    site.write()
    rows: list[tuple[object, ...]] = []
    codes, before = [], 0
    for title in ("first run: from nothing", "second run: nothing may change"):
        code, found, seconds = play(site, title)
        after = writes(state)
        rows += [(title.partition(":")[0], host, *numbers, after - before) for host, numbers in found.items()]
        print(f"({seconds:.0f} seconds, {after - before} writes at ARM)", flush=True)
        before = after
        codes.append(code)
    show(site, rows)
    good = not any(codes) and all(row[2] for row in rows)
    changed = [row[3] for row in rows]
    half = len(changed) // 2
    good = good and all(changed[:half]) and not any(changed[half:]) and rows[-1][-1] == 0
    print("demo: as expected" if good else "demo: NOT as expected", flush=True)
    return 0 if good else 1


def show(site: Site, rows: list[tuple[object, ...]]) -> None:
    print("\n=== result")
    head = ("run", "host", *Recap._fields, "ARM writes")
    for row in (head, *rows):
        print("  ".join(f"{cell!s:<{width}}" for cell, width in zip(row, (12, 10, 4, 8, 12, 7, 10))))
    report = json.loads(site.report.read_text()) if site.report.exists() else {"hosts": {}}
    print()
    for host, found in report["hosts"].items():
        for name, check in found["checks"].items():
            print(f"{host}  {name:<20} {check['verdict']:<5} {check['reason']}")
    print(f"\nreport: {site.report}", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="local_azure.demo", description=__doc__)
    parser.add_argument("--guests", choices=KINDS, default="nspawn")
    parser.add_argument("--inside", action="store_true", help="the part that runs in the lab")
    options = parser.parse_args(arguments)
    return (inside if options.inside else start)(options.guests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
