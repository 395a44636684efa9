# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a virtual machine: what Azure fills in, what may not change, what it refuses (pure)."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import uuid
from typing import Any

from .. import errors, shapes
from ..catalogue import exact_image_version

PROVENANCE = {
    "defaults of storageProfile, osProfile and linuxConfiguration": "recorded",
    "adminPassword and customData are never answered": "recorded",
    "create-only properties: 409 PropertyChangeNotAllowed": "docs",
    "customData that is sent again unchanged is no change": "inferred",
    "a PUT keeps sections of properties that it does not name, and replaces the tags": "inferred",
    "only SSH keys let anybody in, adminPassword is ignored": "inferred",
    "data disks: empty ones only, the machine itself does not see them": "inferred",
    "name of a data disk that is given none": "inferred",
    "securityProfile, identity and diagnosticsProfile are answered as they were given": "inferred",
    "key path must be the default one, some user names are not allowed": "docs",
}
_RESERVED = frozenset({
    "admin", "administrator", "root", "guest", "user", "test", "backup", "console", "server", "sys", "john", "david",
})  # fmt: skip
# Path in the properties -> the name that Azure's text gives it.
CREATE_ONLY = {
    "osProfile.computerName": "osProfile.computerName",
    "osProfile.adminUsername": "osProfile.adminUsername",
    "osProfile.linuxConfiguration.ssh.publicKeys": "linuxConfiguration.ssh.publicKeys",
    "osProfile.linuxConfiguration.disablePasswordAuthentication": "linuxConfiguration.disablePasswordAuthentication",
    "storageProfile.imageReference.publisher": "imageReference",
    "storageProfile.imageReference.offer": "imageReference",
    "storageProfile.imageReference.sku": "imageReference",
    "storageProfile.imageReference.version": "imageReference",
    "storageProfile.osDisk.name": "osDisk.name",
    "storageProfile.osDisk.createOption": "osDisk.createOption",
    "storageProfile.osDisk.managedDisk.id": "osDisk.managedDisk.id",
    "availabilitySet.id": "availabilitySet",
    "securityProfile.securityType": "securityProfile.securityType",
}
_NEEDED = ("hardwareProfile", "storageProfile", "osProfile", "networkProfile")
_ABSENT = object()


def pick(document: dict, path: str) -> Any:
    """Return the value at a dotted path, None if there is none."""
    found = _pick(document, path)
    return None if found is _ABSENT else found


def _pick(document: Any, path: str) -> Any:
    for word in path.split("."):
        if not isinstance(document, dict) or word not in document:
            return _ABSENT
        document = document[word]
    return document


def merge(old: Any, new: Any) -> Any:
    """Return `old` with what `new` says; null removes, lists replace."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return copy.deepcopy(new)
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def without_gaps(properties: dict) -> dict:
    """Return a copy of a change, without the nulls that would take away what a machine cannot be without."""
    given = copy.deepcopy(properties)
    whole = {name: given.pop(name) for name in _NEEDED if name in given}
    return {**given, **shapes.without_nulls(whole)}


def refuse_create_only_changes(current: dict, custom_data_digest: str, wanted: dict) -> None:
    """Raise PropertyChangeNotAllowed for the first create-only property that `wanted` names with another value."""
    for path, name in CREATE_ONLY.items():
        value = _pick(wanted, path)
        if value is not _ABSENT and value is not None and not _same(value, pick(current, path)):
            raise errors.property_change(name)
    custom_data = pick(wanted, "osProfile.customData")
    if custom_data is not None and digest(custom_data) != custom_data_digest:
        raise errors.property_change("osProfile.customData")


def digest(custom_data: str | None) -> str:
    """Return what is kept of the customData of a machine that has booted once."""
    return "" if custom_data is None else hashlib.sha256(custom_data.encode()).hexdigest()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().lower() == other.strip().lower() if one.startswith("/") else one.strip() == other.strip()
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(left, right) for left, right in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return one == other


def complete(properties: dict, name: str, group_id: str, created: str) -> tuple[dict, str | None]:
    """Return (the properties of a new machine as Azure keeps them, its customData), or refuse them."""
    given = shapes.without_nulls(properties)
    profile = given.get("osProfile") or {}
    custom_data = profile.pop("customData", None)
    profile.pop("adminPassword", None)
    _check_custom_data(custom_data)
    if not pick(given, "hardwareProfile.vmSize"):
        raise errors.missing_parameter("hardwareProfile.vmSize")
    if not pick(given, "networkProfile.networkInterfaces"):
        raise errors.missing_parameter("networkProfile.networkInterfaces")
    given["storageProfile"] = _storage(given.get("storageProfile") or {}, name, group_id)
    given["osProfile"] = _os_profile(profile, name)
    given.pop("instanceView", None)
    given["provisioningState"] = "Creating"
    # The first eight digits spell that this is no machine of Azure's.
    given["vmId"] = "10ca1a2e" + str(uuid.uuid4())[8:]
    given["timeCreated"] = created
    return given, custom_data


def _check_custom_data(custom_data: Any) -> None:
    if custom_data is None:
        return
    try:
        decoded = base64.b64decode(custom_data, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        text = "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters."
        raise errors.invalid_parameter(text, "customData") from error
    if len(decoded) > 65535:
        text = "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters."
        raise errors.invalid_parameter(text, "customData")


def _storage(storage: dict, name: str, group_id: str) -> dict:
    image = storage.get("imageReference")
    if not image:
        raise errors.missing_parameter("storageProfile.imageReference")
    image["exactVersion"] = exact_image_version(image)
    disk = storage.get("osDisk") or {}
    disk_name = disk.get("name") or f"{name}_OsDisk_1_{uuid.uuid4().hex}"
    managed = {"storageAccountType": "Premium_LRS", **(disk.get("managedDisk") or {})}
    managed["id"] = f"{group_id}/providers/Microsoft.Compute/disks/{disk_name}"
    defaults = {"osType": "Linux", "createOption": "FromImage", "caching": "ReadWrite", "deleteOption": "Detach"}
    size = {"diskSizeGB": disk.get("diskSizeGB") or 30}
    return {
        **storage, "dataDisks": data_disks(storage.get("dataDisks") or [], name, group_id),
        "osDisk": {**defaults, **disk, "name": disk_name, "managedDisk": managed, **size},
    }  # fmt: skip


def data_disks(given: list[dict], name: str, group_id: str) -> list[dict]:
    """Return the data disks of a machine as Azure keeps them: those that have no name yet are made."""
    kept = []
    for disk in given:
        if str(disk.get("createOption", "")).lower() != "empty" or not disk.get("diskSizeGB"):
            text = "The local Azure takes data disks with createOption Empty and diskSizeGB only."
            raise errors.invalid_parameter(text, "dataDisk")
        disk_name = disk.get("name") or f"{name}_disk{int(disk.get('lun', 0)) + 2}_{uuid.uuid4().hex}"
        managed = {"storageAccountType": "Premium_LRS", **(disk.get("managedDisk") or {})}
        managed["id"] = f"{group_id}/providers/Microsoft.Compute/disks/{disk_name}"
        defaults = {"caching": "None", "deleteOption": "Detach", "toBeDetached": False}
        kept.append({**defaults, **disk, "name": disk_name, "managedDisk": managed})
    return kept


def _os_profile(profile: dict, name: str) -> dict:
    user = profile.get("adminUsername")
    if not user:
        raise errors.missing_parameter("osProfile.adminUsername")
    if user.lower() in _RESERVED:
        raise errors.invalid_parameter("The Admin Username specified is not allowed.", "adminUsername")
    linux = profile.get("linuxConfiguration") or {}
    _check_keys(user, pick(linux, "ssh.publicKeys") or [])
    defaults = {
        "disablePasswordAuthentication": False,
        "provisionVMAgent": True,
        "patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"},
    }
    return {
        "computerName": name, "secrets": [], "allowExtensionOperations": True, "requireGuestProvisionSignal": True,
        **profile, "linuxConfiguration": {**defaults, **linux},
    }  # fmt: skip


def _check_keys(user: str, keys: list[dict]) -> None:
    if not keys:
        text = (
            "Authentication using either SSH or by user name and password must be enabled in Linux profile. The local "
            "Azure takes SSH keys only: give osProfile.linuxConfiguration.ssh.publicKeys."
        )
        raise errors.invalid_parameter(text, "linuxConfiguration")
    path = f"/home/{user}/.ssh/authorized_keys"
    for key in keys:
        if key.setdefault("path", path) != path:
            text = (
                f"Destination path for SSH public keys is currently limited to its default value {path}  due to a "
                "known issue in Linux provisioning agent."
            )
            raise errors.invalid_parameter(text, "linuxConfiguration.ssh.publicKeys.path")
        if str(key.get("keyData", "")).split(" ", 1)[0] not in ("ssh-rsa", "ssh-ed25519"):
            text = "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid."
            raise errors.invalid_parameter(text, "linuxConfiguration.ssh.publicKeys.keyData")
