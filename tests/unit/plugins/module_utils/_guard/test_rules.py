# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of all rules, and those of them that are only audited."""

from __future__ import annotations

import ast
import copy
import pathlib
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import catalogue, catalogue_runtime
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import judge, namespaces, relaxations, rules
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Spec, Verdict

from . import material
from .test_judge import privileged

AUDITABLE = sorted(set(rules.CONTROLS) - rules.NEVER_AUDITED)


def ids(call: ast.Call) -> t.Set[str]:
    """The rules that a call in the code can be about; none for a call that notes no finding."""
    by_findings = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
    if by_findings and call.func.attr in ("refuse", "cap") and call.func.value.id == "findings":  # type: ignore
        return of_argument(call.args[0])
    by_hand = isinstance(call.func, ast.Name) and call.func.id == "Refusal" and not isinstance(call.args[0], ast.Name)
    return of_argument(call.args[0]) if by_hand else set()


def of_argument(argument: ast.expr) -> t.Set[str]:
    if isinstance(argument, ast.Constant):
        return {argument.value}
    assert isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant)
    assert (argument.values[0].value, len(argument.values)) == ("namespaces.", 2)
    return {f"namespaces.{kind}" for kind in namespaces.KINDS}


def test_the_list_is_what_the_code_uses() -> None:
    found: t.Set[str] = set()
    for path in pathlib.Path(rules.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            found |= ids(node) if isinstance(node, ast.Call) else set()
    assert found == set(rules.CONTROLS)


def test_the_controls_are_those_of_the_catalogue() -> None:
    used = set(rules.CONTROLS.values()) - {None}
    assert used <= set(catalogue.BY_ID)
    runtime = {control.id for control in catalogue_runtime.CONTROLS if control.id.startswith("runtime-")}
    assert runtime - used == {catalogue_runtime.WRAPPER}


def test_other_lists_are_parts_of_this_one() -> None:
    assert set(relaxations.SINGLE) <= set(AUDITABLE)
    assert set(rules.CONTROLS) >= rules.NEVER_AUDITED
    assert {rules.CONTROLS[rule] for rule in rules.NEVER_AUDITED} == {None}


@pytest.mark.parametrize("rule", sorted(rules.NEVER_AUDITED))
def test_what_is_never_audited(rule: str) -> None:
    with pytest.raises(Closed) as raised:
        material.rules(audited=["binds", rule])
    text = str(raised.value)
    assert f"audited is {rule!r}, expected one of annotations, " in text and f"{rule} always refuses" in text


def test_all_others_may_be() -> None:
    assert material.rules(audited=AUDITABLE).audited == set(AUDITABLE)


def without(spec: Spec, kind: str) -> None:
    spec["linux"]["namespaces"].remove({"type": kind})


def time_of_another(spec: Spec) -> None:
    without(spec, "time")
    spec["linux"]["namespaces"].append({"type": "time", "path": "/proc/900/ns/time"})


def capable(spec: Spec) -> None:
    spec["process"]["capabilities"]["bounding"].append("CAP_SYS_ADMIN")


Change = t.Callable[[Spec], t.Any]
# rule: (what breaks it, in which policy)
BREAKS: t.Dict[str, t.Tuple[Change, t.Dict[str, t.Any]]] = {
    "annotations": (lambda spec: spec.update(annotations={"x": "1"}), {}),
    "apparmor": (lambda spec: spec["process"].update(apparmorProfile="unconfined"), {}),
    "bind-protected": (lambda spec: spec["mounts"].append(material.bind("/run/docker.sock", "/x")), {}),
    "binds": (lambda spec: spec["mounts"].append(material.bind("/opt/x", "/x")), {}),
    "capabilities": (capable, {}),
    "devices": (lambda spec: spec["linux"]["resources"]["devices"].__setitem__(0, {"allow": True}), {}),
    "masked-paths": (lambda spec: spec["linux"].update(maskedPaths=[]), {}),
    "mount-type": (lambda spec: spec["mounts"].append(material.mount("sysfs", "/sys")), {}),
    "namespaces.cgroup": (lambda spec: without(spec, "cgroup"), {}),
    "namespaces.ipc": (lambda spec: without(spec, "ipc"), {}),
    "namespaces.mount": (lambda spec: without(spec, "mount"), {}),
    "namespaces.network": (lambda spec: without(spec, "network"), {}),
    "namespaces.pid": (lambda spec: without(spec, "pid"), {}),
    "namespaces.time": (time_of_another, {}),
    "namespaces.user": (lambda spec: None, {"user_namespace": True}),
    "namespaces.uts": (lambda spec: without(spec, "uts"), {}),
    "no-new-privileges": (lambda spec: spec["process"].update(noNewPrivileges=False), {}),
    "oom-score": (lambda spec: spec["process"].update(oomScoreAdj=-500), {}),
    "pids": (lambda spec: spec["linux"]["resources"].update(pids={"limit": -1}), {}),
    "propagation": (lambda spec: spec["linux"].update(rootfsPropagation="shared"), {}),
    "read-only-root": (lambda spec: None, {"read_only_root": True}),
    "root-user": (lambda spec: None, {"refuse_root": True}),
    "seccomp": (lambda spec: spec["linux"].update(seccomp=None), {}),
    "selinux": (lambda spec: None, {"selinux_types": ["container_t"]}),
    "volumes.backed": (lambda spec: None, {}),
}


def verdict_of(rule: str, audited: t.Sequence[str]) -> Verdict:
    change, policy_ = BREAKS[rule]
    spec, host = material.docker_config(), material.FakeHost()
    change(spec)
    host.mounts += f"60 21 8:32 / {material.VOLUME} rw - ext4 /dev/sdd rw\n" if rule == "volumes.backed" else ""
    return material.verdict_of(spec, host, audited=list(audited), **policy_)


def test_each_rule_is_broken_here() -> None:
    assert sorted(BREAKS) == AUDITABLE


@pytest.mark.parametrize("rule", AUDITABLE)
def test_audited_is_logged_and_nothing_else(rule: str) -> None:
    ruled, audited = verdict_of(rule, []), verdict_of(rule, [rule])
    assert rule in ruled.rules and not ruled.audited
    assert rule not in audited.rules and {item.rule for item in audited.audited} == {rule}
    assert audited.refusals == tuple(refusal for refusal in ruled.refusals if refusal.rule != rule)
    assert audited.caps == tuple(cap for cap in ruled.caps if cap.rule != rule)


def test_all_audited_changes_nothing() -> None:
    spec = material.docker_config()
    privileged(spec)
    spec["process"].update(noNewPrivileges=False, oomScoreAdj=-5)
    spec["linux"]["resources"]["pids"] = {"limit": -1}
    verdict = material.verdict_of(copy.deepcopy(spec), audited=AUDITABLE, read_only_root=True)
    assert (verdict.rules, verdict.spec) == ([], spec)
    assert len(set(verdict.audited)) == len(verdict.audited)
    assert {"devices", "oom-score", "pids", "read-only-root"} <= {item.rule for item in verdict.audited}


def test_what_happens_to_every_container_is_not_logged() -> None:
    verdict = material.verdict_of(material.docker_config(), audited=AUDITABLE)
    assert (verdict.audited, verdict.caps) == ((), ())


def test_exec_and_update() -> None:
    case = material.case(bundle="", audited=["no-new-privileges", "pids"])
    verdict = judge.judge_exec({"args": ["x"]}, case)
    assert [item.rule for item in verdict.audited] == ["no-new-privileges"]
    assert verdict.spec == {"args": ["x"], "apparmorProfile": "docker-hardened"}
    verdict = judge.judge_update({"pids": {"limit": -1}}, case)
    assert ([item.rule for item in verdict.audited], verdict.spec) == (["pids"], {"pids": {"limit": -1}})


def test_what_is_relaxed_is_not_audited() -> None:
    document = {"name": "x", "image": material.IMAGE, "args": ["nginx", "-g", "daemon off;"], "cwd": "/", "user": "0:0"}
    document.update(environment=["VERSION"], relax=["namespaces.uts"])
    document["mounts"] = [{"source": material.VOLUME, "destination": "/data"}]
    spec = material.docker_config()
    spec["root"]["readonly"] = True
    without(spec, "uts")
    verdict = material.verdict_of(spec, exemptions=[document], audited=["namespaces.uts"])
    assert (verdict.exemption, verdict.audited) == ("x", ())


def test_restore_is_refused_all_the_same() -> None:
    verdict = judge.judge_restore(material.docker_config(), material.case(audited=AUDITABLE))
    assert material.refused(verdict) == ["restore"]


def test_for_the_pre_flight() -> None:
    spec = material.docker_config()
    spec["linux"].update(maskedPaths=[])
    found = judge.judge_running(spec, material.case(audited=["masked-paths"]))
    assert (found["refused"], [item["rule"] for item in found["audited"]]) == ([], ["masked-paths"])
    assert "masked-paths" not in found["rules"]
