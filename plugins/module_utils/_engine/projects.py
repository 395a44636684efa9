# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Compose projects as declared, checked: their files, what they are started with, and where that lies here (pure)."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

from .refusal import Refusal

ROOT = pathlib.Path("/var/lib/bulwark-azure-docker/compose")
PRESENT, ABSENT = "present", "absent"
PULLS = ("missing", "always", "never")
WAIT_SECONDS = 300
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")  # Compose's own rule
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
COMPOSE_FILE = re.compile(r"(docker-)?compose([.-].+)?\.ya?ml\Z")
FIRST = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
ENVIRONMENT = ".env"
# What the docker command is always run with: the same by every carrier, whatever started the program.
BASE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DOCKER_HOST": "unix:///run/docker.sock",
}
RESERVED = (*BASE, "DOCKER_CONFIG", "DOCKER_CONTEXT")

Texts = t.Mapping[str, str]
Data = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Project:
    """``files``: texts by name; ``secret_environment`` is never written down, ``environment`` lies beside the files."""

    name: str
    state: str = PRESENT
    files: Texts = dataclasses.field(default_factory=dict)
    environment: Texts = dataclasses.field(default_factory=dict)
    secret_environment: Texts = dataclasses.field(default_factory=dict, repr=False)
    pull: str = PULLS[0]
    adopt: bool = False
    remove_volumes: bool = False
    wait_seconds: int = WAIT_SECONDS

    @property
    def directory(self) -> pathlib.Path:
        return ROOT / self.name

    @property
    def contents(self) -> t.Dict[str, str]:
        """What lies in the directory: texts by path."""
        texts = {str(self.directory / name): text for name, text in self.files.items()}
        if self.environment:
            texts[str(self.directory / ENVIRONMENT)] = environment_text(self.environment)
        return texts

    @property
    def variables(self) -> t.Dict[str, str]:
        """The environment of ``docker compose``, the secret part with the other."""
        return {**self.environment, **self.secret_environment}


def compose_files(names: t.Iterable[str]) -> t.List[str]:
    """Those of the files that are Compose files, in the order in which they are merged; the others lie beside them."""
    return sorted((name for name in names if COMPOSE_FILE.match(name)), key=lambda name: (name not in FIRST, name))


def environment_text(environment: Texts) -> str:
    """For people who run ``docker compose`` in the directory; the program gives the variables itself."""
    lines = ["# Managed by bulwark.azure_docker: changes here are overwritten."]
    for name, value in sorted(environment.items()):
        plain = "'" not in value and "\n" not in value
        lines.append(f"{name}='{value}'" if plain else f"{name}={json.dumps(value)}")
    return "\n".join(lines) + "\n"


def parse_projects(data: Data) -> t.Tuple[Project, ...]:
    """Check and convert; raises Refusal naming the first wrong field. No text of a secret is ever in one."""
    hidden = data.get("secret_environment") or {}
    projects = tuple(parse_project(entry, hidden) for entry in data.get("projects") or ())
    names = [project.name for project in projects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal(f"desired state: compose.projects has {', '.join(twice)} more than once, expected each name once")
    unknown = sorted(set(hidden) - set(names))
    if unknown:
        raise Refusal(
            f"desired state: compose.secret_environment is for {', '.join(unknown)}, expected names of compose.projects"
        )
    return projects


def parse_project(entry: Data, hidden: Data) -> Project:
    name = str(entry.get("name") or "")
    if not NAME.match(name):
        raise Refusal(
            f"desired state: a Compose project has the name {name!r}, expected small letters, digits, - and _, and a "
            "letter or digit first"
        )
    where = f"desired state: the Compose project {name}:"
    state = choice(where, "state", entry.get("state"), (PRESENT, ABSENT))
    files = parse_texts(where, "files", entry.get("files"), FILE)
    if state == PRESENT and not compose_files(files):
        raise Refusal(
            f"{where} files has {', '.join(sorted(files)) or 'nothing'}, expected a Compose file among them, such as "
            "compose.yaml"
        )
    environment = parse_texts(where, "environment", entry.get("environment"), VARIABLE)
    secret = parse_texts(where, "secret_environment", hidden.get(name), VARIABLE)
    refuse_variables(where, environment, secret)
    seconds = entry.get("wait_seconds", WAIT_SECONDS)
    if not isinstance(seconds, int) or seconds < 1:
        raise Refusal(f"{where} wait_seconds is {seconds!r}, expected a whole number of at least 1")
    return Project(
        name=name,
        state=state,
        files=files,
        environment=environment,
        secret_environment=secret,
        pull=choice(where, "pull", entry.get("pull"), PULLS),
        adopt=bool(entry.get("adopt")),
        remove_volumes=bool(entry.get("remove_volumes")),
        wait_seconds=seconds,
    )


def refuse_variables(where: str, environment: Texts, secret: Texts) -> None:
    reserved = sorted({*environment, *secret} & set(RESERVED))
    if reserved:
        raise Refusal(
            f"{where} its environment sets {', '.join(reserved)}, which the program sets itself; leave it out"
        )
    both = sorted(set(environment) & set(secret))
    if both:
        raise Refusal(f"{where} {', '.join(both)} is in environment and in secret_environment; keep one of them")


def choice(where: str, field: str, found: t.Any, choices: t.Sequence[str]) -> str:
    """A word of ``choices``; the first of them where nothing is said."""
    if found in (None, ""):
        return choices[0]
    if found not in choices:
        raise Refusal(f"{where} {field} is {found!r}, expected one of {', '.join(choices)}")
    return str(found)


def parse_texts(where: str, field: str, data: t.Any, names: "re.Pattern[str]") -> t.Dict[str, str]:
    """An object of texts; a whole number is taken as its text."""
    if not isinstance(data or {}, dict):
        raise Refusal(f"{where} {field} is a {type(data).__name__}, expected an object of texts")
    found = {}
    for name, value in (data or {}).items():
        if not names.match(str(name)):
            raise Refusal(f"{where} {field} has the name {name!r}, expected one that fits {names.pattern[:-2]}")
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Refusal(f"{where} {field}.{name} is a {type(value).__name__}, expected a text; put it into quotes")
        found[str(name)] = str(value)
    return found
