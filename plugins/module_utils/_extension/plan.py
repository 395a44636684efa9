# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What has to be done to one extension of one VM. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._azure.errors import Failure
from .._azure.shown import sides
from . import drift, observed, preflight, secret_digest, slot
from .desired import Desired

# The public properties that a user can set. A reference to a Key Vault says where a secret is, not what it is.
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
    "protectedSettingsFromKeyVault",
)


class Plan(NamedTuple):
    """``action`` is none, create, update, reinstall (delete, then create) or delete.

    ``document`` is what to PUT (with secrets), or None. ``before`` and ``after`` are the public properties, and the
    ``tags`` where they change. With ``unknown_secret`` the stored secret could not be judged.
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
    extension = extension or slot.to_adopt(desired, vm)
    if extension is None:
        preflight.check_siblings(desired, vm)
        return _plan_create(desired, vm, digest_key)
    slot.check_not_deleting(vm, extension)
    if slot.is_other_handler(desired, extension):
        slot.check_may_reinstall(desired, vm, extension)
        reason = "handler %s.%s found" % tuple(
            observed.properties_of(extension).get(it) for it in ("publisher", "type")
        )
        return _plan_anew(desired, vm, extension, digest_key, reason)
    if desired.state == "reinstalled":
        slot.check_foreign_script(desired, vm, extension)
        return _plan_again(desired, vm, extension, digest_key, nonce, ["asked to reinstall"], "reinstall")
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
    return Plan("delete", name, ["present"], None, *sides(public_properties, extension, None))


def _plan_create(desired: Desired, vm: Mapping[str, Any], digest_key: Optional[str]) -> Plan:
    missing = [name for name in ("publisher", "type", "version") if not getattr(desired, name)]
    if missing:
        raise Failure(
            "The extension does not exist on %s, and creating it needs: %s." % (vm.get("id"), ", ".join(missing)),
            code="MissingOption",
            hint="Give publisher, type and type_handler_version.",
        )
    properties = {"autoUpgradeMinorVersion": True, **desired.properties()}
    mark = drift.wanted_mark(desired, digest_key)
    properties["forceUpdateTag"] = desired.force_update_tag or secret_digest.next_tag(None, mark, None)
    document = _document(vm, desired.tags or {}, properties, desired)
    shown = sides(public_properties, None, document)
    return Plan("create", desired.name or str(desired.type), ["absent"], document, *shown)


def _plan_anew(
    desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any], digest_key: Optional[str], reason: str
) -> Plan:
    """Delete what is there, and create what is declared: the one is not made from the other."""
    made = _plan_create(desired._replace(name=str(extension.get("name"))), vm, digest_key)
    before, after = sides(public_properties, extension, made.document)
    return made._replace(action="reinstall", reasons=[reason], before=before, after=after)


def _plan_update(
    desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any], digest_key: Optional[str], nonce: str
) -> Plan:
    current, view = observed.properties_of(extension), observed.view_of(vm, extension)
    stored = drift.secret_state(desired, current, drift.wanted_mark(desired, digest_key))
    failed = observed.failure_status(extension, view)
    reasons = drift.reasons(desired, current, extension.get("tags") or {}, view.get("typeHandlerVersion"))
    if stored == "differs":
        reasons.append("protected settings differ")
    if stored == "unknown" and desired.on_unknown_secret == "apply":
        reasons.append("protected settings unknown")
    if failed is not None:
        reasons.append("Failed: " + failed)
    if desired.rerun:
        reasons.append("asked to run again")
    if not reasons:
        before = public_properties(extension)
        return Plan("none", str(extension.get("name")), [], None, before, before, stored == "unknown")
    slot.check_foreign_script(desired, vm, extension)
    # A handler that failed, or whose secret cannot be judged, runs again only if the tag is a new one.
    again = nonce if failed is not None or desired.rerun or stored == "unknown" else None
    made = _plan_again(desired, vm, extension, digest_key, again, reasons, "update")
    return made._replace(unknown_secret=stored == "unknown")


def _plan_again(
    desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any], digest_key: Optional[str],
    nonce: Optional[str], reasons: List[str], action: str,
) -> Plan:  # fmt: skip
    """Send what is there with what is declared on top."""
    current = observed.properties_of(extension)
    _refuse_lost_secret(desired, extension, current)
    properties = {**public_properties(extension), **desired.properties()}
    if desired.protected_settings is not None:
        properties.pop("protectedSettingsFromKeyVault", None)  # Azure takes one of the two
    properties["forceUpdateTag"] = _tag(desired, current, digest_key, nonce)
    document = _document(vm, {**(extension.get("tags") or {}), **(desired.tags or {})}, properties, desired)
    shown = sides(public_properties, extension, document)
    return Plan(action, str(extension.get("name")), reasons, document, *shown)


def _refuse_lost_secret(desired: Desired, extension: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    given = desired.protected_settings is not None or desired.protected_settings_from_key_vault is not None
    tag = secret_digest.read_tag(current.get("forceUpdateTag"))
    none_stored = tag is not None and tag.mark == secret_digest.NONE
    if given or none_stored or current.get("protectedSettingsFromKeyVault"):
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
    tag, kept = secret_digest.read_tag(stored), current.get("protectedSettingsFromKeyVault")
    if desired.protected_settings is None and desired.protected_settings_from_key_vault is None and kept:
        return secret_digest.next_tag(stored, tag.mark if tag else secret_digest.reference_mark(kept), nonce)
    return secret_digest.next_tag(stored, drift.wanted_mark(desired, digest_key), nonce)


def _document(
    vm: Mapping[str, Any], tags: Mapping[str, str], properties: Mapping[str, Any], desired: Desired
) -> Dict[str, Any]:
    document: Dict[str, Any] = {"location": vm.get("location"), "properties": dict(properties)}
    if tags:
        document["tags"] = dict(tags)
    if desired.protected_settings:
        document["properties"]["protectedSettings"] = desired.protected_settings
    return document
