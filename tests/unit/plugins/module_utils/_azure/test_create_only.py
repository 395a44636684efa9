# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.create_only import (
    never_echoed,
    refuse_fixed,
    writable,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.documents import Difference
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

VM = "Microsoft.Compute/virtualMachines"
NSG = "Microsoft.Network/networkSecurityGroups"

# type, path, fixed at creation
PATHS = [
    (VM, "location", True),
    (NSG, "location", True),
    ("Contoso/things", "location", True),
    (VM, "zones", True),
    (VM, "properties.osProfile.adminUsername", True),
    (VM, "properties.osProfile.computerName", True),
    (VM, "properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData", True),
    (VM, "properties.storageProfile.imageReference.version", True),
    (VM, "properties.storageProfile.osDisk.createOption", True),
    (VM, "properties.storageProfile.osDisk.name", True),
    (VM, "properties.storageProfile.osDisk.diskSizeGB", False),
    (VM, "properties.hardwareProfile.vmSize", False),
    (VM, "properties.osProfile.adminUsernames", False),
    (VM, "tags.location", False),
    (NSG, "zones", False),
    (NSG, "properties.securityRules[ssh].properties.priority", False),
    ("Microsoft.Network/publicIPAddresses", "sku.name", True),
]


@pytest.mark.parametrize(("kind", "path", "fixed"), PATHS)
def test_refuse_fixed(kind, path, fixed):
    differences = [Difference("tags.x", None, "1"), Difference(path, "a", "b")]
    if not fixed:
        refuse_fixed("/id", kind, differences)
        return
    with pytest.raises(Failure) as caught:
        refuse_fixed("/id", kind, differences)
    assert caught.value.code == "PropertyChangeNotAllowed"
    assert caught.value.message.endswith("asked for: %s." % path), "only the fixed ones are named"
    assert caught.value.details == [{"code": "CreateOnly", "message": "%s is 'a', asked for is 'b'." % path}]
    assert "delete and create" in caught.value.hint


def test_long_values_are_shown_in_short():
    with pytest.raises(Failure) as caught:
        refuse_fixed("/id", VM, [Difference("zones", "x" * 999, "y")])
    assert len(caught.value.details[0]["message"]) < 300


def test_never_echoed():
    assert "properties.osProfile.customData" in never_echoed(VM)
    assert never_echoed(NSG) == ()


# type, what Azure shows, what may be sent back
WRITABLE = {
    "vm": (
        VM,
        {
            "id": "/id",
            "name": "vm",
            "type": VM,
            "location": "westeurope",
            "etag": "1",
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
            "resources": [{"id": "/id/extensions/x"}],
            "tags": {"name": "kept"},
            "properties": {
                "vmId": "v",
                "timeCreated": "t",
                "provisioningState": "Succeeded",
                "instanceView": {"statuses": []},
                "hardwareProfile": {"vmSize": "s"},
                "storageProfile": {
                    "imageReference": {"sku": "12", "exactVersion": "1"},
                    "osDisk": {"name": "d", "managedDisk": {"id": "/disk"}},
                },
                "networkProfile": {"networkInterfaces": [{"id": "/nic"}]},
            },
        },
        {
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "tags": {"name": "kept"},
            "properties": {
                "hardwareProfile": {"vmSize": "s"},
                "storageProfile": {
                    "imageReference": {"sku": "12"},
                    "osDisk": {"name": "d", "managedDisk": {"id": "/disk"}},
                },
                "networkProfile": {"networkInterfaces": [{"id": "/nic"}]},
            },
        },
    ),
    "security group": (
        NSG,
        {
            "id": "/id",
            "properties": {
                "resourceGuid": "g",
                "securityRules": [
                    {"name": "ssh", "id": "/r", "etag": "e", "properties": {"priority": 1, "provisioningState": "S"}}
                ],
                "defaultSecurityRules": [{"name": "d"}],
                "subnets": [{"id": "/s"}],
                "networkInterfaces": [{"id": "/n"}],
            },
        },
        {"properties": {"securityRules": [{"name": "ssh", "id": "/r", "properties": {"priority": 1}}]}},
    ),
    "network": (
        "Microsoft.Network/virtualNetworks",
        {"properties": {"subnets": [{"name": "a", "properties": {"addressPrefix": "p", "ipConfigurations": [1]}}]}},
        {"properties": {"subnets": [{"name": "a", "properties": {"addressPrefix": "p"}}]}},
    ),
}


@pytest.mark.parametrize("name", WRITABLE)
def test_writable(name):
    kind, shown, sent = WRITABLE[name]
    before = copy.deepcopy(shown)
    assert writable(shown, kind) == sent
    assert shown == before
