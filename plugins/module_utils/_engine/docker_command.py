# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The docker command, with an environment of our own, and with secrets taken out of what it says."""

from __future__ import annotations

import json
import subprocess  # pylint: disable=unused-import
import typing as t

from . import logins as registry_logins
from . import system
from .logins import Login
from .projects import BASE, Project, compose_files
from .refusal import Refusal

HIDDEN = "(hidden)"
SHORTEST_MASKED = 4  # shorter ones cannot be told from other text
LAST_LINES = 8

Done = t.Optional["subprocess.CompletedProcess[str]"]
Variables = t.Mapping[str, str]


def run(command: t.Sequence[str], variables: t.Optional[Variables] = None) -> Done:
    """Run the docker command somewhere without Compose files; None when there is no such command."""
    try:
        return system.execute(["docker", *command], env={**(variables or {}), **BASE}, cwd="/")
    except FileNotFoundError:
        return None


def plugin_version() -> t.Optional[str]:
    """The version of the Compose plugin, None when there is none of the present kind (v2 and later)."""
    done = run(["compose", "version", "--short"])
    return done.stdout.strip().lstrip("v") if done is not None and done.returncode == 0 else None


def compose(project: Project, directory: t.Optional[str] = None) -> t.List[str]:
    """The words before a command of Compose. ``directory``: where the files are, by default the project's own."""
    place = str(directory or project.directory)
    words = ["compose", "--ansi", "never", "--project-name", project.name, "--project-directory", place]
    words += ["--env-file", "/dev/null"]  # the variables are the process's own
    for name in compose_files(project.files):
        words += ["--file", f"{place}/{name}"]
    return words


def secrets(project: Project, logins: t.Sequence[Login] = ()) -> t.List[str]:
    """What must not be in any text: as it is, as Go and JSON quote it, line by line; longest first."""
    values = [*project.secret_environment.values()]
    values += [text for login in logins for text in (login.password, registry_logins.token(login))]
    forms = {form for value in values for form in (value, json.dumps(value)[1:-1], *value.splitlines())}
    return sorted((form for form in forms if len(form) >= SHORTEST_MASKED), key=lambda form: (-len(form), form))


def masked(text: str, hidden: t.Sequence[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text


def act(words: t.Sequence[str], variables: Variables, hidden: t.Sequence[str]) -> t.Tuple[int, str]:
    """Run a command that acts; what it says goes to the log file, without secrets. (exit code, its last lines)"""
    done = run(words, variables)
    if done is None:
        raise Refusal("found no docker command, expected the one of the engine's packages; install it and run again")
    text = masked(done.stdout + done.stderr, hidden)
    system.log(["docker", *words], text)
    return done.returncode, "\n".join(text.strip().splitlines()[-LAST_LINES:])
