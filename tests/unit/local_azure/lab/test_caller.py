# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who owns what the lab leaves. Changes of owners are recorded, not made: unit tests need no root."""

from __future__ import annotations

import os

import pytest

from local_azure.lab import caller, launcher

OWN = os.getuid()
NOBODY_HERE = 4242  # owns no directory on the way to a test's files


@pytest.fixture
def state(tmp_path):
    """A lab's state after a run: a site, and what is none of the user's business."""
    state = tmp_path / "cache" / "lab" / "demo"
    for path in ("site/certificates/report.json", "site/ssh_key", "machines/vm-1/disk", "elsewhere/file", "lock"):
        (state / path).parent.mkdir(parents=True, exist_ok=True)
        (state / path).touch()
    (state / "site/link").symlink_to(state / "elsewhere")
    (state / "site/broken").symlink_to("nowhere")
    return state


@pytest.fixture
def owners(monkeypatch, state):
    """Path below the state -> (user, group), in the order in which they were changed."""
    changed = {}

    def chown(path, user, group, *, dir_fd=None, follow_symlinks=True):
        assert not follow_symlinks, path
        directory = os.readlink(f"/proc/self/fd/{dir_fd}") if dir_fd is not None else ""
        changed[os.path.relpath(os.path.join(directory, path), state)] = (user, group)

    monkeypatch.setattr(caller.os, "chown", chown)
    return changed


def sudo(monkeypatch, variables):
    for name in ("SUDO_UID", "SUDO_GID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))


# environment -> who called sudo and owns a directory above the state
CALLERS = {
    "no sudo": ({}, None),
    "half of it": ({"SUDO_UID": OWN}, None),
    "the owner": ({"SUDO_UID": OWN, "SUDO_GID": 7}, (OWN, 7)),
    "somebody else": ({"SUDO_UID": NOBODY_HERE, "SUDO_GID": 7}, None),
}


@pytest.mark.parametrize("name", CALLERS)
def test_find(monkeypatch, state, name):
    variables, expected = CALLERS[name]
    sudo(monkeypatch, variables)
    assert caller.find(state) == expected


def test_the_site_and_nothing_else_is_given(monkeypatch, state, owners):
    sudo(monkeypatch, {"SUDO_UID": OWN, "SUDO_GID": 7})
    launcher.hand_over(state)
    names = ("", "/broken", "/certificates", "/certificates/report.json", "/link", "/ssh_key")
    assert owners == {f"site{name}": (OWN, 7) for name in names}
    order = list(owners)
    for inner, outer in (("site/certificates/report.json", "site/certificates"), ("site/ssh_key", "site")):
        assert order.index(inner) < order.index(outer)


@pytest.mark.parametrize("name", ["no sudo", "somebody else"])
def test_nothing_is_given(monkeypatch, state, owners, name):
    sudo(monkeypatch, CALLERS[name][0])
    launcher.hand_over(state)
    assert owners == {}


def test_a_run_that_made_no_site(monkeypatch, tmp_path, owners):
    sudo(monkeypatch, {"SUDO_UID": OWN, "SUDO_GID": 7})
    launcher.hand_over(tmp_path / "other")
    assert owners == {}
