# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Into a lab that runs already: its network for this process, or all its namespaces for a command."""

from __future__ import annotations

import ctypes
import os
import pathlib

from ..server_file import Server
from .launcher import LabError

_NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc")
_CLONE_NEWNET = 0x40000000


def init_of(launcher: int) -> int:
    """Return process 1 of the lab that a launcher started, by its number on the host."""
    try:
        host = os.readlink(f"/proc/{launcher}/ns/net")
        for child in _children(launcher):
            if os.readlink(f"/proc/{child}/ns/net") != host:  # unshare; slirp4netns stays outside
                return _children(child)[0]
    except (OSError, IndexError) as error:
        raise LabError(f"the lab of process {launcher} cannot be entered ({error}); run the same as root") from error
    raise LabError(f"process {launcher} has no lab; stop that local Azure and start it again")


def network() -> str:
    """Name the network namespace of this process."""
    return os.readlink("/proc/self/ns/net")


def is_inside(server: Server) -> bool:
    """Say whether this process reaches a server as it is."""
    return server.network == network()


def enter_network(launcher: int) -> None:
    """Move this thread into the lab's network."""
    descriptor = os.open(f"/proc/{init_of(launcher)}/ns/net", os.O_RDONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, _CLONE_NEWNET):
            reason = os.strerror(ctypes.get_errno())
            raise LabError(f"the lab's network cannot be entered ({reason}); run the same as root")
    finally:
        os.close(descriptor)


def command(launcher: int, directory: pathlib.Path, arguments: list[str]) -> list[str]:
    """Return what runs ``arguments`` inside the lab, in ``directory``; it ends when nsenter is ended."""
    return [
        "nsenter", "--target", str(init_of(launcher)), *_NAMESPACES, "--",
        "setpriv", "--pdeathsig", "TERM", "env", f"--chdir={directory}", *arguments,
    ]  # fmt: skip


def _children(pid: int) -> list[int]:
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
