# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Rules of namespaces: each of its own, or another container's, never the host's."""

from __future__ import annotations

import typing as t

from .case import Case, Inode
from .verdict import Findings, Spec

# OCI's name: the kernel's
FILES = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup", "user": "user"}
KINDS = (*FILES, "time")
JOINABLE = ("ipc", "network", "pid", "user")
# Whoever shares these with an exempt container reaches what was relaxed for it: /proc/PID, ptrace, shared memory.
NOT_WITH_EXEMPT = ("ipc", "pid")
HINT = {"pid": "--pid=host", "network": "--network=host", "ipc": "--ipc=host", "uts": "--uts=host"}
HINT.update({"cgroup": "--cgroupns=host", "user": "--userns=host"})


def judge(spec: Spec, case: Case, findings: Findings) -> None:
    """Refuse what is the host's. Raises nothing; the spec stays as it is."""
    entries = _entries(spec)
    kinds = [str(entry.get("type")) for entry in entries]
    for kind in sorted(set(kinds)):
        if kind not in KINDS:
            findings.refuse("unknown-field", "", f"the namespace {kind:.80}", f"{', '.join(KINDS)}")
        elif kinds.count(kind) > 1:
            refuse(kind, "", "a repeated entry", "each namespace once", findings)
    for kind in _required(case):
        if kind not in kinds:
            found = f"the host's{f' (`{HINT[kind]}`?)' if kind in HINT else ''}"
            refuse(kind, _token(kind), found, "one of its own", findings)
    for kind, entry in zip(kinds, entries):
        if entry.get("path") and kind in KINDS:
            _joined(kind, entry["path"], case, findings)
    if case.policy.user_namespace:
        _mapped_root(spec, findings)


def joined(spec: Spec, kind: str) -> t.Optional[str]:
    """The path of another's namespace that the container joins, None where it has its own."""
    return next((entry.get("path") or None for entry in _entries(spec) if entry.get("type") == kind), None)


def private_user(spec: Spec) -> bool:
    """Whether the container's root is not the host's."""
    return any(entry.get("type") == "user" and not entry.get("path") for entry in _entries(spec))


def process_of(path: str, file: str) -> int:
    """The process of /proc/PROCESS/file, 0 where the path is no such one."""
    number = path[len("/proc/") : -len(file)] if path.startswith("/proc/") and path.endswith(file) else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


def shared_with(spec: Spec, kind: str, container: str, case: Case) -> bool:
    """Whether the container joins the namespace in which another container's first process runs."""
    path = joined(spec, kind)
    pid = (case.host.container(case.data_root, container).get("State") or {}).get("Pid") or 0
    if not path or not isinstance(pid, int) or pid <= 0:
        return False
    theirs = case.host.namespace(f"/proc/{pid}/ns/{FILES[kind]}")
    return theirs is not None and theirs == case.host.namespace(path)


def _entries(spec: Spec) -> t.List[Spec]:
    return (spec.get("linux") or {}).get("namespaces") or []


def _required(case: Case) -> t.List[str]:
    required = ["pid", "network", "ipc", "uts", "mount"]
    if case.host.cgroup2():
        required.append("cgroup")
    return required + (["user"] if case.policy.user_namespace else [])


def _joined(kind: str, path: str, case: Case, findings: Findings) -> None:
    if kind not in JOINABLE:
        refuse(kind, "", path, "one of its own", findings)
        return
    theirs = case.host.namespace(path)
    if theirs is None or theirs in _of_host(kind, case):
        # Without a user namespace required, sharing the host's user namespace is what every container does.
        if kind != "user" or case.policy.user_namespace or theirs is None:
            refuse(kind, _token(kind), f"the host's, or none ({path})", "one of its own", findings)
        return
    if case.build:
        return  # BuildKit makes it itself
    if not case.policy.joined_namespaces:
        refuse(kind, "", f"that of another container ({path})", "one of its own", findings)
    elif kind in NOT_WITH_EXEMPT:
        _not_of_exempt(kind, path, case, findings)


def _not_of_exempt(kind: str, path: str, case: Case, findings: Findings) -> None:
    process = process_of(path, "/ns/" + FILES[kind])
    owners = case.host.containers_of(process) if process else ()
    exempt = [owner[:12] for owner in owners if case.host.exempt(owner) is not None]
    if not owners:
        refuse(kind, "", f"a namespace of no known container ({path})", "one of its own or a container's", findings)
    elif exempt:
        found = f"that of the exempt container {exempt[0]}"
        refuse(kind, "", found, "one of its own or a normal container's", findings)


def _of_host(kind: str, case: Case) -> t.List[t.Optional[Inode]]:
    return [case.host.namespace(f"/proc/{process}/ns/{FILES[kind]}") for process in ("1", "self")]


def _mapped_root(spec: Spec, findings: Findings) -> None:
    linux = spec.get("linux") or {}
    for name in ("uidMappings", "gidMappings"):
        for mapping in linux.get(name) or ():
            if mapping.get("hostID", 0) == 0:
                refuse("user", _token("user"), f"{name} with the host's 0", "ids of no host user", findings)


def refuse(kind: str, token: str, found: str, allowed: str, findings: Findings) -> None:
    """``kind``: one of ``KINDS``, as every rule's id must be a known one."""
    findings.refuse(f"namespaces.{kind}", token, found, allowed)


def _token(kind: str) -> str:
    return f"namespaces.{kind}" if kind != "mount" else ""
