# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any of its writes, or commands: no file is ever half, and the next run comes to the end."""

from __future__ import annotations

import os
import shutil

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files import disk

from . import support

LOAD = [{"command": ["load"]}]
WRITES = ("replace", "rename", "unlink", "rmdir", "mkdir", "fsync", "open", "chmod", "chown", "fchmod", "fchown")


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches a SIGKILL."""


class Axe:
    """Kills a run at its nth write or command, and at every one that its clean-up would try after that."""

    def __init__(self, monkeypatch, machine, at):
        self.left = at
        for name in WRITES:
            monkeypatch.setattr(disk.os, name, self._wrapped(getattr(os, name), name))
        monkeypatch.setattr(machine, "run", self._wrapped(machine.run, "run"))

    def _wrapped(self, real, name):
        def call(*arguments, **options):
            flags = arguments[1] if name == "open" and len(arguments) > 1 else os.O_WRONLY
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.left -= 1
                if self.left < 0:
                    raise Killed
            return real(*arguments, **options)

        return call


def killed(monkeypatch, machine, at, call):
    """Whether the call was killed; False when it ended before its nth write."""
    with monkeypatch.context() as patched:
        Axe(patched, machine, at)
        try:
            call()
        except Killed:
            return True
        except Failure as failure:
            assert failure.code == "RolledBack"
    return False


def prepared(machine):
    """A set that replaced a vendor's file, and another vendor's file."""
    machine.put("vendor", "vendor\n", 0o640)
    machine.put("other", "other\n", 0o600)
    machine.declare(machine.file("vendor", "first\n"), machine.file("old/gone"), after=LOAD)


def declare(machine, **given):
    files = [machine.file("vendor", "second\n"), machine.file("new/a"), machine.absent("other")]
    return machine.declare(*files, after=LOAD, **given)


def fails(machine):
    machine.answers["restart"] = (1, "", "")
    files = [machine.file("vendor", "bad\n"), machine.file("new/bad"), machine.absent("other")]
    try:
        return machine.declare(*files, after=[*LOAD, {"command": ["restart"]}])
    finally:
        machine.answers.clear()


# (what is killed, what is run next, how often the axe falls at least)
CASES = {
    "changed": (declare, declare, 25),
    "absent": (lambda machine: machine.leave(after=LOAD), lambda machine: machine.leave(after=LOAD), 15),
    "rolled back, then declared right": (fails, declare, 40),
    "rolled back, then absent": (fails, lambda machine: machine.leave(after=LOAD), 40),
    "changed, then taken back": (
        declare,
        lambda machine: machine.declare(machine.file("vendor", "first\n"), machine.file("old/gone"), after=LOAD),
        25,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_killed_at_every_write(tmp_path, monkeypatch, case):
    victim, rescue, least = CASES[case]
    at = 0
    while True:
        top = tmp_path / "machine"
        top.mkdir()
        machine = support.Machine(top)
        support.redirect(monkeypatch, machine.top)
        prepared(machine)
        start = machine.tree()
        was_killed = killed(monkeypatch, machine, at, lambda it=machine: victim(it))
        _check_files(machine, start)
        predicted = rescue_in_check_mode(machine, rescue)
        assert rescue(machine)["changes"] == predicted
        _check_end(machine, case)
        shutil.rmtree(top)
        if not was_killed:
            break
        at += 1
    # The control: the axe fell often enough to be of worth.
    assert at > least


def rescue_in_check_mode(machine, rescue):
    checked = support.Machine(machine.top)
    checked.declare = lambda *files, **given: machine.__class__.declare(checked, *files, check=True, **given)
    return rescue(checked)["changes"]


def _check_files(machine, start):
    """Every file is one of those that were ever declared or found."""
    ever = {"vendor": {b"vendor\n", b"first\n", b"second\n", b"bad\n"}, "other": {b"other\n"}}
    for path, (_mode, content) in machine.tree().items():
        if content is not None and not path.endswith(disk.SUFFIX):
            assert content in ever.get(path, {b"one\n"}), path
    assert set(start) - set(machine.tree()) <= {"other", "old", "old/gone", "vendor"}
    assert "vendor" in machine.tree()


def _check_end(machine, case):
    vendor, other = {"vendor": (0o640, b"vendor\n")}, {"other": (0o600, b"other\n")}
    ends = {
        "absent": {**vendor, **other},
        "taken back": {
            "vendor": (0o644, b"first\n"),
            "old": (0o755, None),
            "old/gone": (0o644, b"one\n"),
            **other,
        },
    }
    declared = {"vendor": (0o644, b"second\n"), "new": (0o755, None), "new/a": (0o644, b"one\n")}
    expected = next((end for word, end in ends.items() if case.endswith(word)), declared)
    assert machine.tree() == expected
    assert machine.loaded == expected, "the commands have taken it over"
    if "absent" not in case:
        assert '"pending": []' in machine.record()
    else:
        assert machine.record() is None
    machine.leave(after=LOAD)
    assert machine.tree() == {**vendor, **other} == machine.loaded
    assert sorted(str(path) for path in (machine.top / "var").rglob("*")) == []
    assert os.listdir(machine.top / "run") == ["lock"]
