# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The three files by which apt knows our repository: key, source, and a pin that confines it to the engine."""

from __future__ import annotations

import pathlib
import re
import typing as t
import urllib.parse

from . import system
from .refusal import Refusal
from .source import Source

KEY = "/etc/apt/keyrings/bulwark-azure-docker.asc"
SOURCES = "/etc/apt/sources.list.d/bulwark-azure-docker.sources"
PREFERENCES = "/etc/apt/preferences.d/bulwark-azure-docker"
APT = pathlib.Path("/etc/apt")
PLACES: t.Tuple[str, ...] = (KEY, PREFERENCES, SOURCES)  # the source comes last: it is never there without its pin


def others() -> str:
    """The other package sources of the machine, without their comments."""
    files = [APT / "sources.list"]
    for pattern in ("sources.list.d/*.list", "sources.list.d/*.sources", "mirrors/*"):
        files += sorted(APT.glob(pattern))
    lines = (line for path in files if str(path) != SOURCES for line in (system.read(path) or "").splitlines())
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def origin(source: Source, found: str) -> str:
    """How apt tells our repository from the others, ``found``: by nothing that the repository says of itself.

    That is its host. Where one host serves several repositories (as artifact servers do), it is the component, which
    is what our own file says. Raises Refusal where neither tells them apart, and for the same repository twice, which
    apt does not read at all.
    """
    if re.search(rf"{re.escape(source.url)}/?(\s|$)", found):
        raise Refusal(
            f"another file below {APT} names {source.url} already; remove it (grep -r finds it), as this collection "
            "makes its own with its own key, and run again"
        )
    host = urllib.parse.urlsplit(source.url).hostname or ""
    if not re.search(rf"://([^/\s]*@)?{re.escape(host)}[:/\s]", found + "\n", re.IGNORECASE):
        return f'origin "{host}"'
    if re.search(rf"(^|\s){re.escape(source.component)}(\s|$)", found):
        raise Refusal(
            f"{host} serves other package sources of this machine, too, and another one has a component "
            f"{source.component}: apt cannot confine the engine's repository to the engine then; give the mirror a "
            "host name of its own (a DNS alias does), or a component that no other has"
        )
    return f"release c={source.component}"


def texts(source: Source, key: t.Optional[str], found: str) -> t.Dict[str, t.Optional[str]]:
    """The wanted text of each file, None for no file. ``found``: the other sources. Raises Refusal."""
    if not source.has_repository:
        return dict.fromkeys(PLACES)
    pin = origin(source, found)
    managed = "Managed by bulwark.azure_docker: changes here are overwritten."
    return {
        KEY: key,
        PREFERENCES: (
            f"Explanation: {managed}\nExplanation: From there comes the engine and nothing else.\n"
            f"Package: *\nPin: {pin}\nPin-Priority: -1\n\n"
            f"Package: {' '.join(source.packages)}\nPin: {pin}\nPin-Priority: 500\n"
        ),
        SOURCES: (
            f"# {managed}\nTypes: deb\nURIs: {source.url}\nSuites: {source.suite}\nComponents: {source.component}\n"
            f"Signed-By: {KEY}\n"
        ),
    }
