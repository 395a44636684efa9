# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Make the changes of Compose projects. Secret variables are in the environment of ``docker compose`` only."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import secrets
import time
import typing as t

from . import compose, compose_model, docker_command, logins, projects, system
from .change import Change
from .compose_model import Record, Service
from .compose_plan import name_of, of_service
from .desired import Desired
from .projects import Project
from .refusal import Refusal

ENDED_WELL = re.compile(r"exited \(0\)")
POLL_SECONDS = 1.0


def declared(desired: Desired, change: Change) -> Project:
    """The project that a change is about."""
    return next(project for project in desired.projects if project.name == name_of(change))


def remember(project: Project, **known: t.Any) -> Record:
    """Write down that the project is ours, with its present files and what is ``known`` of it (see Record)."""
    for directory in (projects.ROOT, project.directory):
        directory.mkdir(mode=compose.DIRECTORY_MODE, parents=True, exist_ok=True)
    path = project.directory / compose_model.RECORD
    before = compose_model.parse_record(system.read(path)) or Record(salt=secrets.token_hex(16))
    names = tuple(sorted(pathlib.Path(place).name for place in project.contents))
    record = dataclasses.replace(before, files=names, **known)
    text = compose_model.record_text(record)
    if system.read(path) != text:
        system.write(path, text, compose.FILE_MODE)
    return record


def place(desired: Desired, change: Change) -> None:
    remember(declared(desired, change))
    system.write(change.target, change.content or "", compose.FILE_MODE)


def protect(_desired: Desired, change: Change) -> None:
    """Close a path of ours to everybody but root."""
    os.chown(change.target, os.geteuid(), os.getegid())
    os.chmod(change.target, compose.DIRECTORY_MODE if os.path.isdir(change.target) else compose.FILE_MODE)


def up(desired: Desired, change: Change) -> None:
    """Bring a project up and wait until it runs. Raises Refusal with its last words and its containers' state.

    A container that was given other configs, secrets or files is made anew: Compose itself does not notice.
    """
    project = declared(desired, change)
    record = remember(project)
    before = {container.id for container in running_now(project)}
    services = compose.expected(project, record.salt)[0] or {}
    stale = [name for name, it in services.items() if record.inputs.get(name, it.inputs) != it.inputs]
    with logins.at_hand(desired.logins) as variables:
        hidden = docker_command.secrets(project, desired.logins)
        start(project, variables, hidden)
        kept = [
            name
            for name in stale
            if any(container.id in before for container in of_service(name, running_now(project)))
        ]
        if kept:
            start(project, variables, hidden, "--force-recreate", "--no-deps", *kept)
    remember(
        project, hashes=disagreements(project, services), inputs={name: it.inputs for name, it in services.items()}
    )


def running_now(project: Project) -> t.Tuple[compose.Container, ...]:
    return compose.containers()[0].get(project.name, ())


def disagreements(project: Project, services: t.Mapping[str, Service]) -> t.Dict[str, t.Tuple[str, str]]:
    """By service, what Compose says its hash is and what it wrote into the label just now, where they differ."""
    found = {container.service: container.hash for container in running_now(project)}
    return {name: (it.hash, found[name]) for name, it in services.items() if found.get(name, it.hash) != it.hash}


def start(project: Project, variables: t.Mapping[str, str], hidden: t.Sequence[str], *more: str) -> None:
    words = [*docker_command.compose(project), "up", "--detach", "--quiet-pull"]
    words += ["--wait", "--wait-timeout", str(project.wait_seconds)]
    words += [] if project.pull == projects.PULLS[0] else ["--pull", project.pull]
    words += more or ["--remove-orphans"]
    code, tail = docker_command.act(words, {**project.variables, **variables}, hidden)
    if code == 0 or (ENDED_WELL.search(tail) and settles(project)):
        return
    states = ", ".join(map(str, running_now(project))) or "none"
    raise Refusal(
        f"docker compose up of the project {project.name} ended with {code}, expected 0; its last lines:\n{tail}\n"
        f"Its containers: {states}. Mend the project or its images and run again (all output: {system.LOG})."
    )


def settles(project: Project) -> bool:
    """Whether all containers come to be as they shall: to Compose, one that has done its work is a failure."""
    deadline = time.monotonic() + project.wait_seconds
    while True:
        found = running_now(project)
        if all(container.fine for container in found):
            return bool(found)
        if time.monotonic() >= deadline or any(it.status != "running" and not it.ended_well for it in found):
            return False
        time.sleep(POLL_SECONDS)


def down(desired: Desired, change: Change) -> None:
    project = declared(desired, change)
    take_down(project.name, project.remove_volumes)


def take_down(name: str, volumes: bool = False) -> None:
    """Remove a project's containers and networks, its volumes only when asked, and our files. Raises Refusal."""
    words = ["compose", "--ansi", "never", "--project-name", name, "down", "--remove-orphans"]
    if docker_command.plugin_version() is not None:
        code, tail = docker_command.act([*words, *(["--volumes"] if volumes else [])], {}, ())
        if code:
            raise Refusal(
                f"docker compose down of the project {name} ended with {code}, expected 0; its last lines:\n{tail}\n"
                f"Mend the cause and run again (all output: {system.LOG})."
            )
    forget(name)


def forget(name: str) -> None:
    """Remove our files of a project; what somebody else keeps beside them stays."""
    directory = projects.ROOT / name
    record = compose_model.parse_record(system.read(directory / compose_model.RECORD)) or Record()
    for file in (*record.files, compose_model.RECORD):
        (directory / file).unlink(missing_ok=True)
    for path in (directory, projects.ROOT):
        system.remove_empty(path)


SHOWN = ("place", "drop")  # of public texts
ACTIONS: t.Mapping[str, t.Callable[[Desired, Change], None]] = {
    "drop": lambda _desired, change: pathlib.Path(change.target).unlink(missing_ok=True),
    "place": place,
    "protect": protect,
    "up": up,
    "down": down,
}
"""How each change is made, once the engine is as it shall be."""
