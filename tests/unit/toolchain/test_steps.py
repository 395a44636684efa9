# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

import pytest

from toolchain import __main__, runner, steps


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """Two interpreters, no second ansible-core; nothing is linked."""
    monkeypatch.setattr(steps.places, "interpreters", lambda: ["3.9", "3.13"])
    monkeypatch.setattr(steps.places, "link_tree", lambda: None)
    monkeypatch.setattr(steps.places, "VENV_OLDEST", tmp_path / "none")


def names(suite, *only):
    return [step.name for step in steps.of(suite, only)]


# suite, names asked for, names found
CHOSEN = [
    ("check", ("unit",), ["unit"]),
    ("check", ("unit", "ruff", "unit"), ["ruff", "unit"]),
    ("test", ("integration", "units-3.9"), ["units-3.9", "integration"]),
]


@pytest.mark.parametrize(("suite", "only", "expected"), CHOSEN)
def test_of(suite, only, expected):
    assert names(suite, *only) == expected


def test_all_is_in_the_great_suite():
    assert {"ruff", "unit"} <= set(names("check")) < set(names("test"))
    assert len(set(names("test"))) == len(names("test"))


@pytest.mark.parametrize(
    ("name", "tests"),
    [("ruff", False), ("docs", False), ("plan-coverage", False), ("unit", True), ("units-3.9", True), ("sanity", True)]
    + [(name, True) for name in ("azure", "integration", "end-to-end", "clean-up")],
)
def test_which_steps_must_have_results(name, tests):
    assert [step.tests for step in steps.of("test", (name,))] == [tests]


@pytest.mark.parametrize(
    ("suite", "only", "unknown"),
    [
        ("check", ("nope",), "nope"),
        ("check", ("unit", "nope"), "nope"),
        ("check", ("?",), r"\?"),
        ("check", ("integration", "docs"), "docs, integration"),
        ("test", ("end-to-end-oldest", "Unit"), "Unit, end-to-end-oldest"),
    ],
)
def test_a_name_that_is_no_step(suite, only, unknown):
    with pytest.raises(SystemExit, match=f"^no step of `{suite}`: {unknown}. There are: ruff, yamllint, "):
        steps.of(suite, only)


@pytest.fixture
def command_line(monkeypatch):
    """Call the program with a value of --only: the suite and the names of the steps that it would run."""

    def run(only):
        monkeypatch.setattr(runner, "run", lambda suite, chosen: (suite, [step.name for step in chosen]))
        monkeypatch.setattr(sys, "argv", ["toolchain", "check", "--only", only])
        return __main__.main()

    return run


@pytest.mark.parametrize(
    ("only", "expected"),
    [("unit", ["unit"]), ("unit,,ruff,", ["ruff", "unit"])],
)
def test_the_command_line(command_line, only, expected):
    assert command_line(only) == ("check", expected)


def test_the_command_line_without_names(command_line):
    assert command_line("") == ("check", names("check"))


def test_the_command_line_with_a_name_that_is_no_step(command_line):
    with pytest.raises(SystemExit, match="no step of `check`: nope"):
        command_line("unit,nope")
