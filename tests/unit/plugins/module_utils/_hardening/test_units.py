# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop-ins of systemd: what each control adds, and that a running daemon can be told from one that has not read it."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import places, units

JOURNAL = {"interval": "30s", "burst": 100000, "system_max_use": "2G"}


def drop_ins(*enabled, removed=("CAP_SYS_MODULE", "CAP_MAC_ADMIN", "CAP_BPF"), firewall=False):
    layer = units.wants(units.Wanted(frozenset(enabled), removed, JOURNAL, firewall))
    return {one["path"].split("/")[-2].removesuffix(".d"): one["content"].splitlines()[1:] for one in layer.files}


def lines_of(found, unit):
    return [line for line in found.get(unit, []) if line and not line.startswith("Environment=BULWARK_")]


PATH = f"Environment=PATH={places.SHADOW}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# control; lines of docker.service, of containerd.service, of docker.socket
ADDED = [
    ("host-sysctl", [], [], []),
    (
        "ceiling-capabilities",
        ["[Service]", "CapabilityBoundingSet=~CAP_BPF CAP_SYS_MODULE"],
        ["[Service]", "CapabilityBoundingSet=~CAP_BPF CAP_SYS_MODULE"],
        [],
    ),
    (
        "profile-docker-default",
        ["[Service]", "CapabilityBoundingSet=~CAP_MAC_ADMIN"],
        ["[Service]", "CapabilityBoundingSet=~CAP_MAC_ADMIN"],
        [],
    ),
    (
        "runtime-wrapper",
        ["[Service]", PATH, f"Environment=DOCKER_BUILDKIT_RUNC_COMMAND={places.RUNC}"],
        ["[Service]", PATH],
        [],
    ),
    ("evidence-journal-limits", ["[Service]", "LogRateLimitIntervalSec=30s", "LogRateLimitBurst=100000"], [], []),
    (
        "evidence-audit-run",
        [],
        ["[Service]", "ExecStartPost=-+/usr/sbin/auditctl -w /run/containerd -p wa -k docker"],
        [],
    ),
    ("access-docker-socket", [], [], ["[Socket]", "SocketMode=0660", "SocketUser=root", "SocketGroup=docker"]),
]


@pytest.mark.parametrize(("control", "engine", "runtime", "socket"), ADDED)
def test_what_a_control_adds(control, engine, runtime, socket):
    found = drop_ins(control)
    assert [lines_of(found, f"{name}") for name in ("docker.service", "containerd.service", "docker.socket")] == [
        engine,
        runtime,
        socket,
    ]


def mark(found, unit):
    return [line for line in found.get(unit, []) if line.startswith("Environment=BULWARK_HARDENING=")]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (("ceiling-capabilities",), ("ceiling-capabilities",), True),
        (("ceiling-capabilities",), ("ceiling-capabilities", "runtime-wrapper"), False),
        (("ceiling-capabilities",), ("profile-docker-default", "ceiling-capabilities"), False),
        # what systemd does itself needs no restart of the daemon
        (("ceiling-capabilities",), ("ceiling-capabilities", "evidence-journal-limits"), True),
    ],
)
def test_only_what_a_process_must_be_started_with_marks_it(before, after, same):
    for unit in ("docker.service", "containerd.service"):
        first, second = (mark(drop_ins(*enabled), unit) for enabled in (before, after))
        assert len(first) == len(second) == 1
        assert (first == second) is same


def test_the_packet_filter_starts_with_docker():
    assert drop_ins(firewall=True)["docker.service"] == [
        "[Unit]", f"Wants={places.FIREWALL_UNIT}", f"After={places.FIREWALL_UNIT}",
    ]  # fmt: skip
