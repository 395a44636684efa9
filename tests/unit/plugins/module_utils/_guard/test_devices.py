# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices by number, and the limit of processes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import devices
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Findings, Spec

from . import material


def node(path: str, kind: str, major: int, minor: int) -> Spec:
    return {"path": path, "type": kind, "major": major, "minor": minor, "fileMode": 438}


def rule(**values: t.Any) -> Spec:
    return {"allow": True, "access": "rwm", **values}


# (nodes, rules beside Docker's, devices of the policy, tokens that would relax it)
DEVICES: t.Dict[str, t.Tuple[t.List[Spec], t.List[Spec], t.List[str], t.List[str]]] = {
    "none": ([], [], [], []),
    "a disk": ([node("/dev/sda", "b", 8, 0)], [], [], ["device:/dev/sda"]),
    "a disk with its rule": (
        [node("/dev/sda", "b", 8, 0)],
        [rule(type="b", major=8, minor=0)],
        [],
        ["device:/dev/sda"],
    ),
    "listed": ([node("/dev/fuse", "c", 10, 229)], [rule(type="c", major=10, minor=229)], ["/dev/fuse"], []),
    "a disk by a listed name": ([node("/dev/fuse", "b", 8, 0)], [], ["/dev/fuse"], [""]),
    "listed by another name": ([node("/dev/x", "c", 10, 229)], [], ["/dev/fuse"], []),
    "listed, but not on the host": ([node("/dev/kvm", "c", 10, 232)], [], ["/dev/kvm"], [""]),
    "null again": ([node("/dev/nothing", "c", 1, 3)], [], [], []),
    "unbuffered is char": ([node("/dev/nothing", "u", 1, 3)], [], [], []),
    "mem": ([node("/dev/null", "c", 1, 1)], [], [], [""]),
    "a pipe": ([node("/dev/pipe", "p", 0, 0)], [], [], [""]),
    "all devices": ([], [rule()], [], [""]),
    "all of a kind": ([], [rule(type="c")], [], [""]),
    "all of a major": ([], [rule(type="c", major=1)], [], [""]),
    "all disks": ([], [rule(type="b", major=8, minor=-1)], [], [""]),
    "terminals": ([], [rule(type="c", major=136)], [], []),
    "tun by a cgroup rule": ([], [rule(type="c", major=10, minor=200)], [], [""]),
    "less": ([], [{"allow": False, "type": "c", "major": 1, "minor": 3, "access": "rwm"}], [], []),
}


@pytest.mark.parametrize("name", DEVICES)
def test_devices(name: str) -> None:
    nodes, rules, listed, tokens = DEVICES[name]
    spec = material.docker_config()
    spec["linux"]["devices"] = nodes
    spec["linux"]["resources"]["devices"] += rules
    findings = Findings()
    devices.judge(spec, material.case(devices=listed), findings)
    assert sorted({refusal.token for refusal in findings.refusals}) == tokens
    assert {refusal.rule for refusal in findings.refusals} <= {"devices"}


def test_rules_begin_with_nothing() -> None:
    spec = material.docker_config()
    del spec["linux"]["resources"]["devices"][0]
    verdict = material.verdict_of(spec)
    assert verdict.spec["linux"]["resources"]["devices"][0] == {"allow": False, "access": "rwm"}


@pytest.mark.parametrize(
    ("asked", "limit", "then"),
    [(None, 4096, 4096), (0, 4096, 4096), (-1, 4096, 4096), (9999, 4096, 4096), (100, 4096, 100), (-1, None, -1)],
)
def test_pids(asked: t.Optional[int], limit: t.Optional[int], then: int) -> None:
    spec = material.docker_config()
    if asked is not None:
        spec["linux"]["resources"]["pids"] = {"limit": asked}
    assert material.verdict_of(spec, pids_limit=limit).spec["linux"]["resources"]["pids"]["limit"] == then
