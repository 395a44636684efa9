# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout where ansible-test accepts it: TREE/ansible_collections/bulwark/azure_docker."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from toolchain.places import CACHE, COLLECTION, ROOT

# What tools write into the copy and want to find again in the next run.
TOOLS_OWN = ("tests/output/", ".git/")


def committable() -> list[str]:
    """The files that `git add --all` would take: uncommitted work too, nothing that is ignored.

    Asks an empty repository of its own, so that it also works in an unpacked archive, below a directory that another
    repository ignores, and in a checkout that belongs to another user.
    """
    repository = CACHE / "listing.git"
    if not repository.is_dir():
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
    git = ["git", "-c", "core.excludesFile=/dev/null", f"--git-dir={repository}", "--work-tree=."]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    return sorted(filter(None, listed.decode().split("\0")))


def sync(name: str) -> pathlib.Path:
    """Bring the copy NAME up to date; return the collection's directory in it.

    It gets a git repository of its own: without one git finds the checkout around it, where .cache is ignored, and
    ansible-test skips every target with exit status 0.
    """
    copy = CACHE / "trees" / name / COLLECTION
    copy.mkdir(parents=True, exist_ok=True)
    wanted = set(committable())
    for path in sorted(copy.rglob("*"), reverse=True):
        relative = path.relative_to(copy).as_posix()
        if f"{relative}/".startswith(TOOLS_OWN) or relative == "tests":
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif relative not in wanted:
            path.unlink()
    for relative in wanted:
        _update(ROOT / relative, copy / relative)
    if not (copy / ".git").is_dir():
        subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    return copy


def _update(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy one file or link if it differs; a file that vanished meanwhile is nobody's concern."""
    try:
        new = source.lstat()
    except FileNotFoundError:
        return
    if target.is_symlink() or target.exists():
        old = target.lstat()
        if (old.st_size, old.st_mtime_ns, old.st_mode) == (new.st_size, new.st_mtime_ns, new.st_mode):
            return
        target.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
    os.utime(target, ns=(new.st_atime_ns, new.st_mtime_ns), follow_symlinks=False)
