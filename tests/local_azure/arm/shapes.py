# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which JSON types the fields of a body have (pure): another one is refused before anything looks at the body.

A shape is a type, {field: shape} for an object, [shape] for a list, or (shape,) for an object whose fields all have it.
Fields that are not named here are let through as they are.
"""

from __future__ import annotations

import copy
from typing import Any

from . import errors
from .messages import Call

PROVENANCE = {
    "a field of another JSON type: 400 InvalidRequestContent, before permissions, locks and policies": "inferred",
    "null is as good as absent": "inferred",
}
_ID = {"id": str}
_RULE = {
    "protocol": str, "access": str, "direction": str, "priority": int, "description": str,
    "sourcePortRange": str, "sourcePortRanges": [str], "destinationPortRange": str, "destinationPortRanges": [str],
    "sourceAddressPrefix": str, "sourceAddressPrefixes": [str], "destinationAddressPrefix": str,
    "destinationAddressPrefixes": [str],
}  # fmt: skip
_SUBNET = {
    "addressPrefix": str, "addressPrefixes": [str], "networkSecurityGroup": _ID, "routeTable": _ID, "natGateway": _ID,
    "delegations": [dict], "serviceEndpoints": [dict],
}  # fmt: skip
_CONFIGURATION = {
    "subnet": _ID, "publicIPAddress": _ID, "privateIPAddress": str, "privateIPAllocationMethod": str,
    "privateIPAddressVersion": str, "primary": bool,
}  # fmt: skip
_DISK = {
    "name": str, "createOption": str, "caching": str, "deleteOption": str, "diskSizeGB": int,
    "managedDisk": {"id": str, "storageAccountType": str},
}  # fmt: skip
_IMAGE = dict.fromkeys(("publisher", "offer", "sku", "version", "id", "exactVersion"), str)
_LINUX = {
    "disablePasswordAuthentication": bool, "provisionVMAgent": bool, "patchSettings": dict,
    "ssh": {"publicKeys": [{"path": str, "keyData": str}]},
}  # fmt: skip
_MACHINE = {
    "hardwareProfile": {"vmSize": str},
    "networkProfile": {"networkInterfaces": [{**_ID, "properties": {"primary": bool, "deleteOption": str}}]},
    "storageProfile": {
        "imageReference": _IMAGE, "osDisk": {**_DISK, "osType": str}, "dataDisks": [{**_DISK, "lun": int}],
    },
    "osProfile": {
        "computerName": str, "adminUsername": str, "adminPassword": str, "customData": str, "secrets": [dict],
        "allowExtensionOperations": bool, "requireGuestProvisionSignal": bool, "linuxConfiguration": _LINUX,
    },
    "securityProfile": {"securityType": str, "uefiSettings": {"secureBootEnabled": bool, "vTpmEnabled": bool}},
    "diagnosticsProfile": {"bootDiagnostics": {"enabled": bool, "storageUri": str}},
    "availabilitySet": _ID,
}  # fmt: skip
# By the type in small letters: the shape of ``properties``.
PROPERTIES: dict[str, Any] = {
    "microsoft.compute/virtualmachines": _MACHINE,
    "microsoft.network/networkinterfaces": {
        "ipConfigurations": [{"name": str, "properties": _CONFIGURATION}], "networkSecurityGroup": _ID,
        "dnsSettings": {"dnsServers": [str], "internalDnsNameLabel": str}, "enableAcceleratedNetworking": bool,
        "enableIPForwarding": bool,
    },
    "microsoft.network/networksecuritygroups": {"securityRules": [{"name": str, "properties": _RULE}]},
    "microsoft.network/networksecuritygroups/securityrules": _RULE,
    "microsoft.network/publicipaddresses": {
        "publicIPAllocationMethod": str, "publicIPAddressVersion": str, "idleTimeoutInMinutes": int,
        "dnsSettings": {"domainNameLabel": str}, "ipTags": [dict], "ddosSettings": dict,
    },
    "microsoft.network/virtualnetworks": {
        "addressSpace": {"addressPrefixes": [str]}, "subnets": [{"name": str, "properties": _SUBNET}],
        "dhcpOptions": {"dnsServers": [str]}, "enableDdosProtection": bool,
    },
    "microsoft.network/virtualnetworks/subnets": _SUBNET,
    "microsoft.resources/tags": {"tags": (str,)},
    "microsoft.authorization/locks": {"level": str, "notes": str},
    "microsoft.authorization/policyassignments": {
        "displayName": str, "enforcementMode": str, "metadata": dict, "parameters": dict, "policyDefinitionId": str,
    },
}  # fmt: skip
TOP: dict[str, Any] = {
    "location": str, "tags": (str,), "zones": [str], "sku": {"name": str, "tier": str},
    "plan": (str,), "extendedLocation": (str,), "properties": dict,
    "identity": {"type": str, "userAssignedIdentities": (dict,)},
}  # fmt: skip
_NAMES = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "an object",
    type(None): "null",
}  # fmt: skip


def check(call: Call) -> None:
    """Refuse the body of a PUT or PATCH that has a field of another type. Whether it is an object, others ask."""
    if call.method not in ("PUT", "PATCH") or not isinstance(call.body, dict):
        return
    _check(call.body, {**TOP, "properties": PROPERTIES.get(type_at(call.path), dict)}, "")


def without_nulls(value: Any) -> Any:
    """Return a copy in which no object has a field that is null, at any depth."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else copy.copy(value)


def type_at(path: str) -> str:
    """Return the type of the resource at a path, in small letters; "" for a group."""
    words = path.lower().rstrip("/").rpartition("/providers/")[2].split("/")
    return "/".join([words[0], *words[1::2]]) if "/providers/" in path.lower() else ""


def _check(value: Any, shape: Any, path: str) -> None:
    kind: Any = shape if isinstance(shape, type) else list if isinstance(shape, list) else dict
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        expected, found = _NAMES[kind], _NAMES[type(value)]
        raise errors.invalid_content(f"The value of '{path}' has the wrong type: found {found}, expected {expected}.")
    if isinstance(shape, list):
        for index, item in enumerate(value):
            _check(item, shape[0], f"{path}[{index}]")
    elif not isinstance(shape, type):
        for name in value:
            inner = shape[0] if isinstance(shape, tuple) else shape.get(name)
            if inner is not None and value[name] is not None:
                _check(value[name], inner, f"{path}.{name}" if path else name)
