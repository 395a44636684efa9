# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces: made at once, with an address out of their subnet."""

from __future__ import annotations

import copy
import hashlib
import ipaddress

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, properties_of, reference, target_id
from .network_common import reads, remove, top_level

PROVENANCE = {
    "interface document; PUT is synchronous": "recorded",
    "macAddress, primary and virtualMachine come with the machine": "recorded",
    "NicInUse": "recorded",
    "the first four addresses and the last one of a subnet are reserved": "docs",
    "PrivateIPAddressNotInSubnet, PrivateIPAddressInUse, SubnetIsFull": "docs",
}
TYPE, SUBNET = "Microsoft.Network/networkInterfaces", "Microsoft.Network/virtualNetworks/subnets"
_NIC = f"{GROUP}/providers/{TYPE}/{{name}}"
_REFERENCES = {
    "subnet": SUBNET,
    "publicIPAddress": "Microsoft.Network/publicIPAddresses",
}


def render(ctx: Context, nic: Record) -> dict:
    """Return an interface as ARM answers it."""
    document = copy.deepcopy(nic.document)
    owner = ctx.store.referrers(nic.id, "Microsoft.Compute/virtualMachines")
    if owner:
        digest = hashlib.sha256(nic.properties["resourceGuid"].encode()).hexdigest().upper()
        document["properties"]["macAddress"] = f"00-0D-3A-{digest[0:2]}-{digest[2:4]}-{digest[4:6]}"
        document["properties"]["primary"] = True
        document["properties"]["virtualMachine"] = {"id": owner[0].id}
    return document


def _taken(ctx: Context, subnet: Record, but: str) -> dict[str, str]:
    """Return the addresses in a subnet and who has them, without those of the interface `but`."""
    taken = {}
    for nic in ctx.store.referrers(subnet.id, TYPE):
        if ids.key(nic.id) != ids.key(but):
            for configuration in nic.properties["ipConfigurations"]:
                taken[configuration["properties"].get("privateIPAddress", "")] = configuration["id"]
    return taken


def _allocate(subnet: Record, name: str, wanted: str | None, kept: str | None, taken: dict[str, str]) -> str:
    """Return the address of a configuration: `wanted` if Static, else `kept` if it fits, else the first free one."""
    network = ipaddress.IPv4Network(subnet.properties["addressPrefix"])
    first, last = int(network.network_address) + 4, int(network.broadcast_address)
    if wanted is not None:
        if not first <= int(_address(wanted)) < last:
            text = f"Private static IP address {wanted} does not belong to the range of subnet prefix {network}."
            raise errors.ArmError(400, "PrivateIPAddressNotInSubnet", text, details=[])
        if wanted in taken:
            text = (
                f"IP configuration {name} is using the private IP address {wanted} which is already allocated to "
                f"resource {taken[wanted]}."
            )
            raise errors.ArmError(400, "PrivateIPAddressInUse", text, details=[])
        return wanted
    if kept is not None and kept not in taken and first <= int(_address(kept)) < last:
        return kept
    for number in range(first, last):
        if str(ipaddress.IPv4Address(number)) not in taken:
            return str(ipaddress.IPv4Address(number))
    text = f"Subnet {subnet.document['name']} with address prefix {network} does not have enough capacity."
    raise errors.ArmError(400, "SubnetIsFull", text, details=[])


def _address(text: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError as error:
        raise errors.ArmError(400, "InvalidIPAddress", f"The IP address {text} is not valid.", details=[]) from error


def _configurations(ctx: Context, nic_id: str, given: list[dict], etag: str) -> tuple[list[dict], list[str]]:
    """Return the completed configurations and the ids they point at."""
    existing = ctx.store.get(nic_id)
    before = {c["name"].lower(): c["properties"] for c in existing.properties["ipConfigurations"]} if existing else {}
    result: list[dict] = []
    references: list[str] = []
    own: dict[str, str] = {}
    for index, configuration in enumerate(given):
        name = configuration.get("name") or f"ipconfig{index + 1}"
        properties = copy.deepcopy(configuration.get("properties") or {})
        for field, kind in _REFERENCES.items():
            found = reference(ctx, properties.get(field), nic_id, field, kind)
            if found:
                properties[field] = {"id": found}
                references.append(found)
        subnet = ctx.store.get(properties["subnet"]["id"]) if properties.get("subnet") else None
        wanted = properties.pop("privateIPAddress", None)
        method = properties.get("privateIPAllocationMethod", "Dynamic")
        if subnet is not None:
            taken = {**_taken(ctx, subnet, nic_id), **own}
            kept = before.get(name.lower(), {}).get("privateIPAddress")
            static = wanted if method.lower() == "static" else None
            properties["privateIPAddress"] = _allocate(subnet, name, static, kept, taken)
            own[properties["privateIPAddress"]] = f"{nic_id}/ipConfigurations/{name}"
        result.append({
            "name": name, "id": f"{nic_id}/ipConfigurations/{name}", "etag": etag, "type": f"{TYPE}/ipConfigurations",
            "properties": {
                "privateIPAddressVersion": "IPv4", "primary": index == 0, **properties,
                "provisioningState": "Succeeded", "privateIPAllocationMethod": method,
            },
        })  # fmt: skip
    return result, references


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace an interface."""
    with ctx.store.lock:
        given = properties_of(call)
        for name in ("provisioningState", "resourceGuid", "virtualMachine", "macAddress", "primary"):
            given.pop(name, None)
        if not given.get("ipConfigurations"):
            text = f"Network interface {call.params['name']} does not have any IP configurations."
            raise errors.ArmError(400, "NetworkInterfaceMustHaveAtLeastOneIPConfiguration", text, details=[])
        nic, new = top_level(ctx, call, TYPE, _properties(given))
        properties, etag = nic.document["properties"], nic.document["etag"]
        properties["provisioningState"] = "Succeeded"
        configurations, references = _configurations(ctx, nic.id, given["ipConfigurations"], etag)
        properties["ipConfigurations"] = configurations
        guard = reference(
            ctx, given.get("networkSecurityGroup"), nic.id, "networkSecurityGroup",
            "Microsoft.Network/networkSecurityGroups",
        )  # fmt: skip
        if guard:
            properties["networkSecurityGroup"] = {"id": guard}
            references.append(guard)
        nic.document["kind"] = "Regular"
        ctx.store.put(nic, references)
        return Reply(201 if new else 200, render(ctx, nic))


def _properties(given: dict) -> dict:
    suffix = "local.internal.cloudapp.localhost"
    dns = {"dnsServers": [], "appliedDnsServers": [], "internalDomainNameSuffix": suffix}
    defaults = {
        "vnetEncryptionSupported": False, "enableIPForwarding": False,
        "disableTcpStateTracking": False, "hostedWorkloads": [], "tapConfigurations": [], "nicType": "Standard",
        "allowPort25Out": True, "auxiliaryMode": "None", "auxiliarySku": "None",
    }  # fmt: skip
    return {**defaults, **given, "dnsSettings": {**dns, **(given.get("dnsSettings") or {})}}


def delete(ctx: Context, call: Call) -> Reply:
    """Delete an interface that no machine has."""
    with ctx.store.lock:
        nic = ctx.store.get(target_id(ctx, call))
        if nic is None:
            return Reply(204)
        owner = ctx.store.referrers(nic.id, "Microsoft.Compute/virtualMachines")
        if owner:
            text = (
                f"Network Interface {nic.id} is used by existing resource {owner[0].id}. In order to delete the "
                "network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic."
            )
            raise errors.ArmError(400, "NicInUse", text, details=[])
        return remove(ctx, call, nic)


ROUTES = {
    ("PUT", _NIC): put,
    ("DELETE", _NIC): delete,
    **reads(_NIC, TYPE, render),
}
