# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What Azure fixes when it creates a resource, never shows again, or writes alone. Data, and how it is applied."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .documents import Difference, id_key, parse_id, strings
from .errors import Failure
from .hints import HINTS

VM = "microsoft.compute/virtualmachines"
NIC = "microsoft.network/networkinterfaces"
NSG = "microsoft.network/networksecuritygroups"
ADDRESS = "microsoft.network/publicipaddresses"
VNET = "microsoft.network/virtualnetworks"
SUBNET = "microsoft.network/virtualnetworks/subnets"
DISK = "microsoft.compute/disks"
AVAILABILITY_SET = "microsoft.compute/availabilitysets"
PLACEMENT_GROUP = "microsoft.compute/proximityplacementgroups"

# Paths of which a later change is refused.
CREATE_ONLY: Dict[str, Tuple[str, ...]] = {
    "": ("location", "extendedLocation", "kind"),
    VM: (
        "plan",
        "properties.availabilitySet",
        "properties.osProfile.adminUsername",
        "properties.osProfile.computerName",
        "properties.osProfile.linuxConfiguration.disablePasswordAuthentication",
        "properties.osProfile.linuxConfiguration.ssh",
        "properties.priority",
        "properties.securityProfile.securityType",
        "properties.storageProfile.imageReference",
        "properties.storageProfile.osDisk.createOption",
        "properties.storageProfile.osDisk.name",
        "properties.storageProfile.osDisk.osType",
        "zones",
    ),
    ADDRESS: ("properties.publicIPAddressVersion", "sku", "zones"),
    DISK: ("properties.creationData", "properties.osType", "zones"),
    AVAILABILITY_SET: ("properties.platformFaultDomainCount",),
    PLACEMENT_GROUP: ("properties.proximityPlacementGroupType", "zones"),
}

# Paths that Azure takes at creation and never shows: they cannot be compared, and are not sent again.
NEVER_ECHOED: Dict[str, Tuple[str, ...]] = {
    VM: ("properties.osProfile.adminPassword", "properties.osProfile.customData"),
}

# Paths at which Azure shows who uses a resource: as long as anybody does, it cannot be deleted.
USED_BY: Dict[str, Tuple[str, ...]] = {
    ADDRESS: ("properties.ipConfiguration", "properties.natGateway"),
    AVAILABILITY_SET: ("properties.virtualMachines",),
    DISK: ("managedBy", "managedByExtended"),
    NIC: ("properties.virtualMachine",),
    NSG: ("properties.networkInterfaces", "properties.subnets"),
    PLACEMENT_GROUP: ("properties.availabilitySets", "properties.virtualMachines"),
    VNET: ("properties.subnets.properties.ipConfigurations",),
}

# Paths that only Azure writes: left out of what we send. "*" stands for any one name.
READ_ONLY: Dict[str, Tuple[str, ...]] = {
    "": (
        "id",
        "name",
        "type",
        "etag",
        "systemData",
        "identity.principalId",
        "identity.tenantId",
        "identity.userAssignedIdentities.*.clientId",
        "identity.userAssignedIdentities.*.principalId",
        "managedBy",
    ),
    VM: (
        "managedBy",
        "resources",
        "properties.instanceView",
        "properties.storageProfile.imageReference.exactVersion",
        "properties.timeCreated",
        "properties.vmId",
    ),
    DISK: (
        "managedByExtended",
        "properties.diskSizeBytes",
        "properties.diskState",
        "properties.timeCreated",
        "properties.uniqueId",
    ),
    AVAILABILITY_SET: ("properties.statuses", "properties.virtualMachines"),
    PLACEMENT_GROUP: (
        "properties.availabilitySets",
        "properties.virtualMachineScaleSets",
        "properties.virtualMachines",
    ),
    NIC: (
        "kind",
        "properties.allowPort25Out",
        "properties.dnsSettings.appliedDnsServers",
        "properties.dnsSettings.internalDomainNameSuffix",
        "properties.macAddress",
        "properties.primary",
        "properties.resourceGuid",
        "properties.virtualMachine",
        "properties.vnetEncryptionSupported",
    ),
    NSG: (
        "properties.defaultSecurityRules",
        "properties.networkInterfaces",
        "properties.resourceGuid",
        "properties.subnets",
    ),
    ADDRESS: ("properties.ipConfiguration", "properties.resourceGuid"),
    VNET: ("properties.resourceGuid", "properties.subnets.properties.ipConfigurations"),
    SUBNET: ("properties.ipConfigurations", "properties.purpose"),
}

# Wherever they stand in a document, Azure alone writes these.
READ_ONLY_NAMES = frozenset(["etag", "provisioningState"])


def never_echoed(resource_type: str) -> Tuple[str, ...]:
    """The paths of a type that Azure never shows."""
    return NEVER_ECHOED.get(resource_type.lower(), ())


def refuse_fixed(resource_id: str, resource_type: str, differences: Sequence[Difference]) -> None:
    """Raise Failure that names every difference at a path that is fixed at creation."""
    fixed = CREATE_ONLY[""] + CREATE_ONLY.get(resource_type.lower(), ())
    blocked = [item for item in differences if _is_below(item.path, fixed)]
    if not blocked:
        return
    raise Failure(
        "%s exists, and these of its properties are fixed at creation but differ from what is asked for: %s."
        % (resource_id, ", ".join(item.path for item in blocked)),
        code="PropertyChangeNotAllowed",
        details=[{"code": "CreateOnly", "message": _shown(item)} for item in blocked],
        hint=HINTS["PropertyChangeNotAllowed"],
    )


def writable(document: Mapping[str, Any], resource_type: str) -> Dict[str, Any]:
    """The document without what only Azure writes, as it may be sent back."""
    paths = READ_ONLY[""] + READ_ONLY.get(resource_type.lower(), ())
    return without([tuple(path.split(".")) for path in paths], document, READ_ONLY_NAMES)


def users(resource_id: str, document: Mapping[str, Any]) -> List[str]:
    """The ids of what uses the resource, as Azure shows them in its document; it and its children are none."""
    found: List[str] = []
    for path in USED_BY.get(parse_id(resource_id).type.lower(), ()):
        found += [
            text for text in strings(_at(path.split("."), document)) if text.lower().startswith("/subscriptions/")
        ]
    own = id_key(resource_id)
    return [text for text in dict.fromkeys(found) if id_key(text) != own and not id_key(text).startswith(own + "/")]


def without(paths: Sequence[Tuple[str, ...]], value: Any, names: Any = frozenset()) -> Any:
    """``value`` without the keys at ``paths`` (tuples of segments; lists are passed through) and without ``names``."""
    if isinstance(value, list):
        return [without(paths, item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    gone = {path[0] for path in paths if len(path) == 1}
    kept = {}
    for name, item in value.items():
        if name in gone or name in names:
            continue
        kept[name] = without([path[1:] for path in paths if len(path) > 1 and path[0] in (name, "*")], item, names)
    return kept


def _at(path: Sequence[str], value: Any) -> Any:
    """What stands at a path; of a list, what stands there in each of its items."""
    if isinstance(value, list):
        return [_at(path, item) for item in value]
    if not path:
        return value
    return _at(path[1:], value.get(path[0])) if isinstance(value, Mapping) else None


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith((root + ".", root + "[")) for root in roots)


def _shown(item: Difference) -> str:
    return "%s is %s, asked for is %s." % (item.path, _brief(item.before), _brief(item.after))


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
