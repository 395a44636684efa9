# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Exemptions: whether a container is exactly the one that a policy exempts, and the entry that would exempt it.

A client chooses the program, its arguments, environment and mounts. So all of them must be equal, the image must be
the daemon's own digest, and the root file system read-only: else `docker cp` into the created container would change
the program that is exempt.
"""

from __future__ import annotations

import typing as t

from . import mounts, namespaces
from .case import Case
from .policy import Exemption
from .verdict import Refusal, Spec

DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FREE_NAMES = ("HOME", "HOSTNAME", "TERM")
NOT_JOINED = ("ipc", "pid", "user")
LOADER = "LD_"  # variables that make a program run other code: never proposed


def deviations(exemption: Exemption, spec: Spec, case: Case) -> t.List[str]:
    """What makes a container another one than the exempt; [] where it is the same."""
    process = spec.get("process") or {}
    found = process_deviations(exemption, process)
    if tuple(process.get("args") or ()) != exemption.args:
        found.append("args")
    if exemption.image not in images(case):
        found.append("image")
    if not (spec.get("root") or {}).get("readonly"):
        found.append("the root file system is not read-only")
    if not _same_mounts(exemption, spec, case):
        found.append("mounts")
    # Whoever shares them could attach to the exempt program.
    found += [f"it joins the {kind} namespace of another" for kind in NOT_JOINED if namespaces.joined(spec, kind)]
    return found


def process_deviations(exemption: Exemption, process: Spec) -> t.List[str]:
    """The same for what an exec has as well."""
    found = []
    if (process.get("cwd") or "/") != exemption.cwd:
        found.append("cwd")
    if user(process) != exemption.user:
        found.append("user")
    if not _same_environment(exemption.environment, process.get("env") or []):
        found.append("environment")
    return found


def matching(spec: Spec, case: Case) -> t.Tuple[t.Optional[Exemption], t.Dict[str, t.List[str]]]:
    """(the exemption that holds, None for none; for those of the same image why they do not)"""
    near: t.Dict[str, t.List[str]] = {}
    if case.build or not case.policy.exemptions:
        return None, near
    for exemption in case.policy.exemptions:
        found = deviations(exemption, spec, case)
        if not found:
            return exemption, {}
        if "image" not in found:
            near[exemption.name] = found
    return None, near


def exec_allowed(exemption: t.Optional[Exemption], process: Spec) -> bool:
    """Whether a command may run beside an exempt program, where it shares what was relaxed: only if it is listed."""
    if exemption is None:
        return False
    command = tuple(process.get("args") or ())
    return command in exemption.commands and not process_deviations(exemption, process)


def proposal(spec: Spec, case: Case, refusals: t.Sequence[Refusal]) -> t.Optional[t.Dict[str, t.Any]]:
    """The entry that would relax these refusals, to be copied; None where no exemption can.

    Values of the environment may be secrets and stay out of the log: a name stands for any value.
    """
    tokens = sorted({refusal.token for refusal in refusals})
    known = images(case)
    if case.build or not tokens or not all(tokens) or not known:
        return None
    process = spec.get("process") or {}
    names = sorted({item.partition("=")[0] for item in process.get("env") or () if item != DEFAULT_PATH})
    return {
        "name": case.container[:12],
        "image": known[0],
        "args": list(process.get("args") or ()),
        "cwd": process.get("cwd") or "/",
        "user": user(process),
        "environment": [name for name in names if name not in FREE_NAMES and not name.startswith(LOADER)],
        "mounts": [mount._asdict() for mount in mounts.not_own(spec, case)],
        "relax": tokens,
    }


def images(case: Case) -> t.List[str]:
    """The digests of the container's image, by the daemon's own record."""
    found = [case.record.get("Image"), (case.record.get("ImageManifest") or {}).get("digest")]
    return [digest for digest in found if isinstance(digest, str) and digest.startswith("sha256:")]


def user(process: Spec) -> str:
    """UID:GID, with the further groups, if any: "0:0,1,2"."""
    found = process.get("user") or {}
    group = found.get("gid", 0)
    more = sorted({int(item) for item in found.get("additionalGids") or ()} - {group})
    return ",".join([f"{found.get('uid', 0)}:{group}", *map(str, more)])


def _same_environment(listed: t.Sequence[str], found: t.Sequence[str]) -> bool:
    exact = {item for item in listed if "=" in item}
    names = {item for item in listed if "=" not in item}
    for item in found:
        name = item.partition("=")[0]
        if item in exact or item == DEFAULT_PATH or name in FREE_NAMES:
            continue
        if name not in names or name in {other.partition("=")[0] for other in exact}:
            return False
    return exact <= set(found)


def _same_mounts(exemption: Exemption, spec: Spec, case: Case) -> bool:
    found = mounts.not_own(spec, case)
    listed = {(mount.source, mount.destination): mount.read_only for mount in exemption.mounts}
    pairs = [(mount.source, mount.destination) for mount in found]
    if len(found) != len(exemption.mounts) or set(pairs) != set(listed):
        return False
    return all(mount.read_only or not listed[mount.source, mount.destination] for mount in found)
