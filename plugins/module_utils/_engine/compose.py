# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Look at Compose projects: what lies in their directories, what runs, and what their files amount to."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import stat
import typing as t

from . import compose_model, docker_command, projects, scratch, system
from .compose_model import Record, Service
from .projects import Project

LABEL = "com.docker.compose."
DIRECTORY_MODE, FILE_MODE = 0o700, 0o600


class Container(t.NamedTuple):
    """A container of a project, as the engine tells it. ``restarts``: whether the engine starts it again by itself."""

    id: str
    name: str
    service: str
    hash: str = ""
    status: str = "running"
    exit_code: int = 0
    health: str = ""
    restarts: bool = False
    directory: str = ""

    @property
    def ended_well(self) -> bool:
        """It did what it was for: nobody asked the engine to keep it running."""
        return self.status == "exited" and self.exit_code == 0 and not self.restarts

    @property
    def fine(self) -> bool:
        return self.ended_well or (self.status == "running" and self.health in ("", "healthy"))

    def __str__(self) -> str:
        code = f" ({self.exit_code})" if self.status in ("exited", "restarting", "dead") else ""
        return f"{self.name} {self.status}{code}{', ' + self.health if self.health else ''}"


@dataclasses.dataclass(frozen=True)
class State:
    """One declared project. ``files``: texts by path, None when absent, also of those of ours not declared any more.

    ``open_paths``: what of ours others may read, or own, and why we say so; ``services``: None where not known;
    ``disabled``: services of profiles that are not active; ``complaint``: why Compose refuses the declared files.
    """

    files: t.Mapping[str, t.Optional[str]] = dataclasses.field(default_factory=dict)
    open_paths: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    record: t.Optional[Record] = None
    containers: t.Tuple[Container, ...] = ()
    services: t.Optional[t.Mapping[str, Service]] = None
    disabled: t.Tuple[str, ...] = ()
    complaint: str = ""
    volumes: bool = False


@dataclasses.dataclass(frozen=True)
class Seen:
    """``plugin``: version of Compose, None when lacking; ``problem``: why the containers of a running engine are not
    known; ``left``: projects of ours that nobody declares any more."""

    plugin: t.Optional[str] = None
    active: bool = False
    problem: str = ""
    states: t.Mapping[str, State] = dataclasses.field(default_factory=dict)
    left: t.Tuple[str, ...] = ()


def ours() -> t.Tuple[str, ...]:
    """Names of the projects that we made and that are not taken down yet."""
    return tuple(sorted(path.parent.name for path in projects.ROOT.glob(f"*/{compose_model.RECORD}")))


def files(seen: Seen) -> t.Dict[str, t.Optional[str]]:
    """The public texts of all declared projects by path, None where absent."""
    return {path: text for state in seen.states.values() for path, text in state.files.items()}


def look(declared: t.Sequence[Project], active: bool) -> Seen:
    """Read the machine. ``active``: whether the engine runs; one that does not is not asked (that would start it)."""
    left = tuple(name for name in ours() if name not in {project.name for project in declared})
    if not declared:
        return Seen(left=left)
    plugin = docker_command.plugin_version()
    found, problem = containers() if active else ({}, "")
    known = plugin is not None and active and not problem
    states = {project.name: look_at(project, found.get(project.name, ()), plugin, known) for project in declared}
    return Seen(plugin, active, problem, states, left)


def look_at(project: Project, found: t.Tuple[Container, ...], plugin: t.Optional[str], known: bool) -> State:
    """Read one project. ``known``: whether its containers can be compared with what it shall be."""
    record = compose_model.parse_record(system.read(project.directory / compose_model.RECORD))
    contents = project.contents if project.state == projects.PRESENT else {}
    former = [str(project.directory / name) for name in (record.files if record else ())]
    files = {path: system.read(path) for path in (*contents, *former)}
    places = (str(project.directory), str(project.directory / compose_model.RECORD), *files)
    open_paths = {path: why for path in places for why in [openness(path)] if why}
    state = State(files, open_paths, record, found)
    if project.state == projects.ABSENT:
        return dataclasses.replace(state, volumes=known and project.remove_volumes and has_volumes(project))
    if plugin is not None and any(files[path] != text for path, text in contents.items()):
        return dataclasses.replace(state, complaint=judge(project))
    if not known:
        return state
    services, complaint = expected(project, record.salt if record else "")
    strange = {container.service for container in found} - set(services or ())
    disabled = tuple(all_services(project)) if services is not None and strange else ()
    return dataclasses.replace(state, services=services, complaint=complaint, disabled=disabled)


def openness(path: str) -> str:
    """Why somebody else than root could read or change a path of ours, "" when nobody can or it is not there."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return ""
    wanted = DIRECTORY_MODE if stat.S_ISDIR(found.st_mode) else FILE_MODE
    if found.st_uid != os.geteuid():
        return f"its owner has the user id {found.st_uid}, expected {os.geteuid()}"
    mode = stat.S_IMODE(found.st_mode)
    return "" if mode == wanted else f"its mode is {mode:04o}, expected {wanted:04o}"


def containers() -> t.Tuple[t.Dict[str, t.Tuple[Container, ...]], str]:
    """(containers of Compose projects by project, stopped ones too; why they are not known, "" when they are)."""
    listing = ["container", "ls", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}project"]
    ids = docker_command.run(listing)
    if ids is None:
        return {}, "found no docker command"
    if ids.returncode:
        return {}, f"docker {' '.join(listing)} ended with {ids.returncode}: {ids.stderr.strip()}"
    if not ids.stdout.split():
        return {}, ""
    shown = docker_command.run(["container", "inspect", *ids.stdout.split()])
    documents = json.loads(shown.stdout or "[]") if shown is not None else []  # one that has just gone is left out
    found: t.Dict[str, t.Tuple[Container, ...]] = {}
    for document in documents:
        labels = document["Config"].get("Labels") or {}
        if labels.get(f"{LABEL}oneoff") != "True":
            name = labels[f"{LABEL}project"]
            found[name] = (*found.get(name, ()), container(document, labels))
    return found, ""


def container(document: t.Mapping[str, t.Any], labels: t.Mapping[str, str]) -> Container:
    state = document["State"]
    policy = (document["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
    health = (state.get("Health") or {}).get("Status", "")
    return Container(
        id=document["Id"],
        name=document["Name"].lstrip("/"),
        service=labels.get(f"{LABEL}service", ""),
        hash=labels.get(f"{LABEL}config-hash", ""),
        status=state["Status"],
        exit_code=state.get("ExitCode", 0),
        health=health if health != "none" and state["Status"] == "running" else "",
        restarts=policy != "no",
        directory=labels.get(f"{LABEL}project.working_dir", ""),
    )


def expected(project: Project, salt: str) -> t.Tuple[t.Optional[t.Dict[str, Service]], str]:
    """(services that the files in the project's directory amount to, None where Compose refuses them; its words)."""
    words = docker_command.compose(project)
    told = []
    for question in (["--hash", "*"], ["--format", "json"]):
        done = docker_command.run([*words, "config", *question], project.variables)
        if done is None or done.returncode:
            return None, words_of(project, done.stderr if done else "found no docker command")
        told.append(done.stdout)
    return compose_model.services(told[0], json.loads(told[1]), project.contents, project.variables, salt), ""


def all_services(project: Project) -> t.List[str]:
    """Names of the services of all profiles, active or not."""
    done = docker_command.run(
        [*docker_command.compose(project), "--profile", "*", "config", "--services"], project.variables
    )
    return done.stdout.split() if done is not None else []


def judge(project: Project) -> str:
    """What Compose has against the declared files, before they take the place of others; "" for nothing."""
    with scratch.directory() as stage:
        for path, text in project.contents.items():
            system.write(stage / pathlib.Path(path).name, text, FILE_MODE)
        words = [*docker_command.compose(project, str(stage)), "config", "--quiet"]
        done = docker_command.run(words, project.variables)
    return words_of(project, done.stderr.replace(f"{stage}/", "")) if done is not None and done.returncode else ""


def words_of(project: Project, text: str) -> str:
    return docker_command.masked(text.strip(), docker_command.secrets(project)) or "no reason given"


def has_volumes(project: Project) -> bool:
    done = docker_command.run(["volume", "ls", "--quiet", "--filter", f"label={LABEL}project={project.name}"])
    return done is not None and bool(done.stdout.split())
