# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of benchmarks. What they measure is nobody's test."""

from __future__ import annotations

import json

import pytest

from benchmarks import numbers

VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1"


def line(method: str, path: str, status: int = 200) -> str:
    return json.dumps({"time": 1.0, "method": method, "path": path, "status": status})


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 3), (2, 5), (3, 7)], (1, 2, 0)),
        ([(0, 10), (10, 10)], (10, 0, 0)),
        ([(0, 1), (1, 2), (2, 6)], (0.5, 2.5, 0.5)),
        ([(0, 0), (1, 0)], (0, 0, 0)),
    ],
)
def test_a_line_through_points(points, expected):
    found = numbers.fit(points)
    assert (found.base, found.slope, found.worst) == pytest.approx(expected)


@pytest.mark.parametrize("points", [[], [(1, 2)], [(1, 2), (1, 3)]])
def test_no_line_without_two_places(points):
    with pytest.raises(ValueError, match="expected two with different x"):
        numbers.fit(points)


def test_requests_are_counted_without_tokens_and_metadata():
    found = numbers.requests([
        line("GET", "/metadata/endpoints?api-version=2022-09-01"),
        line("POST", "/tenant/oauth2/v2.0/token"),
        line("GET", "/tenant/v2.0/.well-known/openid-configuration"),
        line("GET", f"{VM}?api-version=2024-07-01&$expand=instanceView"),
        line("GET", f"{VM}/extensions/x", 429),
        line("GET", f"{VM}/extensions/x"),
        line("PUT", f"{VM}/extensions/x", 201),
        line("GET", "/subscriptions/s/providers/Microsoft.Compute/locations/l/operations/o?api-version=1"),
        line("GET", "/subscriptions/s/resourceGroups/g"),
        line("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=1"),
        "",
    ])  # fmt: skip
    assert (found.total, found.refused) == (7, 1)
    assert found.by_kind == {
        "GET virtualMachines/extensions": 2, "GET virtualMachines": 1, "PUT virtualMachines/extensions": 1,
        "GET operations": 1, "GET subscriptions/resourceGroups": 1, "POST resources": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([("CPU s", 2.5, 3), ("ARM calls", 4, 60)], "target CPU s <= 3 (found 2.5) and ARM calls <= 60 (found 4): met"),
        ([("CPU s", 3.001, 3.0)], "target CPU s <= 3 (found 3.001): not met"),
        ([("refused", 0, 0)], "target refused <= 0 (found 0): met"),
    ],
)
def test_the_conclusion(claims, expected):
    assert numbers.verdict(*claims) == expected


def test_a_table_of_aligned_columns():
    assert (
        numbers.table([("way", "s"), ("one call", 1.23456), ("b", 12)])
        == "way           s\none call  1.235\nb            12"
    )
