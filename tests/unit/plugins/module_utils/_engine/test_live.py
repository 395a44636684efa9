# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the running daemon has read of daemon.json."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import daemon_json, live

OPTIONS = {"icc": False, "debug": True}


@pytest.fixture
def running(machine):
    """A machine whose daemon has just started."""
    machine.have_engine()
    machine.put("proc/uptime", "%.2f 1.00" % 100.0)
    return machine


def test_no_process_has_read_anything(machine):
    assert live.look("0", OPTIONS) == live.look("", OPTIONS) == live.look("4711", OPTIONS) == live.Live()


@pytest.mark.parametrize(("seconds", "read"), [(-60, True), (0, True), (90, False)])
def test_without_a_note_the_files_time_decides(running, seconds, read):
    running.put(daemon_json.PATH, daemon_json.text(OPTIONS))
    began = time.time() - 100 + running.started / os.sysconf("SC_CLK_TCK")
    os.utime(running.path(daemon_json.PATH), (began + seconds, began + seconds))
    assert live.look("4711", OPTIONS) == (live.of(OPTIONS) if read else live.Live())


def test_without_a_file_nothing_is_unread(running):
    assert live.look("4711", None) == live.of({}) == live.of(None)


def test_our_note_counts_for_its_process_only(running):
    running.put(daemon_json.PATH, "{}")
    live.note("4711", live.of(OPTIONS))
    assert live.look("4711", {}) == live.of(OPTIONS)
    assert running.mode(live.NOTE) == 0o600
    running.restart()
    assert live.look("4711", {}) != live.of(OPTIONS)


def test_a_damaged_note_is_none(running):
    running.put(live.NOTE, "{")
    assert live.look("4711", None) == live.of({})


@pytest.mark.parametrize(
    ("target", "replaced"), [("/usr/sbin/dockerd (deleted)", True), ("/usr/sbin/dockerd", False), (None, False)]
)
def test_a_process_of_a_file_that_was_replaced(running, target, replaced):
    link = running.path("/proc/4711/exe")
    if target:
        link.symlink_to(target)
    assert live.is_replaced("4711") is replaced
    assert not live.is_replaced("0")
