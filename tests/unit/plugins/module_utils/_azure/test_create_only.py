# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.create_only import (
    never_echoed,
    refuse_fixed,
    users,
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
    (VM, "properties.securityProfile.securityType", True),
    (VM, "properties.securityProfile.uefiSettings.vTpmEnabled", False),
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
            "identity": {
                "type": "SystemAssigned, UserAssigned",
                "principalId": "p",
                "tenantId": "t",
                "userAssignedIdentities": {"/a.b": {"clientId": "c", "principalId": "p"}},
            },
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
            "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"/a.b": {}}},
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


GROUP = "/subscriptions/s/resourceGroups/g/providers/"
NIC = GROUP + "Microsoft.Network/networkInterfaces/n"
SET, PLACE = GROUP + "Microsoft.Compute/availabilitySets/a", GROUP + "Microsoft.Compute/proximityPlacementGroups/p"
VNET = GROUP + "Microsoft.Network/virtualNetworks/v"
# id, its document, who uses it
USERS = {
    "vm": (GROUP + VM + "/x", {"resources": [{"id": "/subscriptions/s"}], "managedBy": "/subscriptions/s"}, []),
    "interface": (NIC, {"properties": {"virtualMachine": {"id": GROUP + "vm"}}}, [GROUP + "vm"]),
    "interface alone": (NIC, {"properties": {"virtualMachine": None}}, []),
    "disk": (GROUP + "Microsoft.Compute/disks/d", {"managedBy": GROUP + "vm"}, [GROUP + "vm"]),
    "set": (
        SET,
        {"properties": {"virtualMachines": [{"id": GROUP + "1"}, {"id": GROUP + "2"}]}},
        [GROUP + "1", GROUP + "2"],
    ),
    "placement group": (PLACE, {"properties": {"availabilitySets": [{"id": SET}]}}, [SET]),
    "network": (
        VNET,
        {
            "properties": {
                "subnets": [
                    {
                        "id": VNET + "/subnets/a",
                        "properties": {"ipConfigurations": [{"id": NIC + "/ipConfigurations/i"}]},
                    },
                    {"id": VNET + "/subnets/b", "properties": {"networkSecurityGroup": {"id": GROUP + "nsg"}}},
                ]
            }
        },
        [NIC + "/ipConfigurations/i"],
    ),
    "rules": (
        GROUP + NSG + "/n",
        {"properties": {"subnets": [{"id": VNET + "/subnets/a"}], "networkInterfaces": [{"id": NIC}]}},
        [NIC, VNET + "/subnets/a"],
    ),
}


@pytest.mark.parametrize("name", USERS)
def test_users(name):
    resource_id, document, found = USERS[name]
    assert users(resource_id, document) == found


def test_what_shows_users_is_no_reference_of_its_own():
    """A set lists its VMs, and its VMs name the set: only one of the two says who needs whom."""
    assert writable({"properties": {"virtualMachines": [{"id": "/vm"}], "a": 1}}, SET.split("providers/")[1][:-2]) == {
        "properties": {"a": 1}
    }
