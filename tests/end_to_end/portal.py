# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs as a portal would make them: plain requests to ARM, nothing of the collection."""

from __future__ import annotations

from typing import Any, ClassVar

from local_azure.site import LOCATION, Site

from .arm import Arm

IMAGE = {"publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", "version": "latest"}


class Portal:
    """Makes VMs in one resource group with one network, 10.42.N.0/24. ``groups`` are those of all portals so far."""

    groups: ClassVar[list[str]] = []

    def __init__(self, arm: Arm, name: str, number: int, subscription: int = 0) -> None:
        self.arm = arm
        self.group = f"/subscriptions/{arm.subscriptions[subscription]}/resourceGroups/{name}"
        self.network = f"{self.group}/providers/Microsoft.Network"
        self.subnet = f"{self.network}/virtualNetworks/{name}/subnets/main"
        self.groups.append(self.group)
        arm.put(self.group, {"location": LOCATION})
        properties = {
            "addressSpace": {"addressPrefixes": [f"10.42.{number}.0/24"]},
            "subnets": [{"name": "main", "properties": {"addressPrefix": f"10.42.{number}.0/24"}}],
        }
        arm.put(f"{self.network}/virtualNetworks/{name}", {"location": LOCATION, "properties": properties})

    def id(self, name: str) -> str:
        return f"{self.group}/providers/Microsoft.Compute/virtualMachines/{name}"

    def vm(self, site: Site, name: str, **extra: Any) -> str:
        """A running VM with the site's key for azureuser; its id."""
        interface = f"{self.network}/networkInterfaces/{name}"
        configuration = {"name": "primary", "properties": {"subnet": {"id": self.subnet}}}
        self.arm.put(interface, {"location": LOCATION, "properties": {"ipConfigurations": [configuration]}})
        key = {
            "path": "/home/azureuser/.ssh/authorized_keys",
            "keyData": site.key.with_suffix(".pub").read_text().strip(),
        }
        properties = {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "storageProfile": {"imageReference": IMAGE, "osDisk": {"createOption": "FromImage"}},
            "osProfile": {
                "computerName": name,
                "adminUsername": "azureuser",
                "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [key]}},
            },
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        }
        self.arm.put(self.id(name), {"location": LOCATION, "properties": properties, **extra})
        return self.id(name)

    def extension(self, vm: str, name: str, handler: str, version: str, **settings: Any) -> str:
        """Another team's extension on a VM; its id."""
        publisher, _dot, kind = handler.rpartition(".")
        properties = {"publisher": publisher, "type": kind, "typeHandlerVersion": version, "settings": settings}
        path = f"{vm}/extensions/{name}"
        self.arm.put(path, {"location": LOCATION, "properties": properties})
        return path
