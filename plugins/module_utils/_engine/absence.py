# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A machine that shall be no Docker host any more: the listener goes first, then our packages, then our files.

An engine that somebody else installed stays and runs on without the listener. Images, containers and volumes stay
unless the data is to be purged.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from . import apply, keys, observe, ownership, packages_apt, system, unit
from .desired import Desired, Refusal
from .plan import Change

ABSENT = "absent"
REASON = "declared absent"
DATA = ("/var/lib/docker", "/var/lib/containerd")


@dataclasses.dataclass(frozen=True)
class Remains:
    """What is there of us. ``files``: public files and their texts; ``private``: paths whose text stays unread."""

    files: t.Mapping[str, t.Optional[str]]
    private: t.Tuple[str, ...]
    packages: t.FrozenSet[str]
    engine: t.Optional[str]  # version of an engine, whoever installed it
    engine_ours: bool
    active: bool
    data: t.Tuple[str, ...]
    data_root: t.Optional[str]  # declared by somebody in daemon.json


def look() -> Remains:
    """Read the machine; nothing is changed."""
    engines = packages_apt.installed(packages_apt.ENGINES)
    packages = ownership.recorded() & packages_apt.everything()
    public = (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)
    private = (str(keys.KEY), str(keys.OWNER), str(ownership.RECORD), str(system.LOG))
    return Remains(
        files={path: system.read(path) for path in public},
        private=tuple(path for path in private if system.read(path) is not None),
        packages=packages,
        engine=next(iter(engines.values()), None),
        engine_ours=bool(engines) and set(engines) <= packages,
        active=observe.properties("docker.service", "ActiveState").get("ActiveState") == "active",
        data=tuple(path for path in DATA if system.has_content(path)),
        data_root=observe.daemon_options().get("data-root"),
    )


def plan(desired: Desired, seen: Remains) -> t.Tuple[Change, ...]:
    """Changes in the order in which they must be made (pure). Raises Refusal for data that is not ours to purge."""
    stays = seen.engine is not None and not seen.engine_ours
    if desired.purge_data and stays:
        raise Refusal(
            f"this machine's engine (version {seen.engine}) was not installed by this collection and stays, so "
            "its data stays as well; remove it yourself, or declare the absence without purge_data"
        )
    if desired.purge_data and seen.data_root:
        raise Refusal(
            f"{observe.DAEMON_JSON} puts the data into {seen.data_root}, expected the default place; purge it yourself "
            "and declare the absence without purge_data"
        )
    changes = [Change("remove", path, REASON) for path, text in seen.files.items() if text is not None]
    if stays and seen.active and seen.files.get(unit.DROP_IN) is not None:
        changes.append(Change("restart", "docker.service", "files that are read at its start changed"))
    if seen.packages and not stays:
        changes.append(Change("uninstall", " ".join(sorted(seen.packages)), REASON))
    if desired.purge_data:
        changes += [Change("purge", path, "declared absent with its data") for path in seen.data]
    return (*changes, *(Change("erase", path, REASON) for path in seen.private))


def carry_out(desired: Desired, changes: t.Sequence[Change]) -> None:
    """Make the changes. Raises Refusal; what was done until then stays done, and the next run goes on from there."""
    for change in changes:
        if change.action in ("remove", "erase"):
            apply.put(change.target, None)
        elif change.action == "restart":
            apply.restart(desired, serving=False)
        elif change.action == "uninstall":
            packages_apt.remove(frozenset(change.target.split()))
        elif change.action == "purge":
            system.purge(change.target)
    for directory in (keys.DIRECTORY, pathlib.Path(unit.DROP_IN).parent, ownership.RECORD.parent):
        system.remove_empty(directory)
    if any(change.action == "remove" for change in changes):
        apply.systemctl("daemon-reload")
    apply.put(str(system.LOG), None)  # this run's own words of the removal
