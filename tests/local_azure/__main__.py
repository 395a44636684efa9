# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of local Azure: ``python -m local_azure run -- COMMAND``."""

from __future__ import annotations

import argparse
import os
import pathlib
import sys

from .lab import launcher

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = CHECKOUT / ".cache"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_azure", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="start local Azure, run a command in its network, stop everything")
    run.add_argument("--state", type=pathlib.Path, default=CACHE / "lab" / "default", help="kept between runs")
    run.add_argument("--fresh", action="store_true", help="begin with an empty Azure")
    run.add_argument("--image", type=pathlib.Path, default=CACHE / "image" / "root", help="guests' root file system")
    run.add_argument("--agent-timeout", type=float, default=120.0, help="seconds without a report until ARM gives up")
    run.add_argument("--record-bodies", action="store_true", help="keep decrypted request bodies, for tests")
    run.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGUMENT ...]")
    verbs.add_parser("sweep", help="remove what labs that were killed left (every start does so too)")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.verb == "sweep":
        launcher.sweep()
        return 0
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        print("local_azure run: found no command; give one after --, for example: run -- bash", file=sys.stderr)
        return 2
    if not (options.image / "etc/waagent.conf").exists():
        print(f"local_azure run: no guest image in {options.image}; build it with image/build.sh", file=sys.stderr)
        return 2
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(CHECKOUT / "tests"), os.environ.get("PYTHONPATH", "")))
    )
    inside = [
        sys.executable, "-m", "local_azure.lab.inside", "--state", str(options.state.resolve()),
        "--image", str(options.image.resolve()), "--agent-timeout", str(options.agent_timeout),
        *(["--record-bodies"] if options.record_bodies else []), "--", *command,
    ]  # fmt: skip
    try:
        return launcher.run(inside, options.state.resolve(), options.fresh)
    except launcher.LabError as error:
        print(f"local Azure: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
