# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What an exemption can relax: single rules by their own name, and single things of a kind."""

from __future__ import annotations

import typing as t

SINGLE = (
    "apparmor",
    "masked-paths",
    "namespaces.cgroup",
    "namespaces.ipc",
    "namespaces.network",
    "namespaces.pid",
    "namespaces.user",
    "namespaces.uts",
    "no-new-privileges",
    "oom-score",
    "pids",
    "propagation",
    "root-user",
    "seccomp",
    "selinux",
)
KINDS = {
    "annotation": "annotation:NAME",
    "bind": "bind:/the/path/as/the/kernel/resolves/it",
    "capability": "capability:CAP_NAME",
    "device": "device:/dev/name",
    "mount": "mount:/destination",
    "volume": "volume:NAME",
}
ABSOLUTE = ("bind", "device", "mount")


def unknown_relaxation(token: str) -> t.Optional[str]:
    """What was expected, where ``token`` names nothing that can be relaxed; None where it does."""
    kind, colon, value = token.partition(":")
    if not colon and token in SINGLE:
        return None
    good = kind in KINDS and bool(value)
    good = good and (kind not in ABSOLUTE or value.startswith("/"))
    good = good and (kind != "capability" or value.startswith("CAP_"))
    return None if good else ", ".join([*SINGLE, *KINDS.values()])
