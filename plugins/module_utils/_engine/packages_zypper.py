# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Packages of SUSE. Never run: see ``packages.TESTED``."""

from __future__ import annotations

import typing as t

from . import rpm, system
from .source import Source

DISTRIBUTIONS = ("sles", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "suse")
VENDOR: t.Mapping[str, str] = {}  # Docker has no packages for it
STRANGERS: t.Tuple[str, ...] = ("podman-docker",)
NEEDED: t.Tuple[str, ...] = ()
COMPOSE: t.Tuple[str, ...] = ("docker-compose",)
REPOSITORY = "/etc/zypp/repos.d/bulwark-azure-docker.repo"
PLACES: t.Tuple[str, ...] = (rpm.KEY, REPOSITORY)
KEY, FINGERPRINT, ENGINES, TWINS = rpm.KEY, rpm.FINGERPRINT, rpm.ENGINES, rpm.TWINS
suite, everything, control, remove = rpm.suite, rpm.everything, rpm.control, rpm.remove
ZYPPER = ("zypper", "--non-interactive")


def own_engine(_found: t.Mapping[str, str]) -> t.Optional[str]:
    return "docker"


def extras() -> t.Tuple[str, ...]:
    return ()


def others() -> str:
    return ""


def texts(source: Source, key: t.Optional[str], _found: str) -> t.Dict[str, t.Optional[str]]:
    return rpm.repository(source, key, REPOSITORY)


def available(name: str) -> bool:
    return bool(versions(name))


def versions(name: str) -> t.List[str]:
    listing = system.output(["zypper", "--no-refresh", "search", "--details", "--match-exact", name]) or ""
    rows = (line.split("|") for line in listing.splitlines() if line.count("|") >= 5)
    return [row[3].strip() for row in rows if row[1].strip() == name]


def proxies() -> t.Optional[t.Dict[str, str]]:
    return None


def refresh() -> str:
    return system.logged([*ZYPPER, "refresh"])[1]


def command(wanted: t.Mapping[str, t.Optional[str]], back: bool) -> t.List[str]:
    names = [name if version is None else f"{name}={version}" for name, version in wanted.items()]
    return ["install", "--no-recommends", *(["--oldpackage"] if back else []), *names]


def install(wanted: t.Mapping[str, t.Optional[str]], complaints: str, back: bool = False) -> None:
    rpm.act([*ZYPPER, *command(wanted, back)], complaints)


def install_files(paths: t.Sequence[str]) -> None:
    rpm.act([*ZYPPER, "--disable-repositories", "install", "--no-recommends", *paths])
