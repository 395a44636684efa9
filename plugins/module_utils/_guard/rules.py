# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The ids of all rules, and the control of the collection that each of them stands for (pure)."""

from __future__ import annotations

import typing as t

# rule: control of _controls, None for a rule that belongs to none
CONTROLS: t.Dict[str, t.Optional[str]] = {
    "annotations": "runtime-annotations",
    "apparmor": "runtime-mac-label",
    "bind-protected": "runtime-binds",
    "binds": "runtime-binds",
    "capabilities": "runtime-capabilities",
    "devices": "runtime-devices",
    "exec": None,
    "hooks": None,
    "masked-paths": "runtime-privileged",
    "mount-type": "runtime-privileged",  # Docker's API asks for nothing of it but a writable /sys and /sys/fs/cgroup
    "namespaces.cgroup": "runtime-host-namespaces",
    "namespaces.ipc": "runtime-host-namespaces",
    "namespaces.mount": "runtime-host-namespaces",
    "namespaces.network": "runtime-host-namespaces",
    "namespaces.pid": "runtime-host-namespaces",
    "namespaces.time": "runtime-host-namespaces",
    "namespaces.user": "runtime-host-namespaces",
    "namespaces.uts": "runtime-host-namespaces",
    "no-new-privileges": "runtime-no-new-privileges",
    "oom-score": None,
    "pids": "runtime-pids",
    "propagation": "runtime-propagation",
    "read-only-root": "lockdown-read-only-roots",
    "restore": None,
    "root-path": None,
    "root-user": None,
    "runtime": None,
    "seccomp": "runtime-seccomp",
    "selinux": "runtime-mac-label",
    "unknown-field": None,
    "volumes.backed": "runtime-volumes",
}
# What they find is not known to the other rules, or ends the protection of exempt containers: with one of these only
# logged, nothing else would hold.
NEVER_AUDITED = frozenset(("exec", "hooks", "restore", "root-path", "runtime", "unknown-field"))


def not_auditable(rule: str) -> t.Optional[str]:
    """What was expected, where the findings of ``rule`` cannot be only logged; None where they can."""
    if rule in CONTROLS and rule not in NEVER_AUDITED:
        return None
    names = ", ".join(sorted(set(CONTROLS) - NEVER_AUDITED))
    known = f" ({rule} always refuses: without it no other rule would hold)" if rule in NEVER_AUDITED else ""
    return f"one of {names}{known}"
