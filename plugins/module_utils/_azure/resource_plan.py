# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What has to be done to one resource. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .create_only import never_echoed, refuse_fixed, without, writable
from .documents import GROUP_TYPE, Difference, difference, id_key, merge, parse_id
from .errors import Failure
from .power import power_action, power_state
from .redaction import public

# Both are written at creation only. The second one says which resource was created: people and policies copy tags.
OWNER_TAG = "bulwark-azure-docker-owner"
ID_TAG = "bulwark-azure-docker-id"

# Children that live in their parent's body: they carry no tags.
TAGLESS = ("microsoft.network/", "microsoft.authorization/")


class Plan(NamedTuple):
    """``action`` is none, create, update or delete. ``document`` is what to send; ``predicted`` what Azure will hold.

    ``before`` and ``after`` are public and hold what differs, by path; for create and delete the whole document.
    ``power`` is the power action to call after that ("start", "powerOff", "deallocate"), None if there is none.
    """

    action: str
    reasons: List[str]
    document: Optional[Dict[str, Any]]
    predicted: Dict[str, Any]
    before: Dict[str, Any]
    after: Dict[str, Any]
    power: Optional[str] = None


def plan_present(
    resource_id: str,
    desired: Mapping[str, Any],
    current: Optional[Mapping[str, Any]],
    *,
    owner: Optional[str] = None,
    list_keys: Optional[Mapping[str, str]] = None,
    exclusive: Sequence[str] = (),
    power: Optional[str] = None,
    ignore_tags: Sequence[str] = (),
) -> Plan:
    """The plan that makes ``current`` (None: absent) hold what ``desired`` asks for, and a VM have that ``power``.

    Raises Failure if the difference lies in what is fixed at creation, and for an absent resource without a document.
    """
    if current is None:
        return _create(resource_id, desired, owner, power)
    kind = parse_id(resource_id).type
    silent = never_echoed(kind)
    unasked = [tuple(path.split(".")) for path in silent] + [("tags", name) for name in ignore_tags]
    asked = without(unasked, desired)
    differences = difference(asked, current, list_keys, ignore=silent, exclusive=exclusive)
    refuse_fixed(resource_id, kind, differences)
    reasons = ["%s differs" % item.path for item in differences]
    # Where nothing is declared, nothing is sent to repair it either.
    state = provisioning_state(current) if asked else None
    if state in ("Failed", "Canceled"):
        reasons.append("provisioningState is %s" % state)
    found = power_state(current)
    action = power_action(power, found)
    if not reasons and not action:
        return Plan("none", [], None, dict(current), {}, {})
    merged = merge(current, asked, list_keys, exclusive)
    document = writable(merged, kind) if reasons else None
    before, after = _sides(differences, state)
    if action:
        reasons.append("power is %s" % found)
        before, after = {**before, "power": found}, {**after, "power": power}
    return Plan("update", reasons, document, merged, before, after, action)


def plan_absent(
    resource_id: str,
    current: Optional[Mapping[str, Any]],
    owner: str,
    held: Sequence[str] = (),
    users: Sequence[str] = (),
) -> Plan:
    """The plan that removes a resource if its tags say that it is ours.

    ``held`` are ids of what else is in a resource group, ``users`` ids of what uses the resource and stays: as long as
    there is any, the resource stays too.
    """
    if current is None:
        return Plan("none", [], None, {}, {}, {})
    reason = _whose(resource_id, current, owner)
    if not reason and held and parse_id(resource_id).type == GROUP_TYPE:
        reason = "the group still holds %s" % ", ".join(sorted(held))
    if not reason and users:
        reason = "it is still used by %s" % ", ".join(sorted(users))
    if reason:
        return Plan("none", ["kept: " + reason], None, dict(current), {}, {})
    along = goes_along(current)
    reasons = ["present"] + (["with it go %s" % ", ".join(along)] if along else [])
    return Plan("delete", reasons, None, {}, public(dict(current)), {})


def owner_tags(resource_id: str, owner: str) -> Dict[str, str]:
    """The tags that say whose a resource is, and that they were written for this very resource."""
    return {OWNER_TAG: owner, ID_TAG: hashlib.sha256(id_key(resource_id).encode("utf-8")).hexdigest()[:16]}


def removal_lines(results: Mapping[str, Any]) -> List[str]:
    """A removal in words, one line per resource, from its {id: result or Failure}, which are in order."""
    lines = []
    for resource_id, result in results.items():
        if isinstance(result, Failure):
            lines.append("fail   %s: %s" % (resource_id, result.text()))
        elif result["action"] == "delete":
            lines.append("; ".join(["delete " + resource_id, *result["reasons"][1:]]))
        elif result["reasons"]:
            lines.append("keep   %s: %s" % (resource_id, result["reasons"][0].replace("kept: ", "", 1)))
        else:
            lines.append("absent " + resource_id)
    return lines


def goes_along(vm: Mapping[str, Any]) -> List[str]:
    """Ids of the disks and interfaces that Azure deletes together with this VM."""
    properties = vm.get("properties") or {}
    storage, network = properties.get("storageProfile") or {}, properties.get("networkProfile") or {}
    disks = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])]
    ids = [(disk.get("managedDisk") or {}).get("id") for disk in disks if disk.get("deleteOption") == "Delete"]
    for interface in network.get("networkInterfaces") or []:
        if (interface.get("properties") or {}).get("deleteOption") == "Delete":
            ids.append(interface.get("id"))
    return [found for found in ids if found]


def is_tagless(resource_id: str) -> bool:
    """True for a resource that cannot carry tags."""
    parsed = parse_id(resource_id)
    kind = parsed.type.lower()
    return (len(parsed.types) > 1 and kind.startswith(TAGLESS)) or kind.startswith("microsoft.authorization/")


def provisioning_state(document: Mapping[str, Any]) -> Optional[str]:
    """The provisioningState of a resource, None if it has none."""
    properties = document.get("properties")
    return properties.get("provisioningState") if isinstance(properties, Mapping) else None


def _create(resource_id: str, desired: Mapping[str, Any], owner: Optional[str], power: Optional[str]) -> Plan:
    if not desired:
        raise Failure(
            "%s does not exist, and without a document it cannot be created." % resource_id,
            code="ResourceNotFound",
            hint="Check the id, or give option `document` of the resource.",
        )
    parsed = parse_id(resource_id)
    document = merge({}, desired)
    if owner and not is_tagless(resource_id):
        document["tags"] = {**document.get("tags", {}), **owner_tags(resource_id, owner)}
    predicted = {**document, "id": resource_id, "name": parsed.name, "type": parsed.type}
    after = {**public(document), "power": power} if power else public(document)
    # A VM runs when it has been created.
    return Plan("create", ["absent"], document, public(predicted), {}, after, power_action(power, "running"))


def _whose(resource_id: str, current: Mapping[str, Any], owner: str) -> Optional[str]:
    """Why a resource may not be ours; None if it is."""
    if is_tagless(resource_id):
        return "it cannot carry a tag that says whose it is; it goes with its parent"
    tags, ours = current.get("tags") or {}, owner_tags(resource_id, owner)
    if tags.get(OWNER_TAG) != owner:
        return "its tag %s is %r, not %r" % (OWNER_TAG, tags.get(OWNER_TAG), owner)
    if ID_TAG not in tags:
        return "it has the tag %s but not the tag %s: a former version created it, or the tag was copied" % (
            OWNER_TAG,
            ID_TAG,
        )
    if tags[ID_TAG] != ours[ID_TAG]:
        return "its tag %s was written for another resource: the tags were copied" % ID_TAG
    return None


def _sides(differences: Sequence[Difference], state: Optional[str]) -> List[Dict[str, Any]]:
    before = {item.path: item.before for item in differences}
    after = {item.path: item.after for item in differences}
    if state in ("Failed", "Canceled"):
        before["properties.provisioningState"] = state
        after["properties.provisioningState"] = "Succeeded"
    return [public(before), public(after)]
