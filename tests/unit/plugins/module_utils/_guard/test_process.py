# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights of a process: taken away, forced, or refused."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import judge, policy, process
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Findings, Spec

from . import material

ALLOWED = frozenset(policy.CAPABILITIES)
NAMES = st.lists(st.sampled_from([*material.EVERY_CAPABILITY, "CAP_FUTURE", "cap_chown", "chown"]))
LABEL = "system_u:system_r:container_t:s0:c1,c2"


def judged(values: Spec, **changes: t.Any) -> t.Tuple[Spec, Findings]:
    found = {**material.docker_config()["process"], **values}
    findings = Findings()
    process.judge(found, material.case(**changes), findings)
    return found, findings


@material.STEADY
@given(st.dictionaries(st.sampled_from(process.SETS), NAMES))
def test_capabilities_are_never_more(sets: t.Dict[str, t.List[str]]) -> None:
    found = judged({"capabilities": copy.deepcopy(sets)})[0]["capabilities"]
    assert {kind: set(names) for kind, names in found.items()} == {
        kind: set(names) & ALLOWED for kind, names in sets.items()
    }


@pytest.mark.parametrize("value", [{"all": ["CAP_CHOWN"]}, ["CAP_CHOWN"]])
def test_capabilities_of_another_shape_close(value: t.Any) -> None:
    with pytest.raises(Closed, match=r"process\.capabilities"):
        judged({"capabilities": value})


# what is asked, the policy, (field, what it is then), whether that is routine
CAPPED: t.Dict[str, t.Tuple[Spec, Spec, t.Tuple[str, t.Any], t.Optional[bool]]] = {
    "new privileges": ({"noNewPrivileges": False}, {}, ("noNewPrivileges", True), False),
    "new privileges, not ruled": (
        {"noNewPrivileges": False},
        {"no_new_privileges": False},
        ("noNewPrivileges", False),
        None,
    ),
    "Docker's profile": ({}, {}, ("apparmorProfile", "docker-hardened"), True),
    "unconfined": ({"apparmorProfile": "unconfined"}, {}, ("apparmorProfile", "docker-hardened"), False),
    "no profile ruled": ({"apparmorProfile": "x"}, {"apparmor_profile": None}, ("apparmorProfile", "x"), None),
    "last to be killed": ({"oomScoreAdj": -1000}, {}, ("oomScoreAdj", 0), False),
    "first to be killed": ({"oomScoreAdj": 500}, {}, ("oomScoreAdj", 500), None),
}
RULES = {"noNewPrivileges": "no-new-privileges", "apparmorProfile": "apparmor", "oomScoreAdj": "oom-score"}


@pytest.mark.parametrize("name", CAPPED)
def test_capped(name: str) -> None:
    asked, changes, (field, value), routine = CAPPED[name]
    found, findings = judged(asked, **changes)
    assert found[field] == value
    assert [cap.routine for cap in findings.caps if cap.rule == RULES[field]] == ([] if routine is None else [routine])


# label, whether it may stay
LABELS = {
    LABEL: True,
    "": False,
    "system_u:system_r:spc_t:s0:c1,c2": False,
    "system_u:system_r:container_t:s0": False,
    "system_u:system_r:container_t:s0:c0.c1023": False,
    "system_u:system_r:container_t:s0-s15:c1,c2": False,
    "system_u:system_r:container_t:s0:c1,c2,c3": False,
    "system_u:system_r:container_t:s0:c1,c2\n": False,
}


@pytest.mark.parametrize("label", LABELS)
def test_selinux(label: str) -> None:
    findings = judged({"selinuxLabel": label}, selinux_types=["container_t"])[1]
    assert [refusal.rule for refusal in findings.refusals] == ([] if LABELS[label] else ["selinux"])


def test_selinux_is_not_asked_of_builds_without_label() -> None:
    verdict = material.verdict_of(material.build_config(), bundle=material.BUILD_BUNDLE, selinux_types=["container_t"])
    assert verdict.refusals == ()


@pytest.mark.parametrize(
    ("user", "ruled"), [({"uid": 0}, True), ({}, True), ({"uid": 1000}, True), ({"uid": 0}, False)]
)
def test_root_user(user: Spec, ruled: bool) -> None:
    findings = judged({"user": user}, refuse_root=ruled)[1]
    assert bool(findings.refusals) is (ruled and user.get("uid", 0) == 0)


def test_exec_has_the_rules_of_a_process_and_no_others() -> None:
    asked = {**material.docker_config()["process"], "noNewPrivileges": False, "apparmorProfile": "unconfined"}
    asked["capabilities"] = {"bounding": [*material.EVERY_CAPABILITY]}
    verdict = judge.judge_exec(asked, material.case(bundle=""))
    assert verdict.rules == ["apparmor", "capabilities", "no-new-privileges"]
    assert set(verdict.spec["capabilities"]["bounding"]) == ALLOWED


def test_exec_with_an_unknown_field_is_refused() -> None:
    assert material.refused(judge.judge_exec({"args": ["x"], "Capabilities": {}}, material.case(bundle=""))) == [
        "unknown-field"
    ]
    assert material.refused(judge.judge_exec({"args": ["x"], "user": {"root": 1}}, material.case(bundle=""))) == [
        "unknown-field"
    ]
