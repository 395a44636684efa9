# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Controls of single containers that are counted and named, never changed: they belong to their owners."""

from __future__ import annotations

from typing import Tuple

from .control import AUDIT, BASELINE, HARDENED, HIGH, LOW, MEDIUM, Control

OWNERS = "Nothing; containers and images are the business of their owners."
TITLES = "CIS Docker Benchmark 1.6 (titles); the evidence is the kernel's and the engine's."

CONTROLS: Tuple[Control, ...] = (
    Control(
        id="container-old-limits",
        title="No container runs with limits from before the hardening",
        layer="L3",
        tier=HARDENED,
        severity=HIGH,
        kind=AUDIT,
        why="What was started before keeps what it was started with, until it is started again.",
        breaks=OWNERS,
        source="Measured on 28.5.2 and 29.7.2: only the kernel tells what a container has.",
    ),
    Control(
        id="container-user",
        title="Containers do not run as root",
        layer="L3",
        tier=HARDENED,
        severity=MEDIUM,
        kind=AUDIT,
        why="Root in a container is root of the host for every check that namespaces do not make.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("4.1",),
    ),
    Control(
        id="container-limits",
        title="Containers have limits of memory and of processor time",
        layer="L3",
        tier=HARDENED,
        severity=LOW,
        kind=AUDIT,
        why="One container without limits starves the others.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("5.11", "5.12"),
    ),
    Control(
        id="container-privileged-ports",
        title="Ports of the host below 1024 that containers publish are known",
        layer="L6",
        tier=BASELINE,
        severity=LOW,
        kind=AUDIT,
        why="Such a port is taken for a service of the system.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("5.8",),
    ),
    Control(
        id="container-restart-policy",
        title="Containers that fail are restarted a limited number of times",
        layer="L3",
        tier=BASELINE,
        severity=LOW,
        kind=AUDIT,
        why="A container that restarts forever can be used to deny service.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("5.15",),
    ),
    Control(
        id="container-cgroup-parent",
        title="Containers are in the default control group",
        layer="L3",
        tier=BASELINE,
        severity=LOW,
        kind=AUDIT,
        why="Under another parent the host's limits for containers may not hold.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("5.25",),
    ),
    Control(
        id="container-health",
        title="Containers have a health check",
        layer="L3",
        tier=BASELINE,
        severity=LOW,
        kind=AUDIT,
        why="Without one the engine does not notice a service that hangs.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("4.6", "5.27"),
    ),
    Control(
        id="container-default-bridge",
        title="Containers use networks of their own instead of the default bridge",
        layer="L6",
        tier=BASELINE,
        severity=LOW,
        kind=AUDIT,
        why="On a network of its own a project meets only itself.",
        breaks=OWNERS,
        source=TITLES,
        cis_1_6=("5.30",),
    ),
)
