# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a suite of steps: `python -m toolchain check|test [--only NAME,NAME] [--list]`."""

from __future__ import annotations

import argparse
import sys

from toolchain import runner, steps


def main() -> int:
    """Return 0 when every step passed, 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=steps.SUITES)
    parser.add_argument("--only", default="", help="names of steps, separated by commas")
    parser.add_argument("--list", action="store_true", help="print the steps and stop")
    arguments = parser.parse_args()
    chosen = steps.of(arguments.suite, tuple(filter(None, arguments.only.split(","))))
    if arguments.list:
        print("\n".join(f"{step.name:<18} {step.about}" for step in chosen))
        return 0
    return runner.run(arguments.suite, chosen)


if __name__ == "__main__":
    sys.exit(main())
