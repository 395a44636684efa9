# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What is in force against what our files say. Pure: the readings are arguments."""

from __future__ import annotations

import hashlib
import typing as t

from . import evidence, kernel, places


class Readings(t.NamedTuple):
    """``files``: texts of our files by path, of those that are there; the rest is read from the kernel.

    ``settings``: values by the names of kernel settings, None for one that the kernel lacks; ``modules``: names of
    those that are there, built in ones too; ``profiles``: SHA-256 of what was loaded, by name; ``compiled``: the same
    of what our files compile to; ``audit``: what ``auditctl -l`` prints, None where it cannot tell; ``firewall`` and
    ``loaded``: our table as it is and as it was once it had been loaded, None for none.
    """

    files: t.Mapping[str, str]
    settings: t.Mapping[str, t.Optional[str]] = {}
    modules: t.AbstractSet[str] = frozenset()
    profiles: t.Mapping[str, str] = {}
    compiled: t.Mapping[str, str] = {}
    audit: t.Optional[str] = None
    firewall: t.Optional[str] = None
    loaded: t.Optional[str] = None


def stale(found: Readings) -> t.List[str]:
    """The paths of files of ours that are there, and that are not what is in force."""
    checks: t.Dict[str, t.Callable[[Readings], bool]] = {
        places.SYSCTL: _settings,
        places.MODULES: _modules,
        places.AUDIT_RULES: _audit,
        places.FIREWALL: _firewall,
        places.profile(places.DEFAULT_PROFILE): lambda readings: _profile(places.DEFAULT_PROFILE, readings),
        places.profile(places.HARDENED_PROFILE): lambda readings: _profile(places.HARDENED_PROFILE, readings),
    }
    return [path for path, right in checks.items() if path in found.files and not right(found)]


def _settings(found: Readings) -> bool:
    declared = kernel.declared(found.files[places.SYSCTL])
    return all(
        found.settings.get(name) is None
        or (found.settings[name] or "").split() == value.split()  # tabs in the kernel's
        for name, value in declared.items()
    )


def _modules(found: Readings) -> bool:
    return kernel.listed(found.files[places.MODULES]) <= found.modules


def _audit(found: Readings) -> bool:
    if found.audit is None:
        return True  # that it cannot be asked is the audit's business, not a reason to load it again and again
    return evidence.listed(found.files[places.AUDIT_RULES]) <= evidence.listed(found.audit)


def _firewall(found: Readings) -> bool:
    return found.firewall is not None and found.firewall == found.loaded


def _profile(name: str, found: Readings) -> bool:
    return name in found.compiled and found.profiles.get(name) == found.compiled[name]


def digest(data: bytes) -> str:
    """How a loaded and a compiled profile are compared."""
    return hashlib.sha256(data).hexdigest()
