# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces: own or another container's, never the host's, never an exempt container's."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import namespaces
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Findings, Spec

from . import material

KINDS = ("cgroup", "ipc", "mount", "network", "pid", "uts")


def judged(
    change: t.Callable[[t.List[Spec]], t.Any], host: t.Optional[material.FakeHost] = None, **rules: t.Any
) -> t.List[str]:
    spec = material.docker_config()
    change(spec["linux"]["namespaces"])
    findings = Findings()
    namespaces.judge(spec, material.case(host, **rules), findings)
    return [refusal.rule for refusal in findings.refusals]


def without(kind: str) -> t.Callable[[t.List[Spec]], None]:
    return lambda entries: entries.remove({"type": kind})


def at(kind: str, path: str) -> t.Callable[[t.List[Spec]], None]:
    def change(entries: t.List[Spec]) -> None:
        entries[:] = [entry for entry in entries if entry["type"] != kind]
        entries.append({"type": kind, "path": path})

    return change


@pytest.mark.parametrize("kind", KINDS)
def test_the_hosts(kind: str) -> None:
    assert judged(without(kind)) == [f"namespaces.{kind}"]


def test_cgroup_and_time_are_not_always_asked_for() -> None:
    host = material.FakeHost()
    host.unified = False
    assert judged(without("cgroup"), host) == []
    assert judged(without("time")) == []


# kind, path, rule broken
JOINED = {
    "a container's network": ("network", "/proc/900/ns/net", False),
    "a container's ipc": ("ipc", "/proc/900/ns/ipc", False),
    "a container's pid": ("pid", "/proc/900/ns/pid", False),
    "the host's network by pid": ("network", "/proc/1/ns/net", True),
    "the host's pid by another process": ("pid", "/proc/901/ns/pid", True),
    "the host's network by dockerd's name": ("network", "/var/run/docker/netns/default", True),
    "one that is not there": ("network", "/proc/77/ns/net", True),
    "pid of no known container": ("pid", "/proc/902/ns/pid", True),
    "pid by another name": ("pid", "/run/x", True),
    "another's mounts": ("mount", "/proc/900/ns/mnt", True),
    "another's uts": ("uts", "/proc/900/ns/uts", True),
    "another's time": ("time", "/proc/900/ns/time", True),
}


def joining_host() -> material.FakeHost:
    host = material.FakeHost()
    host.namespaces["/proc/901/ns/pid"] = host.namespaces["/proc/1/ns/pid"]
    host.namespaces["/var/run/docker/netns/default"] = host.namespaces["/proc/1/ns/net"]
    host.namespaces["/proc/902/ns/pid"] = (4, 99)
    host.namespaces["/run/x"] = (4, 98)
    for name in ("mnt", "uts", "time"):
        host.namespaces[f"/proc/900/ns/{name}"] = (4, 97)
    return host


@pytest.mark.parametrize("name", JOINED)
def test_joined(name: str) -> None:
    kind, path, broken = JOINED[name]
    assert judged(at(kind, path), joining_host()) == ([f"namespaces.{kind}"] if broken else [])


def test_joined_where_it_is_not_allowed() -> None:
    assert judged(at("network", "/proc/900/ns/net"), joined_namespaces=False) == ["namespaces.network"]


@pytest.mark.parametrize(("kind", "broken"), [("pid", True), ("ipc", True), ("network", False)])
def test_of_an_exempt_container(kind: str, broken: bool) -> None:
    """Through /proc/PID/root, ptrace or shared memory one would have what was relaxed for it."""
    host = material.FakeHost()
    host.exempted[material.OTHER] = "agent"
    found = judged(at(kind, f"/proc/900/ns/{namespaces.FILES[kind]}"), host)
    assert found == ([f"namespaces.{kind}"] if broken else [])


def test_repeated_and_unknown() -> None:
    assert judged(lambda entries: entries.append({"type": "pid", "path": "/proc/900/ns/pid"})) == ["namespaces.pid"]
    for kind in ("space", "space of another", ""):
        assert judged(at(kind, "/proc/900/ns/space")) == ["unknown-field"]
    assert judged(lambda entries: entries.append({})) == ["unknown-field"]


USER = {"type": "user"}
HOST_ROOT = [{"containerID": 0, "hostID": 0, "size": 1}]
# (entries, mappings, the rule is broken where a user namespace is asked for)
USERS: t.Dict[str, t.Tuple[t.List[Spec], t.List[Spec], bool]] = {
    "remapped": ([USER], [{"containerID": 0, "hostID": 200000, "size": 65536}], False),
    "--userns=host": ([], [], True),
    "the host's root": ([USER], HOST_ROOT, True),
    "the host's by path": ([{"type": "user", "path": "/proc/1/ns/user"}], [], True),
}


@pytest.mark.parametrize("name", USERS)
def test_user(name: str) -> None:
    entries, mappings, broken = USERS[name]
    spec = material.docker_config()
    spec["linux"]["namespaces"] += entries
    spec["linux"]["uidMappings"] = mappings
    for wanted in (True, False):
        findings = Findings()
        namespaces.judge(spec, material.case(user_namespace=wanted), findings)
        assert [refusal.rule for refusal in findings.refusals] == (["namespaces.user"] if broken and wanted else [])
