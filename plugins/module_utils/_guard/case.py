# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What is judged besides the spec: whose container it is, and what of the host the rules ask for."""

from __future__ import annotations

import typing as t

from . import mountinfo
from .policy import Policy
from .verdict import Spec

Inode = t.Tuple[int, int]  # device, inode
Device = t.Tuple[str, int, int]  # "c" or "b", major, minor


class Reader(t.Protocol):
    """The host, as far as the rules look at it; see host.Host. Tests have one of their own."""

    def namespace(self, path: str) -> t.Optional[Inode]:
        """The identity of a namespace file, None where there is none."""

    def realpath(self, path: str) -> str:
        """The path without symlinks."""

    def device(self, path: str) -> t.Optional[Device]:
        """What a device node stands for, None where it is no device node."""

    def mountinfo(self) -> str:
        """/proc/self/mountinfo."""

    def container(self, data_root: str, container: str) -> Spec:
        """The daemon's own record of a container (config.v2.json), {} where there is none."""

    def volume(self, data_root: str, name: str) -> Spec:
        """The local driver's own record of a volume's options (opts.json), {} where it has none."""

    def containers_of(self, pid: int) -> t.Sequence[str]:
        """What of the names of a process's control groups could be the id of its container."""

    def exempt(self, container: str) -> t.Optional[str]:
        """The name of the exemption that a container runs under."""

    def cgroup2(self) -> bool:
        """Whether the host has only cgroup v2."""

    def machine(self) -> str:
        """As in `uname -m`."""


def is_id(name: str) -> bool:
    """Whether it has the form of a container's id, and so cannot lead elsewhere in a path."""
    return len(name) == 64 and not set(name) - set("0123456789abcdef")


class Case:
    """One judgement's surroundings. ``container``: its id; ``bundle``: the directory of config.json."""

    def __init__(self, policy: Policy, host: Reader, container: str, bundle: str) -> None:
        self.policy = policy
        self.host = host
        self.container = container
        self.data_root = host.realpath(policy.data_root)
        self.bundle = host.realpath(bundle) if bundle else ""
        # BuildKit's bundles; nothing in Docker's API names a bundle.
        self.build = bool(bundle) and self.bundle.startswith(self.data_root + "/buildkit/")
        self._mounts: t.Optional[t.Tuple[mountinfo.Mount, ...]] = None
        self._record: t.Optional[Spec] = None

    @property
    def mounts(self) -> t.Tuple[mountinfo.Mount, ...]:
        if self._mounts is None:
            self._mounts = mountinfo.parse(self.host.mountinfo())
        return self._mounts

    @property
    def record(self) -> Spec:
        """The daemon's record of this container."""
        if self._record is None:
            self._record = self.host.container(self.data_root, self.container)
        return self._record

    @record.setter
    def record(self, record: Spec) -> None:
        self._record = record
