# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the place of a step that is not run here: `python -m toolchain.not_run STEP WHY`. Counts as skipped."""

from __future__ import annotations

import os
import pathlib
import sys
from xml.etree import ElementTree


def main(step: str, why: str) -> None:
    """Print the reason, and write a result with one skipped test."""
    print(f"!!! {step} is NOT RUN: {why}")
    suite = ElementTree.Element("testsuite", name=step, tests="1", skipped="1")
    case = ElementTree.SubElement(suite, "testcase", name=step, classname="not_run")
    ElementTree.SubElement(case, "skipped", message=why)
    ElementTree.ElementTree(suite).write(pathlib.Path(os.environ["RESULTS"]) / "not_run.xml")


if __name__ == "__main__":
    main(*sys.argv[1:])
