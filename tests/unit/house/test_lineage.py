# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/lineage.md: every old defect has its cases, and every case is a test."""

from __future__ import annotations

import re

import pytest

from . import checkout

ROW = re.compile(r"^\| ([DP]\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
CASE = re.compile(r"`(tests/[^`:]+)::(test_\w+)`")
ROWS = ROW.findall((checkout.ROOT / "docs" / "lineage.md").read_text())


def test_no_defect_is_left_out() -> None:
    expected = [*(f"D{number}" for number in range(1, 14)), *(f"P{number}" for number in range(1, 18))]
    assert [name for name, _cases in ROWS] == expected


@pytest.mark.parametrize(("name", "cases"), ROWS)
def test_each_case_is_a_test(name: str, cases: str) -> None:
    found = CASE.findall(cases)
    assert found, name
    for path, test in found:
        assert re.search(rf"^def {test}\(", (checkout.ROOT / path).read_text(), re.MULTILINE), f"{path}::{test}"
