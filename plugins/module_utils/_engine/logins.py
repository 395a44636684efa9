# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Logins to registries: for the pulls of one run, in a file in memory, never on a command line or on a disk."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import typing as t

from . import scratch, system
from .refusal import Refusal

DOCKER_HUB = "https://index.docker.io/v1/"
NAMES_OF_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com")


@dataclasses.dataclass(frozen=True)
class Login:
    """``registry``: HOST or HOST:PORT, as in the names of its images."""

    registry: str
    username: str
    password: str = dataclasses.field(repr=False)


def parse_logins(data: t.Mapping[str, t.Any]) -> t.Tuple[Login, ...]:
    """Check and convert; raises Refusal naming the first wrong field, and no password."""
    found = []
    for number, entry in enumerate(data.get("logins") or ()):
        for field in ("registry", "username", "password"):
            if not isinstance(entry.get(field), str) or not entry[field]:
                raise Refusal(f"desired state: registries.logins[{number}].{field} is no text, or empty, expected one")
        registry = entry["registry"]
        if "/" in registry:
            raise Refusal(
                f"desired state: registries.logins[{number}].registry is {registry!r}, expected HOST or HOST:PORT"
            )
        found.append(Login(registry, entry["username"], entry["password"]))
    return tuple(found)


def token(login: Login) -> str:
    """What a registry is sent, and so as secret as the password."""
    return base64.b64encode(f"{login.username}:{login.password}".encode()).decode("ascii")


def configuration(logins: t.Sequence[Login]) -> str:
    """The docker command's config.json for these logins (pure)."""
    names = {login: DOCKER_HUB if login.registry in NAMES_OF_DOCKER_HUB else login.registry for login in logins}
    return json.dumps({"auths": {name: {"auth": token(login)} for login, name in names.items()}}) + "\n"


@contextlib.contextmanager
def at_hand(logins: t.Sequence[Login]) -> t.Iterator[t.Dict[str, str]]:
    """The variables with which the docker command knows these logins. What they point to is gone afterwards."""
    if not logins:
        yield {}
        return
    with scratch.directory() as directory:
        system.write(directory / "config.json", configuration(logins), 0o600)
        yield {"DOCKER_CONFIG": str(directory)}
