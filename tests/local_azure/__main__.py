# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of local Azure: ``python -m local_azure run -- COMMAND``; in the background ``start`` to ``stop``."""

from __future__ import annotations

import argparse
import os
import sys

from . import options as server_options
from .commands import background, control
from .commands.client import ControlError
from .commands.guest import guest
from .commands.run import run
from .lab import launcher
from .options import CACHE, CHECKOUT

__all__ = ["CACHE", "CHECKOUT", "main"]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_azure", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run", help="run a command beside a local Azure, which ends with it; joins one that runs")
    server_options.add(verb)
    verb.add_argument("--fresh", action="store_true", help="begin with an empty Azure")
    verb.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGUMENT ...]")
    verb.set_defaults(function=run)
    verb = verbs.add_parser("start", help="start one in the background and print its variables as export lines")
    server_options.add(verb)
    verb.set_defaults(function=background.start)
    for name, function, text in (
        ("stop", background.stop, "end the one in the background, in order"),
        ("status", control.status, "show what runs, what it holds and what it was asked"),
        ("reset", control.reset, "forget all resources; secret, certificate and fault rules stay"),
        ("faults", control.faults, "list, add or clear the rules by which requests fail"),
    ):
        verb = verbs.add_parser(name, help=text)
        server_options.add_state(verb)
        verb.set_defaults(function=function)
        if name == "status":
            verb.add_argument("--json", action="store_true", help="all there is, for programs")
        if name == "faults":
            _add_fault_actions(verb)
    _add_guest_actions(verbs.add_parser("guest", help="a machine that runs: a command inside, snapshots"))
    verb = verbs.add_parser("sweep", help="remove what labs that were killed left (every start does so too)")
    verb.set_defaults(function=sweep)
    return parser.parse_args(arguments)


def _add_fault_actions(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="rules, how many requests they saw and how often they fired")
    actions.add_parser("add", help="add rules").add_argument("rule", help="a JSON object or list, - for standard input")
    actions.add_parser("clear", help="remove one rule or all").add_argument("rule", nargs="?", help="id of the rule")


def _add_guest_actions(parser: argparse.ArgumentParser) -> None:
    server_options.add_state(parser)
    parser.set_defaults(function=guest)
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (
        ("run", "run a command as root, without SSH"),
        ("snapshot", "keep memory and disk under a name (qemu)"),
        ("restore", "go back to what was kept (qemu)"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("vm", help="its name or id")
        if name == "run":
            action.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGUMENT ...]")
        else:
            action.add_argument("name", help="of the snapshot")


def sweep(_options: argparse.Namespace) -> int:
    launcher.sweep()
    return 0


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(CHECKOUT / "tests"), os.environ.get("PYTHONPATH", "")))
    )
    try:
        return int(options.function(options))
    except (launcher.LabError, ControlError) as error:
        print(f"local Azure: {error}", file=sys.stderr)
    except PermissionError as error:
        print(f"local Azure: {error}; run the same as its owner, or give another --state", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
