# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the step says of a report; the step `unit` writes it."""

from __future__ import annotations

import json

import pytest

from toolchain import plan_coverage

PREFIX = "x/plugins/module_utils/"


@pytest.fixture(autouse=True)
def report(tmp_path, monkeypatch):
    """Where the report lies; nothing is there yet."""
    monkeypatch.setattr(plan_coverage, "REPORT", tmp_path / "report.json")
    monkeypatch.setattr(plan_coverage, "PLANS", ("_a/plan.py", "_b/plan.py"))
    return plan_coverage.REPORT


# percent by file; exit status of the step, what it says
REPORTS = {
    "all covered": ({"_a/plan.py": 100.0, "_b/plan.py": 95.0}, 0, [" 100.0 %  _a/plan.py", "  95.0 %  _b/plan.py"]),
    "one too little": (
        {"_a/plan.py": 94.9, "_b/plan.py": 100.0}, 1, ["  94.9 %  _a/plan.py   expected 95 % or more"],
    ),
    "one not seen": (
        {"_a/plan.py": 100.0, "_b/other.py": 100.0}, 1, ["   0.0 %  _b/plan.py   expected 95 % or more"],
    ),
    "none seen": ({}, 1, ["   0.0 %  _a/plan.py   expected 95 % or more"]),
    "others do not matter": ({"_a/plan.py": 99.0, "_b/plan.py": 99.0, "_c/plan.py": 1.0}, 0, []),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_reports(report, capsys, name):
    percents, expected, lines = REPORTS[name]
    summaries = {PREFIX + path: {"summary": {"percent_covered": percent}} for path, percent in percents.items()}
    report.write_text(json.dumps({"files": summaries}))
    assert plan_coverage.main() == expected
    said = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line not in said] == []


def test_a_report_counts_once(report, capsys):
    report.write_text(json.dumps({"files": {}}))
    plan_coverage.main()
    capsys.readouterr()
    assert plan_coverage.main() == 1
    assert "found no .cache/report.json, expected what the step `unit` of `test` writes" in capsys.readouterr().out


def test_only_the_plans_are_measured():
    options = plan_coverage.options()
    assert f"--cov={plan_coverage.PACKAGE}._a.plan" in options
    assert f"--cov-report=json:{plan_coverage.REPORT}" in options
