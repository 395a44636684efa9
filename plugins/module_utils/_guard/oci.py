# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Every field of an OCI configuration, and what is done with it. A field that is not here is refused.

``ALLOW``: no rule looks at it. ``JUDGE``: a rule may refuse. ``CAP``: a rule may change it. ``REFUSE``: must be empty;
Docker's API does not set it, so whatever does is not known to the rules. ``INSIDE``: its parts are classified.
"""

from __future__ import annotations

import typing as t

from .verdict import Closed, Findings, Spec

ALLOW, JUDGE, CAP, REFUSE, INSIDE = "allow", "judge", "cap", "refuse", "inside"
UNKNOWN = "unknown"  # refused even if it is empty
Tables = t.Mapping[str, t.Mapping[str, str]]


def table(**treatments: str) -> t.Dict[str, str]:
    return {name: treatment for treatment, names in treatments.items() for name in names.split()}


# where the object stands: its fields. "[]": each element of a list.
FIELDS: t.Dict[str, t.Dict[str, str]] = {
    "": table(
        allow="ociVersion hostname domainname",
        judge="hooks annotations",
        inside="process root mounts linux",
        refuse="solaris windows vm zos freebsd",
    ),
    "process": table(
        allow="terminal consoleSize args env cwd rlimits execCPUAffinity",
        cap="capabilities noNewPrivileges apparmorProfile oomScoreAdj",
        judge="selinuxLabel",
        inside="user",
        refuse="commandLine scheduler ioPriority",
    ),
    "process.user": table(allow="gid umask additionalGids", judge="uid", refuse="username"),
    "root": table(judge="path", cap="readonly"),
    "mounts[]": table(judge="destination type options", cap="source", refuse="uidMappings gidMappings"),
    "linux": table(
        allow="uidMappings gidMappings sysctl cgroupsPath mountLabel personality timeOffsets",
        judge="rootfsPropagation maskedPaths readonlyPaths",
        cap="seccomp",
        inside="resources namespaces devices",
        refuse="netDevices intelRdt memoryPolicy",
    ),
    "linux.namespaces[]": table(judge="type path"),
    "linux.devices[]": table(allow="fileMode uid gid", judge="path type major minor"),
    "linux.resources": table(
        allow="memory cpu blockIO hugepageLimits network rdma", judge="devices", cap="pids", refuse="unified"
    ),
}
EMPTY: t.Tuple[t.Any, ...] = (None, "", 0, False, [], {})


def objects(spec: Spec, where: str) -> t.List[Spec]:
    """The objects that stand at a place of ``FIELDS``. Raises Closed where something else stands there."""
    found: t.List[t.Any] = [spec]
    for step in where.split(".") if where else ():
        name = step[:-2] if step.endswith("[]") else step
        found = [item[name] for item in found if item.get(name) is not None]
        if step.endswith("[]"):
            lists = [item if isinstance(item, list) else _unexpected(where, item) for item in found]
            found = [element for items in lists for element in items]
        for item in found:
            if not isinstance(item, dict):
                _unexpected(where, item)
    return found


def unknown_fields(
    spec: Spec, findings: Findings, below: str = "", tables: t.Optional[Tables] = None, missing: str = UNKNOWN
) -> None:
    """Refuse what no rule knows.

    ``below``: the place at which ``spec`` stands ("process" for an exec); ``tables``: FIELDS if none; ``missing``: the
    treatment of a field that is in none of the tables.
    """
    for where, fields in (tables or FIELDS).items():
        if where != below and below and not where.startswith(below + "."):
            continue
        inner = where[len(below) :].lstrip(".") if below else where
        for item in objects(spec, inner):
            for name, value in item.items():
                treatment = fields.get(name, missing)
                place = f"{where}.{name}".lstrip(".")
                if treatment == UNKNOWN or (treatment == REFUSE and value not in EMPTY):
                    findings.refuse("unknown-field", "", place, "the fields that Docker's API sets")


def _unexpected(where: str, item: t.Any) -> t.Any:
    raise Closed(f"{where}: found {type(item).__name__}, expected what an OCI configuration has there")
