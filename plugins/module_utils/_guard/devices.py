# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Rules of devices and of the other resources: device nodes, the device cgroup, the number of processes."""

from __future__ import annotations

import typing as t

from .case import Case, Device
from .verdict import Closed, Findings, Spec

# null, zero, full, random, urandom, tty, console, ptmx, and every pts. runc makes them for every container.
ALWAYS: t.FrozenSet[Device] = frozenset(
    [("c", 1, minor) for minor in (3, 5, 7, 8, 9)] + [("c", 5, minor) for minor in (0, 1, 2)]
)
PTS_MAJOR = 136
DENY_ALL = {"allow": False, "access": "rwm"}


def judge(spec: Spec, case: Case, findings: Findings) -> None:
    """Refuse devices beyond the policy; the device cgroup begins with "nothing"."""
    linux = spec.get("linux") or {}
    allowed = _allowed(case, findings)
    for device in linux.get("devices") or ():
        number = (_kind(device.get("type")), device.get("major", 0), device.get("minor", 0))
        if number not in allowed:
            path = str(device.get("path"))
            found = f"{path} ({number[0]} {number[1]}:{number[2]})"
            findings.refuse("devices", _token(path, number, case), found, listed(case))
    rules = (linux.get("resources") or {}).get("devices")
    for rule in rules or ():
        if not isinstance(rule, dict):
            raise Closed(f"linux.resources.devices: found {rule!r:.80}, expected rules")
        if rule.get("allow") and not _rule_allowed(rule, allowed):
            found = f"access to {_kind(rule.get('type')) or 'all'} {_star(rule, 'major')}:{_star(rule, 'minor')}"
            findings.refuse("devices", _token_of_rule(rule, linux, case), found, listed(case))
    if rules and rules[0] != DENY_ALL and findings.cap("devices", "nothing but what follows"):
        rules.insert(0, dict(DENY_ALL))


def judge_pids(resources: Spec, case: Case, findings: Findings) -> None:
    """Set the limit where there is none or a higher one."""
    limit = case.policy.pids_limit
    if limit is None or "pids" in findings.relaxed:
        return
    found = (resources.get("pids") or {}).get("limit")
    if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= limit:
        return
    if findings.cap("pids", f"{limit} in the place of {found}", routine=found is None):
        resources["pids"] = {"limit": limit}


def _allowed(case: Case, findings: Findings) -> t.FrozenSet[Device]:
    """By number: a client gives a device whatever name it likes."""
    paths = [*case.policy.devices]
    paths += [token.partition(":")[2] for token in findings.relaxed if token.startswith("device:")]
    return ALWAYS | {device for device in map(case.host.device, paths) if device is not None}


def _kind(kind: t.Any) -> str:
    return "c" if kind == "u" else str(kind or "")


def _star(rule: Spec, name: str) -> str:
    return "*" if rule.get(name) is None else str(rule[name])


def _rule_allowed(rule: Spec, allowed: t.FrozenSet[Device]) -> bool:
    kind, major, minor = _kind(rule.get("type")), rule.get("major"), rule.get("minor")
    if kind == "c" and major == PTS_MAJOR:
        return True
    return (kind, major, minor) in allowed


def _token(path: str, number: t.Tuple[str, t.Any, t.Any], case: Case) -> str:
    """What to relax. Only by its name on the host: else a disk called /dev/fuse would be lifted with the true one."""
    return f"device:{path}" if case.host.device(path) == number else ""


def _token_of_rule(rule: Spec, linux: Spec, case: Case) -> str:
    """The node's, where there is one with this number."""
    number = (_kind(rule.get("type")), rule.get("major"), rule.get("minor"))
    for device in linux.get("devices") or ():
        if (_kind(device.get("type")), device.get("major", 0), device.get("minor", 0)) == number:
            return _token(str(device.get("path")), number, case)
    return ""


def listed(case: Case) -> str:
    return ", ".join(case.policy.devices) if case.policy.devices else "no devices"
