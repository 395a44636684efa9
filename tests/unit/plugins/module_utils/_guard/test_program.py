# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard as a program of its own."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils import _guard
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import main

from . import material
from .material import ID

PROGRAM = str(pathlib.Path(_guard.__file__).parent)


@pytest.mark.parametrize(("limit", "mode", "then"), [(-1, "enforce", 4096), (-1, "audit", -1), (9, "enforce", 9)])
def test_update_by_the_standard_input(tmp_path: pathlib.Path, limit: int, mode: str, then: int) -> None:
    """In a process of its own, as the standard input is replaced."""
    document = tmp_path / "policy.json"
    document.write_text(json.dumps({**material.DOCUMENT, "mode": mode}))
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho "$*"; cat\n')
    runc.chmod(0o755)
    code = (
        f"import sys; from {main.__name__.rpartition('.')[0]} import host, main, policy;"
        f"policy.PATH = {str(document)!r}; host.REAL_RUNC = ({str(runc)!r},); sys.exit(main.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "update", "--resources=-", ID]
    given = json.dumps({"pids": {"limit": limit}})
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    first, second = done.stdout.splitlines()
    assert first == f"update --resources=- {ID}"
    assert json.loads(second) == {"pids": {"limit": then}}


def run_program(program: str, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-X", "utf8", program, *argv]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


def test_the_directory_is_a_program(tmp_path: pathlib.Path) -> None:
    program = f"{PROGRAM}/start.py"
    assert run_program(program, "--check").returncode == 0
    log = tmp_path / "log"
    done = run_program(program, "--log", str(log), "create", "--bundle", str(tmp_path), ID)
    assert done.returncode == 1
    assert json.loads(log.read_text())["level"] == "error"


def test_the_last_resort_is_a_refusal(tmp_path: pathlib.Path) -> None:
    """An error that nobody thought of, in a copy of the program."""
    copy = tmp_path / "copied"
    copy.mkdir()
    for path in pathlib.Path(PROGRAM).glob("*.py"):
        (copy / path.name).write_text(path.read_text())
    with (copy / "arguments.py").open("a") as file:
        file.write("\n\ndef parse(argv):\n    raise ZeroDivisionError('surprise')\n")
    log = tmp_path / "log"
    command = [sys.executable, "-I", "-S", str(copy / "start.py"), "--log", str(log), "create", "--bundle", "/b", ID]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    assert done.returncode == 1
    assert "the guard failed (ZeroDivisionError: surprise)" in json.loads(log.read_text())["msg"]


def test_the_program_stands_alone() -> None:
    """Nothing of the collection but itself, and nothing that takes long to load."""
    code = (
        f"import sys; sys.path[:0] = [{str(pathlib.Path(PROGRAM).parent)!r}]; import _guard.main;"
        "print(' '.join(sorted(name for name in sys.modules if not name.startswith('_'))))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert not {"argparse", "subprocess", "dataclasses", "inspect", "logging", "pathlib", "ansible"} & set(
        done.stdout.split()
    )
