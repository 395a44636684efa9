# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Controls of what the network reaches and of what is recorded."""

from __future__ import annotations

from typing import Tuple

from .control import BASELINE, ENFORCE, HARDENED, HIGH, LOCKDOWN, LOW, MEDIUM, Control

CONTROLS: Tuple[Control, ...] = (
    Control(
        id="network-firewall",
        title="An nftables table of our own decides which published ports are reached, and from where",
        layer="L6",
        tier=HARDENED,
        severity=HIGH,
        kind=ENFORCE,
        why="Published ports pass by the rules that a host's firewall usually has, and Docker's own chains are not "
        "in order while it restarts.",
        breaks="Clients of published ports that are not in the declared sources.",
        source="Measured on 29.7.2: for seconds after a restart DOCKER-USER is skipped.",
        cis_1_6=("5.9", "5.14"),
        requires=("nftables", "systemd"),
        variable="docker_hardening_firewall_published",
        yields_to="foreign_firewall",
    ),
    Control(
        id="network-docker-port",
        title="The port of the Docker API is reached from the declared sources only",
        layer="L6",
        tier=BASELINE,
        severity=HIGH,
        kind=ENFORCE,
        why="TLS is one wall; who cannot connect cannot try.",
        breaks="API clients that are not in the declared sources.",
        source="Azure's network security group is the outer wall; this one holds where it is changed.",
        requires=("nftables", "systemd"),
        variable="docker_hardening_firewall_api_sources",
        yields_to="foreign_firewall",
    ),
    Control(
        id="evidence-audit-rules",
        title="Changes of Docker's programs, units and configuration are recorded",
        layer="L7",
        tier=BASELINE,
        severity=MEDIUM,
        kind=ENFORCE,
        why="Who changed what, and when, is known after an attack only if it was recorded then.",
        breaks="Nothing; the audit log grows. Rules are made for what exists on the host.",
        source="Titles of CIS Docker Benchmark 1.6, section 1.1; rules on a live host [unverified].",
        cis_1_6=(
            *("1.1.3", "1.1.6", "1.1.7", "1.1.8", "1.1.9", "1.1.10", "1.1.11", "1.1.12", "1.1.13"),
            *("1.1.14", "1.1.15", "1.1.16", "1.1.17", "1.1.18"),
        ),
        requires=("auditd",),
        variable="docker_hardening_audit_paths",
    ),
    Control(
        id="evidence-audit-run",
        title="Changes below /run/containerd are recorded",
        layer="L7",
        tier=HARDENED,
        severity=LOW,
        kind=ENFORCE,
        why="Sockets and state of containers are there.",
        breaks="Nothing; each container adds records. The rule is loaded after containerd, which makes the directory.",
        source="Titles of CIS Docker Benchmark 1.6; noise [unverified].",
        cis_1_6=("1.1.4",),
        requires=("auditd", "systemd"),
    ),
    Control(
        id="evidence-audit-data",
        title="Changes below Docker's data directory are recorded",
        layer="L7",
        tier=LOCKDOWN,
        severity=LOW,
        kind=ENFORCE,
        why="A change of an image or of a container's state behind the daemon's back is seen.",
        breaks="Busy hosts: it can flood the audit log and cost throughput.",
        source="Titles of CIS Docker Benchmark 1.6; cost [unverified].",
        cis_1_6=("1.1.5",),
        requires=("auditd",),
    ),
    Control(
        id="evidence-journal-limits",
        title="The journal keeps the logs of all containers within limits that fit them",
        layer="L7",
        tier=HARDENED,
        severity=LOW,
        kind=ENFORCE,
        why="All containers share one rate limit as docker.service, so that one of them can silence the others.",
        breaks="Nothing; the journal may take more room, up to its limit.",
        source="moby#35653 (rate limit); systemd's documentation.",
        requires=("systemd",),
        variable="docker_hardening_journal_limits",
    ),
)
