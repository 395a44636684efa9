# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""How an extension differs from what is declared. Pure; every reason is one short sentence without secrets."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional

from . import observed, secret_digest
from .desired import Desired


def reasons(desired: Desired, current: Mapping[str, Any], tags: Mapping[str, str], running: Optional[str]) -> List[str]:
    """Differences of what can be read. ``current`` are the properties; ``running``: the handler's version in the VM."""
    found: List[str] = []
    if desired.settings is not None:
        found += _settings_reasons(desired.settings, current.get("settings") or {})
    if desired.version is not None and not runs_version(desired, current, running):
        found.append(
            "version %s wanted, found %s" % (desired.version, _versions(current.get("typeHandlerVersion"), running))
        )
    for wanted, name in (
        (desired.auto_upgrade_minor_version, "autoUpgradeMinorVersion"),
        (desired.enable_automatic_upgrade, "enableAutomaticUpgrade"),
        (desired.suppress_failures, "suppressFailures"),
    ):
        # Absent means false.
        if wanted is not None and wanted != bool(current.get(name)):
            found.append("%s differs" % name)
    after = current.get("provisionAfterExtensions") or []
    if desired.provision_after is not None and _lower(desired.provision_after) != _lower(after):
        found.append("provisionAfterExtensions differs")
    declared = desired.tags or {}
    found += ["tags.%s differs" % name for name in sorted(declared) if tags.get(name) != declared[name]]
    tag = desired.force_update_tag
    if tag is not None and not secret_digest.is_users_tag(current.get("forceUpdateTag"), tag):
        found.append("force_update_tag differs")
    return found


def runs_version(desired: Desired, current: Mapping[str, Any], running: Optional[str]) -> bool:
    """Whether the handler is of the wanted "Major.Minor", or of a later minor version where Azure may upgrade it.

    Azure echoes the version that was asked for; the instance view tells the one that runs.
    """
    asked = str(current.get("typeHandlerVersion") or "")
    upgrades = desired.auto_upgrade_minor_version
    if upgrades is None:
        upgrades = bool(current.get("autoUpgradeMinorVersion"))
    wanted = observed.numbers(desired.version)
    if running:
        there = observed.numbers(running)[: len(wanted)]
        return there == wanted or (upgrades and there[:1] == wanted[:1] and there >= wanted)
    return asked == desired.version


def secret_state(desired: Desired, current: Mapping[str, Any], wanted: str) -> str:
    """ "same", "differs" or "unknown", for the MARK that is wanted; "same" where the user says nothing of secrets, or
    follows changes by a tag of their own."""
    reference = desired.key_vault_reference()
    if reference is not None:
        there = current.get("protectedSettingsFromKeyVault")
        if there is not None:
            same = secret_digest.reference_mark(there) == secret_digest.reference_mark(reference)
            return "same" if same else "differs"
    elif desired.protected_settings is None or desired.force_update_tag is not None:
        return "same"
    return secret_digest.secret_state(current.get("forceUpdateTag"), wanted)


def wanted_mark(desired: Desired, digest_key: Optional[str]) -> str:
    """The MARK of the declared protected settings, wherever they come from."""
    reference = desired.key_vault_reference()
    if reference is not None:
        return secret_digest.reference_mark(reference)
    return secret_digest.mark_of(desired.compared_secrets or desired.protected_settings, digest_key)


def _settings_reasons(desired: Mapping[str, Any], current: Mapping[str, Any]) -> List[str]:
    """A PUT replaces the settings, so what is there but not asked for differs too."""
    if secret_digest.canonical(desired) == secret_digest.canonical(current):
        return []
    names = [name for name in sorted(set(desired) | set(current)) if _settings_differ(name, desired, current)]
    return ["settings.%s differs" % name for name in names]


def _settings_differ(name: str, desired: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    if (name in desired) != (name in current):
        return True
    return secret_digest.canonical(desired[name]) != secret_digest.canonical(current[name])


def _versions(asked: Optional[str], running: Optional[str]) -> str:
    return "%s, which runs as %s" % (asked, running) if running else str(asked)


def _lower(names: List[str]) -> List[str]:
    return sorted(name.lower() for name in names)
