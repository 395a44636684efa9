# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Controls with a price that only some sites pay."""

from __future__ import annotations

from typing import Tuple

from .control import ENFORCE, HIGH, LOCKDOWN, MEDIUM, Control

CONTROLS: Tuple[Control, ...] = (
    Control(
        id="lockdown-userns-remap",
        title="Root in a container is a user without rights on the host",
        layer="L8",
        tier=LOCKDOWN,
        severity=HIGH,
        kind=ENFORCE,
        why="Even a way out of a container then ends as nobody.",
        breaks="Images and containers that are there vanish from sight (another data directory); the containerd image "
        "store is refused; owners of bind mounts differ.",
        source="Measured on 29.7.2; a client can opt out with --userns=host, which runtime-host-namespaces closes.",
        cis_1_6=("2.9",),
        variable="docker_hardening_userns_remap",
    ),
    Control(
        id="lockdown-read-only-roots",
        title="Root file systems of containers are read-only",
        layer="L8",
        tier=LOCKDOWN,
        severity=MEDIUM,
        kind=ENFORCE,
        why="An attacker cannot keep a program in a container, nor change the one that is there.",
        breaks="Most images that write outside of volumes and tmpfs.",
        source="OCI runtime specification; wrapper of this collection.",
        cis_1_6=("5.13",),
        needs=("runtime-wrapper",),
    ),
)
