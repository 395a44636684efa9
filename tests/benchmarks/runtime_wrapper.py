# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program in the place of runc costs a client: ``docker run --rm`` and ``docker exec`` with it, and without.

On a guest of local Azure that is hardened as ``playbooks/site.yml`` does it; needs root. Both ways take turns on the
same daemon: the program is moved out of the PATH and back in, as runc is looked up at each start.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys

from end_to_end import sleeper
from end_to_end.arm import Arm
from end_to_end.conftest import address
from end_to_end.run import Guest, play, succeeded

from benchmarks import measure, numbers
from local_azure.__main__ import main as local_azure
from local_azure.lab.launcher import SITE
from local_azure.site import Site
from toolchain import places

MOST = 1.10
STATE = places.CACHE / "lab" / "runtime-wrapper"
# The guest is a container itself, and cannot raise its limit of open files.
VARIABLES = {"docker_hardening_nofile": {"soft": 1024, "hard": 4096}}
INSIDE = """
import json, os, subprocess, sys, time
PLACE = "/usr/local/libexec/bulwark-azure-docker/path/"
WAYS = {"wrapped": ("runc.aside", "runc"), "stock": ("runc", "runc.aside")}
WORK = {
    "docker run --rm": "docker run --rm --network none sleeper /usr/bin/sleep 0",
    "docker exec": "docker exec sleeper /usr/bin/sleep 0",
}
found = {}
for number in range(int(sys.argv[1]) + 1):
    for way, (old, new) in WAYS.items():
        if os.path.exists(PLACE + old):
            os.rename(PLACE + old, PLACE + new)
        for name, command in WORK.items():
            began = time.monotonic()
            subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
            if number:
                found.setdefault(name, {}).setdefault(way, []).append(time.monotonic() - began)
os.rename(PLACE + "runc.aside", PLACE + "runc")
print(json.dumps(found))
"""


def measured(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds by what was done and by the way, of a host that is made and hardened now."""
    site = Site(STATE / SITE, {"docker1": VARIABLES}, "wrapper")
    site.write()
    measure.tell("a hardened Docker host")
    succeeded(play(site))
    guest = Guest(site, "docker1", address(Arm(), site, "docker1"))
    sleeper.start(guest)
    measure.tell(f"{rounds} rounds, after one that warms up")
    return json.loads(guest.run(f"cat > /tmp/inside.py << 'END'\n{INSIDE}\nEND\npython3 /tmp/inside.py {rounds}"))


def report(found: dict[str, dict[str, list[float]]]) -> str:
    """The medians, and the ratios that count."""
    rows: list[tuple[object, ...]] = [("what", "stock, ms", "wrapped, ms", "ratio")]
    ratios = {}
    for name, ways in found.items():
        stock, wrapped = (1000 * statistics.median(ways[way]) for way in ("stock", "wrapped"))
        ratios[name] = wrapped / stock
        rows.append((name, stock, wrapped, ratios[name]))
    return "\n".join(
        [numbers.table(rows), numbers.verdict(*((f"ratio of {name}", ratios[name], MOST) for name in found))]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.runtime_wrapper", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    if "LOCAL_AZURE_STATE" not in os.environ:
        again = [sys.executable, "-m", "benchmarks.runtime_wrapper", "--rounds", str(options.rounds)]
        return local_azure(["run", "--fresh", "--state", str(STATE), "--", *again])
    print(report(measured(options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
