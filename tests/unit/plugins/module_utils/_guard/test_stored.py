# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that do not run, judged by the daemon's own files."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import judge, oci, stored
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Spec

from . import material
from .material import OTHER
from .stored_material import HOST_CONFIG, capped, config_of, judged, refused

OMITTED = {"Annotations", "Init", "Mounts", "StorageOpt", "Sysctls", "Tmpfs"}  # not written where they are empty
GONE = {"KernelMemory", "KernelMemoryTCP"}  # of 26.1 to 28.5


def test_a_plain_container() -> None:
    found = judged({})
    assert (found["refused"], found["capped"], found["audited"]) == ([], [], [])
    running = judge.judge_running(material.docker_config(), material.case())
    assert set(found) == set(running)
    assert found["rules"] == sorted(set(running["rules"]) - {"seccomp"})
    json.dumps(found)


def test_every_field_of_the_api_is_known() -> None:
    assert set(stored.FIELDS["HostConfig"]) == set(HOST_CONFIG) | OMITTED | GONE


def test_what_is_inside_is_a_table() -> None:
    for where, fields in stored.FIELDS.items():
        below = {name for name, treatment in fields.items() if treatment == oci.INSIDE}
        prefix = f"{where}." if where else ""
        places = {
            other[len(prefix) :].replace("[]", "") for other in stored.FIELDS if other and other.startswith(prefix)
        }
        assert below == {place for place in places if "." not in place}


def option(*values: str) -> Spec:
    return {"SecurityOpt": list(values)}


def device(path: str) -> Spec:
    return {"Devices": [{"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rwm"}]}


FILTER = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"name": "mount", "action": "SCMP_ACT_ALLOW"}]}
LISTEN = {**FILTER, "listenerPath": "/run/x"}
# what the client asked for, the rules that refuse it, those that cap it
ASKED: t.Dict[str, t.Tuple[Spec, t.List[str], t.List[str]]] = {
    "privileged": (
        {"Privileged": True, "MaskedPaths": None, "ReadonlyPaths": None, **option("label=disable")},
        ["devices", "masked-paths", "mount-type"],
        ["apparmor", "capabilities", "devices", "seccomp"],
    ),
    "--security-opt systempaths=unconfined": ({"MaskedPaths": [], "ReadonlyPaths": []}, ["masked-paths"], []),
    "the same by its name": (
        {"MaskedPaths": None, "ReadonlyPaths": None, **option("systempaths=unconfined")},
        ["masked-paths"],
        [],
    ),
    "a masked path less": ({"MaskedPaths": HOST_CONFIG["MaskedPaths"][1:]}, ["masked-paths"], []),
    "paths of an old daemon": ({"MaskedPaths": None, "ReadonlyPaths": None}, [], []),
    "--network=host": ({"NetworkMode": "host"}, ["namespaces.network"], []),
    "--pid=host": ({"PidMode": "host"}, ["namespaces.pid"], []),
    "--ipc=host": ({"IpcMode": "host"}, ["namespaces.ipc"], []),
    "--uts=host": ({"UTSMode": "host"}, ["namespaces.uts"], []),
    "--cgroupns=host": ({"CgroupnsMode": "host"}, ["namespaces.cgroup"], []),
    "--userns=host": ({"UsernsMode": "host"}, [], []),
    "no network": ({"NetworkMode": "none", "IpcMode": "none", "CgroupnsMode": ""}, [], []),
    "--cap-add": ({"CapAdd": ["sys_admin", "CAP_CHOWN"]}, [], ["capabilities"]),
    "--cap-add ALL": ({"CapAdd": ["ALL"], "CapDrop": ["CAP_MKNOD"]}, [], ["capabilities"]),
    "--cap-drop ALL": ({"CapAdd": ["CAP_KILL"], "CapDrop": ["ALL"]}, [], []),
    "--cap-add of what Docker gives": ({"CapAdd": ["NET_RAW"]}, [], []),
    "apparmor=unconfined": (option("apparmor=unconfined"), [], ["apparmor"]),
    "apparmor:unconfined": (option("apparmor:unconfined"), [], ["apparmor"]),
    "our own profile": (option("apparmor=docker-hardened"), [], []),
    "seccomp=unconfined": (option("seccomp=unconfined"), [], ["seccomp"]),
    "seccomp=builtin": (option("seccomp=builtin"), [], []),
    "seccomp by a profile": (option("seccomp=" + json.dumps(FILTER)), [], ["seccomp"]),
    "seccomp with a listener": (option("seccomp=" + json.dumps(LISTEN)), ["seccomp"], ["seccomp"]),
    "no-new-privileges=false": (option("no-new-privileges=false"), [], ["no-new-privileges"]),
    "no-new-privileges": (option("no-new-privileges"), [], []),
    "writable-cgroups=true": (option("writable-cgroups=true"), ["mount-type"], []),
    "writable-cgroups=false": (option("writable-cgroups=false"), [], []),
    "a disk": (device("/dev/sda"), ["devices"], []),
    "a device that is not there": (device("/dev/none"), ["devices"], []),
    "--device-cgroup-rule": ({"DeviceCgroupRules": ["c 10:200 rwm"]}, ["devices"], []),
    "--device-cgroup-rule for all": ({"DeviceCgroupRules": ["a *:* rwm"]}, ["devices"], []),
    "a rule that is none": ({"DeviceCgroupRules": ["c10:200"]}, ["devices"], []),
    "a rule for terminals": ({"DeviceCgroupRules": ["c 136:* rwm"]}, [], []),
    "--gpus": ({"DeviceRequests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]}, ["devices"], []),
    "an annotation": ({"Annotations": {"run.oci.x": "1"}}, ["annotations"], []),
    "a listed annotation": ({"Annotations": {"com.example.note": "1"}}, [], []),
    "no limit of processes": ({"PidsLimit": 0}, [], ["pids"]),
    "a limit of processes": ({"PidsLimit": 100}, [], []),
    "last to be killed": ({"OomScoreAdj": -500}, [], ["oom-score"]),
    "runc by its other name": ({"Runtime": "io.containerd.runc.v2"}, [], []),
    "the default runtime": ({"Runtime": ""}, [], []),
    "another runtime": ({"Runtime": "io.containerd.kata.v2"}, ["runtime"], []),
    "a field of tomorrow": ({"HostRoot": True}, ["unknown-field"], []),
    "a field of tomorrow, empty": ({"HostRoot": False}, [], []),
    "an option of a mount of tomorrow": (
        {"Mounts": [{"Type": "bind", "Source": "/srv/data", "Target": "/x", "BindOptions": {"Map": "all"}}]},
        ["unknown-field"],
        [],
    ),
    "a bind that the record lacks": ({"Binds": ["/etc/ssh:/x:ro"]}, ["binds"], []),
    "a shared one": ({"Binds": ["/srv/data:/x:rw,rshared"]}, ["propagation"], []),
    "a volume that the record lacks": ({"Binds": ["new:/x", "/y"]}, [], []),
    "one of a plugin": ({"Binds": ["new:/x"], "VolumeDriver": "rexray"}, ["binds"], []),
    "the socket as a mount": (
        {"Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "Target": "/x"}]},
        ["bind-protected"],
        [],
    ),
    "an unnamed volume over the host": (
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Target": "/x",
                    "VolumeOptions": {"DriverConfig": {"Options": {"type": "none", "o": "bind", "device": "/"}}},
                }
            ]
        },
        ["volumes.backed"],
        [],
    ),
    "a bind hidden by a tmpfs": ({"Binds": ["/etc:/x"], "Tmpfs": {"/x": "size=1m"}}, [], []),
}


@pytest.mark.parametrize("name", ASKED)
def test_asked(name: str) -> None:
    asked, refusals, caps = ASKED[name]
    found = judged(asked)
    assert (refused(found), capped(found)) == (refusals, caps)
    assert set(refusals) | set(caps) <= set(found["rules"])


# field, the other container's first process (0: it does not run), rules where joining is allowed, where it is not
JOINED: t.Dict[str, t.Tuple[str, int, t.List[str], t.List[str]]] = {
    "network": ("NetworkMode", 900, [], ["namespaces.network"]),
    "pid": ("PidMode", 900, [], ["namespaces.pid"]),
    "ipc": ("IpcMode", 900, [], ["namespaces.ipc"]),
    "that has the host's": ("PidMode", 901, ["namespaces.pid"], ["namespaces.pid"]),
    "that does not run": ("NetworkMode", 0, [], ["namespaces.network"]),
}


@pytest.mark.parametrize("name", JOINED)
def test_joined(name: str) -> None:
    field, pid, allowed, denied = JOINED[name]
    host = material.FakeHost()
    host.records[OTHER] = {"State": {"Pid": pid}}
    host.namespaces["/proc/901/ns/pid"] = host.namespaces["/proc/1/ns/pid"]
    for joining, rules in ((True, allowed), (False, denied)):
        assert refused(judged({field: f"container:{OTHER}"}, host=host, joined_namespaces=joining)) == rules


def test_joined_with_an_exempt_container() -> None:
    host = material.FakeHost()
    host.exempted[OTHER] = "agent"
    assert refused(judged({"PidMode": f"container:{OTHER}"}, host=host)) == ["namespaces.pid"]


@pytest.mark.parametrize(("mode", "rules"), [("", []), ("host", ["namespaces.user"])])
def test_user_namespace(mode: str, rules: t.List[str]) -> None:
    assert refused(judged({"UsernsMode": mode}, user_namespace=True)) == rules


@pytest.mark.parametrize(("user", "root"), [("", True), ("0:0", True), ("root", True), ("1000", False), ("web", False)])
def test_root_user(user: str, root: bool) -> None:
    config = config_of(Config={"User": user})
    assert refused(judged({}, config, refuse_root=True)) == (["root-user"] if root else [])


@pytest.mark.parametrize(("label", "rules"), [("u:r:container_t:s0:c1,c2", []), ("", ["selinux"])])
def test_selinux(label: str, rules: t.List[str]) -> None:
    config = config_of(ProcessLabel=label)
    assert refused(judged(option("label=type:x"), config, selinux_types=["container_t"])) == rules


@pytest.mark.parametrize("read_only", [True, False])
def test_read_only_root(read_only: bool) -> None:
    found = judged({"ReadonlyRootfs": read_only}, read_only_root=True)
    assert capped(found) == ([] if read_only else ["read-only-root"])


def test_what_the_daemon_stored_counts_without_an_option() -> None:
    config = config_of(NoNewPrivileges=False, SeccompProfile="unconfined", WritableCgroups=True)
    found = judged({}, config)
    assert (refused(found), capped(found)) == (["mount-type"], ["no-new-privileges", "seccomp"])
    found = judged(option("no-new-privileges", "seccomp=builtin", "writable-cgroups=0"), config)
    assert (refused(found), capped(found)) == ([], [])


@pytest.mark.parametrize("profile", ["{", "[]"])
def test_a_filter_that_is_none_closes(profile: str) -> None:
    with pytest.raises(Closed, match="seccomp profile"):
        judged(option(f"seccomp={profile}"))


def test_audited() -> None:
    asked = {**device("/dev/none"), "PidMode": "host", "CapAdd": ["SYS_ADMIN"], "Runtime": "kata"}
    found = judged(asked, audited=["devices", "namespaces.pid", "capabilities"])
    assert (refused(found), capped(found)) == (["runtime"], [])
    assert {item["rule"] for item in found["audited"]} == {"devices", "namespaces.pid", "capabilities"}


def test_only_these_files_need_it() -> None:
    """runc's start must not become slower by what is not for it."""
    for path in pathlib.Path(stored.__file__).parent.glob("*.py"):
        if not path.name.startswith("stored"):
            assert not re.search(r"^\s*(from|import)\b.*\bstored", path.read_text(), re.MULTILINE), path.name
