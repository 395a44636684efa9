# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Azure Resource Graph as Azure gives them, and a graph that answers from such rows."""

from __future__ import annotations

import re

SUB, OTHER_SUB = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
TAG = "bulwark-azure-docker-site"


def resource_id(kind, name, group="rg", subscription=SUB):
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"


def row(kind, name, group="rg", subscription=SUB, tags=None, zones=None, **properties):
    """One row with all projected columns; Azure Resource Graph writes types and groups in lower case."""
    return {
        "id": resource_id(kind, name, group, subscription),
        "name": name,
        "type": kind.lower(),
        "location": "westeurope",
        "resourceGroup": group.lower(),
        "subscriptionId": subscription,
        "tags": tags,
        "zones": zones,
        "properties": properties,
    }


def machine(name, site="build", power="running", nic=True, tags=None, computer_name=None, zones=None, **where):
    """The row of a VM; its interface is called NAME-nic."""
    interfaces = [{"id": interface_id(name, **where)}] if nic else []
    return row(
        "Microsoft.Compute/virtualMachines",
        name,
        tags={TAG: site, **(tags or {})},
        zones=zones,
        vmId=f"vm-id-of-{name}",
        hardwareProfile={"vmSize": "Standard_B2s"},
        storageProfile={"osDisk": {"osType": "Linux"}},
        osProfile={"computerName": computer_name or name},
        networkProfile={"networkInterfaces": interfaces},
        extended={"instanceView": {"powerState": {"code": f"PowerState/{power}"}}} if power else {},
        **where,
    )


def interface_id(name, **where):
    return resource_id("Microsoft.Network/networkInterfaces", f"{name}-nic", **where)


def interface(name, private, public=False, tags=None, **where):
    """The row of a VM's interface, with the public address NAME-ip or none."""
    properties = {"privateIPAddress": private, "primary": True}
    if public:
        properties["publicIPAddress"] = {
            "id": resource_id("Microsoft.Network/publicIPAddresses", f"{name}-ip", **where)
        }
    configurations = [{"name": "primary", "properties": properties}]
    kind = "Microsoft.Network/networkInterfaces"
    return row(kind, f"{name}-nic", tags=tags, ipConfigurations=configurations, **where)


def public_address(name, address, tags=None, **where):
    return row("Microsoft.Network/publicIPAddresses", f"{name}-ip", tags=tags, ipAddress=address, **where)


class Graph:
    """Answers the two texts that we send: by tag, whatever its value, and by ids. ``asked`` holds the texts."""

    def __init__(self, *rows):
        self.rows = rows
        self.asked = []

    def __call__(self, text):
        self.asked.append(text)
        if f"tags['{TAG}']" in text:
            return [row for row in self.rows if TAG in (row["tags"] or {})]
        ids = [found.lower() for found in re.findall("'([^']+)'", text)]
        return [row for row in self.rows if row["id"].lower() in ids]
