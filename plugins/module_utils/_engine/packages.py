# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The package manager of this machine. The rest of the program does not know which one it is."""

from __future__ import annotations

import pathlib
import typing as t

from . import packages_apt, packages_dnf, packages_zypper, release
from .refusal import Refusal
from .source import Source

TESTED = ("debian", "ubuntu")
SNAPS = pathlib.Path("/var/lib/snapd/snaps")
Wanted = t.Mapping[str, t.Optional[str]]


class Backend(t.Protocol):
    """What each module ``packages_*`` offers; see ``packages_apt`` for what is not said here."""

    ENGINES: t.Tuple[str, ...]
    STRANGERS: t.Tuple[str, ...]
    TWINS: t.Tuple[str, ...]
    NEEDED: t.Tuple[str, ...]
    COMPOSE: t.Tuple[str, ...]
    VENDOR: t.Mapping[str, str]
    FINGERPRINT: str
    KEY: str
    PLACES: t.Tuple[str, ...]

    def suite(self, release: t.Mapping[str, str]) -> str:
        """Name of the release in a repository of the vendor's, for /etc/os-release."""

    def own_engine(self, release: t.Mapping[str, str]) -> t.Optional[str]:
        """The distribution's engine package, None where it has none."""

    def extras(self) -> t.Tuple[str, ...]:
        """Packages that come with the distribution's engine."""

    def others(self) -> str:
        """What others declared as package sources, as one text."""

    def texts(self, source: Source, key: t.Optional[str], found: str) -> t.Dict[str, t.Optional[str]]:
        """The files that declare a repository, by path; None for one that shall not be there."""

    def everything(self) -> t.Dict[str, str]:
        """Versions of all packages that are installed."""

    def available(self, name: str) -> bool:
        """Whether a package can be had."""

    def versions(self, name: str) -> t.List[str]:
        """Versions of a package that can be had, newest first."""

    def proxies(self) -> t.Optional[t.Dict[str, str]]:
        """Proxies for urllib, None for those of the environment."""

    def refresh(self) -> str:
        """Read the package sources anew; what they complained of."""

    def install(self, wanted: Wanted, complaints: str, back: bool = False) -> None:
        """Install the packages. Raises Refusal."""

    def control(self, path: str) -> t.Tuple[str, str]:
        """(name, version) of a package file."""

    def install_files(self, paths: t.Sequence[str]) -> None:
        """Install package files, and nothing else. Raises Refusal."""

    def remove(self, names: t.AbstractSet[str]) -> None:
        """Remove packages and keep their configuration. Raises Refusal."""


def table() -> t.Dict[str, Backend]:
    """Back ends by a distribution's id."""
    apt: Backend = packages_apt
    dnf: Backend = packages_dnf
    zypper: Backend = packages_zypper
    rows = ((apt, TESTED), (dnf, packages_dnf.DISTRIBUTIONS), (zypper, packages_zypper.DISTRIBUTIONS))
    return {name: backend for backend, names in rows for name in names}


def of(found: t.Mapping[str, str]) -> t.Optional[Backend]:
    """The back end for an os-release, None where there is none."""
    known = table()
    return next((known[name] for name in release.names(found) if name in known), None)


def current() -> Backend:
    """The back end for this machine. Raises Refusal where there is none."""
    found = release.look()
    backend = of(found)
    if backend is None:
        raise unsupported(found.get("ID", "unknown"), found.get("VERSION_ID", ""))
    return backend


def unsupported(os_id: str, os_version: str, way: str = "") -> Refusal:
    return Refusal(
        f"this machine runs {os_id} {os_version}, supported are {' and '.join(TESTED)}; choose an image of one of "
        f"these{way}"
    )


def refuse(source: Source, os_id: str, os_version: str, known: bool) -> None:
    """Raise Refusal for a distribution on which this program was never run, unless that is accepted (pure)."""
    if os_id in TESTED or (known and source.allow_untested_platform):
        return
    way = ", or declare package source's allow_untested_platform: its package manager is known, but nothing was ever "
    raise unsupported(os_id, os_version, f"{way}run there" if known else "")


def places() -> t.Tuple[str, ...]:
    """The files by which the package manager knows our repository."""
    backend = of(release.look())
    return backend.PLACES if backend else ()


def strangers(backend: Backend, installed: t.Mapping[str, str]) -> t.Tuple[str, ...]:
    """What stands in Docker's place and is not it."""
    found = [name for name in backend.STRANGERS if name in installed]
    if any(SNAPS.glob("docker_*.snap")):
        found.append("the snap docker (snap remove docker)")
    return tuple(found)
