# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of single tests, read from JUnit XML."""

from __future__ import annotations

import dataclasses
import pathlib
from xml.etree import ElementTree


@dataclasses.dataclass(frozen=True)
class Count:
    """How many single tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def count(directory: pathlib.Path) -> Count:
    """Add up every JUnit file below a directory; zero where there is none."""
    return sum((_count_file(path) for path in sorted(directory.rglob("*.xml"))), Count())


def _count_file(path: pathlib.Path) -> Count:
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    if any(case.get("classname", "").startswith("tests/integration/") for case in cases):
        # Cases are tasks here, rescued ones too. The target is the test, and its exit status the judge.
        return Count(passed=1)
    if cases and all(case.get("classname", "").startswith("out-of-tree") for case in cases):
        return Count()  # a playbook that a target started by itself: part of that target
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return Count(len(cases) - failed - skipped, failed, skipped)
