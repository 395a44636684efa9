# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Azure of a benchmark, with a fleet in it; ``bed`` starts it as a process of its own.

Prints {"variables": {LOCAL_AZURE_*}, "vms": [ids]} when it serves, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

from local_azure import seed
from local_azure.fabric_null import NullFabric
from local_azure.lab import inside

GROUP = "fleet"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.server", description=__doc__)
    parser.add_argument("--state", type=pathlib.Path, required=True)
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--extensions", type=json.loads, default=[], help="JSON list, as seed.machines_in takes it")
    parser.add_argument("--other", type=json.loads, default={}, help="JSON object {number of a host: its extensions}")
    options, more = parser.parse_known_args()
    azure = inside.parse(["--state", str(options.state), "--guests", "null", *more, "--", "none"])
    secret = inside.client_secret(options.state)
    arm = inside.resource_manager(azure, NullFabric(options.state), secret)
    names = [f"vm{number:04}" for number in range(options.hosts)]
    other = {names[int(number)]: found for number, found in options.other.items()}
    subscription = inside.SUBSCRIPTIONS[0]
    same = [name for name in names if name not in other]
    made = seed.machines_in(arm._arm, subscription, GROUP, same, options.extensions)
    for name, extensions in other.items():
        made += seed.machines_in(arm._arm, subscription, GROUP, [name], extensions)
    arm.start()
    try:
        variables = inside.variables(arm, options.state, secret)
        print(json.dumps({"variables": variables, "vms": sorted(made)}), flush=True)
        sys.stdin.read()
    finally:
        arm.stop()


if __name__ == "__main__":
    main()
