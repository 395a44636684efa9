# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import sys

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import system


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "LOG", tmp_path / "engine.log")
    return tmp_path / "engine.log"


def test_read(tmp_path):
    (tmp_path / "x").write_bytes(b"a\xff\n")
    assert system.read(tmp_path / "x") == "a\N{REPLACEMENT CHARACTER}\n"
    assert system.read(str(tmp_path / "no")) is None


@pytest.mark.parametrize("text", ["", "a\n", "a\r\nb\r\n", "\N{SNOWMAN}"])
def test_what_is_written_is_read_again(tmp_path, text):
    system.write(tmp_path / "x", text, 0o644)
    assert system.read(tmp_path / "x") == text


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_write_replaces_at_once_and_is_never_readable_too_early(tmp_path, monkeypatch, mode, mask):
    path = tmp_path / "deep" / "x"
    modes, found = [], []
    sync = os.fsync

    def watch(descriptor):
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        found.append(system.read(path))
        sync(descriptor)

    monkeypatch.setattr(system.os, "fsync", watch)
    mask = os.umask(mask)
    try:
        for text in ("one", "two"):
            system.write(path, text, mode)
    finally:
        os.umask(mask)
    assert modes == [0o600, 0o600]
    assert found == [None, "one"], "the old one until the new one is whole"
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [entry.name for entry in path.parent.iterdir()] == ["x"]


def test_what_a_crash_left_is_no_obstacle(tmp_path):
    (tmp_path / ".x.new").write_text("half")
    (tmp_path / ".x.new").chmod(0o666)
    system.write(tmp_path / "x", "whole", 0o600)
    assert (tmp_path / "x").read_text() == "whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_output():
    assert system.output(["cat"], stdin="hello") == "hello"
    assert system.output(["sh", "-c", "echo no; exit 3"]) is None
    assert system.output(["no-such-command-here"]) is None


def test_logged(log):
    code, tail = system.logged(["sh", "-c", "seq 20; echo $COLOUR >&2; exit 3"], {"COLOUR": "red"})
    assert (code, tail.splitlines()) == (3, ["14", "15", "16", "17", "18", "19", "20", "red"])
    assert system.logged([sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')"])[0] == 0
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    lines = log.read_text().splitlines()
    assert lines[0] == "$ sh -c seq 20; echo $COLOUR >&2; exit 3"
    assert lines[1:21] == [str(number) for number in range(1, 21)]
    assert [line[:1] for line in lines].count("$") == 2


def test_a_command_that_acts_reads_no_input(log):
    assert system.logged(["cat"]) == (0, "")
