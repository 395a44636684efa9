# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Bring a path to a state, at once: a reader, or a crash, meets the old or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import typing as t

from .state import ABSENT, DIRECTORY, FILE, LINK, State

SUFFIX = ".bulwark-new"  # no pattern of a .d directory takes it for a configuration
CONTEXT = "security.selinux"


def temporary_of(path: str) -> str:
    """Where the next state of a path is written, on the same file system."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}{SUFFIX}")


def prepare(path: str, state: State) -> None:
    """Write what ``commit`` will swap in. Nothing changes yet. Raises OSError."""
    if state.kind not in (FILE, LINK) or state.only_attributes:
        return
    temporary = temporary_of(path)
    discard(path)
    if state.kind == LINK:
        os.symlink(os.fsdecode(state.content or b""), temporary)
        os.chown(temporary, state.uid, state.gid, follow_symlinks=False)
        return
    write(temporary, state)
    _keep_context(path, temporary)


def write(path: str, state: State) -> None:
    """Make a new file that nobody else can read before it has its owner and mode. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(state.content or b"")
        file.flush()
        os.fchown(descriptor, state.uid, state.gid)
        os.fchmod(descriptor, state.mode)  # after the owner: a change of owner drops set-uid bits
        os.fsync(descriptor)


def commit(path: str, state: State) -> None:
    """Swap in what was prepared; directories and absences need no preparation. Raises OSError."""
    if state.only_attributes:
        _attributes(path, state)
    elif state.kind in (FILE, LINK):
        os.replace(temporary_of(path), path)
    elif state.kind == DIRECTORY:
        _commit_directory(path, state)
    elif os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif state.kind == ABSENT:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _commit_directory(path: str, state: State) -> None:
    """A new one appears with its owner and mode: killed in between, nobody would know the one that it shall have."""
    there = os.path.isdir(path)
    place = path if there else temporary_of(path)
    if not there:
        discard(path)
        os.mkdir(place, 0o700)
    _attributes(place, state)
    if not there:
        os.rename(place, path)


def _attributes(path: str, state: State) -> None:
    os.chown(path, state.uid, state.gid, follow_symlinks=False)
    os.chmod(path, state.mode)


def put(path: str, state: State) -> None:
    """``prepare`` and ``commit``. Raises OSError."""
    prepare(path, state)
    commit(path, state)


def discard(path: str) -> None:
    """Remove what was prepared for a path and never swapped in, by this run or by one that was killed."""
    temporary = temporary_of(path)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if os.path.isdir(temporary) and not os.path.islink(temporary):
            os.rmdir(temporary)
        else:
            os.unlink(temporary)


def said(error: OSError) -> str:
    """What an error of the system says; one about an open file names no path."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def sync_directory(directory: str) -> None:
    """Have the names in a directory on the disk. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_context(path: str, temporary: str) -> None:
    """Copy the SELinux context, which a file that replaces another one would get from its directory instead."""
    try:
        context: t.Optional[bytes] = os.getxattr(path, CONTEXT, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP, errno.ENOENT, errno.EPERM):
            raise
        context = None
    if context is not None:
        os.setxattr(temporary, CONTEXT, context, follow_symlinks=False)
