# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Reads what is in force on a host: the kernel's side of in_force."""

from __future__ import annotations

import glob
import os
import pathlib
import typing as t

from .._engine import scratch, system
from . import firewall, in_force, kernel, places

KERNEL_PROFILES = "/sys/kernel/security/apparmor/policy/profiles"
FILES = (
    *(places.SYSCTL, places.MODULES, places.AUDIT_RULES, places.FIREWALL),
    *(places.profile(name) for name in (places.DEFAULT_PROFILE, places.HARDENED_PROFILE)),
)


def read() -> in_force.Readings:
    """The readings of what our files concern; nothing where we have no files."""
    files = {path: text for path in FILES for text in [system.read(path)] if text is not None}
    names = [name for name in (places.DEFAULT_PROFILE, places.HARDENED_PROFILE) if places.profile(name) in files]
    wall = places.FIREWALL in files
    return in_force.Readings(
        files=files,
        settings={name: _setting(name) for name in kernel.declared(files.get(places.SYSCTL, ""))},
        modules=frozenset(
            name for name in kernel.listed(files.get(places.MODULES, "")) if os.path.isdir(f"/sys/module/{name}")
        ),
        profiles={name: digest for name in names for digest in [_loaded(name)] if digest},
        compiled={name: digest for name in names for digest in [_compiled(name)] if digest},
        audit=system.output(["auditctl", "-l"]) if places.AUDIT_RULES in files else None,
        firewall=system.output(["nft", "--stateless", "list", "table", "inet", firewall.TABLE]) if wall else None,
        loaded=system.read(places.LOADED_FIREWALL) if wall else None,
    )


def _setting(name: str) -> t.Optional[str]:
    return system.read("/proc/sys/" + name.replace(".", "/"))


def _loaded(name: str) -> t.Optional[str]:
    """The digest of what the kernel was given for a profile; None for one that is not loaded, or is not enforced."""
    for directory in glob.glob(f"{KERNEL_PROFILES}/{name}.*"):
        place = pathlib.Path(directory)
        if (system.read(place / "name") or "").strip() == name and (
            system.read(place / "mode") or ""
        ).strip() == "enforce":
            return in_force.digest((place / "raw_data").read_bytes())
    return None


def _compiled(name: str) -> t.Optional[str]:
    """The digest of what the file compiles to here; None where it does not."""
    with scratch.directory() as place:
        made = place / "profile"
        words = ["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--ofile", str(made), places.profile(name)]
        return in_force.digest(made.read_bytes()) if system.output(words) is not None and made.is_file() else None
