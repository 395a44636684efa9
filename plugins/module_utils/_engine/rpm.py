# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What the package managers dnf, tdnf and zypper have in common. Never run: see ``packages.TESTED``."""

from __future__ import annotations

import typing as t

from . import system
from .refusal import Refusal
from .source import Source

ENGINES: t.Tuple[str, ...] = ("docker-ce", "moby-engine", "docker")
TWINS: t.Tuple[str, ...] = ("docker-ce-cli", "docker-ce-rootless-extras", "moby-cli")
FINGERPRINT = "060A61C51B558A7F742B77AAC52FEB6B621E9F35"  # of Docker's key for RPM packages
KEY = "/etc/pki/rpm-gpg/RPM-GPG-KEY-bulwark-azure-docker"


def suite(release: t.Mapping[str, str]) -> str:
    return release.get("VERSION_ID", "").partition(".")[0]


def repository(source: Source, key: t.Optional[str], place: str) -> t.Dict[str, t.Optional[str]]:
    """The wanted texts of the key and of the repository's file ``place``."""
    if not source.has_repository:
        return {KEY: None, place: None}
    text = (
        "# Managed by bulwark.azure_docker: changes here are overwritten.\n[bulwark-azure-docker]\n"
        f"name=Docker Engine\nbaseurl={source.url}/{source.suite}/$basearch/{source.component}\nenabled=1\n"
        f"gpgcheck=1\ngpgkey=file://{KEY}\nincludepkgs={' '.join(source.packages)}\n"
    )
    return {KEY: key, place: text}


def everything() -> t.Dict[str, str]:
    text = system.output(["rpm", "--query", "--all", "--queryformat", "%{NAME} %{VERSION}-%{RELEASE}\n"]) or ""
    return dict(t.cast("t.Tuple[str, str]", line.split(" ", 1)) for line in text.splitlines() if " " in line)


def control(path: str) -> t.Tuple[str, str]:
    """(name, version) of a package file. Raises Refusal."""
    form = "%{NAME} %{VERSION}-%{RELEASE}"
    text = system.output(["rpm", "--query", "--package", "--queryformat", form, path]) or ""
    name, _space, version = text.partition(" ")
    if not version:
        raise Refusal(f"{path} is no package that rpm can read, expected an .rpm file; declare the right file")
    return name, version


def act(command: t.Sequence[str], complaints: str = "") -> None:
    """Run what changes packages. Raises Refusal with its last words."""
    code, tail = system.logged(command)
    if code:
        raise Refusal(
            f"{' '.join(command[:3])} ended with {code}, expected 0; its last lines:\n{tail}\n{complaints}\n"
            f"Mend the package sources or the network of this machine and run again (all output: {system.LOG})."
        )


def remove(names: t.AbstractSet[str]) -> None:
    """Remove packages; rpm refuses where others need them."""
    act(["rpm", "--erase", *sorted(names)])
