# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system call filter: never wider, and what is denied is denied under every profile."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import policy, seccomp
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Spec

from . import material

DENIED = frozenset(policy.DENIED_SYSTEM_CALLS)
COMPARE: t.Dict[str, t.Callable[[int, int, int], bool]] = {
    "SCMP_CMP_EQ": lambda found, value, two: found == value,
    "SCMP_CMP_NE": lambda found, value, two: found != value,
    "SCMP_CMP_GT": lambda found, value, two: found > value,
    "SCMP_CMP_GE": lambda found, value, two: found >= value,
    "SCMP_CMP_LT": lambda found, value, two: found < value,
    "SCMP_CMP_LE": lambda found, value, two: found <= value,
    "SCMP_CMP_MASKED_EQ": lambda found, value, two: found & value == two,
}
ACTIONS = sorted(seccomp.OPEN | seccomp.SHUT)
NAMES = ["read", "clone", "clone3", "socket", "mount", "unshare", "bpf"]
VALUES = [0, 1, 2, 37, 38, 39, 40, 41, 45, 2**32 + 38, 0x11, 0x10000011, 0x00020000, seccomp.NAMESPACE_MASK, 0xFFFFFFFF]
ARGUMENT = st.fixed_dictionaries(
    {"index": st.sampled_from([0, 0, 1]), "value": st.sampled_from(VALUES), "op": st.sampled_from(sorted(COMPARE))},
    optional={"valueTwo": st.sampled_from(VALUES)},
)
ENTRY = st.fixed_dictionaries(
    {"names": st.lists(st.sampled_from(NAMES), min_size=1), "action": st.sampled_from(ACTIONS)},
    optional={"args": st.lists(ARGUMENT, max_size=3)},
)
PROFILE = st.fixed_dictionaries({"defaultAction": st.sampled_from(ACTIONS), "syscalls": st.lists(ENTRY, max_size=6)})


def matches(entry: Spec, name: str, values: t.Sequence[int]) -> bool:
    """As runc has it: conditions on one argument are alternatives, on several they must all hold."""
    if name not in entry["names"]:
        return False
    args = entry.get("args") or []
    holds = [COMPARE[arg["op"]](values[arg["index"]], arg["value"], arg.get("valueTwo", 0)) for arg in args]
    indexes = [arg["index"] for arg in args]
    return any(holds) if len(set(indexes)) != len(indexes) else all(holds)


def may_pass(profile: Spec, name: str, *values: int) -> bool:
    """Whether the profile could let a call through, whichever of its matching entries wins."""
    hits = [entry["action"] for entry in profile["syscalls"] if matches(entry, name, values)]
    return bool(set(hits) & seccomp.OPEN) or (not hits and profile["defaultAction"] in seccomp.OPEN)


@material.STEADY
@given(PROFILE, st.sampled_from(NAMES), st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_never_wider(profile: Spec, name: str, first: int, second: int) -> None:
    kept = seccomp.capped(copy.deepcopy(profile), DENIED)[0]
    assert may_pass(profile, name, first, second) or not may_pass(kept, name, first, second)


@material.STEADY
@given(PROFILE, st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_denied_under_every_profile(profile: Spec, first: int, second: int) -> None:
    kept = seccomp.capped(copy.deepcopy(profile), DENIED)[0]
    assert_denied(kept, first, second)


@material.STEADY
@given(st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_denied_without_a_profile(first: int, second: int) -> None:
    assert_denied(seccomp.deny_list(DENIED, "x86_64"), first, second)


def assert_denied(profile: Spec, first: int, second: int) -> None:
    assert [name for name in ("mount", "unshare", "bpf", "clone3") if may_pass(profile, name, first, second)] == []
    if first & seccomp.NAMESPACE_MASK:
        assert not may_pass(profile, "clone", first, second)
    if first & 0xFFFFFFFF in seccomp.FAMILIES:  # the kernel looks at the lower half only
        assert not may_pass(profile, "socket", first, second)


# profile as given, whether a filter of ours takes its place
MISSING: t.Dict[str, t.Any] = {
    "null": None,
    "empty": {},
    "no default action": {"defaultAction": "", "syscalls": []},
    "an unknown default action": {"defaultAction": "SCMP_ACT_MAYBE", "syscalls": []},
}


@pytest.mark.parametrize("name", MISSING)
def test_no_profile(name: str) -> None:
    spec = material.docker_config()
    spec["linux"]["seccomp"] = MISSING[name]
    found = material.verdict_of(spec).spec["linux"]["seccomp"]
    assert found == seccomp.deny_list(DENIED, "x86_64")
    assert may_pass(found, "read", 0, 0) and may_pass(found, "socket", 2, 1) and may_pass(found, "clone", 0x11, 0)


def test_dockers_profile_keeps_what_it_allows() -> None:
    found, changed = seccomp.capped(material.filter_of_docker(), DENIED)
    assert changed == ["socket"]
    for name in ("read", "adjtimex", "socketcall"):
        assert may_pass(found, name, 0, 0)
    for family in (1, 2, 10, 16, 17, 39, 41, 44):
        assert may_pass(found, "socket", family, 0)
    assert may_pass(found, "clone", 0x11, 0)
    clone3 = [entry for entry in found["syscalls"] if "clone3" in entry["names"]]
    assert clone3 == [{"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]


def test_clone3_is_said_to_be_unknown() -> None:
    """EPERM instead of ENOSYS keeps libc from falling back to clone."""
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [{"names": ["clone3", "read"], "action": "SCMP_ACT_ALLOW"}],
    }
    found = seccomp.capped(profile, DENIED)[0]
    assert found["syscalls"][-1] == {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}


def test_rights_of_sys_admin_are_taken_out() -> None:
    profile = material.filter_of_docker()
    profile["syscalls"].append({"names": ["mount", "setns", "clone", "sethostname"], "action": "SCMP_ACT_ALLOW"})
    found, changed = seccomp.capped(profile, DENIED)
    assert changed == ["clone", "mount", "setns", "socket"]
    assert may_pass(found, "sethostname", 0, 0)
    assert not may_pass(found, "clone", 0x10000000, 0)


def test_listener_is_refused() -> None:
    spec = material.docker_config()
    spec["linux"]["seccomp"]["listenerPath"] = "/run/x.sock"
    assert material.refused(material.verdict_of(spec)) == ["seccomp"]


def test_not_ruled() -> None:
    spec = material.docker_config()
    spec["linux"]["seccomp"] = None
    assert material.verdict_of(spec, seccomp=False).spec["linux"]["seccomp"] is None


def test_entry_of_another_shape_closes() -> None:
    with pytest.raises(Closed, match="names"):
        seccomp.capped({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"name": "mount"}]}, DENIED)


def test_each_name_of_the_list_once() -> None:
    assert len(DENIED) == len(policy.DENIED_SYSTEM_CALLS)
    assert not DENIED & set(seccomp.SPECIAL)
