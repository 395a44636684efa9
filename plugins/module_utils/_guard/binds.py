# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Rules of bind mounts: what of the host's files a container may see. Sources are taken as the kernel resolves them."""

from __future__ import annotations

import posixpath
import typing as t

from . import mountinfo, namespaces
from .case import Case, is_id
from .mountinfo import within
from .policy import Bind
from .verdict import Findings, Spec

CONTAINERD = "/var/lib/containerd"
# Never by the list of binds, neither as such nor inside something listed: each of them is the host.
PROTECTED = (
    "/run/docker.sock",
    "/run/docker",
    "/run/containerd",
    CONTAINERD,
    "/etc/docker",
    "/etc/containerd",
    "/etc/bulwark-azure-docker",
    "/run/bulwark-azure-docker",
    "/usr/local/libexec/bulwark-azure-docker",
    "/usr/local/sbin/bulwark-docker-break-glass",
)
INIT_NAME, INIT_DESTINATION = "docker-init", "/sbin/docker-init"
INIT_DIRECTORIES = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/libexec/docker")
NETWORK_FILES = ("hosts", "hostname", "resolv.conf")
STORES = ("overlay2", "fuse-overlayfs", "btrfs", "zfs", "vfs", "buildkit")
BUILD_TEMPORARY = ("buildkit", ".buildkit-ssh-sock")
SNAPSHOTS = "io.containerd.snapshotter.v1."
READ_ONLY = {"ro": True, "rro": True, "rw": False, "rrw": False}


def is_bind(mount: Spec) -> bool:
    """As runc sees it: the options count more than the type."""
    options = mount.get("options") or ()
    return mount.get("type") == "bind" or "bind" in options or "rbind" in options


def read_only(mount: Spec) -> bool:
    """The last word counts."""
    words = [READ_ONLY[option] for option in mount.get("options") or () if option in READ_ONLY]
    return bool(words) and words[-1]


def source(mount: Spec, case: Case) -> str:
    """The source as the kernel resolves it; runc takes a relative one from the bundle."""
    return case.host.realpath(posixpath.join(case.bundle or "/", str(mount.get("source") or "")))


def is_own(mount: Spec, real: str, spec: Spec, case: Case) -> bool:
    """Whether it is one of the files that Docker gives every container."""
    found = str(mount.get("source") or "")
    if mount.get("destination") == INIT_DESTINATION and posixpath.basename(found) == INIT_NAME:
        # By its directory: a file of that name in a volume can be a symlink to anything.
        return posixpath.dirname(found) in INIT_DIRECTORIES and within(real, "/usr") and read_only(mount)
    above = f"{case.data_root}/containers/"
    if not real.startswith(above):
        return False
    owner, _slash, name = real[len(above) :].partition("/")
    if not is_id(owner):
        return False
    if owner == case.container:
        return name in (*NETWORK_FILES, "mounts/shm") or name.startswith(("mounts/secrets/", "mounts/configs/"))
    if name in NETWORK_FILES:
        return namespaces.shared_with(spec, "network", owner, case)
    return name == "mounts/shm" and namespaces.shared_with(spec, "ipc", owner, case)


def of_build(real: str, case: Case) -> bool:
    """Whether BuildKit made it: snapshots, cache mounts, resolv.conf, secrets. Its clients name no host paths."""
    root = case.data_root
    if any(real.startswith(f"{root}/{store}/") for store in STORES):
        return True
    if real.startswith(tuple(f"{root}/tmp/{name}" for name in BUILD_TEMPORARY)):  # noqa: S108
        return True
    stores = (f"{CONTAINERD}/{SNAPSHOTS}", f"{root}/containerd/daemon/{SNAPSHOTS}")
    return real.startswith(stores)


def judge(mount: Spec, spec: Spec, case: Case, findings: Findings) -> None:
    """Refuse, or put the resolved source in the place of the given one."""
    real = source(mount, case)
    if is_own(mount, real, spec, case) or (case.build and of_build(real, case)):
        mount["source"] = real
        return
    volume = volume_of(real, case)
    if volume:
        _volume(volume, real, case, findings)
    elif protected(real, case):
        findings.refuse(
            "bind-protected", f"bind:{real}", _shown(mount, real), f"nothing that shows {protected(real, case)}"
        )
    else:
        _listed(mount, real, case, findings)
    mount["source"] = real


def volume_of(real: str, case: Case) -> str:
    """The name of the local volume whose directory this is, "" where it is none."""
    above, below = f"{case.data_root}/volumes/", "/_data"
    name = real[len(above) : -len(below)] if real.startswith(above) and real.endswith(below) else ""
    return name if "/" not in name else ""


def protected(real: str, case: Case) -> str:
    """What a container must not see and this source would show, "" where there is nothing."""
    paths = (*PROTECTED, case.data_root)
    return next((path for path in paths if mountinfo.holds(case.mounts, real, path)), "")


def _volume(name: str, real: str, case: Case, findings: Findings) -> None:
    points = (case.record.get("MountPoints") or {}).values()
    if not any(point.get("Type") == "volume" and point.get("Name") == name for point in points):
        # As a plain bind it would not be held by the daemon, which could mount something there between this look and
        # the moment at which runc mounts it.
        found = f"{real}, which is not a volume of this container"
        findings.refuse("binds", f"bind:{real}", found, f"the volume by its name (`-v {name}:...`)")
    volumes = f"{case.data_root}/volumes"
    for mount in case.mounts:
        between = within(real, mount.point) and within(mount.point, volumes) and mount.point != volumes
        if (between or within(mount.point, real)) and not mountinfo.fresh_tmpfs(case.mounts, mount):
            found = f"{name}, which is {mount.kind} {mount.root} of device {mount.device}"
            findings.refuse("volumes.backed", f"volume:{name}", found, "plain local volumes and tmpfs")


def _listed(mount: Spec, real: str, case: Case, findings: Findings) -> None:
    entries = [bind for bind in case.policy.binds if real == bind.path or (bind.below and within(real, bind.path))]
    token = f"bind:{real}"
    if not entries:
        findings.refuse("binds", token, _shown(mount, real), _paths(case.policy.binds))
    elif all(bind.read_only for bind in entries):
        recursive = "rbind" in (mount.get("options") or ()) and "rro" not in (mount.get("options") or ())
        if not read_only(mount):
            findings.refuse("binds", token, f"{real} read-write", "it read-only (`:ro`)")
        elif recursive and mountinfo.below(case.mounts, real):
            findings.refuse(
                "binds",
                token,
                f"{real} with file systems below it that stay read-write",
                "it `bind-recursive=disabled`",
            )


def _shown(mount: Spec, real: str) -> str:
    given = str(mount.get("source") or "")
    return real if given == real else f"{given}, which is {real}"


def _paths(binds: t.Sequence[Bind]) -> str:
    listed = [bind.path + ("/..." if bind.below else "") for bind in binds]
    return "volumes" + (f" and {', '.join(listed)}" if listed else "")
