# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exemptions: each deviation alone loses one, and what it relaxes is what it names."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import exemption, judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec

from . import material
from .material import ID, OTHER, bind, mount

EXEMPTION: t.Dict[str, t.Any] = {
    "name": "agent",
    "image": material.IMAGE,
    "args": ["/agent", "--all"],
    "cwd": "/",
    "user": "0:0",
    "environment": ["MODE=strict", "LEVEL"],
    "mounts": [
        {"source": "/var/run/docker.sock", "destination": "/docker.sock", "read_only": True},
        {"source": "tmpfs", "destination": "/tmp"},
    ],
    "relax": ["namespaces.network", "capability:CAP_NET_ADMIN", "bind:/var/run/docker.sock", "device:/dev/fuse"],
    "commands": [["/agent", "health"]],
}


def agent() -> Spec:
    """The exempt container, as dockerd writes it."""
    spec = material.docker_config()
    spec["process"].update(args=["/agent", "--all"], env=[material.PATH, "HOSTNAME=x", "MODE=strict", "LEVEL=3"])
    spec["process"]["capabilities"] = {"bounding": [*material.CAPABILITIES, "CAP_NET_ADMIN"]}
    spec["root"]["readonly"] = True
    spec["linux"]["namespaces"].remove({"type": "network"})
    spec["linux"]["devices"] = [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}]
    own = [item for item in spec["mounts"] if item.get("source") != material.VOLUME]
    spec["mounts"] = [*own, bind("/run/docker.sock", "/docker.sock", "rbind", "ro"), mount("tmpfs", "/tmp", "noexec")]
    return spec


def verdict_of(spec: Spec, host: t.Optional[material.FakeHost] = None, **changes: t.Any) -> t.Any:
    return material.verdict_of(spec, host, exemptions=[{**copy.deepcopy(EXEMPTION), **changes}])


def test_the_exempt_container_passes() -> None:
    verdict = verdict_of(agent())
    assert (verdict.refusals, verdict.exemption) == ((), "agent")
    assert "CAP_NET_ADMIN" in verdict.spec["process"]["capabilities"]["bounding"]
    assert "CAP_MKNOD" not in verdict.spec["process"]["capabilities"]["bounding"]
    assert verdict.spec["process"]["apparmorProfile"] == "docker-hardened"


Change = t.Callable[[Spec], t.Any]
DEVIATIONS: t.Dict[str, Change] = {
    "another program": lambda spec: spec["process"].update(args=["sh"]),
    "a further argument": lambda spec: spec["process"]["args"].append("-v"),
    "init before it": lambda spec: spec["process"]["args"].insert(0, "/sbin/docker-init"),
    "another directory": lambda spec: spec["process"].update(cwd="/tmp"),
    "another user": lambda spec: spec["process"]["user"].update(uid=1),
    "another group": lambda spec: spec["process"]["user"].update(gid=1),
    "a further group": lambda spec: spec["process"]["user"].update(additionalGids=[0, 999]),
    "a further variable": lambda spec: spec["process"]["env"].append("LD_PRELOAD=/tmp/x.so"),
    "another value": lambda spec: spec["process"]["env"].__setitem__(2, "MODE=lax"),
    "a second value": lambda spec: spec["process"]["env"].append("MODE=lax"),
    "a variable less": lambda spec: spec["process"]["env"].remove("MODE=strict"),
    "another PATH": lambda spec: spec["process"]["env"].__setitem__(0, "PATH=/tmp"),
    "a writable root": lambda spec: spec["root"].pop("readonly"),
    "a further bind": lambda spec: spec["mounts"].append(bind("/srv/data", "/agent")),
    "a further tmpfs": lambda spec: spec["mounts"].append(mount("tmpfs", "/bin")),
    "a bind less": lambda spec: spec["mounts"].pop(),
    "another place": lambda spec: spec["mounts"][-2].update(destination="/x"),
    "twice the same": lambda spec: spec["mounts"].append(spec["mounts"][-1]),
    "read-write": lambda spec: spec["mounts"][-2].update(options=["rbind"]),
    "in another's pid namespace": lambda spec: joined(spec, "pid"),
    "in another's ipc namespace": lambda spec: joined(spec, "ipc"),
}


def joined(spec: Spec, kind: str) -> None:
    spec["linux"]["namespaces"].remove({"type": kind})
    spec["linux"]["namespaces"].append({"type": kind, "path": f"/proc/900/ns/{kind}"})


@pytest.mark.parametrize("name", DEVIATIONS)
def test_each_deviation_loses_it(name: str) -> None:
    spec = agent()
    DEVIATIONS[name](spec)
    verdict = verdict_of(spec)
    assert verdict.exemption is None
    assert "namespaces.network" in material.refused(verdict)


@pytest.mark.parametrize("record", [{}, {"Image": "sha256:" + "00" * 32}, {"Config": {"Image": material.IMAGE}}])
def test_another_image_loses_it(record: Spec) -> None:
    host = material.FakeHost()
    host.records[ID] = record
    assert verdict_of(agent(), host).exemption is None


def test_image_by_its_manifest() -> None:
    host = material.FakeHost()
    host.records[ID] = {"Image": "sha256:" + "00" * 32, "ImageManifest": {"digest": material.IMAGE}}
    assert verdict_of(agent(), host).exemption == "agent"


@pytest.mark.parametrize("token", EXEMPTION["relax"])
def test_what_is_not_named_is_not_relaxed(token: str) -> None:
    verdict = verdict_of(agent(), relax=[other for other in EXEMPTION["relax"] if other != token])
    kept = "CAP_NET_ADMIN" in verdict.spec["process"]["capabilities"]["bounding"]
    assert bool(verdict.refusals) is (token != "capability:CAP_NET_ADMIN")
    assert kept is (token != "capability:CAP_NET_ADMIN")


def test_a_disk_under_the_name_of_a_relaxed_device() -> None:
    spec = agent()
    spec["linux"]["devices"] = [{"path": "/dev/fuse", "type": "b", "major": 8, "minor": 0}]
    assert material.refused(verdict_of(spec)) == ["devices"]


def test_a_build_is_never_exempt() -> None:
    found = exemption.matching(agent(), material.case(bundle=material.BUILD_BUNDLE, exemptions=[EXEMPTION]))
    assert found == (None, {})


# the exec's process, whether it may run in the exempt container
HEALTH = {"args": ["/agent", "health"], "cwd": "/", "env": [material.PATH, "MODE=strict"]}
COMMANDS: t.Dict[str, t.Tuple[Spec, bool]] = {
    "listed": (HEALTH, True),
    "a shell": ({**HEALTH, "args": ["sh"]}, False),
    "listed, with a variable": ({**HEALTH, "env": [*HEALTH["env"], "LD_PRELOAD=/tmp/x"]}, False),
    "listed, as another user": ({**HEALTH, "user": {"uid": 5}}, False),
    "listed, elsewhere": ({**HEALTH, "cwd": "/tmp"}, False),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_exec_beside_the_exempt_program(name: str) -> None:
    """It would share the host's network, the socket, the devices."""
    process, allowed = COMMANDS[name]
    host = material.FakeHost()
    case = material.case(host, "", exemptions=[EXEMPTION])
    assert judge.judge_exec(copy.deepcopy(process), case).refusals == ()
    host.exempted[ID] = "agent"
    assert material.refused(judge.judge_exec(copy.deepcopy(process), case)) == ([] if allowed else ["exec"])


def test_exec_after_its_exemption_was_taken_away() -> None:
    host = material.FakeHost()
    host.exempted[ID] = "agent"
    assert material.refused(judge.judge_exec(copy.deepcopy(HEALTH), material.case(host, ""))) == ["exec"]


def test_the_proposal_exempts() -> None:
    spec = agent()
    spec["process"]["user"]["additionalGids"] = [0, 7, 3]
    verdict = material.verdict_of(spec)
    found = exemption.proposal(spec, material.case(), verdict.refusals)
    assert found is not None
    assert (found["user"], found["environment"]) == ("0:0,3,7", ["LEVEL", "MODE"])
    assert found["relax"] == ["bind:/run/docker.sock", "device:/dev/fuse", "namespaces.network"]
    assert material.verdict_of(spec, exemptions=[found]).exemption == found["name"]


def test_the_proposal_holds_no_values_and_no_loader() -> None:
    spec = agent()
    spec["process"]["env"] += ["TOKEN=s3cret", "LD_PRELOAD=/x"]
    found = exemption.proposal(spec, material.case(), material.verdict_of(spec).refusals)
    assert found is not None and "s3cret" not in str(found) and "LD_PRELOAD" not in found["environment"]


def test_no_proposal_for_what_nothing_relaxes() -> None:
    spec = agent()
    spec["hooks"] = {"poststop": [{"path": "/bin/x"}]}
    assert exemption.proposal(spec, material.case(), material.verdict_of(spec).refusals) is None


def test_why_an_exemption_does_not_hold() -> None:
    spec = agent()
    spec["process"]["args"] = ["sh"]
    near = exemption.matching(spec, material.case(exemptions=[EXEMPTION]))[1]
    assert near == {"agent": ["args"]}
    assert OTHER not in near
