# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What has to be done to one resource. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .create_only import never_echoed, refuse_fixed, without, writable
from .documents import GROUP_TYPE, Difference, difference, merge, parse_id
from .redaction import public

OWNER_TAG = "bulwark-azure-docker-owner"

# Children that live in their parent's body: they carry no tags.
TAGLESS = ("microsoft.network/", "microsoft.authorization/")


class Plan(NamedTuple):
    """``action`` is none, create, update or delete. ``document`` is what to send; ``predicted`` what Azure will hold.

    ``before`` and ``after`` are public and hold what differs, by path; for create and delete the whole document.
    """

    action: str
    reasons: List[str]
    document: Optional[Dict[str, Any]]
    predicted: Dict[str, Any]
    before: Dict[str, Any]
    after: Dict[str, Any]


def plan_present(
    resource_id: str,
    desired: Mapping[str, Any],
    current: Optional[Mapping[str, Any]],
    *,
    owner: Optional[str] = None,
    list_keys: Optional[Mapping[str, str]] = None,
    exclusive: Sequence[str] = (),
) -> Plan:
    """The plan that makes ``current`` (None: absent) hold what ``desired`` asks for.

    Raises Failure if the difference lies in what is fixed at creation.
    """
    if current is None:
        return _create(resource_id, desired, owner)
    kind = parse_id(resource_id).type
    silent = never_echoed(kind)
    asked = without([tuple(path.split(".")) for path in silent], desired)
    differences = difference(asked, current, list_keys, ignore=silent, exclusive=exclusive)
    refuse_fixed(resource_id, kind, differences)
    reasons = ["%s differs" % item.path for item in differences]
    state = provisioning_state(current)
    if state in ("Failed", "Canceled"):
        reasons.append("provisioningState is %s" % state)
    if not reasons:
        return Plan("none", [], None, dict(current), {}, {})
    merged = merge(current, asked, list_keys, exclusive)
    return Plan("update", reasons, writable(merged, kind), merged, *_sides(differences, state))


def plan_absent(resource_id: str, current: Optional[Mapping[str, Any]], owner: str, others: Sequence[str] = ()) -> Plan:
    """The plan that removes a resource if its owner tag says that it is ours.

    ``others`` are ids of what else is in a resource group; as long as there is any, the group stays.
    """
    if current is None:
        return Plan("none", [], None, {}, {}, {})
    found = (current.get("tags") or {}).get(OWNER_TAG)
    reason = None
    if is_tagless(resource_id):
        reason = "kept: it cannot carry a tag that says whose it is; it goes with its parent"
    elif found != owner:
        reason = "kept: its tag %s is %r, not %r" % (OWNER_TAG, found, owner)
    elif others and parse_id(resource_id).type == GROUP_TYPE:
        reason = "kept: the group still holds %s" % ", ".join(sorted(others))
    if reason:
        return Plan("none", [reason], None, dict(current), {}, {})
    return Plan("delete", ["present"], None, {}, public(dict(current)), {})


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


def _create(resource_id: str, desired: Mapping[str, Any], owner: Optional[str]) -> Plan:
    parsed = parse_id(resource_id)
    document = merge({}, desired)
    if owner and not is_tagless(resource_id):
        document["tags"] = {**document.get("tags", {}), OWNER_TAG: owner}
    predicted = {**document, "id": resource_id, "name": parsed.name, "type": parsed.type}
    return Plan("create", ["absent"], document, public(predicted), {}, public(document))


def _sides(differences: Sequence[Difference], state: Optional[str]) -> List[Dict[str, Any]]:
    before = {item.path: item.before for item in differences}
    after = {item.path: item.after for item in differences}
    if state in ("Failed", "Canceled"):
        before["properties.provisioningState"] = state
        after["properties.provisioningState"] = "Succeeded"
    return [public(before), public(after)]
