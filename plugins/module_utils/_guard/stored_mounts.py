# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Mounts of a stored container: its mount points in the daemon's record, and the OCI mounts made of them."""

from __future__ import annotations

import posixpath
import typing as t

from .case import Case
from .verdict import Spec

PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
BIND, VOLUME, TMPFS = "bind", "volume", "tmpfs"
UNNAMED = "unnamed"  # a volume to which the daemon gives a name when it makes it


def points(host_config: Spec, config: Spec) -> t.Dict[str, Spec]:
    """destination: mount point, in the daemon's form. Its own record counts, which holds those of other containers
    (``--volumes-from``) and of the image too; what it lacks is read from what the client asked for.
    """
    found: t.Dict[str, Spec] = {}
    for text in host_config.get("Binds") or ():
        given, _colon, rest = str(text).partition(":")
        destination, _colon, mode = rest.partition(":")
        if destination:  # else a plain volume without a name
            found[posixpath.normpath(destination)] = _of_bind(given, mode.split(","), host_config)
    for mount in host_config.get("Mounts") or ():
        found[posixpath.normpath(str(mount.get("Target")))] = _of_mount(mount)
    found.update(config.get("MountPoints") or {})
    hidden = host_config.get("Tmpfs") or {}
    return {destination: point for destination, point in found.items() if destination not in hidden}


def source(point: Spec, case: Case) -> str:
    """The directory that a mount point shows; "" where it is made when the container starts."""
    asked = point.get("Spec") or {}
    if kind(point) == BIND:
        return str(point.get("Source") or "")
    if kind(point) != VOLUME or (asked.get("VolumeOptions") or {}).get("Subpath"):
        return ""
    plain = f"{case.data_root}/volumes/{point.get('Name')}/_data" if is_local(point) and point.get("Name") else ""
    return str(point.get("Source") or plain)


def kind(point: Spec) -> str:
    return str(point.get("Type") or (VOLUME if point.get("Name") else BIND))


def is_local(point: Spec) -> bool:
    """Whether Docker's own driver has the volume, and no plugin."""
    return point.get("Driver") in (None, "", "local")


def mounts(host_config: Spec, points_: t.Mapping[str, Spec], writable_cgroups: bool, case: Case) -> t.List[Spec]:
    """Those of the kernel that can be writable, tmpfs, and every mount point whose source is known."""
    found = [_mount("sysfs", "sysfs", "/sys", "rw" if host_config.get("Privileged") else "ro")]
    found.append(_mount("cgroup", "cgroup", "/sys/fs/cgroup", "rw" if writable_cgroups else "ro"))
    for destination, data in (host_config.get("Tmpfs") or {}).items():
        found.append(_mount(TMPFS, TMPFS, destination, *str(data or "").split(",")))
    for destination, point in points_.items():
        if kind(point) == TMPFS:
            found.append(_mount(TMPFS, TMPFS, destination, "rw" if point.get("RW") else "ro"))
        elif source(point, case):
            found.append(_mount(BIND, source(point, case), destination, *_bind_options(point)))
    return found


def _mount(type_: str, source_: str, destination: str, *options: str) -> Spec:
    return {"type": type_, "source": source_, "destination": destination, "options": list(options)}


def _bind_options(point: Spec) -> t.List[str]:
    asked = (point.get("Spec") or {}).get("BindOptions") or {}
    words = ["bind" if asked.get("NonRecursive") else "rbind"]
    if not point.get("RW"):
        words.append("ro" if asked.get("ReadOnlyNonRecursive") else "rro")
    return words + ([point["Propagation"]] if point.get("Propagation") else [])


def _of_bind(given: str, mode: t.Sequence[str], host_config: Spec) -> Spec:
    spread = next((word for word in mode if word in PROPAGATIONS), "")
    point = {"RW": "ro" not in mode, "Propagation": spread}
    if given.startswith("/"):
        return {**point, "Type": BIND, "Source": given}
    return {**point, "Type": VOLUME, "Name": given, "Driver": host_config.get("VolumeDriver")}


def _of_mount(mount: Spec) -> Spec:
    is_bind = mount.get("Type") == BIND
    return {
        "Type": mount.get("Type"),
        "Source" if is_bind else "Name": mount.get("Source") or UNNAMED,
        "RW": not mount.get("ReadOnly"),
        "Propagation": (mount.get("BindOptions") or {}).get("Propagation"),
        "Driver": ((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Name"),
        "Spec": mount,
    }
