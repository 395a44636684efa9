# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups of the lab's guests: one directory below the host's hierarchies, removed when the lab ends.

systemd-nspawn puts a guest below the cgroup that it is started in, so every guest is started in one of its own.
Works on hosts with cgroup v2 and on hybrid ones (a ``name=systemd`` hierarchy beside the unified one).
"""

from __future__ import annotations

import os
import pathlib

PREFIX = "local-azure-"


def hierarchies() -> list[pathlib.Path]:
    """Mount points of the hierarchies that systemd itself uses: cgroup2 and name=systemd."""
    found = []
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _device, point, kind, options = line.split()[:4]
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(pathlib.Path(point))
    return found


def enter(group: str) -> None:
    """Move the calling process into ``group`` (a relative path), which is made where it is missing."""
    for hierarchy in hierarchies():
        directory = hierarchy / group
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cgroup.procs").write_text(str(os.getpid()))


def remove(group: str) -> bool:
    """Remove ``group`` and what is below it; False when a process still lives there."""
    gone = True
    for hierarchy in hierarchies():
        top = hierarchy / group
        for directory, _below, _files in os.walk(top, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                gone = False
    return gone


def is_running(group: str) -> bool:
    """Whether the lab that made the group (its name ends with the launcher's pid) still runs."""
    command = pathlib.Path("/proc") / group.removeprefix(PREFIX) / "cmdline"
    try:
        return b"local_azure" in command.read_bytes()
    except OSError:
        return False


def sweep() -> list[str]:
    """Remove the groups that dead labs left (a killed lab cannot); names of those removed."""
    names = {entry.name for hierarchy in hierarchies() for entry in hierarchy.glob(PREFIX + "*")}
    return sorted(name for name in names if not is_running(name) and remove(name))
