# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Packages of Debian and Ubuntu."""

from __future__ import annotations

import re
import typing as t

from . import apt, repository_apt, system
from .refusal import Refusal
from .release import os_release

ENGINES: t.Tuple[str, ...] = ("docker.io", "docker-ce", "moby-engine")  # any of them counts as the engine, and is kept
STRANGERS: t.Tuple[str, ...] = ("podman-docker",)  # looks like Docker and is not
TWINS: t.Tuple[str, ...] = (
    "docker-cli",
    "docker-ce-cli",
    "docker-ce-rootless-extras",
    "moby-cli",
)  # come in the engine's version
PLUGINS = ("docker-buildx-plugin", "docker-compose-plugin", "moby-buildx", "moby-compose")
NEEDED: t.Tuple[str, ...] = ("iptables", "ca-certificates")  # by the distribution's engine
COMPANIONS = ("docker-cli",)  # a package of its own since Debian 13
COMPOSE: t.Tuple[str, ...] = ("docker-compose-plugin", "docker-compose-v2", "docker-compose")
VENDOR: t.Mapping[str, str] = {"debian": "debian", "ubuntu": "ubuntu"}  # directories of Docker's repository
FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"  # of Docker's key for Debian and Ubuntu
LACKING = re.compile(r"Depends: (.+?) but ")
KEY, PLACES, others, texts = repository_apt.KEY, repository_apt.PLACES, repository_apt.others, repository_apt.texts


def suite(release: t.Mapping[str, str]) -> str:
    return release.get("VERSION_CODENAME", "")


def own_engine(_release: t.Mapping[str, str]) -> t.Optional[str]:
    """The distribution's own engine."""
    return "docker.io"


def extras() -> t.Tuple[str, ...]:
    """What is installed with the distribution's own engine."""
    return (*NEEDED, *filter(available, COMPANIONS))


def everything() -> t.Dict[str, str]:
    """Versions of all packages that are fully installed."""
    text = system.output(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"]) or ""
    rows = (line.split(" ") for line in text.splitlines())
    return {row[1]: row[2] for row in rows if row[0] == "installed"}


def available(name: str) -> bool:
    return bool((system.output(["apt-cache", "show", "--no-all-versions", name]) or "").strip())


def versions(name: str) -> t.List[str]:
    """The versions that can be had, newest first."""
    listing = system.output(["apt-cache", "madison", name]) or ""
    return [line.split("|")[1].strip() for line in listing.splitlines() if line.count("|") == 2]


def proxies() -> t.Optional[t.Dict[str, str]]:
    """The proxies that apt uses, for what the program fetches itself; None where apt names none."""
    names = {"http": "Acquire::http::Proxy", "https": "Acquire::https::Proxy"}
    command = ["apt-config", "shell", *(word for pair in names.items() for word in pair)]
    found = {name: url for name, url in os_release(system.output(command) or "").items() if url != "DIRECT"}
    return {"https": found["http"], **found} if "http" in found else (found or None)


def refresh() -> str:
    """Read the sources anew; what was said. One that misses is no failure by itself, as others may do."""
    return apt.run("update")[1]


def install(wanted: t.Mapping[str, t.Optional[str]], complaints: str, back: bool = False) -> None:
    """Install packages (name: version, None for the newest); ``back``: older ones than now, too. Raises Refusal.

    ``complaints``: what the last ``refresh`` said. Nothing is removed for it: that could be somebody else's.
    """
    names = [name if version is None else f"{name}={version}" for name, version in wanted.items()]
    downgrades = ["--allow-downgrades"] if back else []
    code, tail = apt.run("install", "--no-install-recommends", "--no-remove", *downgrades, *names)
    if code:
        raise Refusal(
            f"apt-get install ended with {code}, expected 0; its last lines:\n{tail}\n"
            f"apt-get update said:\n{complaints}\n"
            f"Mend the package sources or the network of this machine and run again (all output: {system.LOG})."
        )


def control(path: str) -> t.Tuple[str, str]:
    """(name, version) of a package file. Raises Refusal."""
    text = system.output(["dpkg-deb", "--show", "--showformat=${Package} ${Version}", path]) or ""
    name, _space, version = text.strip().partition(" ")
    if not version:
        raise Refusal(f"{path} is no package that dpkg-deb can read, expected a .deb file; declare the right file")
    return name, version


def install_files(paths: t.Sequence[str]) -> None:
    """Install package files and nothing from any source. Raises Refusal naming what they depend on and is not there."""
    nowhere = ("Dir::Etc::SourceList=/dev/null", "Dir::Etc::SourceParts=/dev/null", "Dir::Cache::pkgcache=")
    alone = [word for option in nowhere for word in ("-o", option)]
    code, tail = apt.run(*alone, "install", "--no-install-recommends", "--no-remove", "--no-download", *paths, lines=40)
    if code:
        lacking = ", ".join(sorted(set(LACKING.findall(tail))))
        if lacking:
            raise Refusal(
                f"the declared files depend on packages that are neither among them nor installed: {lacking}; declare "
                "the files of these packages, too (nothing was installed)"
            )
        last = "\n".join(tail.splitlines()[-8:])
        raise Refusal(
            f"apt-get install of the declared files ended with {code}, expected 0; its last lines:\n{last}\n"
            f"Mend what it names, or declare other files, and run again (all output: {system.LOG})."
        )


def remove(names: t.AbstractSet[str]) -> None:
    """Remove packages, keeping their configuration. What apt would take along besides them stops it."""
    code, tail = apt.run("remove", *sorted(removable(names)))
    if code:
        raise Refusal(
            f"apt-get remove ended with {code}, expected 0; its last lines:\n{tail}\n"
            f"Mend the package database of this machine and run again (all output: {system.LOG})."
        )


def removable(names: t.AbstractSet[str]) -> t.FrozenSet[str]:
    """Those of ``names`` that can go without somebody else's package: all of them, or else the engine's own."""
    for candidate in (frozenset(names), frozenset(names) & {*ENGINES, *TWINS, *PLUGINS}):
        text = system.output(["apt-get", "--simulate", *apt.options(), "remove", *sorted(candidate)]) or ""
        others_too = frozenset(line.split()[1] for line in text.splitlines() if line.startswith("Remv ")) - names
        if not others_too:
            return candidate
    raise Refusal(
        f"{', '.join(sorted(others_too))} would be removed with the engine; remove what needs Docker first, then run "
        "again"
    )
