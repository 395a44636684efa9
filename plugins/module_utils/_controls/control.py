# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a hardening control is, and the words that its fields may hold."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Tuple

from .numbering import to_1_8

BASELINE, HARDENED, LOCKDOWN = "baseline", "hardened", "lockdown"
TIERS = (BASELINE, HARDENED, LOCKDOWN)  # each one holds those before it
LOW, MEDIUM, HIGH = "low", "medium", "high"
SEVERITIES = (LOW, MEDIUM, HIGH)
ENFORCE, AUDIT, WAIVE, NOT_APPLICABLE = "enforce", "audit", "waive", "not_applicable"
KINDS = (ENFORCE, AUDIT)
DECLARED_MODES = (ENFORCE, AUDIT, WAIVE)  # NOT_APPLICABLE is found out, never declared

LAYERS: Mapping[str, str] = {
    "L0": "packages, kernel modules and kernel settings of the host",
    "L1": "the hardening fragment of daemon.json",
    "L2": "systemd drop-ins of docker.service and containerd.service",
    "L3": "the runc wrapper and its policy",
    "L4": "AppArmor profiles and SELinux labels",
    "L5": "access: TLS, the group docker, sockets, owners and modes of files",
    "L6": "what the network reaches",
    "L7": "evidence: audit rules and logs",
    "L8": "isolation that has a price",
}
# What a host has or is, each true or false, with the words for a host that lacks it.
FACTS: Mapping[str, str] = {
    "apparmor": "AppArmor is not enabled here",
    "selinux": "SELinux is not enabled here",
    "systemd": "systemd does not run here",
    "auditd": "the audit daemon cannot be used here",
    "nftables": "the kernel has no nftables here",
    "standalone": "the engine is part of a swarm, with which dockerd refuses this",
}
# What somebody else has set already, each true or false, with the words for a host where this is so.
FOREIGN: Mapping[str, str] = {
    "foreign_log_driver": "somebody else declares a log-driver in daemon.json",
    "foreign_bind_address": "somebody else declares ip in daemon.json",
    "foreign_firewall": "somebody else (such as ufw or firewalld) owns this host's firewall",
}


class Control(NamedTuple):
    """One hardening statement.

    ``kind``: the most that the collection does, enforce or only audit; ``default_mode``: what it does unless
    something else is declared (None: as ``kind``). ``requires``: names of FACTS, all of which must hold; "a or b" is
    one of them. ``needs``: controls without which this one has no effect; it follows their mode. ``yields_to``: a name
    of FOREIGN; where it holds, the control is only audited unless somebody declares ``enforce``.
    ``minimum_engine``: the oldest engine for which it makes sense. ``variable``: the role variable that tunes it.
    ``cis_1_6``: numbers of CIS Docker Benchmark 1.6.
    """

    id: str
    title: str
    layer: str
    tier: str
    severity: str
    kind: str
    why: str
    breaks: str
    source: str
    cis_1_6: Tuple[str, ...] = ()
    requires: Tuple[str, ...] = ()
    needs: Tuple[str, ...] = ()
    minimum_engine: Optional[str] = None
    variable: Optional[str] = None
    default_mode: Optional[str] = None
    yields_to: Optional[str] = None

    @property
    def cis_1_8(self) -> Tuple[str, ...]:
        """The same statements by their numbers in CIS Docker Benchmark 1.8."""
        return tuple(to_1_8(number) for number in self.cis_1_6)


class Finding(NamedTuple):
    """Something about a control on one host that should be looked at; ``severity`` is one of SEVERITIES."""

    control: str
    severity: str
    text: str
