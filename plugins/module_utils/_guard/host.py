# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The host: the one place that reads and writes its files. Tests put another in its place."""

from __future__ import annotations

import os
import re
import stat
import time
import typing as t

from . import break_glass, documents, policy
from .case import Device, Inode, is_id
from .verdict import Closed, Spec

EXEMPT = "/run/bulwark-azure-docker/exempt"  # a file per container that runs under an exemption, with its name
REAL_RUNC = ("/usr/local/sbin/runc", "/usr/local/bin/runc", "/usr/sbin/runc", "/usr/bin/runc")
IN_CGROUP = "[0-9a-f]{64}"


class Host:
    """The machine the guard runs on; the readers are case.Reader's."""

    def namespace(self, path: str) -> t.Optional[Inode]:
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def realpath(self, path: str) -> str:
        return os.path.realpath(path)

    def device(self, path: str) -> t.Optional[Device]:
        try:
            found = os.stat(path)
        except OSError:
            return None
        kind = "c" if stat.S_ISCHR(found.st_mode) else "b" if stat.S_ISBLK(found.st_mode) else ""
        return (kind, os.major(found.st_rdev), os.minor(found.st_rdev)) if kind else None

    def mountinfo(self) -> str:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    def container(self, data_root: str, container: str) -> Spec:
        if not is_id(container):
            return {}
        return _record(f"{data_root}/containers/{container}/config.v2.json")

    def volume(self, data_root: str, name: str) -> Spec:
        return {} if "/" in name or name in ("", ".", "..") else _record(f"{data_root}/volumes/{name}/opts.json")

    def containers_of(self, pid: int) -> t.Sequence[str]:
        return re.findall(IN_CGROUP, (_content(f"/proc/{pid}/cgroup") or b"").decode("utf-8", "replace"))

    def exempt(self, container: str) -> t.Optional[str]:
        content = _content(f"{EXEMPT}/{container}") if is_id(container) else None
        return content.decode("utf-8", "replace") if content else None

    def cgroup2(self) -> bool:
        return os.path.exists("/sys/fs/cgroup/cgroup.controllers")

    def machine(self) -> str:
        return os.uname().machine

    def set_exempt(self, container: str, name: t.Optional[str]) -> None:
        """Keep under which exemption a container starts now; None for none."""
        if not is_id(container):
            return  # a build, and no name that could lead elsewhere
        if name is None:
            if os.path.exists(f"{EXEMPT}/{container}"):
                os.unlink(f"{EXEMPT}/{container}")
            return
        os.makedirs(EXEMPT, mode=0o755, exist_ok=True)
        with open(f"{EXEMPT}/{container}", "w", encoding="utf-8") as file:
            file.write(name)

    def policy(self) -> policy.Policy:
        """Raises Closed."""
        content = _content(policy.PATH)
        if content is None:
            raise Closed(f"found no policy {policy.PATH}, expected the role docker_hardening's; run the role again")
        return policy.parse(documents.parse(content, policy.PATH))

    def break_glass(self) -> t.Optional[break_glass.BreakGlass]:
        try:
            found = os.lstat(break_glass.PATH)
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o077:
            return None
        return break_glass.parse((_content(break_glass.PATH) or b"").decode("utf-8", "replace"), time.time())

    def read(self, path: str) -> bytes:
        """Raises Closed where the file cannot be read."""
        content = _content(path)
        if content is None:
            raise Closed(f"found no {path}, expected what runc is to start")
        return content

    def rewrite(self, path: str, content: bytes) -> None:
        """Put new content in a file's place at once, with its owner and mode."""
        before = os.stat(path)
        new = f"{path}.bulwark"
        if os.path.lexists(new):
            os.unlink(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
            file.write(content)
        os.rename(new, path)

    def real_runc(self) -> str:
        """Raises Closed. Whatever else is called runc, it is one of a package, never this collection's."""
        for path in REAL_RUNC:
            if os.access(path, os.X_OK) and "bulwark-azure-docker" not in os.path.realpath(path):
                return path
        raise Closed(f"found no runc, expected one of {', '.join(REAL_RUNC)}; install the engine's runc")


def _record(path: str) -> Spec:
    """A document of the daemon's; {} where there is none."""
    content = _content(path)
    record = documents.parse(content, os.path.basename(path)) if content else {}
    return record if isinstance(record, dict) else {}


def _content(path: str) -> t.Optional[bytes]:
    """None where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read(documents.LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
        return None
