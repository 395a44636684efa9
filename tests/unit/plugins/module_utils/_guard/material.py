# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host, its policy, and the configurations that dockerd and BuildKit write on it."""

from __future__ import annotations

import copy
import posixpath
import typing as t

from hypothesis import HealthCheck, settings

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import policy, seccomp
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.case import Case
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.judge import MASKED, judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec, Verdict

# For property tests: the same examples in every run, however busy the machine is.
STEADY = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
ID = "a1" * 32
OTHER = "b2" * 32
IMAGE = "sha256:" + "c3" * 32
BUNDLE = f"/run/containerd/io.containerd.runtime.v2.task/moby/{ID}"
BUILD_BUNDLE = "/var/lib/docker/buildkit/executor/x7"
OWN = f"/var/lib/docker/containers/{ID}"
VOLUME = "/var/lib/docker/volumes/data/_data"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CAPABILITIES = [*policy.CAPABILITIES, "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_AUDIT_WRITE"]
EVERY_CAPABILITY = [*CAPABILITIES, "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE"]
DOCUMENT: t.Dict[str, t.Any] = {
    "version": 1,
    "mode": "enforce",
    "data_root": "/var/lib/docker",
    "capabilities": list(policy.CAPABILITIES),
    "build_capabilities": list(policy.BUILD_CAPABILITIES),
    "no_new_privileges": True,
    "apparmor_profile": "docker-hardened",
    "selinux_types": None,
    "seccomp": True,
    "denied_system_calls": list(policy.DENIED_SYSTEM_CALLS),
    "pids_limit": 4096,
    "devices": [],
    "binds": [
        {"path": "/srv/data", "read_only": False, "below": False},
        {"path": "/srv/tree", "read_only": False, "below": True},
        {"path": "/srv/read", "read_only": True, "below": False},
    ],
    "annotations": ["com.example.note"],
    "read_only_root": False,
    "refuse_root": False,
    "user_namespace": False,
    "joined_namespaces": True,
    "audited": [],
    "exemptions": [],
}
# id parent major:minor root point options - type source options
MOUNTINFO = """\
21 1 8:1 / / rw - ext4 /dev/sda1 rw
22 21 0:5 / /dev rw - devtmpfs udev rw
23 21 0:20 / /proc rw - proc proc rw
24 21 0:21 / /sys rw - sysfs sysfs rw
25 21 0:22 / /run rw - tmpfs tmpfs rw
26 22 0:23 / /dev/shm rw - tmpfs tmpfs rw
"""
HOST_NAMESPACES = {
    kind: (4, 4026531800 + index) for index, kind in enumerate(("pid", "net", "ipc", "uts", "mnt", "user"))
}


class FakeHost:
    """case.Reader of dicts."""

    def __init__(self) -> None:
        self.links: t.Dict[str, str] = {"/var/run": "/run"}
        self.mounts = MOUNTINFO
        self.devices: t.Dict[str, t.Tuple[str, int, int]] = {"/dev/fuse": ("c", 10, 229), "/dev/sda": ("b", 8, 0)}
        self.records: t.Dict[str, Spec] = {
            ID: {"Image": IMAGE, "MountPoints": {"/data": {"Type": "volume", "Name": "data", "Destination": "/data"}}},
            OTHER: {"State": {"Pid": 900}},
        }
        self.namespaces: t.Dict[str, t.Tuple[int, int]] = {
            f"/proc/{process}/ns/{kind}": inode for process in ("1", "self") for kind, inode in HOST_NAMESPACES.items()
        }
        for index, kind in enumerate(("pid", "net", "ipc", "user")):
            self.namespaces[f"/proc/900/ns/{kind}"] = (4, 4026532500 + index)
        self.owners = {900: ("f0" * 32, OTHER)}
        self.exempted: t.Dict[str, str] = {}
        self.volumes: t.Dict[str, Spec] = {}
        self.unified = True

    def namespace(self, path: str) -> t.Optional[t.Tuple[int, int]]:
        return self.namespaces.get(path)

    def realpath(self, path: str) -> str:
        path = posixpath.normpath(path)
        for link, target in self.links.items():
            if path == link or path.startswith(link + "/"):
                return self.realpath(target + path[len(link) :])
        return path

    def device(self, path: str) -> t.Optional[t.Tuple[str, int, int]]:
        return self.devices.get(path)

    def mountinfo(self) -> str:
        return self.mounts

    def container(self, data_root: str, container: str) -> Spec:
        return self.records.get(container, {})

    def volume(self, data_root: str, name: str) -> Spec:
        return self.volumes.get(name, {})

    def containers_of(self, pid: int) -> t.Sequence[str]:
        return self.owners.get(pid, ())

    def exempt(self, container: str) -> t.Optional[str]:
        return self.exempted.get(container)

    def cgroup2(self) -> bool:
        return self.unified

    def machine(self) -> str:
        return "x86_64"


def rules(**changes: t.Any) -> policy.Policy:
    return policy.parse({**copy.deepcopy(DOCUMENT), **changes})


def case(host: t.Optional[FakeHost] = None, bundle: str = BUNDLE, **changes: t.Any) -> Case:
    return Case(rules(**changes), host or FakeHost(), ID, bundle)


def verdict_of(spec: Spec, host: t.Optional[FakeHost] = None, bundle: str = BUNDLE, **changes: t.Any) -> Verdict:
    return judge(copy.deepcopy(spec), case(host, bundle, **changes))


def refused(verdict: Verdict) -> t.List[str]:
    return sorted({refusal.rule for refusal in verdict.refusals})


def mount(kind: str, destination: str, *options: str, source: str = "") -> Spec:
    return {"destination": destination, "type": kind, "source": source or kind, "options": list(options)}


def bind(source: str, destination: str, *options: str) -> Spec:
    return mount("bind", destination, *(options or ("rbind", "rprivate")), source=source)


def kernel_mounts() -> t.List[Spec]:
    return [
        mount("proc", "/proc", "nosuid", "noexec", "nodev"),
        mount("tmpfs", "/dev", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount("devpts", "/dev/pts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        mount("sysfs", "/sys", "nosuid", "noexec", "nodev", "ro"),
        mount("cgroup", "/sys/fs/cgroup", "ro", "nosuid", "noexec", "nodev"),
        mount("mqueue", "/dev/mqueue", "nosuid", "noexec", "nodev"),
        mount("tmpfs", "/dev/shm", "nosuid", "noexec", "nodev", "mode=1777", "size=67108864", source="shm"),
    ]


def filter_of_docker() -> Spec:
    """Docker's own, in short: what counts here is the shape."""
    clone = {"index": 0, "value": seccomp.NAMESPACE_MASK, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [
            {"names": ["accept", "adjtimex", "read", "write", "socketcall", "chroot"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [clone]},
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
        ],
    }


def device_rules() -> t.List[Spec]:
    rules_: t.List[Spec] = [{"allow": False, "access": "rwm"}]
    for major, minor in ((1, 5), (1, 3), (1, 9), (1, 8), (5, 0), (5, 1)):
        rules_.append({"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"})
    return [*rules_, {"allow": False, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]


def docker_config() -> Spec:
    """What dockerd 29 writes for `docker run -v data:/data nginx`."""
    hook = {"path": "/proc/812/exe", "args": ["libnetwork-setkey", "-exec-root=/var/run/docker", ID, "0123456789ab"]}
    return {
        "ociVersion": "1.3.0",
        "process": {
            "user": {"uid": 0, "gid": 0, "additionalGids": [0]},
            "args": ["nginx", "-g", "daemon off;"],
            "env": [PATH, "HOSTNAME=a1a1a1a1a1a1", "VERSION=1"],
            "cwd": "/",
            "capabilities": {kind: [*CAPABILITIES] for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": True,
            "apparmorProfile": "docker-default",
            "oomScoreAdj": 0,
        },
        "root": {"path": f"/var/lib/docker/rootfs/overlayfs/{ID}"},
        "hostname": "a1a1a1a1a1a1",
        "mounts": [
            *kernel_mounts(),
            bind(VOLUME, "/data"),
            *(bind(f"{OWN}/{name}", f"/etc/{name}") for name in ("resolv.conf", "hostname", "hosts")),
        ],
        "hooks": {"prestart": [hook]},
        "linux": {
            "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"},
            "resources": {"devices": device_rules(), "memory": {}, "cpu": {"shares": 0}, "blockIO": {"weight": 0}},
            "cgroupsPath": f"system.slice:docker:{ID}",
            "namespaces": [{"type": kind} for kind in ("mount", "network", "time", "uts", "pid", "ipc", "cgroup")],
            "seccomp": filter_of_docker(),
            "maskedPaths": [
                *sorted(MASKED),
                "/proc/interrupts",
                "/sys/devices/virtual/powercap",
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def build_config() -> Spec:
    """What BuildKit writes for a RUN step with a cache mount, a secret and a file of another stage."""
    spec = docker_config()
    spec["process"].update(noNewPrivileges=False, args=["/bin/sh", "-c", "make"], user={"uid": 0, "gid": 0})
    spec["root"] = {"path": f"{BUILD_BUNDLE}/rootfs"}
    layers = ":".join(
        f"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/{one}/fs" for one in (7, 8)
    )
    spec["mounts"] = [
        *kernel_mounts(),
        bind("/var/lib/docker/buildkit/executor/resolv.conf", "/etc/resolv.conf", "nosuid", "rbind", "ro"),
        bind("/var/lib/docker/buildkit/executor/hosts", "/etc/hosts", "nosuid", "rbind", "ro"),
        bind("/var/lib/docker/buildkit/cachemounts/buildkit12/x", "/cache", "rbind"),
        bind("/var/lib/docker/tmp/buildkit-secrets99/token", "/run/secrets/token", "rbind", "ro"),
        mount("overlay", "/from", "index=off", f"lowerdir={layers}", "ro", source="overlay"),
    ]
    spec["linux"]["resources"] = {"devices": [{"allow": False, "access": "rwm"}]}
    return spec
