# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts: binds by what the kernel resolves, the kernel's file systems, propagation."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import mountinfo
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec

from . import material
from .material import ID, OTHER, OWN, VOLUME, bind, mount

THEIRS = f"/var/lib/docker/containers/{OTHER}"
INIT = "/sbin/docker-init"
LAYER = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs"


def judged(extra: Spec, host: t.Optional[material.FakeHost] = None, build: bool = False, **rules: t.Any) -> t.List[str]:
    spec = material.build_config() if build else material.docker_config()
    spec["mounts"].append(extra)
    bundle = material.BUILD_BUNDLE if build else material.BUNDLE
    return material.refused(material.verdict_of(spec, host, bundle, **rules))


# a mount beside Docker's own, the rules that refuse it
MOUNTS: t.Dict[str, t.Tuple[Spec, t.List[str]]] = {
    "listed": (bind("/srv/data", "/x"), []),
    "below a listed one": (bind("/srv/data/sub", "/x"), ["binds"]),
    "beside a listed one": (bind("/srv/data2", "/x"), ["binds"]),
    "above a listed one, and the socket by another mount": (bind("/srv", "/x"), ["bind-protected"]),
    "below, where that is listed": (bind("/srv/tree/sub/x", "/x"), []),
    "read-only as listed": (bind("/srv/read", "/x", "rbind", "ro"), []),
    "read-only, recursively": (bind("/srv/read", "/x", "rbind", "rro"), []),
    "read-write where read-only is listed": (bind("/srv/read", "/x", "rbind"), ["binds"]),
    "read-only, then read-write": (bind("/srv/read", "/x", "rbind", "ro", "rw"), ["binds"]),
    "read-only, then read-write by attribute": (bind("/srv/read", "/x", "rbind", "ro", "rrw"), ["binds"]),
    "not listed": (bind("/etc/ssh", "/x", "rbind", "ro"), ["binds"]),
    "out of a listed one": (bind("/srv/tree/../../etc", "/x"), ["bind-protected"]),
    "by a symlink in a listed one": (bind("/srv/tree/link", "/x"), ["binds"]),
    "the root": (bind("/", "/x"), ["bind-protected"]),
    "the socket": (bind("/var/run/docker.sock", "/x"), ["bind-protected"]),
    "the socket's directory": (bind("/run", "/x", "rbind", "ro"), ["bind-protected"]),
    "the socket by another mount": (bind("/srv/alias/docker.sock", "/x"), ["bind-protected"]),
    "containerd's socket": (bind("/run/containerd/containerd.sock", "/x"), ["bind-protected"]),
    "the data root": (bind("/var/lib/docker", "/x"), ["bind-protected"]),
    "another's container": (bind(f"{THEIRS}/config.v2.json", "/x"), ["bind-protected"]),
    "its own configuration": (bind(f"{OWN}/hostconfig.json", "/x"), ["bind-protected"]),
    "its own hosts": (bind(f"{OWN}/hosts", "/x"), []),
    "its own shm": (bind(f"{OWN}/mounts/shm", "/dev/shm"), []),
    "its own secret": (bind(f"{OWN}/mounts/secrets/abc", "/run/secrets/x", "rbind", "ro"), []),
    "all its own mounts": (bind(f"{OWN}/mounts", "/x"), ["bind-protected"]),
    "another's hosts": (bind(f"{THEIRS}/hosts", "/etc/hosts"), ["bind-protected"]),
    "another's shm": (bind(f"{THEIRS}/mounts/shm", "/dev/shm"), ["bind-protected"]),
    "a part of a volume": (bind(f"{VOLUME}/sub", "/x"), ["bind-protected"]),
    "all volumes": (bind("/var/lib/docker/volumes", "/x"), ["bind-protected"]),
    "a volume that is not its own": (bind("/var/lib/docker/volumes/other/_data", "/x"), ["binds"]),
    "init": (bind("/usr/bin/docker-init", INIT, "bind", "ro"), []),
    "init, read-write": (bind("/usr/bin/docker-init", INIT, "bind"), ["binds"]),
    "init elsewhere": (bind("/usr/bin/docker-init", "/x", "bind", "ro"), ["binds"]),
    "something called init": (bind(f"{VOLUME}/docker-init", INIT, "bind", "ro"), ["bind-protected"]),
    "a file of that name listed nowhere": (bind("/home/x/docker-init", INIT, "bind", "ro"), ["binds"]),
    "init as a symlink out of /usr": (bind("/usr/local/bin/docker-init", INIT, "bind", "ro"), ["binds"]),
    "BuildKit's files without a build": (bind("/var/lib/docker/buildkit/executor/hosts", "/x"), ["bind-protected"]),
    "a tmpfs": (mount("tmpfs", "/x", "noexec", "nosuid"), []),
    "a tmpfs that is a bind": (mount("tmpfs", "/x", "rbind", source="/"), ["bind-protected"]),
    "a bind without type": ({"destination": "/x", "source": "/", "options": ["bind"]}, ["bind-protected"]),
    "a bind without options": (mount("bind", "/x", source="/etc"), ["bind-protected"]),
    "a relative source": (bind("../../../../../etc/ssh", "/x"), ["binds"]),
    "a disk": (mount("ext4", "/x", source="/dev/sda1"), ["mount-type"]),
    "an overlay": (mount("overlay", "/x", "lowerdir=/"), ["mount-type"]),
    "nfs": (mount("nfs", "/x", source=":/"), ["mount-type"]),
    "proc elsewhere": (mount("proc", "/p"), ["mount-type"]),
    "sysfs read-write": (mount("sysfs", "/sys"), ["mount-type"]),
    "cgroup read-write": (mount("cgroup2", "/sys/fs/cgroup", "ro", "rw"), ["mount-type"]),
    "remounted": (mount("proc", "/proc", "remount", "rw"), ["mount-type"]),
    "mapped": ({**bind("/srv/data", "/x"), "uidMappings": [{"containerID": 0}]}, ["unknown-field"]),
    "shared": (bind("/srv/data", "/x", "rbind", "rshared"), ["propagation"]),
    "slave": (bind("/srv/data", "/x", "rbind", "rslave"), []),
}


def the_host() -> material.FakeHost:
    host = material.FakeHost()
    host.links.update({"/srv/tree/link": "/opt/secret", "/usr/local/bin/docker-init": "/opt/secret"})
    host.mounts += "40 21 0:22 / /srv/alias rw - tmpfs tmpfs rw\n"
    return host


@pytest.mark.parametrize("name", MOUNTS)
def test_mount(name: str) -> None:
    extra, rules = MOUNTS[name]
    binds = [*material.DOCUMENT["binds"], {"path": "/srv/alias/docker.sock", "read_only": False, "below": False}]
    assert judged(extra, the_host(), binds=binds) == rules


def test_a_listed_parent_of_the_socket_stays_refused() -> None:
    assert judged(bind("/run", "/x"), binds=[{"path": "/run", "read_only": False, "below": True}]) == ["bind-protected"]


def test_a_listed_directory_with_the_data_root_mounted_below_stays_refused() -> None:
    host = material.FakeHost()
    host.mounts += "50 21 8:1 /var/lib /srv/tree/copy rw - ext4 /dev/sda1 rw\n"
    assert judged(bind("/srv/tree", "/x"), host) == ["bind-protected"]


def test_the_data_root_by_the_name_of_its_disk_stays_refused() -> None:
    host = material.FakeHost()
    host.mounts += (
        "51 21 8:16 /docker /var/lib/docker rw - ext4 /dev/sdb rw\n51 21 8:16 / /srv/tree rw - ext4 /dev/sdb rw\n"
    )
    assert judged(bind("/srv/tree", "/x"), host) == ["bind-protected"]
    assert judged(bind("/srv/tree/docker/volumes", "/x"), host) == ["bind-protected"]
    assert judged(bind("/srv/tree/files", "/x"), host) == []


def test_a_symlink_in_the_policy_is_not_followed() -> None:
    host = material.FakeHost()
    host.links["/srv/data"] = "/opt/elsewhere"
    assert judged(bind("/srv/data", "/x"), host) == ["binds"]


def test_the_resolved_source_is_what_runc_gets() -> None:
    host = material.FakeHost()
    host.links["/home/link"] = "/srv/data"
    spec = material.docker_config()
    spec["mounts"].append(bind("/home/link", "/x"))
    verdict = material.verdict_of(spec, host)
    assert (verdict.refusals, verdict.spec["mounts"][-1]["source"]) == ((), "/srv/data")


def test_read_only_with_file_systems_below() -> None:
    host = material.FakeHost()
    host.mounts += "52 21 8:17 / /srv/read/disk rw - ext4 /dev/sdc rw\n"
    assert judged(bind("/srv/read", "/x", "rbind", "ro"), host) == ["binds"]
    assert judged(bind("/srv/read", "/x", "rbind", "rro"), host) == []
    assert judged(bind("/srv/read", "/x", "bind", "ro"), host) == []


@pytest.mark.parametrize(("name", "kind"), [("hosts", "network"), ("resolv.conf", "network"), ("mounts/shm", "ipc")])
def test_anothers_files_with_its_namespace(name: str, kind: str) -> None:
    spec = material.docker_config()
    entries = [entry for entry in spec["linux"]["namespaces"] if entry["type"] != kind]
    path = f"/proc/900/ns/{'net' if kind == 'network' else kind}"
    spec["linux"]["namespaces"] = [*entries, {"type": kind, "path": path}]
    spec["mounts"].append(bind(f"{THEIRS}/{name}", "/x"))
    assert material.refused(material.verdict_of(spec)) == []
    host = material.FakeHost()
    host.records[OTHER] = {"State": {"Pid": 901}}  # it joins that of a third one
    assert material.refused(material.verdict_of(spec, host)) == ["bind-protected"]


# lines of mountinfo, whether the volume is refused
BACKED = {
    "plain": ("", False),
    "a disk": (f"60 21 8:32 / {VOLUME} rw - ext4 /dev/sdd rw", True),
    "the root by bind": (f"60 21 8:1 / {VOLUME} rw - ext4 /dev/sda1 rw", True),
    "nfs": (f"60 21 0:60 / {VOLUME} rw - nfs4 host:/x rw", True),
    "overlay": (f"60 21 0:61 / {VOLUME} rw - overlay overlay rw,lowerdir=/", True),
    "tmpfs": (f"60 21 0:62 / {VOLUME} rw - tmpfs tmpfs rw", False),
    "the host's /run, which is a tmpfs": (f"60 21 0:22 / {VOLUME} rw - tmpfs tmpfs rw", True),
    "a part of a tmpfs": (f"60 21 0:63 /x {VOLUME} rw - tmpfs tmpfs rw", True),
    "above the volume": ("60 21 8:32 / /var/lib/docker/volumes/data rw - ext4 /dev/sdd rw", True),
    "in the volume": (f"60 21 8:32 / {VOLUME}/sub rw - ext4 /dev/sdd rw", True),
    "all volumes on a disk": ("60 21 8:32 / /var/lib/docker/volumes rw - ext4 /dev/sdd rw", False),
    "another volume": ("60 21 8:32 / /var/lib/docker/volumes/data2/_data rw - ext4 /dev/sdd rw", False),
}


@pytest.mark.parametrize("name", BACKED)
def test_volumes(name: str) -> None:
    line, broken = BACKED[name]
    host = material.FakeHost()
    host.mounts += line + "\n" if line else ""
    found = material.refused(material.verdict_of(material.docker_config(), host))
    assert found == (["volumes.backed"] if broken else [])


def test_a_volume_as_a_plain_bind_is_refused() -> None:
    """The daemon would not hold it: it could be removed, made anew with device=/ and mounted while runc starts."""
    host = material.FakeHost()
    for record in ({}, {"MountPoints": {"/data": {"Type": "bind", "Name": "", "Source": VOLUME}}}):
        host.records[ID] = record
        assert material.refused(material.verdict_of(material.docker_config(), host)) == ["binds"]


# a mount in a build, the rules that refuse it
BUILDS: t.Dict[str, t.Tuple[Spec, t.List[str]]] = {
    "a snapshot": (bind(LAYER, "/x"), []),
    "a layer": (bind("/var/lib/docker/overlay2/abc/diff", "/x"), []),
    "an ssh agent": (bind("/var/lib/docker/tmp/.buildkit-ssh-sock1/ssh_auth_sock", "/x"), []),
    "another temporary file": (bind("/var/lib/docker/tmp/docker-builder1/x", "/x"), ["bind-protected"]),
    "containerd's state": (
        bind("/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db", "/x"),
        ["bind-protected"],
    ),
    "a container": (bind(f"{OWN}/config.v2.json", "/x"), ["bind-protected"]),
    "the host": (bind("/etc/ssh", "/x"), ["binds"]),
    "an overlay over the host": (mount("overlay", "/x", f"lowerdir={LAYER}:/etc"), ["binds"]),
    "an overlay with an escape": (mount("overlay", "/x", f"lowerdir={LAYER}\\:/etc"), ["binds"]),
    "an overlay that writes elsewhere": (mount("overlay", "/x", f"lowerdir={LAYER}", "upperdir=/etc"), ["binds"]),
}


@pytest.mark.parametrize("name", BUILDS)
def test_build(name: str) -> None:
    extra, rules = BUILDS[name]
    assert judged(extra, build=True) == rules


def test_propagation_of_the_root() -> None:
    for value, rules in (("rshared", ["propagation"]), ("shared", ["propagation"]), ("rslave", []), ("private", [])):
        spec = material.docker_config()
        spec["linux"]["rootfsPropagation"] = value
        assert material.refused(material.verdict_of(spec)) == rules


def test_writable_cgroup_in_a_user_namespace() -> None:
    """dockerd cannot mount it read-only there."""
    spec = material.docker_config()
    spec["linux"]["namespaces"].append({"type": "user"})
    spec["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    next(item for item in spec["mounts"] if item["type"] == "cgroup")["options"].remove("ro")
    assert material.refused(material.verdict_of(spec, user_namespace=True)) == []


def test_mountinfo_is_unescaped() -> None:
    found = mountinfo.parse("1 2 8:1 /a\\040b /c\\134d rw,x shared:1 master:2 - ext4 /dev/sda1 rw\n")
    assert found == (mountinfo.Mount("8:1", "/a b", "/c\\d", "ext4"),)


def test_the_last_mount_at_a_point_counts() -> None:
    mounts = mountinfo.parse(material.MOUNTINFO + "70 21 8:99 /x /run rw - ext4 /dev/sde rw\n")
    assert mountinfo.place(mounts, "/run/docker.sock") == mountinfo.Place("8:99", "/x/docker.sock")
    assert mountinfo.place(mounts, "/") == mountinfo.Place("8:1", "/")
