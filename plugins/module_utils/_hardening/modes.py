# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L5: owners and modes of what others put there (CIS Docker Benchmark 1.6, section 3). Pure."""

from __future__ import annotations

import typing as t

from .._engine import daemon_json, keys, unit
from .entries import Entry, at_most


def wants(
    enabled: t.AbstractSet[str], units: t.Mapping[str, str], registry_certificates: t.Sequence[str]
) -> t.List[Entry]:
    """The entries of what is enabled. ``units``: paths of the files of units, by the units' names."""
    table: t.Dict[str, t.List[Entry]] = {
        "docker-service": [at_most(path, "0644") for name, path in units.items() if name == "docker.service"],
        "docker-socket-unit": [at_most(path, "0644") for name, path in units.items() if name == "docker.socket"],
        "etc-docker": [at_most("/etc/docker", "0755")],
        "registry-certificates": [at_most(path, "0444") for path in registry_certificates],
        "tls-authority": [at_most(unit.CLIENT_AUTHORITIES, "0444")],
        "tls-certificate": [at_most(unit.CERTIFICATE, "0444")],
        "tls-key": [at_most(str(keys.KEY), "0400")],
        "docker-socket": [at_most("/run/docker.sock", "0660", group="docker")],
        "daemon-json": [at_most(str(daemon_json.PATH), "0644")],
        "default-docker": [at_most("/etc/default/docker", "0644")],
        "sysconfig-docker": [at_most("/etc/sysconfig/docker", "0644")],
        "containerd-socket": [at_most("/run/containerd/containerd.sock", "0660")],
    }
    return [entry for name, entries in table.items() if f"files-modes-{name}" in enabled for entry in entries]
