# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the step says of a report; the tests that it runs are another's."""

from __future__ import annotations

import json
import subprocess

import pytest

from toolchain import places, plan_coverage

PREFIX = "x/plugins/module_utils/"


@pytest.fixture(autouse=True)
def plans(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "CACHE", tmp_path)
    monkeypatch.setattr(places, "link_tree", lambda: None)
    monkeypatch.setattr(plan_coverage, "PLANS", ("_a/plan.py", "_b/plan.py"))


def measured(tmp_path, monkeypatch, status, files):
    """Let the tests end with ``status`` and cover ``files`` (percent by name)."""
    summaries = {name: {"summary": {"percent_covered": percent}} for name, percent in files.items()}

    def run(command, **_keywords):
        (tmp_path / "plan-coverage.json").write_text(json.dumps({"files": summaries}))
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(plan_coverage.subprocess, "run", run)


# exit status of the tests, percent by file; exit status of the step, what it says
REPORTS = {
    "all covered": (0, {"_a/plan.py": 100.0, "_b/plan.py": 95.0}, 0, [" 100.0 %  _a/plan.py", "  95.0 %  _b/plan.py"]),
    "one too little": (
        0, {"_a/plan.py": 94.9, "_b/plan.py": 100.0}, 1, ["  94.9 %  _a/plan.py   expected 95 % or more"],
    ),
    "one not seen": (
        0, {"_a/plan.py": 100.0, "_b/other.py": 100.0}, 1, ["   0.0 %  _b/plan.py   expected 95 % or more"],
    ),
    "none seen": (0, {}, 1, ["   0.0 %  _a/plan.py   expected 95 % or more"]),
    "others do not matter": (0, {"_a/plan.py": 99.0, "_b/plan.py": 99.0, "_c/plan.py": 1.0}, 0, []),
    "a test failed": (2, {"_a/plan.py": 100.0, "_b/plan.py": 100.0}, 2, []),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_reports(tmp_path, monkeypatch, capsys, name):
    status, files, expected, lines = REPORTS[name]
    measured(tmp_path, monkeypatch, status, {PREFIX + path: percent for path, percent in files.items()})
    assert plan_coverage.main() == expected
    said = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line not in said] == []
