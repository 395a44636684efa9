# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Packages of Debian and Ubuntu. Locks of other package runs are waited for; noise goes to the log file."""

from __future__ import annotations

import typing as t

from . import system
from .desired import Refusal

ENGINES = ("docker.io", "docker-ce", "moby-engine")  # any of them counts as the engine, and is kept
STRANGERS = ("podman-docker",)  # looks like Docker and is not
PACKAGE = "docker.io"
COMPANIONS = ("docker-cli",)  # a package of its own since Debian 13
LOCK_SECONDS = 600
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
OPTIONS = ("-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}", "-o", "Acquire::Retries=3")


def installed(names: t.Sequence[str]) -> t.Dict[str, str]:
    """Versions of those of ``names`` that are fully installed."""
    found = {}
    for name in names:
        text = system.output(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name]) or ""
        status, _space, version = text.partition(" ")
        if status == "installed":
            found[name] = version
    return found


def everything() -> t.FrozenSet[str]:
    """Names of all packages that are fully installed."""
    text = system.output(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]) or ""
    pairs = (line.partition(" ") for line in text.splitlines())
    return frozenset(name for status, _space, name in pairs if status == "installed")


def apt(*arguments: str) -> t.Tuple[int, str]:
    """Exit code and last lines of an apt-get run."""
    return system.logged(["apt-get", "--quiet", "--yes", *OPTIONS, *arguments], ENVIRONMENT)


def available(name: str) -> bool:
    return bool((system.output(["apt-cache", "show", "--no-all-versions", name]) or "").strip())


def install(version: t.Optional[str]) -> None:
    """Install the distribution's engine, or that version of it (exact or a series such as "26.1").

    An update that misses some source is no failure by itself (other sources may do); what it said is part of the
    refusal when the installation fails.
    """
    _code, complaints = apt("update")
    wanted = PACKAGE if version is None else f"{PACKAGE}={version_of(version)}"
    code, tail = apt(
        "install", "--no-install-recommends", wanted, "iptables", "ca-certificates", *filter(available, COMPANIONS)
    )
    if code:
        raise Refusal(
            f"apt-get install ended with {code}, expected 0; its last lines:\n{tail}\n"
            f"apt-get update said:\n{complaints}\n"
            f"Mend the package sources or the network of this machine and run again (all output: {system.LOG})."
        )


def version_of(wanted: str) -> str:
    """The newest available version that is ``wanted`` or begins with it; Refusal with the available ones if none."""
    listing = system.output(["apt-cache", "madison", PACKAGE]) or ""
    versions = [line.split("|")[1].strip() for line in listing.splitlines() if line.count("|") == 2]
    for version in versions:
        if matches(version, wanted):
            return version
    raise Refusal(
        f"engine version {wanted} is not available, found: {', '.join(versions) or 'none'}; "
        "choose one of these or give no version"
    )


def matches(version: str, wanted: t.Optional[str]) -> bool:
    """Whether an installed version satisfies the wanted one (exact, or a series ending at a dot, "+" or "-")."""
    if wanted is None:
        return True
    forms = (version, version.partition(":")[2])  # also without the epoch, which hardly a user knows
    return any(form == wanted or (form.startswith(wanted) and form[len(wanted)] in ".+-~") for form in forms)


def remove(names: t.AbstractSet[str]) -> None:
    """Remove packages, keeping their configuration. What apt would take along besides them stops it."""
    wanted = removable(names)
    code, tail = apt("remove", *sorted(wanted))
    if code:
        raise Refusal(
            f"apt-get remove ended with {code}, expected 0; its last lines:\n{tail}\n"
            f"Mend the package database of this machine and run again (all output: {system.LOG})."
        )


def removable(names: t.AbstractSet[str]) -> t.FrozenSet[str]:
    """Those of ``names`` that can go without somebody else's package: all of them, or else the engine's own."""
    for candidate in (frozenset(names), frozenset(names) & {PACKAGE, *COMPANIONS}):
        text = system.output(["apt-get", "--simulate", *OPTIONS, "remove", *sorted(candidate)]) or ""
        others = frozenset(line.split()[1] for line in text.splitlines() if line.startswith("Remv ")) - names
        if not others:
            return candidate
    raise Refusal(
        f"{', '.join(sorted(others))} would be removed with the engine; remove what needs Docker first, then run again"
    )
