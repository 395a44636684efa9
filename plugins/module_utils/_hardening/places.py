# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Where the hardening keeps its files on a host. Root owns all of them."""

from __future__ import annotations

SET = "hardening"  # the name of the set of files
OWN = "/etc/bulwark-azure-docker"
POLICY = OWN + "/runtime-policy.json"
FIREWALL = OWN + "/firewall.nft"
LIBRARY = "/usr/local/libexec/bulwark-azure-docker"
GUARD = LIBRARY + "/guard"
SHADOW = LIBRARY + "/path"  # the directory that comes first in PATH; only our runc is in it
RUNC = SHADOW + "/runc"
BREAK_GLASS = "/usr/local/sbin/bulwark-docker-break-glass"
UNITS = "/etc/systemd/system"
DROP_IN = "50-bulwark-hardening.conf"
FIREWALL_UNIT = "bulwark-docker-firewall.service"
PROFILES = "/etc/apparmor.d"
DEFAULT_PROFILE, HARDENED_PROFILE = "docker-default", "docker-hardened"
SYSCTL = "/etc/sysctl.d/60-bulwark-docker.conf"
MODULES = "/etc/modules-load.d/bulwark-docker.conf"
AUDIT_RULES = "/etc/audit/rules.d/50-bulwark-docker.rules"
JOURNAL = "/etc/systemd/journald.conf.d/50-bulwark-docker.conf"
LOADED_FIREWALL = "/run/bulwark-azure-docker/firewall.loaded"  # the table as it was once it had been loaded


def drop_in(unit: str) -> str:
    """The path of our drop-in of a unit."""
    return f"{UNITS}/{unit}.d/{DROP_IN}"


def profile(name: str) -> str:
    """The path of an AppArmor profile."""
    return f"{PROFILES}/{name}"
