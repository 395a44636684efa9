# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mount points of containers that do not run."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec

from . import material
from .material import VOLUME
from .stored_material import config_of, judged, point, refused, volume

DRIVER = {
    "Type": "volume",
    "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": {"type": "nfs", "device": ":/"}}},
}
SUBPATH = {"Type": "volume", "VolumeOptions": {"Subpath": "a"}}
# the daemon's mount points, the rules that refuse them
POINTS: t.Dict[str, t.Tuple[Spec, t.List[str]]] = {
    "listed": (point("/srv/data", "/x"), []),
    "by a symlink": (point("/home/link", "/x"), ["binds"]),
    "read-only as listed": (point("/srv/read", "/x", RW=False), []),
    "read-write where read-only is listed": (point("/srv/read", "/x"), ["binds"]),
    "read-only, but what is below it": (
        point("/srv/read", "/x", RW=False, Spec={"Type": "bind", "BindOptions": {"ReadOnlyNonRecursive": True}}),
        ["binds"],
    ),
    "read-only and alone": (
        point(
            "/srv/read",
            "/x",
            RW=False,
            Spec={"Type": "bind", "BindOptions": {"ReadOnlyNonRecursive": True, "NonRecursive": True}},
        ),
        [],
    ),
    "the socket": (point("/var/run/docker.sock", "/x"), ["bind-protected"]),
    "the root, shared": (point("/", "/x", Propagation="rshared"), ["bind-protected", "propagation"]),
    "a volume's directory": (point(VOLUME, "/x"), ["binds"]),
    "without a type, as of old": (point("/srv/data", "/x", Type=""), []),
    "a tmpfs": (point("", "/x", Type="tmpfs"), []),
    "a plain volume": (volume("data", "/x"), []),
    "a volume without its source": (volume("data", "/x", Source=""), []),
    "a volume of NFS by its spec": (volume("share", "/x", Spec=DRIVER), ["volumes.backed"]),
    "a volume of the host by its record": (volume("root", "/x"), ["volumes.backed"]),
    "a volume in memory": (volume("memory", "/x"), []),
    "a bind that says tmpfs": (volume("false", "/x"), ["volumes.backed"]),
    "a volume with a limit": (volume("limited", "/x"), []),
    "its record counts more than the spec": (volume("limited", "/x", Spec=DRIVER), []),
    "a volume in use that is a disk": (volume("disk", "/x"), ["volumes.backed"]),
    "a part of a volume": (volume("data", "/x", Spec=SUBPATH), ["binds"]),
    "a volume of a plugin": (volume("far", "/x", Driver="rexray", Source=""), ["binds"]),
    "the same, with its source": (
        volume("far", "/x", Driver="rexray", Source="/var/lib/docker/plugins/1/propagated-mount/far"),
        ["bind-protected"],
    ),
    "an image": (point("/var/lib/docker/rootfs/overlayfs/1", "/x", Type="image", RW=False), ["binds"]),
    "a volume of a cluster": (point("", "/x", Type="cluster"), ["binds"]),
}


def the_host() -> material.FakeHost:
    host = material.FakeHost()
    host.links["/home/link"] = "/etc/ssh"
    host.volumes = {
        "root": {"MountType": "none", "MountOpts": "bind", "MountDevice": "/", "Quota": {"Size": 0}},
        "memory": {"MountType": "tmpfs", "MountOpts": "size=1m", "MountDevice": "tmpfs", "Quota": {"Size": 0}},
        "false": {"MountType": "tmpfs", "MountOpts": "size=1m,bind", "MountDevice": "/etc", "Quota": {"Size": 0}},
        "limited": {"MountType": "", "MountOpts": "", "MountDevice": "", "Quota": {"Size": 1048576}},
    }
    host.mounts += "52 21 8:17 / /srv/read/disk rw - ext4 /dev/sdc rw\n"
    host.mounts += "53 21 8:32 / /var/lib/docker/volumes/disk/_data rw - ext4 /dev/sdd rw\n"
    return host


@pytest.mark.parametrize("name", POINTS)
def test_mount_points(name: str) -> None:
    points, rules = POINTS[name]
    assert refused(judged({"Binds": None}, config_of(MountPoints=points), the_host())) == rules
