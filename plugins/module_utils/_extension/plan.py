# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What has to be done to one extension of one VM. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._azure.errors import Failure
from . import observed, secret_digest
from .desired import Desired
from .preflight import check_handler

# Of the handler's text in a reason; the whole text is in the statuses.
LONGEST_REASON = 300
# The public properties that a user can set.
PUBLIC = (
    "publisher",
    "type",
    "typeHandlerVersion",
    "autoUpgradeMinorVersion",
    "enableAutomaticUpgrade",
    "settings",
    "forceUpdateTag",
    "suppressFailures",
    "provisionAfterExtensions",
)


class Plan(NamedTuple):
    """``action`` is none, create, update or delete; ``document`` is what to PUT (with secrets), or None.

    ``before`` and ``after`` are the public properties. With ``unknown_secret`` the stored secret could not be judged.
    """

    action: str
    name: str
    reasons: List[str]
    document: Optional[Dict[str, Any]]
    before: Dict[str, Any]
    after: Dict[str, Any]
    unknown_secret: bool = False


def plan(desired: Desired, vm: Mapping[str, Any], digest_key: Optional[str], nonce: str = "1") -> Plan:
    """The plan for ``desired`` on the VM document ``vm`` (with instance view).

    ``nonce`` is used where the handler must run again; it has to be new each time. Raises Failure if the plan cannot be
    carried out: a handler in use under another name, a missing option, a secret that an update would lose.
    """
    extension = find(desired, vm)
    if desired.state == "absent":
        return _plan_absent(desired, extension)
    check_handler(desired, vm, extension)
    if extension is None:
        return _plan_create(desired, vm, digest_key)
    return _plan_update(desired, vm, extension, digest_key, nonce)


def find(desired: Desired, vm: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """The extension that ``desired`` is about: by name if it has one, else by handler; None if there is none."""
    if desired.name is not None:
        return observed.by_name(vm, desired.name)
    return observed.by_handler(vm, desired.publisher, desired.type)


def public_properties(extension: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """What of an extension may be shown, without what only Azure writes."""
    properties = observed.properties_of(extension)
    return {name: properties[name] for name in PUBLIC if name in properties}


def _plan_absent(desired: Desired, extension: Optional[Mapping[str, Any]]) -> Plan:
    name = desired.name or (extension or {}).get("name") or desired.type or ""
    if extension is None:
        return Plan("none", name, [], None, {}, {})
    return Plan("delete", name, ["present"], None, public_properties(extension), {})


def _plan_create(desired: Desired, vm: Mapping[str, Any], digest_key: Optional[str]) -> Plan:
    missing = [name for name in ("publisher", "type", "version") if not getattr(desired, name)]
    if missing:
        raise Failure(
            "The extension does not exist on %s, and creating it needs: %s." % (vm.get("id"), ", ".join(missing)),
            code="MissingOption",
            hint="Give publisher, type and type_handler_version.",
        )
    name = desired.name or str(desired.type)
    properties = _wanted(desired, {"autoUpgradeMinorVersion": True})
    properties["forceUpdateTag"] = desired.force_update_tag or secret_digest.next_tag(
        None, desired.protected_settings, digest_key, None
    )
    document = _document(vm, None, properties, desired)
    return Plan("create", name, ["absent"], document, {}, public_properties(document))


def _plan_update(
    desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any], digest_key: Optional[str], nonce: str
) -> Plan:
    current = observed.properties_of(extension)
    stored = _secret_state(desired, current, digest_key)
    failed = observed.failure_status(extension, observed.view_of(vm, extension))
    reasons = _reasons(desired, current)
    if stored == "differs":
        reasons.append("protected settings differ")
    if stored == "unknown" and desired.on_unknown_secret == "apply":
        reasons.append("protected settings unknown")
    if failed is not None:
        reasons.append("Failed: " + _tail(failed))
    if desired.rerun:
        reasons.append("asked to run again")
    before = public_properties(extension)
    name = str(extension.get("name"))
    if not reasons:
        return Plan("none", name, [], None, before, before, stored == "unknown")
    _refuse_lost_secret(desired, extension, current)
    properties = _wanted(desired, public_properties(extension))
    # A handler that failed, or whose secret cannot be judged, runs again only if the tag is a new one.
    again = nonce if failed is not None or desired.rerun or stored == "unknown" else None
    properties["forceUpdateTag"] = _tag(desired, current, digest_key, again)
    document = _document(vm, extension, properties, desired)
    return Plan("update", name, reasons, document, before, public_properties(document), stored == "unknown")


def _reasons(desired: Desired, current: Mapping[str, Any]) -> List[str]:
    reasons = []
    if desired.settings is not None:
        reasons += _settings_reasons(desired.settings, current.get("settings") or {})
    if desired.version is not None and desired.version != current.get("typeHandlerVersion"):
        reasons.append("version")
    for wanted, name in (
        (desired.auto_upgrade_minor_version, "autoUpgradeMinorVersion"),
        (desired.enable_automatic_upgrade, "enableAutomaticUpgrade"),
    ):
        # Absent means false.
        if wanted is not None and wanted != bool(current.get(name)):
            reasons.append(name)
    tag = desired.force_update_tag
    if tag is not None and not secret_digest.is_users_tag(current.get("forceUpdateTag"), tag):
        reasons.append("force_update_tag")
    return reasons


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


def _secret_state(desired: Desired, current: Mapping[str, Any], digest_key: Optional[str]) -> str:
    """As secret_digest.secret_state; "same" where the user says nothing, or follows changes by a tag of their own."""
    if desired.protected_settings is None or desired.force_update_tag is not None:
        return "same"
    return secret_digest.secret_state(current.get("forceUpdateTag"), desired.protected_settings, digest_key)


def _refuse_lost_secret(desired: Desired, extension: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    tag = secret_digest.read_tag(current.get("forceUpdateTag"))
    if desired.protected_settings is not None or (tag is not None and tag.mark == secret_digest.NONE):
        return
    raise Failure(
        "The extension %r has to be sent again, which replaces its protected settings; they cannot be read back, and "
        "protected_settings is not given." % extension.get("name"),
        code="ProtectedSettingsMissing",
        hint="Give protected_settings; {} says that there are none.",
    )


def _tag(desired: Desired, current: Mapping[str, Any], digest_key: Optional[str], nonce: Optional[str]) -> str:
    stored = current.get("forceUpdateTag")
    if desired.force_update_tag is not None:
        return secret_digest.users_tag(stored, desired.force_update_tag, nonce)
    return secret_digest.next_tag(stored, desired.protected_settings, digest_key, nonce)


def _wanted(desired: Desired, base: Mapping[str, Any]) -> Dict[str, Any]:
    values = {
        "publisher": desired.publisher,
        "type": desired.type,
        "typeHandlerVersion": desired.version,
        "autoUpgradeMinorVersion": desired.auto_upgrade_minor_version,
        "enableAutomaticUpgrade": desired.enable_automatic_upgrade,
        "settings": desired.settings,
    }
    return {**base, **{name: value for name, value in values.items() if value is not None}}


def _document(
    vm: Mapping[str, Any], extension: Optional[Mapping[str, Any]], properties: Dict[str, Any], desired: Desired
) -> Dict[str, Any]:
    document: Dict[str, Any] = {"location": vm.get("location"), "properties": dict(properties)}
    if (extension or {}).get("tags"):
        document["tags"] = dict((extension or {})["tags"])
    if desired.protected_settings:
        document["properties"]["protectedSettings"] = desired.protected_settings
    return document


def _tail(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else "... " + text[-LONGEST_REASON:]
