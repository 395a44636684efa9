# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups on a hierarchy of plain directories: what the kernel refuses to remove is one that is not empty."""

from __future__ import annotations

import os

import pytest

from local_azure.lab import cgroups

MOUNTS = """\
proc /proc proc rw,nosuid 0 0
tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup /sys/fs/cgroup/other cgroup rw,name=systemd-not 0 0
"""
PURE = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nsdelegate 0 0\n"


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        (MOUNTS, ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"]),
        (PURE, ["/sys/fs/cgroup"]),
        ("", []),
    ],
)
def test_hierarchies(monkeypatch, mounts, found):
    monkeypatch.setattr(cgroups.pathlib.Path, "read_text", lambda path: mounts)
    assert [str(path) for path in cgroups.hierarchies()] == found


@pytest.fixture
def hierarchies(tmp_path, monkeypatch):
    """Two hierarchies, as on a hybrid host."""
    found = [tmp_path / "unified", tmp_path / "systemd"]
    for path in found:
        path.mkdir()
    monkeypatch.setattr(cgroups, "hierarchies", lambda: found)
    return found


def populate(hierarchy, group):
    """A process lives there."""
    (hierarchy / group).mkdir(parents=True)
    (hierarchy / group / "process").touch()


def test_enter_makes_the_group_and_moves_the_caller_into_it(hierarchies):
    for _turn in range(2):
        cgroups.enter("local-azure-1/vm-1")
        for hierarchy in hierarchies:
            assert (hierarchy / "local-azure-1/vm-1/cgroup.procs").read_text() == str(os.getpid())


def test_remove_takes_everything_below(hierarchies):
    for hierarchy in hierarchies:
        (hierarchy / "local-azure-1/vm-1/payload").mkdir(parents=True)
        (hierarchy / "local-azure-2").mkdir()
    assert cgroups.remove("local-azure-1") is True
    for hierarchy in hierarchies:
        assert [path.name for path in hierarchy.iterdir()] == ["local-azure-2"]


def test_what_is_not_there_is_removed(hierarchies):
    assert cgroups.remove("local-azure-1") is True


def test_a_group_that_is_there_in_one_hierarchy_only(hierarchies):
    (hierarchies[1] / "local-azure-1").mkdir()
    assert cgroups.remove("local-azure-1") is True
    assert list(hierarchies[1].iterdir()) == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_group_with_a_process_in_it_stays(hierarchies, which):
    for hierarchy in hierarchies:
        (hierarchy / "local-azure-1/vm-1").mkdir(parents=True)
    populate(hierarchies[which], "local-azure-1/vm-2")
    assert cgroups.remove("local-azure-1") is False
    assert (hierarchies[which] / "local-azure-1/vm-2/process").exists()
    assert not (hierarchies[which] / "local-azure-1/vm-1").exists(), "what is empty goes all the same"


def test_sweep_takes_dead_labs_and_nothing_else(hierarchies):
    for hierarchy in hierarchies:
        (hierarchy / "local-azure-dead/vm-1").mkdir(parents=True)
        (hierarchy / "system.slice").mkdir()
    (hierarchies[0] / "local-azure-half").mkdir()
    populate(hierarchies[0], "local-azure-alive/vm-1")
    assert cgroups.sweep() == ["local-azure-dead", "local-azure-half"]
    assert sorted(path.name for path in hierarchies[0].iterdir()) == ["local-azure-alive", "system.slice"]
    assert [path.name for path in hierarchies[1].iterdir()] == ["system.slice"]
    assert cgroups.sweep() == []
