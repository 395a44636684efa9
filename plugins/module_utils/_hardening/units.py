# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L2: drop-ins of docker.service, containerd.service and docker.socket. Pure."""

from __future__ import annotations

import hashlib
import typing as t

from . import places
from .entries import HEAD, Entry, Layer, command, file

MARK = "BULWARK_HARDENING"  # in the environment of the daemons: what tells whether a running one has read this
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MAC_ADMIN = "CAP_MAC_ADMIN"  # with it, dockerd replaces the profile docker-default


class Wanted(t.NamedTuple):
    """``enabled``: ids of controls, with runtime-wrapper where it only audits; ``removed``: the ceiling; ``firewall``:
    whether our packet filter is there, which starts with Docker."""

    enabled: t.AbstractSet[str]
    removed: t.Sequence[str]
    journal: t.Mapping[str, t.Any]
    firewall: bool = False


def wants(wanted: Wanted) -> Layer:
    """The drop-ins of what is enabled."""
    before = [f"Wants={places.FIREWALL_UNIT}", f"After={places.FIREWALL_UNIT}"] if wanted.firewall else []
    sections = {
        "containerd.service": {"Service": _daemon("containerd.service", wanted)},
        "docker.service": {"Unit": before, "Service": _daemon("docker.service", wanted)},
        "docker.socket": {"Socket": list(SOCKET) if "access-docker-socket" in wanted.enabled else []},
    }
    files = tuple(file(places.drop_in(unit), text(found)) for unit, found in sections.items() if any(found.values()))
    read = command("read the units", "systemctl", "daemon-reload", when=[f"{places.UNITS}/*"])
    return Layer(files, (), (read,) if files else ())


SOCKET = ("SocketMode=0660", "SocketUser=root", "SocketGroup=docker")


def _daemon(unit: str, wanted: Wanted) -> t.List[str]:
    """The lines of one daemon's drop-in. What is new to a process is read at its next start only, so it is marked."""
    engine, enabled = unit == "docker.service", wanted.enabled
    ceiling = _ceiling(enabled, wanted.removed)
    marked = [f"CapabilityBoundingSet=~{' '.join(ceiling)}"] if ceiling else []
    if "runtime-wrapper" in enabled:
        marked.append(f"Environment=PATH={places.SHADOW}:{USUAL_PATH}")
        marked += [f"Environment=DOCKER_BUILDKIT_RUNC_COMMAND={places.RUNC}"] if engine else []
    lines = list(marked)
    if engine and "evidence-journal-limits" in enabled:
        lines += [
            f"LogRateLimitIntervalSec={wanted.journal['interval']}",
            f"LogRateLimitBurst={wanted.journal['burst']}",
        ]
    if not engine and "evidence-audit-run" in enabled:
        # With all rights (+), as the ceiling takes them from the unit; the rule may be there already (-).
        lines.append("ExecStartPost=-+/usr/sbin/auditctl -w /run/containerd -p wa -k docker")
    if marked:
        lines.append(f"Environment={MARK}={hashlib.sha256(chr(10).join(marked).encode()).hexdigest()[:16]}")
    return lines


def _ceiling(enabled: t.AbstractSet[str], removed: t.Sequence[str]) -> t.List[str]:
    """The capabilities to take away, sorted. CAP_MAC_ADMIN goes and stays with our profile docker-default."""
    wanted = set(removed) - {MAC_ADMIN} if "ceiling-capabilities" in enabled else set()
    return sorted(wanted | ({MAC_ADMIN} if "profile-docker-default" in enabled else set()))


def text(sections: t.Mapping[str, t.Sequence[str]]) -> str:
    """A file of systemd; sections without a line are left out."""
    parts = ["".join([f"[{name}]\n", *(f"{line}\n" for line in lines)]) for name, lines in sections.items() if lines]
    return HEAD + "\n".join(parts)


def journal(limits: t.Mapping[str, t.Any]) -> Layer:
    """journald.conf: how much room all logs may take."""
    restart: Entry = command("keep to the limits", "systemctl", "restart", "systemd-journald", when=[places.JOURNAL])
    return Layer(
        (file(places.JOURNAL, text({"Journal": [f"SystemMaxUse={limits['system_max_use']}"]})),), (), (restart,)
    )
