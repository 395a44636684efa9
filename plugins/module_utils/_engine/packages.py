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

    def suite(self, release: t.Mapping[str, str]) -> str: ...
    def own_engine(self, release: t.Mapping[str, str]) -> t.Optional[str]: ...
    def extras(self) -> t.Tuple[str, ...]: ...
    def others(self) -> str: ...
    def texts(self, source: Source, key: t.Optional[str], found: str) -> t.Dict[str, t.Optional[str]]: ...
    def everything(self) -> t.Dict[str, str]: ...
    def available(self, name: str) -> bool: ...
    def versions(self, name: str) -> t.List[str]: ...
    def proxies(self) -> t.Optional[t.Dict[str, str]]: ...
    def refresh(self) -> str: ...
    def install(self, wanted: Wanted, complaints: str, back: bool = False) -> None: ...
    def control(self, path: str) -> t.Tuple[str, str]: ...
    def install_files(self, paths: t.Sequence[str]) -> None: ...
    def remove(self, names: t.AbstractSet[str]) -> None: ...


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
