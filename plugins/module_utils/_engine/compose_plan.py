# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Decide about Compose projects (pure): which files to write, which projects to bring up or take down, and why."""

from __future__ import annotations

import pathlib
import typing as t

from . import projects
from .change import Change
from .compose import Container, Seen, State
from .compose_model import Record, Service
from .projects import Project
from .refusal import Refusal

PLUGIN = "compose"  # target of the change that installs it
TITLE = "Compose project "
BROKEN = ("restarting", "removing", "dead", "created", "exited")


def title(name: str) -> str:
    """The target of a change that is about a project; its last word is the name."""
    return TITLE + name


def changes(declared: t.Sequence[Project], seen: Seen, installed: bool, restarting: bool) -> t.List[Change]:
    """Changes in the order in which they must be made, after those of the engine. Raises Refusal.

    ``installed``: whether there is an engine at all; ``restarting``: whether it is about to be restarted.
    """
    if declared and seen.problem and not restarting:
        raise Refusal(
            f"the engine runs, but its containers cannot be listed: {seen.problem}; mend that (journalctl -u docker "
            "may tell more) and run again"
        )
    found: t.List[Change] = []
    plugin = False
    for project in declared:
        state = seen.states.get(project.name, State())
        refuse(project, state)
        if project.state == projects.ABSENT:
            due = absent(project, state)
            plugin = plugin or bool(state.containers or state.volumes)
        else:
            due = present(project, state, seen, installed)
            plugin = True
        found += due
    if plugin and seen.plugin is None:
        found.insert(0, Change("install", PLUGIN, "the Compose plugin is not installed"))
    return found


def refuse(project: Project, state: State) -> None:
    """Raise Refusal for a project that is not ours, and for one whose files Compose does not take."""
    if state.containers and state.record is None and not project.adopt:
        where = next((container.directory for container in state.containers if container.directory), "unknown")
        raise Refusal(
            f"a Compose project {project.name} is there already ({', '.join(map(str, state.containers))}; its files "
            f"are in {where}), expected none that this collection did not make: take it down, declare another name, "
            "or declare it with adopt, and run again"
        )
    if state.complaint:
        raise Refusal(
            f"docker compose refuses the files of the project {project.name}: {state.complaint}; correct them and run "
            "again (nothing of the project was changed)"
        )


def absent(project: Project, state: State) -> t.List[Change]:
    if state.record is None and not state.containers and not state.volumes:
        return []
    reason = "declared absent with its volumes" if project.remove_volumes else "declared absent"
    return [Change("down", title(project.name), reason)]


def present(project: Project, state: State, seen: Seen, installed: bool) -> t.List[Change]:
    found = file_changes(project, state)
    reasons = ["its files differ"] if any(change.action != "protect" for change in found) else []
    if not installed or (state.record is None and not state.containers):
        reasons = ["it is not there"]
    elif seen.active and not seen.problem:
        reasons += running(state)
    if reasons:
        found.append(Change("up", title(project.name), "; ".join(reasons)))
    return found


def file_changes(project: Project, state: State) -> t.List[Change]:
    """The project's directory: texts, and who else can read them."""
    contents = project.contents
    found = [
        Change("drop", path, "not declared any more")
        for path, text in state.files.items()
        if path not in contents and text is not None
    ]
    for path, text in contents.items():
        if state.files.get(path) != text:
            reason = "absent" if state.files.get(path) is None else "content differs"
            found.append(Change("place", path, reason, text))
    touched = {change.target for change in found}
    for path, why in state.open_paths.items():
        if path not in touched:
            found.append(Change("protect", path, why))
    return found


def running(state: State) -> t.List[str]:
    """Why what runs is not what is declared."""
    record = state.record or Record()
    reasons = [] if state.record is not None else ["this collection did not make it"]
    if state.services is None:  # its files are about to change, or there is no plugin yet
        return reasons + stopped(state.containers)
    for name, service in sorted(state.services.items()):
        reasons += service_reasons(name, service, of_service(name, state.containers), record)
    known = {*state.services, *state.disabled}
    orphans = sorted({container.service for container in state.containers} - known)
    return reasons + [f"service {name} is not declared" for name in orphans]


def of_service(name: str, containers: t.Iterable[Container]) -> t.List[Container]:
    return [container for container in containers if container.service == name]


def service_reasons(name: str, service: Service, containers: t.Sequence[Container], record: Record) -> t.List[str]:
    reasons = []
    if len(containers) != service.replicas:
        reasons.append(f"service {name} has {len(containers)} containers, declared are {service.replicas}")
    if any(differs(name, service, container, record) for container in containers):
        reasons.append(f"service {name} has another configuration")
    elif record.inputs.get(name, service.inputs) != service.inputs:
        reasons.append(f"service {name} was given other configs, secrets or files")
    return reasons + stopped(containers)


def stopped(containers: t.Iterable[Container]) -> t.List[str]:
    """Containers that bringing the project up can start; one that runs unwell, or was paused, it leaves as it is."""
    return [f"service {container.service}: {container}" for container in containers if wrong(container)]


def wrong(container: Container) -> bool:
    return container.status in BROKEN and not container.ended_well


def differs(name: str, service: Service, container: Container, record: Record) -> bool:
    """Whether a container was made of another configuration. Where Compose's two hashes never agree, ours do."""
    return container.hash != service.hash and record.hashes.get(name) != (service.hash, container.hash)


def findings(declared: t.Sequence[Project], seen: Seen) -> t.Tuple[str, ...]:
    """What is left as it is and should be looked at."""
    found = []
    for project in declared:
        state = seen.states.get(project.name, State())
        unwell = [it for it in state.containers if it.status == "paused" or it.health == "unhealthy"]
        found += [f"{title(project.name)}: {it}" for it in unwell if project.state == projects.PRESENT]
    found += [
        f"{title(name)} is not declared any more and runs on; declare it with state absent to take it down"
        for name in seen.left
    ]
    return tuple(found)


def name_of(change: Change) -> str:
    """The project that a change is about."""
    if change.target.startswith(TITLE):
        return change.target[len(TITLE) :]
    path = pathlib.Path(change.target)
    return path.name if path.parent == projects.ROOT else path.parent.name
