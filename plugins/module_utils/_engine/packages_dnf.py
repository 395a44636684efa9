# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Packages of the Red Hat family (dnf) and of Azure Linux (tdnf). Never run: see ``packages.TESTED``."""

from __future__ import annotations

import typing as t

from . import release, rpm, system
from . import versions as ordering
from .source import Source

DISTRIBUTIONS = ("rhel", "almalinux", "rocky", "centos", "fedora", "azurelinux", "mariner")
VENDOR: t.Mapping[str, str] = {
    "rhel": "rhel",
    "centos": "centos",
    "almalinux": "centos",
    "rocky": "centos",
    "fedora": "fedora",
}
OWN = {"fedora": "moby-engine", "azurelinux": "moby-engine", "mariner": "moby-engine"}
STRANGERS: t.Tuple[str, ...] = ("podman-docker",)
NEEDED: t.Tuple[str, ...] = ()
COMPOSE: t.Tuple[str, ...] = ("docker-compose-plugin", "moby-compose")
REPOSITORY = "/etc/yum.repos.d/bulwark-azure-docker.repo"
PLACES: t.Tuple[str, ...] = (rpm.KEY, REPOSITORY)
KEY, FINGERPRINT, ENGINES, TWINS = rpm.KEY, rpm.FINGERPRINT, rpm.ENGINES, rpm.TWINS
suite, everything, control, remove = rpm.suite, rpm.everything, rpm.control, rpm.remove


def program() -> str:
    return "tdnf" if release.look().get("ID") in ("azurelinux", "mariner") else "dnf"


def own_engine(found: t.Mapping[str, str]) -> t.Optional[str]:
    return OWN.get(found.get("ID", ""))


def extras() -> t.Tuple[str, ...]:
    return tuple(filter(available, ("moby-cli", "docker-cli")))


def others() -> str:
    return ""


def texts(source: Source, key: t.Optional[str], _found: str) -> t.Dict[str, t.Optional[str]]:
    return rpm.repository(source, key, REPOSITORY)


def available(name: str) -> bool:
    return bool(versions(name))


def versions(name: str) -> t.List[str]:
    form = "%{version}-%{release}\n"
    text = system.output([program(), "--quiet", "repoquery", "--showduplicates", "--queryformat", form, name]) or ""
    return sorted(set(text.split()), key=lambda version: (ordering.numbers(version), version), reverse=True)


def proxies() -> t.Optional[t.Dict[str, str]]:
    return None


def refresh() -> str:
    return system.logged([program(), "--assumeyes", "makecache"])[1]


def command(wanted: t.Mapping[str, t.Optional[str]], back: bool) -> t.List[str]:
    names = [name if version is None else f"{name}-{version}" for name, version in wanted.items()]
    return ["--assumeyes", "downgrade" if back else "install", *names]


def install(wanted: t.Mapping[str, t.Optional[str]], complaints: str, back: bool = False) -> None:
    rpm.act([program(), *command(wanted, back)], complaints)


def install_files(paths: t.Sequence[str]) -> None:
    rpm.act([program(), "--assumeyes", "--disablerepo=*", "install", *paths])
