# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Rules of mounts other than binds: the kernel's file systems at their places, tmpfs, propagation."""

from __future__ import annotations

import typing as t

from . import binds, namespaces
from .case import Case
from .policy import ExemptMount
from .verdict import Findings, Spec

# The only place for each type
PLACES = {
    "proc": "/proc",
    "sysfs": "/sys",
    "cgroup": "/sys/fs/cgroup",
    "cgroup2": "/sys/fs/cgroup",
    "mqueue": "/dev/mqueue",
    "devpts": "/dev/pts",
}
READ_ONLY = ("sysfs", "cgroup", "cgroup2")
SHARED = ("shared", "rshared")
STRANGE = ("remount", "idmap", "ridmap")  # options that no container of Docker has
OWN_TMPFS = ("/dev", "/dev/shm")  # noqa: S108
LAYERS = ("lowerdir", "upperdir", "workdir")


def judge(spec: Spec, case: Case, findings: Findings) -> None:
    """Refuse, and put the resolved sources of binds into the spec."""
    for mount in spec.get("mounts") or ():
        options = [str(option) for option in mount.get("options") or ()]
        destination = str(mount.get("destination"))
        if any(option in SHARED for option in options):
            findings.refuse("propagation", "propagation", f"{destination} {' '.join(options)}", "private or slave")
        if any(option in STRANGE for option in options):
            findings.refuse("mount-type", "", f"{destination} {' '.join(options)}", f"no {', '.join(STRANGE)}")
        if binds.is_bind(mount):
            binds.judge(mount, spec, case, findings)
        elif mount.get("type") == "overlay" and case.build:
            _overlay(destination, options, case, findings)
        elif mount.get("type") != "tmpfs":
            _kernel(mount, spec, findings)
    propagation = (spec.get("linux") or {}).get("rootfsPropagation")
    if propagation in SHARED:
        findings.refuse("propagation", "propagation", f"{propagation} for the root file system", "private or slave")


def not_own(spec: Spec, case: Case) -> t.List[ExemptMount]:
    """The binds and tmpfs that somebody asked for, as an exemption must list them."""
    found = []
    for mount in spec.get("mounts") or ():
        destination = str(mount.get("destination"))
        if binds.is_bind(mount):
            real = binds.source(mount, case)
            if not binds.is_own(mount, real, spec, case):
                found.append(ExemptMount(real, destination, binds.read_only(mount)))
        elif mount.get("type") not in PLACES and destination not in OWN_TMPFS:
            found.append(ExemptMount("tmpfs", destination, binds.read_only(mount)))
    return sorted(found)


def _kernel(mount: Spec, spec: Spec, findings: Findings) -> None:
    kind, destination = str(mount.get("type")), str(mount.get("destination"))
    token = f"mount:{destination}"
    if kind not in PLACES:
        findings.refuse("mount-type", "", f"{kind} at {destination}", f"bind, tmpfs, {', '.join(PLACES)}")
    elif destination != PLACES[kind]:
        findings.refuse("mount-type", "", f"{kind} at {destination}", f"{kind} at {PLACES[kind]}")
    elif kind in READ_ONLY and not binds.read_only(mount):
        if kind != "sysfs" and namespaces.private_user(spec):
            return  # dockerd cannot mount it otherwise then, and the container's root owns nothing there
        findings.refuse("mount-type", token, f"{kind} read-write at {destination} (`--privileged`?)", "it read-only")


def _overlay(destination: str, options: t.Sequence[str], case: Case, findings: Findings) -> None:
    for option in options:
        name, _equals, value = option.partition("=")
        if name in LAYERS:
            layers = value.split(":")
            if "\\" in value or not all(binds.of_build(case.host.realpath(layer), case) for layer in layers):
                findings.refuse("binds", "", f"{option:.80} at {destination}", "BuildKit's own snapshots")
