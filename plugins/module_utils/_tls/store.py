# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The certificate directory on disk: reads, sets of files swapped in together, and the lock."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import time
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import ModeFault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.modes import (
    DIRECTORY_MODE,
    LOCK_FILE,
    PUBLIC_MODE,
    SECRET_MODE,
    is_leftover,
    mode_faults,
)

LOCK_WAIT = 120.0
"""Seconds to wait for another run to end."""


class FileWrite(t.NamedTuple):
    """One file of a set: its name inside the directory, its bytes, its mode."""

    name: str
    content: bytes
    mode: int = PUBLIC_MODE


class Store:
    """A certificate directory. All paths given to its methods are relative to it."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)

    def path(self, *parts: str) -> str:
        """The absolute path of a file inside the directory."""
        return os.path.join(self.root, *parts)

    def exists(self, *parts: str) -> bool:
        """Whether that file is there; its content is not read."""
        return os.path.exists(self.path(*parts))

    def read(self, *parts: str) -> t.Optional[bytes]:
        """The bytes of a file, None when it is absent. Failure when it cannot be read."""
        return self.head(-1, *parts)

    def head(self, count: int, *parts: str) -> t.Optional[bytes]:
        """The first bytes of a file (-1: all), None when it is absent. Failure when it cannot be read."""
        try:
            with open(self.path(*parts), "rb") as stream:
                return stream.read(count)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _io_failure("read", self.path(*parts), error) from error

    def size(self, *parts: str) -> t.Optional[int]:
        """The size of a file in bytes without reading it, None when it is absent."""
        try:
            return os.stat(self.path(*parts)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _io_failure("read", self.path(*parts), error) from error

    def directories(self, *parts: str) -> t.List[str]:
        """The names of the directories inside a directory, sorted; [] when it is absent."""
        return [name for name, is_directory in (self.entries(*parts) or {}).items() if is_directory]

    def entries(self, *parts: str) -> t.Optional[t.Dict[str, bool]]:
        """Whatever is inside a directory, sorted: {name: whether it is a directory}; None when it is absent.

        What a killed run left half-written is not shown: the next swap() or remove() takes it away.
        """
        try:
            with os.scandir(self.path(*parts)) as entries:
                return dict(sorted((entry.name, entry.is_dir()) for entry in entries if not is_leftover(entry.name)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _io_failure("list", self.path(*parts), error) from error

    def swap(self, directory: str, writes: t.Sequence[FileWrite], removals: t.Sequence[str] = ()) -> None:
        """Remove and replace files of one directory. Every new file is complete on disk before the first old one goes.

        removals go first, so that a crash in between leaves a set that is seen to be incomplete, never one that
        looks whole and does not fit together.
        """
        target = self.path(directory)
        prepared: t.List[t.Tuple[str, str]] = []
        try:
            if writes:
                self._make_directory(target)
            _sweep(target)
            for write in writes:
                prepared.append((_prepare(target, write), os.path.join(target, write.name)))
            for name in removals:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(target, name))
            while prepared:
                os.replace(*prepared[0])
                prepared.pop(0)
        except OSError as error:
            raise _io_failure("write", target, error) from error
        finally:
            for temporary, _final in prepared:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def settle(self, *parts: str) -> None:
        """Let what was done in a directory reach the disk before anything else is done, for the power may fail."""
        try:
            descriptor = os.open(self.path(*parts), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _io_failure("write", self.path(*parts), error) from error

    def remove(self, directory: str, names: t.Sequence[str]) -> None:
        """Remove these files of one directory in this order, then the directory unless something else is in it."""
        self.swap(directory, [], names)
        try:
            os.rmdir(self.path(directory))
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise _io_failure("remove", self.path(directory), error) from error

    def restrict(self, fault: ModeFault) -> None:
        """Take away the permissions that a file or directory must not have."""
        try:
            os.chmod(self.path(fault.path), fault.found & fault.expected)
        except OSError as error:
            raise _io_failure("change the mode of", self.path(fault.path), error) from error

    def mode_faults(self) -> t.Tuple[ModeFault, ...]:
        """Everything of ours that grants more than 0700 (directories), 0600 (keys) or 0644 (the rest)."""
        try:
            return tuple(sorted(mode_faults(self.root)))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _io_failure("list", self.root, error) from error

    @contextlib.contextmanager
    def lock(self, exclusive: bool, wait: float = LOCK_WAIT) -> t.Iterator[None]:
        """Hold the directory. A writer makes directory and lock file; a reader of a directory without one reads on.

        wait: seconds; Failure when another run still holds it then.
        """
        try:
            if exclusive:
                self._make_directory(self.root)
            flags = os.O_RDWR | os.O_CREAT if exclusive else os.O_RDONLY
            descriptor = os.open(self.path(LOCK_FILE), flags | os.O_CLOEXEC, SECRET_MODE)
        except OSError as error:
            if not exclusive and error.errno in (errno.ENOENT, errno.EACCES):
                yield
                return
            raise _io_failure("lock", self.path(LOCK_FILE), error) from error
        try:
            _flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, wait, self.path(LOCK_FILE))
            yield
        finally:
            os.close(descriptor)

    def _make_directory(self, path: str) -> None:
        # Level by level: os.makedirs gives the mode to the last level only.
        missing = []
        while not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for level in reversed(missing):
            with contextlib.suppress(FileExistsError):
                os.mkdir(level, DIRECTORY_MODE)


def _sweep(directory: str) -> None:
    """Remove what a killed run left half-written, which may hold a key. Whoever writes holds the lock."""
    with contextlib.suppress(FileNotFoundError), os.scandir(directory) as entries:
        for name in [entry.name for entry in entries if is_leftover(entry.name)]:
            os.unlink(os.path.join(directory, name))


def _prepare(directory: str, write: FileWrite) -> str:
    descriptor, temporary = tempfile.mkstemp(prefix=".%s." % write.name, suffix=".tmp", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), write.mode)
            stream.write(write.content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        os.unlink(temporary)
        raise
    return temporary


def _flock(descriptor: int, operation: int, wait: float, path: str) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise _io_failure("lock", path, error) from error
            if time.monotonic() >= deadline:
                raise Failure(
                    "Another run has held %s for more than %g seconds, expected it to be free." % (path, wait),
                    code="CertificateDirectoryLocked",
                    hint="Let that run end, then run again. The lock goes with its process; the file may stay.",
                ) from error
        time.sleep(0.1)


def _io_failure(verb: str, path: str, error: OSError) -> Failure:
    return Failure(
        "Could not %s %s: %s." % (verb, path, error.strerror or error),
        code="CertificateDirectoryUnusable",
        hint="Give this user the certificate directory (mode 0700) on a file system with room, then run again.",
    )
