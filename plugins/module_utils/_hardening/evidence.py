# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L7: audit rules of what exists. Pure."""

from __future__ import annotations

import typing as t

from . import places
from .entries import HEAD, Layer, command, file

KEY = "docker"
# What is watched where it is there (CIS Docker Benchmark 1.1.3 to 1.1.18): programs of several distributions, units,
# configuration. auditctl takes a file that is not there yet, in a directory that is.
USUAL = (
    *(f"/usr/{place}/{name}" for place in ("bin", "sbin") for name in ("dockerd", "containerd", "runc")),
    *(f"/usr/bin/{name}" for name in ("containerd-shim", "containerd-shim-runc-v1", "containerd-shim-runc-v2")),
    "/etc/docker", "/etc/default/docker", "/etc/sysconfig/docker",
    "/etc/containerd/config.toml",
)  # fmt: skip
ALWAYS = ("/etc/docker/daemon.json",)
# What this collection puts on a host, each if anything of it is declared.
OWN = (
    *(f"{places.UNITS}/{name}.d" for name in ("docker.service", "containerd.service", "docker.socket")),
    *(places.OWN, places.LIBRARY, places.BREAK_GLASS),
    *(places.profile(name) for name in (places.DEFAULT_PROFILE, places.HARDENED_PROFILE)),
)


def own(declared: t.Iterable[str]) -> t.List[str]:
    """Those of OWN at or below which a path is declared: they are there once the rules are loaded."""
    paths = list(declared)
    return [place for place in OWN if any(path == place or path.startswith(place + "/") for path in paths)]


def lines(paths: t.Iterable[str], data: t.Sequence[str] = ()) -> t.List[str]:
    """Rules as auditctl takes them: watches of ``paths``, and of everything below ``data``."""
    watches = [f"-w {path} -p wa -k {KEY}" for path in sorted(set(paths))]
    return watches + [f"-a always,exit -F dir={path} -F perm=wa -F key={KEY}" for path in data]


def wants(paths: t.Iterable[str], data: t.Sequence[str] = ()) -> Layer:
    """The rules, which augenrules loads now and at boot."""
    text = HEAD + "".join(f"{line}\n" for line in lines([*paths, *ALWAYS], data))
    load = command("load the audit rules", "augenrules", "--load", when=[places.AUDIT_RULES])
    return Layer((file(places.AUDIT_RULES, text, "0640"),), (), (load,))


def listed(text: str) -> t.FrozenSet[str]:
    """The rules of a file or of ``auditctl -l``, each in one form: older and newer tools print watches differently."""
    return frozenset(_normal(line) for line in text.splitlines() if line.startswith("-"))


def _normal(line: str) -> str:
    words = line.replace("-S all ", "").replace("-F key=", "-k ").split()
    if words[:1] == ["-w"]:
        return f"{words[1]} {words[3]}"
    found = dict(word.partition("=")[::2] for word in words if "=" in word)
    return f"{found.get('dir') or found.get('path')} {found.get('perm')}"
