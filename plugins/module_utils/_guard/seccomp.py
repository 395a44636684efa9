# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The system call filter: what the policy denies is denied whatever profile a client brings, or none.

A profile is never widened: names are taken out of what it lets through, conditions are added, calls are refused.
"""

from __future__ import annotations

import typing as t

from .case import Case
from .verdict import Closed, Findings, Spec

ALLOW, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
OPEN = frozenset((ALLOW, "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"))  # may let the call through
SHUT = frozenset((ERRNO, "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"))
EPERM, ENOSYS = 1, 38
EQUAL, MASKED = "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"
# CLONE_NEWTIME does not fit into clone's flags: it is clone3's and unshare's alone.
NEW_NAMESPACES = {
    "NEWNS": 0x00020000,
    "NEWCGROUP": 0x02000000,
    "NEWUTS": 0x04000000,
    "NEWIPC": 0x08000000,
    "NEWUSER": 0x10000000,
    "NEWPID": 0x20000000,
    "NEWNET": 0x40000000,
}
NAMESPACE_MASK = sum(NEW_NAMESPACES.values())
FAMILIES = (38, 40)  # AF_ALG, AF_VSOCK: socket families with a history of ways out
FAMILIES_ABOVE = (39, 41, 42, 43, 44, 45)  # all others from there on that the kernel has
LOWER_HALF = 0xFFFFFFFF
ARCHITECTURES = {
    "x86_64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "aarch64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
}
SPECIAL = ("clone", "clone3", "socket")
ABOVE, BELOW = {"SCMP_CMP_GT": 1, "SCMP_CMP_GE": 0}, {"SCMP_CMP_LT": 0, "SCMP_CMP_LE": 1}


def judge(spec: Spec, case: Case, findings: Findings) -> None:
    """Cap the filter; refuse a listener, which would decide for the kernel."""
    if not case.policy.seccomp or "seccomp" in findings.relaxed:
        return
    linux = spec.setdefault("linux", {})
    found = linux.get("seccomp") or {}
    if found.get("listenerPath"):
        findings.refuse("seccomp", "seccomp", f"the listener {found['listenerPath']}", "a filter without a listener")
    if found.get("defaultAction") not in OPEN | SHUT:
        # runc takes a profile without a default action for none at all.
        if findings.cap("seccomp", "our filter in the place of none"):
            linux["seccomp"] = deny_list(case.policy.denied_system_calls, case.host.machine())
        return
    narrower, changed = capped(found, case.policy.denied_system_calls)
    if changed and findings.cap("seccomp", f"without {', '.join(changed)}", routine=changed == ["socket"]):
        linux["seccomp"] = narrower


def deny_list(denied: t.Iterable[str], machine: str) -> Spec:
    """The filter where there is none: everything but what is denied."""
    filter_: Spec = {"defaultAction": ALLOW, "syscalls": _refusals(denied)}
    if machine in ARCHITECTURES:
        filter_["architectures"] = ARCHITECTURES[machine]
    return filter_


def capped(profile: Spec, denied: t.FrozenSet[str]) -> t.Tuple[Spec, t.List[str]]:
    """(the profile, not wider and without what is denied; the names of the calls that were taken out or narrowed)"""
    default_open = profile["defaultAction"] in OPEN
    entries: t.List[Spec] = []
    changed: t.Set[str] = set()
    for entry in profile.get("syscalls") or ():
        kept, narrowed = _entry(entry, denied, default_open)
        entries += kept
        changed |= narrowed
    if default_open:
        entries += _refusals(denied)
        changed.add("what the policy denies, as all else is allowed")
    elif "clone3" in changed:
        entries.append(_call("clone3", ENOSYS))  # libc then takes clone, whose flags can be seen
    same = not changed
    return (profile if same else {**profile, "syscalls": entries}), sorted(changed)


def _entry(entry: Spec, denied: t.FrozenSet[str], default_open: bool) -> t.Tuple[t.List[Spec], t.Set[str]]:
    """(what stays of an entry, the names that are not let through any more as they were)"""
    names = entry.get("names")
    if not isinstance(names, list):
        raise Closed(f"linux.seccomp.syscalls: found names {names!r:.80}, expected a list")
    handled = denied | {"clone3"}
    if entry.get("action") in SHUT:
        # Beside our own refusals of the same calls a second, different rule would be an error for libseccomp.
        gone = {name for name in names if name in handled} if default_open else set()
        rest = [name for name in names if name not in gone]
        return ([{**entry, "names": rest}] if rest else []), set()
    gone = {name for name in names if name in handled or (default_open and name in SPECIAL)}
    rest = [name for name in names if name not in gone and name not in SPECIAL]
    kept = [{**entry, "names": rest}] if rest else []
    narrowed = set(gone)
    for name, narrow in (("clone", _clone_conditions), ("socket", _socket_conditions)):
        if name in names and name not in gone:
            sets = narrow(entry.get("args") or [])
            if sets != [entry.get("args") or []]:
                narrowed.add(name)
            kept += [{**entry, "names": [name], "args": args} for args in sets]
    return kept, narrowed


def _clone_conditions(args: t.List[Spec]) -> t.List[t.List[Spec]]:
    """The conditions under which clone may stay allowed: those given, and no new namespace."""
    first = [arg for arg in args if arg.get("index", 0) == 0]
    if _alternatives(args):
        return []
    if not first:
        condition = {"index": 0, "value": NAMESPACE_MASK, "valueTwo": 0, "op": MASKED}
        return [[*args, condition]]
    mask, value = int(first[0].get("value", 0)), int(first[0].get("valueTwo", 0))
    operator = first[0].get("op")
    if operator == MASKED and mask & NAMESPACE_MASK == NAMESPACE_MASK and not value & NAMESPACE_MASK:
        return [args]
    return [args] if operator == EQUAL and not mask & NAMESPACE_MASK else []


def _socket_conditions(args: t.List[Spec]) -> t.List[t.List[Spec]]:
    """The conditions under which socket may stay allowed: those given, for the families that stay.

    The kernel looks at the lower half of the argument only, a filter at all of it: "greater than 40" would let 38 plus
    2**32 through. So what stays above is named one by one.
    """
    first = [arg for arg in args if arg.get("index", 0) == 0]
    others = [arg for arg in args if arg.get("index", 0) != 0]
    if _alternatives(args):
        return []
    operator, value = (first[0].get("op"), int(first[0].get("value", 0))) if first else ("", 0)
    if operator == EQUAL:
        return [] if value & LOWER_HALF in FAMILIES else [args]
    if operator == MASKED:
        exact = value & LOWER_HALF == LOWER_HALF
        return [args] if exact and int(first[0].get("valueTwo", 0)) & LOWER_HALF not in FAMILIES else []
    least, most = _bounds(operator, value)
    if most < FAMILIES[0]:
        return [args]
    conditions = [{"index": 0, "value": FAMILIES[0], "op": "SCMP_CMP_LT"}] if least <= 0 else []
    conditions += [{"index": 0, "value": one, "op": EQUAL} for one in FAMILIES_ABOVE if least <= one <= most]
    return [[condition, *others] for condition in conditions]


def _bounds(operator: t.Any, value: int) -> t.Tuple[int, int]:
    """(the least, the most) that a condition lets through; nothing at all for one that is not understood."""
    if operator in ABOVE:
        return value + ABOVE[operator], LOWER_HALF
    if operator in BELOW:
        return 0, value - 1 + BELOW[operator]
    everything = not operator or (operator == "SCMP_CMP_NE" and value in FAMILIES)
    return (0, LOWER_HALF) if everything else (1, FAMILIES[0])


def _alternatives(args: t.Sequence[Spec]) -> bool:
    """runc takes several conditions on one argument for alternatives: any of them lets the call through."""
    indexes = [arg.get("index", 0) for arg in args]
    return len(set(indexes)) != len(indexes)


def _refusals(denied: t.Iterable[str]) -> t.List[Spec]:
    """The rules that a filter needs which allows by default."""
    names = sorted(set(denied) - set(SPECIAL))
    entries: t.List[Spec] = [{"names": names, "action": ERRNO, "errnoRet": EPERM}] if names else []
    entries.append(_call("clone3", ENOSYS))
    for flag in NEW_NAMESPACES.values():
        entries.append(_call("clone", EPERM, {"index": 0, "value": flag, "valueTwo": flag, "op": MASKED}))
    for family in FAMILIES:
        condition = {"index": 0, "value": LOWER_HALF, "valueTwo": family, "op": MASKED}
        entries.append(_call("socket", EPERM, condition))
    return entries


def _call(name: str, errno: int, *args: Spec) -> Spec:
    call: Spec = {"names": [name], "action": ERRNO, "errnoRet": errno}
    return {**call, "args": list(args)} if args else call
