# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One path at a time: what is kept, what is left behind, what is passed on."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import system
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files import disk
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.observe import state_of
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.state import NOTHING, State

OWN = (os.geteuid(), os.getegid())
STATES = {
    "nothing": NOTHING,
    "file": State("file", b"x\0", 0o640, *OWN),
    "other file": State("file", b"", 0o600, *OWN),
    "link": State("symbolic link", b"/nowhere/at/all", 0o777, *OWN),
    "directory": State("directory", None, 0o2751, *OWN),
    "other directory": State("directory", None, 0o700, *OWN),
}


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("litter", [None, "file", "directory"])
def test_every_state_after_every_other(tmp_path, before, after, litter):
    """A directory and a file do not replace each other: ``faults`` refuses that, and so does the system."""
    path = str(tmp_path / "a")
    disk.put(path, STATES[before])
    if litter:
        disk.put(disk.temporary_of(path), STATES[litter])
    from_directory, to_directory = "directory" in before, "directory" in after
    if after != "nothing" and before != "nothing" and from_directory != to_directory:
        with pytest.raises(OSError):
            disk.put(path, STATES[after])
        return
    disk.put(path, STATES[after])
    assert state_of(path) == STATES[after]
    disk.discard(path)
    assert os.listdir(tmp_path) == ([] if after == "nothing" else ["a"])


@pytest.mark.parametrize(
    ("number", "fails"), [(errno.ENODATA, False), (errno.ENOTSUP, False), (errno.EIO, True), (None, False)]
)
def test_the_selinux_context_is_kept(tmp_path, monkeypatch, number, fails):
    path, kept = str(tmp_path / "a"), {}
    disk.put(path, STATES["file"])

    def getxattr(path, attribute, follow_symlinks):
        if number:
            raise OSError(number, "no", path)
        return b"system_u:object_r:etc_t:s0"

    monkeypatch.setattr(os, "getxattr", getxattr)
    monkeypatch.setattr(os, "setxattr", lambda path, key, value, follow_symlinks: kept.update({path: (key, value)}))
    if fails:
        with pytest.raises(OSError):
            disk.put(path, STATES["other file"])
    else:
        disk.put(path, STATES["other file"])
        expected = {disk.temporary_of(path): ("security.selinux", b"system_u:object_r:etc_t:s0")}
        assert kept == ({} if number else expected)


def test_what_is_not_there_is_left_alone(tmp_path):
    disk.discard(str(tmp_path / "no" / "where"))
    system.remove_empty(str(tmp_path / "no"))
    (tmp_path / "d" / "e").mkdir(parents=True)
    system.remove_empty(str(tmp_path / "d"))
    assert (tmp_path / "d" / "e").is_dir()
    (tmp_path / "f").write_text("")
    with pytest.raises(NotADirectoryError):
        system.remove_empty(str(tmp_path / "f"))


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "full", "/a"), "/a: full"), (OSError(28, "full"), "full"), (OSError("odd"), "odd")],
)
def test_what_an_error_says(error, words):
    assert disk.said(error) == words
