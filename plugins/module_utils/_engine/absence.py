# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A machine that shall be no Docker host any more: our Compose projects go first, then listener, packages and files.

An engine that somebody else installed stays and runs on without the listener. Images, containers and volumes stay
unless the data is to be purged.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from . import (
    apply,
    compose,
    compose_apply,
    compose_plan,
    daemon_json,
    keys,
    observe,
    offline,
    ownership,
    packages,
    system,
    unit,
    upgrade,
)
from .change import Change
from .desired import Desired
from .refusal import Refusal

ABSENT = "absent"
REASON = "declared absent"
CONTAINERD_ROOT = "/var/lib/containerd"  # engines with the containerd image store keep their layers there


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
    containers: bool = False  # whether some are running
    daemon_options: t.Optional[t.Mapping[str, t.Any]] = None  # what daemon.json holds, None when absent
    others_options: t.Optional[t.Mapping[str, t.Any]] = None  # the part of it that is not ours, None for no file
    projects: t.Tuple[str, ...] = ()  # Compose projects that we made
    plugins: t.FrozenSet[str] = frozenset()  # those of the packages that can go although the engine stays


def look() -> Remains:
    """Read the machine; nothing is changed."""
    backend = packages.current()
    installed = backend.everything()
    engines = {name: installed[name] for name in backend.ENGINES if name in installed}
    ours = ownership.recorded().intersection(installed)
    public = (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES, *backend.PLACES)
    records = (ownership.RECORD, offline.RECORD, upgrade.RECORD, daemon_json.RECORD, system.LOG)
    private = (keys.KEY, keys.NEXT, keys.OWNER, *records)
    record = daemon_json.parse_record(system.read(daemon_json.RECORD))
    options, _broken = observe.daemon_file(record)
    root = str((options or {}).get("data-root") or observe.DATA_ROOT)
    return Remains(
        files={path: system.read(path) for path in public},
        private=tuple(str(path) for path in private if system.read(path) is not None),
        packages=ours,
        plugins=ours.intersection(backend.COMPOSE),
        engine=next(iter(engines.values()), None),
        engine_ours=bool(engines) and set(engines) <= ours,
        active=observe.properties("docker.service", "ActiveState").get("ActiveState") == "active",
        data=tuple(path for path in (root, CONTAINERD_ROOT) if system.has_content(path)),
        containers=bool(running()),
        daemon_options=options,
        others_options=options if record is None else daemon_json.others(options, record),
        projects=compose.ours(),
    )


def running() -> t.List[str]:
    """Ids of the running containers; [] where no engine answers."""
    return (system.output(["docker", "container", "ls", "--quiet", "--no-trunc"]) or "").split()


def plan(desired: Desired, seen: Remains) -> t.Tuple[Change, ...]:
    """Changes in the order in which they must be made (pure). Raises Refusal for data that is not ours to purge."""
    stays = seen.engine is not None and not seen.engine_ours
    if desired.purge_data and stays:
        raise Refusal(
            f"this machine's engine (version {seen.engine}) was not installed by this collection and stays, so "
            "its data stays as well; remove it yourself, or declare the absence without purge_data"
        )
    moved = (seen.others_options or {}).get("data-root")
    if desired.purge_data and moved:
        raise Refusal(
            f"{daemon_json.PATH} puts the data into {moved}, which was not declared here; purge it yourself and "
            "declare the absence without purge_data"
        )
    down = "down" if seen.active else "forget"
    changes = [Change(down, compose_plan.title(name), REASON) for name in seen.projects]
    changes += [Change("remove", path, REASON) for path, text in seen.files.items() if text is not None]
    changes += daemon_changes(seen)
    if stays and seen.active and (seen.files.get(unit.DROP_IN) is not None or daemon_changes(seen)):
        changes.append(Change("restart", "docker.service", "files that are read at its start changed"))
    gone = seen.plugins if stays else seen.packages
    if gone:
        # With live-restore they would run on, and nobody could stop them any more.
        changes += [Change("stop", "containers", "their engine goes")] if seen.containers and not stays else []
        changes.append(Change("uninstall", " ".join(sorted(gone)), REASON))
    if desired.purge_data:
        changes += [Change("purge", path, "declared absent with its data") for path in seen.data]
    return (*changes, *(Change("erase", path, REASON) for path in seen.private))


def daemon_changes(seen: Remains) -> t.List[Change]:
    """daemon.json as it was before us, with what others wrote since (pure)."""
    if seen.others_options == seen.daemon_options:
        return []
    if seen.others_options is None:
        return [Change("remove", daemon_json.PATH, REASON)]
    return [Change("write", daemon_json.PATH, "our options go", daemon_json.text(seen.others_options))]


def stop_containers() -> None:
    """End every running container, as the daemon itself would at its end. Raises Refusal."""
    ids = running()
    code, tail = system.logged(["docker", "container", "stop", *ids]) if ids else (0, "")
    if code:
        raise Refusal(f"docker container stop ended with {code}, expected 0: {tail}; stop the containers and run again")


def carry_out(desired: Desired, changes: t.Sequence[Change], options: apply.Options = None) -> None:
    """Make the changes; ``options``: what daemon.json then holds. Raises Refusal.

    What was done until then stays done, and the next run goes on from there.
    """
    for change in changes:
        if change.action in ("remove", "erase", "write"):
            apply.put(change.target, change.content)
        elif change.action == "down":
            compose_apply.take_down(compose_plan.name_of(change))
        elif change.action == "forget":
            compose_apply.forget(compose_plan.name_of(change))
        elif change.action == "stop":
            stop_containers()
        elif change.action == "restart":
            apply.restart(desired, False, options)
        elif change.action == "uninstall":
            packages.current().remove(frozenset(change.target.split()))
        elif change.action == "purge":
            system.purge(change.target)
    for directory in (keys.DIRECTORY, pathlib.Path(unit.DROP_IN).parent, ownership.RECORD.parent):
        system.remove_empty(directory)
    if any(change.action == "remove" for change in changes):
        apply.systemctl("daemon-reload")
    apply.put(str(system.LOG), None)  # this run's own words of the removal
