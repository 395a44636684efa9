# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of apt-get: who is in the way, and what is mended on the way."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import apt, system
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

# as apt 3.0 of Debian 13 says it
LOCKED = (
    "Reading package lists...\n"
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 905 (python3)\n"
    "E: Unable to lock directory /var/lib/apt/lists/"
)
LOCKED_AFTER_WAITING = (
    "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 905 (python3)...\n"
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?"
)
INTERRUPTED = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."


@pytest.fixture
def said(monkeypatch):
    """Answers of apt-get, one a run, the last one for ever; and what was run."""
    answers, runs = [], []

    def logged(command, environment=None, lines=8):
        runs.append(command)
        if command[0] == "dpkg":
            return 0, ""
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(system, "logged", logged)
    monkeypatch.setattr(apt, "PAUSE", 0)
    return answers, runs


def test_a_run(said):
    answers, runs = said
    answers.append((0, "done"))
    assert apt.run("install", "x") == (0, "done")
    assert runs == [
        [
            *("apt-get", "--quiet", "--yes", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"),
            *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold", "install", "x"),
        ]
    ]


def test_a_failure_is_told_as_it_is(said):
    said[0].append((100, "E: Unable to locate package x"))
    assert apt.run("install", "x") == (100, "E: Unable to locate package x")
    assert len(said[1]) == 1


def test_a_lock_that_becomes_free_is_waited_for(said):
    said[0].extend([(100, LOCKED), (100, LOCKED_AFTER_WAITING), (0, "done")])
    assert apt.run("update") == (0, "done")
    assert len(said[1]) == 3


@pytest.mark.parametrize(
    ("tail", "file", "holder"),
    [
        (LOCKED, "apt/lists/lock", "process 905 (/usr/bin/python3 /usr/bin/unattended-upgrade)"),
        (LOCKED_AFTER_WAITING, "dpkg/lock-frontend", "process 905 (/usr/bin/python3 /usr/bin/unattended-upgrade)"),
        (LOCKED.replace("905", "906"), "apt/lists/lock", "process 906 (ended since)"),
        (LOCKED.replace("It is held by process 905", ""), "apt/lists/lock", "a process that apt does not name"),
    ],
)
def test_a_lock_that_stays(said, machine, monkeypatch, tail, file, holder):
    machine.put("proc/905/cmdline", "/usr/bin/python3\0/usr/bin/unattended-upgrade\0")
    monkeypatch.setattr(system, "logged", lambda *_arguments: (100, tail))
    monkeypatch.setattr(apt, "LOCK_SECONDS", 0)
    with pytest.raises(Refusal) as refused:
        apt.run("update")
    text = str(refused.value)
    assert text.startswith("/var/lib/%s was held for 0 s by %s" % (file, holder))
    assert text.endswith("wait for that package run to end, or end it, and run again")


def test_an_interrupted_dpkg_is_mended_once(said):
    said[0].extend([(100, INTERRUPTED), (0, "done")])
    assert apt.run("install", "x") == (0, "done")
    assert [run[0] for run in said[1]] == ["apt-get", "dpkg", "apt-get"]
    assert said[1][1][-2:] == ["--configure", "-a"]


def test_a_dpkg_that_cannot_be_mended(said):
    said[0].append((100, INTERRUPTED))
    assert apt.run("install", "x") == (100, INTERRUPTED)
    assert [run[0] for run in said[1]] == ["apt-get", "dpkg", "apt-get"]
