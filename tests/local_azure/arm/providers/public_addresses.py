# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public addresses: from the ranges for documentation, so nobody takes them for real ones."""

from __future__ import annotations

import copy
import ipaddress

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, body_of, properties_of, target_id
from .network_common import reads, remove, settle, top_level

PROVENANCE = {
    "public address document, ipConfiguration of the user": "recorded",
    "PublicIPAddressCannotBeDeleted": "recorded",
    "a Static address comes when the operation ends": "recorded",
    "a Dynamic address comes with the interface": "docs",
    "addresses are of the documentation ranges 203.0.113.0/24 and 198.51.100.0/24": "inferred",
}
TYPE, NIC = "Microsoft.Network/publicIPAddresses", "Microsoft.Network/networkInterfaces"
_ADDRESS = f"{GROUP}/providers/{TYPE}/{{name}}"
_RANGES = (ipaddress.IPv4Network("203.0.113.0/24"), ipaddress.IPv4Network("198.51.100.0/24"))


def user(ctx: Context, address: Record) -> str | None:
    """Return the id of the interface configuration that holds the address."""
    for nic in ctx.store.referrers(address.id, NIC):
        for configuration in nic.properties["ipConfigurations"]:
            held = (configuration["properties"].get("publicIPAddress") or {}).get("id", "")
            if ids.key(held) == ids.key(address.id):
                return configuration["id"]
    return None


def _free(ctx: Context) -> str:
    taken = {record.private.get("address") for record in ctx.store.of_type(TYPE)}
    for network in _RANGES:
        for host in network.hosts():
            if str(host) not in taken:
                return str(host)
    raise errors.ArmError(400, "PublicIPCountLimitReached", "The local Azure has no public address left.", details=[])


def render(ctx: Context, address: Record) -> dict:
    """Return an address as ARM answers it."""
    document = copy.deepcopy(address.document)
    properties = document["properties"]
    holder = user(ctx, address)
    settled = properties["provisioningState"] == "Succeeded"
    if settled and (holder or properties["publicIPAllocationMethod"] == "Static"):
        properties["ipAddress"] = address.private["address"]
    if holder:
        properties["ipConfiguration"] = {"id": holder}
    return document


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace an address."""
    with ctx.store.lock:
        body = body_of(call)
        given = properties_of(call)
        for name in ("provisioningState", "ipAddress", "ipConfiguration", "resourceGuid"):
            given.pop(name, None)
        standard = (body.get("sku") or {}).get("name", "Basic") == "Standard"
        if standard and given.get("publicIPAllocationMethod", "Static") != "Static":
            text = f"Standard sku publicIp {call.path} must have AllocationMethod set to Static."
            raise errors.ArmError(400, "StandardSkuPublicIPAddressesMustBeStatic", text, details=[])
        method = "Static" if standard else "Dynamic"
        properties = {
            "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": method, "idleTimeoutInMinutes": 4,
            "ipTags": [], "ddosSettings": {"protectionMode": "VirtualNetworkInherited"}, **given,
        }  # fmt: skip
        address, new = top_level(ctx, call, TYPE, properties)
        address.document["sku"] = {"name": "Basic", "tier": "Regional", **(address.document.get("sku") or {})}
        label = (properties.get("dnsSettings") or {}).get("domainNameLabel")
        if label:
            properties = address.document["properties"]
            properties["dnsSettings"]["fqdn"] = f"{label}.{address.document['location']}.cloudapp.localhost"
        address.private.setdefault("address", _free(ctx))
        ctx.store.put(address)
        return settle(ctx, call, address, render(ctx, address), 201 if new else 200)


def delete(ctx: Context, call: Call) -> Reply:
    """Delete an address that no interface holds."""
    with ctx.store.lock:
        address = ctx.store.get(target_id(ctx, call))
        if address is None:
            return Reply(204)
        holder = user(ctx, address)
        if holder:
            text = (
                f"Public IP address {address.id} can not be deleted since it is still allocated to resource {holder}. "
                "In order to delete the public IP, disassociate/detach the Public IP address from the resource.  To "
                "learn how to do this, see aka.ms/deletepublicip."
            )
            raise errors.ArmError(400, "PublicIPAddressCannotBeDeleted", text, details=[])
        return remove(ctx, call, address)


ROUTES = {
    ("PUT", _ADDRESS): put,
    ("DELETE", _ADDRESS): delete,
    **reads(_ADDRESS, TYPE, render),
}
