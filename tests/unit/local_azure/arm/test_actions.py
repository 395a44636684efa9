# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to the action that Azure asks permission for."""

from __future__ import annotations

import pytest

from local_azure.arm.actions import Link, access_of

S = "/subscriptions/S"
G = f"{S}/resourceGroups/G"
VM = f"{G}/providers/Microsoft.Compute/virtualMachines/v"
NIC = f"{G}/providers/Microsoft.Network/networkInterfaces/n"
SUBNET = f"{G}/providers/Microsoft.Network/virtualNetworks/w/subnets/s"
NSG = f"{G}/providers/Microsoft.Network/networkSecurityGroups/g"
IP = f"{G}/providers/Microsoft.Network/publicIPAddresses/i"
COMPUTE, LOCATION = "Microsoft.Compute", f"{S}/providers/Microsoft.Compute/locations/westeurope"


@pytest.mark.parametrize("method, path, action, scope", [
    ("GET", S, "Microsoft.Resources/subscriptions/read", S),
    ("GET", f"{S}/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups/read", S),
    ("PUT", G, "Microsoft.Resources/subscriptions/resourceGroups/write", G),
    ("DELETE", G.upper(), "Microsoft.Resources/subscriptions/resourceGroups/delete", G),
    ("GET", f"{G}/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources/read", G),
    ("POST", f"{S}/providers/Microsoft.Compute/register", "Microsoft.Compute/register/action",
     f"{S}/providers/Microsoft.Compute"),
    ("GET", f"{S}/providers/Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachines/read",
     f"{S}/providers/Microsoft.Compute"),
    ("HEAD", VM, "Microsoft.Compute/virtualMachines/read", VM),
    ("GET", f"{VM}/instanceview", "Microsoft.Compute/virtualMachines/instanceView/read", VM),
    ("PATCH", VM, "Microsoft.Compute/virtualMachines/write", VM),
    ("POST", f"{VM}/start", "Microsoft.Compute/virtualMachines/start/action", VM),
    ("POST", f"{VM}/runCommand", "Microsoft.Compute/virtualMachines/runCommand/action", VM),
    ("PUT", f"{VM}/RUNCOMMANDS/r", "Microsoft.Compute/virtualMachines/runCommands/write", f"{VM}/runCommands/r"),
    ("DELETE", f"{VM}/extensions/e", "Microsoft.Compute/virtualMachines/extensions/delete", f"{VM}/extensions/e"),
    ("GET", f"{LOCATION}/vmSizes", "Microsoft.Compute/locations/vmSizes/read", LOCATION),
    ("PUT", SUBNET, "Microsoft.Network/virtualNetworks/subnets/write", SUBNET),
    ("PUT", f"{VM}/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks/write", VM),
    ("GET", f"{G}/providers/microsoft.authorization/LOCKS", "Microsoft.Authorization/locks/read", G),
    ("PATCH", f"{VM}/providers/Microsoft.Resources/tags/default", "Microsoft.Resources/tags/write", VM),
])  # fmt: skip
def test_actions_and_scopes(method, path, action, scope):
    found = access_of(method, path)
    assert (found.action, found.scope, found.free, found.links) == (action, scope, False, [])


@pytest.mark.parametrize("method, path, action", [
    ("GET", "/subscriptions", "Microsoft.Resources/subscriptions/read"),
    ("GET", "/tenants", "Microsoft.Resources/tenants/read"),
    ("GET", f"{LOCATION}/operations/o", "Microsoft.Compute/locations/operations/read"),
    ("GET", f"{S}/operationresults/o", "Microsoft.Resources/subscriptions/operationResults/read"),
    ("POST", "/providers/Microsoft.ResourceGraph/resources", "Microsoft.ResourceGraph/resources/read"),
])  # fmt: skip
def test_what_asks_for_no_permission(method, path, action):
    found = access_of(method, path)
    assert (found.action, found.free) == (action, True)


_WITH = {"properties": {
    "networkSecurityGroup": {"id": NSG},
    "ipConfigurations": [{"properties": {"subnet": {"id": SUBNET}, "publicIPAddress": {"id": IP.upper()}}}],
    "networkProfile": {"networkInterfaces": [{"id": NIC}, {}]},
    "subnets": [{"properties": {"networkSecurityGroup": {"id": NSG}}}, None],
}}  # fmt: skip


@pytest.mark.parametrize("path, links", [
    (VM, [("networkInterfaces", NIC)]),
    (NIC, [("networkSecurityGroups", NSG), ("virtualNetworks/subnets", SUBNET), ("publicIPAddresses", None)]),
    (SUBNET, [("networkSecurityGroups", NSG)]),
    (SUBNET.rpartition("/subnets")[0], [("networkSecurityGroups", NSG)]),
    (NSG, []),
])  # fmt: skip
def test_joins(path, links):
    found = access_of("PUT", path, _WITH).links
    assert [link.action for link in found] == [f"Microsoft.Network/{kind}/join/action" for kind, _scope in links]
    assert all(link == Link(link.action, scope) for link, (_kind, scope) in zip(found, links) if scope)
    assert access_of("GET", path, _WITH).links == []
    assert access_of("PUT", path, {"properties": None}).links == access_of("PUT", path, []).links == []
