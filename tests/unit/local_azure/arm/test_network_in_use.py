# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network resources that others use: back references and refusals."""

from __future__ import annotations

import pytest

LOCATION = {"location": "westeurope"}


def nic_body(client, *configurations, **properties):
    subnet = {"id": f"{client.network}/virtualNetworks/NET/subnets/sub"}
    wanted = [
        {"name": f"ip{number}", "properties": {"subnet": subnet, **extra}}
        for number, extra in enumerate(configurations)
    ]
    return {**LOCATION, "properties": {"ipConfigurations": wanted, **properties}}


@pytest.fixture
def net(client):
    client.add_network()
    return f"{client.network}/virtualNetworks/net"


def test_public_addresses(client, net):
    static, dynamic = f"{client.network}/publicIPAddresses/static", f"{client.network}/publicIPAddresses/dynamic"
    _status, body, headers = client.call("PUT", static, {**LOCATION, "sku": {"name": "Standard"}})
    assert "ipAddress" not in body["properties"]
    client.wait(headers)
    client.done("PUT", dynamic, {**LOCATION, "properties": {"dnsSettings": {"domainNameLabel": "me"}}})
    assert client.get(static)["properties"]["ipAddress"] == "203.0.113.1"
    properties = client.get(dynamic)["properties"]
    assert ("ipAddress" in properties, properties["dnsSettings"]["fqdn"][:13]) == (False, "me.westeurope")
    nic = f"{client.network}/networkInterfaces/n"
    client.call("PUT", nic, nic_body(client, {"publicIPAddress": {"id": dynamic}}))
    properties = client.get(dynamic)["properties"]
    assert properties["ipAddress"] == "203.0.113.2"
    assert properties["ipConfiguration"] == {"id": f"{nic}/ipConfigurations/ip0"}


def test_nothing_is_deleted_while_in_use(client, net):
    nsg, pip = f"{client.network}/networkSecurityGroups/nsg", f"{client.network}/publicIPAddresses/pip"
    client.done("PUT", nsg, LOCATION)
    client.done("PUT", pip, {**LOCATION, "sku": {"name": "Standard"}})
    guard, nic = {"networkSecurityGroup": {"id": nsg}}, f"{client.network}/networkInterfaces/nic1"
    client.call("PUT", nic, nic_body(client, {"publicIPAddress": {"id": pip}}, **guard))
    client.done("PUT", client.vm, client.vm_body())
    expected = {
        nic: ("NicInUse", f"Network Interface {nic} is used by existing resource {client.vm}. In order to delete the "
              "network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic."),
        nsg: ("InUseNetworkSecurityGroupCannotBeDeleted", f"Network security group {nsg} cannot be deleted because it "
              f"is in use by the following resources: {nic}. In order to delete the Network security group, remove the "
              "association with the resource(s). To learn how to do this, see aka.ms/deletensg."),
        pip: ("PublicIPAddressCannotBeDeleted", f"Public IP address {pip} can not be deleted since it is still "
              f"allocated to resource {nic}/ipConfigurations/ip0. In order to delete the public IP, "
              "disassociate/detach the Public IP address from the resource.  To learn how to do this, see "
              "aka.ms/deletepublicip."),
        net: ("InUseSubnetCannotBeDeleted", f"Subnet sub is in use by {nic}/ipConfigurations/ip0 and cannot be "
              "deleted. In order to delete the subnet, delete all the resources within the subnet. See "
              "aka.ms/deletesubnet."),
    }  # fmt: skip
    for path, (code, message) in expected.items():
        status, body, _headers = client.call("DELETE", path)
        assert (status, body["error"]) == (400, {"code": code, "message": message, "details": []})
    assert client.get(nsg)["properties"]["networkInterfaces"] == [{"id": nic}]
    client.done("DELETE", client.vm)
    for path in (nic, nsg, pip, net):
        client.done("DELETE", path)
        assert client.call("DELETE", path)[0] == 204


def test_the_machine_gives_the_interface_its_mac_address(client):
    client.add_vm()
    properties = client.get(f"{client.network}/networkInterfaces/nic1")["properties"]
    assert properties["virtualMachine"] == {"id": client.vm}
    assert (properties["primary"], properties["macAddress"][:8]) == (True, "00-0D-3A")
