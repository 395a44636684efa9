# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user who called sudo: what the lab leaves for people to read shall be theirs, and not root's."""

from __future__ import annotations

import os
import pathlib


def find(state: pathlib.Path) -> tuple[int, int] | None:
    """User and group id of who called sudo; None without sudo, or where ``state`` is below no directory of theirs."""
    if "SUDO_UID" not in os.environ or "SUDO_GID" not in os.environ:
        return None
    user, group = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    return (user, group) if any(above.stat().st_uid == user for above in state.parents) else None


def give(directory: pathlib.Path, user: int, group: int) -> None:
    """Make ``directory`` and all below it theirs; links themselves, never what they lead to."""
    # Inside out: the new owner can change nothing in a directory until all in it is done.
    for _path, directories, files, descriptor in os.fwalk(directory, topdown=False):
        for name in directories + files:
            os.chown(name, user, group, dir_fd=descriptor, follow_symlinks=False)
    os.chown(directory, user, group, follow_symlinks=False)
