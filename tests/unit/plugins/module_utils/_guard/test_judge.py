# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole containers: what passes as it is, and what each way out of a container meets."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Spec

from . import material

Change = t.Callable[[Spec], t.Any]


def privileged(spec: Spec) -> None:
    spec["process"]["capabilities"] = {
        kind: [*material.EVERY_CAPABILITY] for kind in ("bounding", "effective", "permitted")
    }
    spec["process"]["apparmorProfile"] = "unconfined"
    spec["linux"].update(seccomp=None, maskedPaths=None, readonlyPaths=None)
    spec["linux"]["devices"] = [{"path": "/dev/sda", "type": "b", "major": 8, "minor": 0}]
    spec["linux"]["resources"]["devices"] = [{"allow": True, "access": "rwm"}]
    for mount in spec["mounts"]:
        if mount["type"] in ("sysfs", "cgroup"):
            mount["options"].remove("ro")


def hook(spec: Spec, kind: str, **values: t.Any) -> None:
    spec["hooks"] = {kind: [{**spec["hooks"]["prestart"][0], **values}]}


# what is changed in a plain container, which rules refuse it
REFUSED: t.Dict[str, t.Tuple[Change, t.List[str]]] = {
    "privileged": (privileged, ["devices", "masked-paths", "mount-type"]),
    "systempaths=unconfined": (lambda spec: spec["linux"].update(maskedPaths=[], readonlyPaths=[]), ["masked-paths"]),
    "a masked path less": (lambda spec: spec["linux"]["maskedPaths"].remove("/proc/kcore"), ["masked-paths"]),
    "a read-only path less": (lambda spec: spec["linux"]["readonlyPaths"].remove("/proc/sys"), ["masked-paths"]),
    "another kind of hook": (lambda spec: hook(spec, "createRuntime"), ["hooks"]),
    "another program as hook": (lambda spec: hook(spec, "prestart", path="/usr/bin/nvidia-ctk"), ["hooks"]),
    "another command of dockerd": (lambda spec: hook(spec, "prestart", args=["docker-untar"]), ["hooks"]),
    "an annotation": (lambda spec: spec.update(annotations={"org.systemd.property.X": "1"}), ["annotations"]),
    "an unknown field": (lambda spec: spec["process"].update(rights="all"), ["unknown-field"]),
    "a field in other letters": (lambda spec: spec.update(Process={"noNewPrivileges": False}), ["unknown-field"]),
    "a virtual machine": (lambda spec: spec.update(vm={"kernel": {"path": "/boot/x"}}), ["unknown-field"]),
    "a network device of the host": (lambda spec: spec["linux"].update(netDevices={"eth0": {}}), ["unknown-field"]),
    "cgroup files": (lambda spec: spec["linux"]["resources"].update(unified={"pids.max": "max"}), ["unknown-field"]),
    "real-time scheduling": (
        lambda spec: spec["process"].update(scheduler={"policy": "SCHED_FIFO"}),
        ["unknown-field"],
    ),
    "another root": (lambda spec: spec["root"].update(path="/"), ["root-path"]),
    "the image store as root": (lambda spec: spec["root"].update(path="/var/lib/docker"), ["root-path"]),
}


def test_plain_container_is_only_capped() -> None:
    verdict = material.verdict_of(material.docker_config())
    assert verdict.refusals == ()
    assert verdict.rules == ["apparmor", "capabilities", "pids", "seccomp"]
    assert all(cap.routine for cap in verdict.caps), verdict.caps


def test_build_is_only_capped() -> None:
    verdict = material.verdict_of(material.build_config(), bundle=material.BUILD_BUNDLE)
    assert verdict.refusals == ()
    assert "CAP_SETFCAP" in verdict.spec["process"]["capabilities"]["bounding"]
    assert all(cap.routine for cap in verdict.caps), verdict.caps


def test_build_elsewhere_is_none() -> None:
    """By the bundle, which no client names."""
    assert material.refused(material.verdict_of(material.build_config())) == ["bind-protected", "mount-type"]


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    change, expected = REFUSED[name]
    spec = material.docker_config()
    change(spec)
    assert material.refused(material.verdict_of(spec)) == expected


def test_judged_twice_is_judged_once() -> None:
    first = material.verdict_of(material.docker_config())
    again = material.verdict_of(first.spec)
    assert (again.rules, again.spec) == ([], first.spec)


@pytest.mark.parametrize("build", [False, True])
def test_read_only_root(build: bool) -> None:
    spec, bundle = (
        (material.build_config(), material.BUILD_BUNDLE) if build else (material.docker_config(), material.BUNDLE)
    )
    verdict = material.verdict_of(spec, bundle=bundle, read_only_root=True)
    assert verdict.spec["root"].get("readonly", False) is not build


def test_listed_annotation_passes() -> None:
    spec = material.docker_config()
    spec["annotations"] = {"com.example.note": "x"}
    assert material.verdict_of(spec).refusals == ()


def test_restore_is_refused() -> None:
    verdict = judge.judge_restore(material.docker_config(), material.case())
    assert material.refused(verdict) == ["restore"]


@pytest.mark.parametrize("part", ["mounts", "linux"])
def test_what_is_no_configuration_closes(part: str) -> None:
    spec = material.docker_config()
    spec[part] = "x"
    with pytest.raises(Closed, match=f"{part}.*found str"):
        material.verdict_of(spec)


# (resources of `docker update`, rules that refuse, the limit of processes afterwards)
UPDATES: t.Dict[str, t.Tuple[Spec, t.List[str], t.Any]] = {
    "memory": ({"memory": {"limit": 5}}, [], None),
    "no limit of processes": ({"pids": {"limit": -1}}, [], 4096),
    "zero": ({"pids": {"limit": 0}}, [], 4096),
    "more than allowed": ({"pids": {"limit": 100000}}, [], 4096),
    "fewer": ({"pids": {"limit": 10}}, [], 10),
    "devices": ({"devices": [{"allow": True, "access": "rwm"}]}, ["unknown-field"], None),
    "cgroup files": ({"unified": {"pids.max": "max"}}, ["unknown-field"], None),
}


@pytest.mark.parametrize("name", UPDATES)
def test_update(name: str) -> None:
    resources, rules, limit = UPDATES[name]
    verdict = judge.judge_update(copy.deepcopy(resources), material.case())
    assert material.refused(verdict) == rules
    assert verdict.spec.get("pids", {}).get("limit") == limit


def test_running_container_for_the_pre_flight() -> None:
    spec = material.docker_config()
    privileged(spec)
    found = judge.judge_running(spec, material.case())
    assert {"devices", "masked-paths", "seccomp", "capabilities"} <= set(found["rules"])
    assert found["proposal"] is None  # never privileged as a whole
    json.dumps(found)
