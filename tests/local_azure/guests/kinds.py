# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of guests, one row each."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..arm.fabric import VmSpec
from .guest import Guest, Operator
from .nspawn import NspawnGuest, NspawnOperator
from .qemu import QemuGuest, QemuOperator

MakeGuest = Callable[[VmSpec, pathlib.Path, pathlib.Path], Guest]


@dataclass(frozen=True)
class Kind:
    """`image` is below .cache, and was built by `build` when `proof` is in it; `tools`: command and Debian package.

    `agent_timeout` is how many seconds the agent may be silent before ARM gives up.
    """

    guest: MakeGuest
    operator: Callable[[str, str], Operator]
    image: str
    proof: str
    build: str
    tools: Mapping[str, str]
    agent_timeout: float


KINDS = {
    "nspawn": Kind(
        NspawnGuest, NspawnOperator, "image/root", "etc/waagent.conf", "setup.sh lab",
        {"systemd-nspawn": "systemd-container"}, 120.0,
    ),
    "qemu": Kind(
        QemuGuest, QemuOperator, "image-qemu", "stamp", "setup.sh qemu",
        {"qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils"}, 600.0,
    ),
}  # fmt: skip
