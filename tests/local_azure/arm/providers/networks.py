# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual networks and their subnets, which are resources of their own and part of the network's body."""

from __future__ import annotations

import copy
import ipaddress

from .. import errors, ids
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from .common import GROUP, check_conditions, properties_of, reference, resource, target_id
from .network_common import child_document, child_target, reads, remove, settle, store_child, top_level

PROVENANCE = {
    "virtual network and subnet documents, ipConfigurations of a subnet": "recorded",
    "InUseSubnetCannotBeDeleted, for the network too": "recorded",
    "NetcfgInvalidSubnet, NetcfgSubnetRangesOverlap, InvalidCIDRNotation": "docs",
    "a PUT without subnets keeps those that are there, an empty list removes them": "docs",
}
TYPE, SUBNET = "Microsoft.Network/virtualNetworks", "Microsoft.Network/virtualNetworks/subnets"
NSG, NIC = "Microsoft.Network/networkSecurityGroups", "Microsoft.Network/networkInterfaces"
_NETWORK = f"{GROUP}/providers/{TYPE}/{{name}}"
_SUBNET = f"{_NETWORK}/subnets/{{child}}"


def users(ctx: Context, subnet: Record) -> list[str]:
    """Return the ids of the interface configurations in a subnet."""
    return [
        configuration["id"]
        for nic in ctx.store.referrers(subnet.id, NIC)
        for configuration in nic.properties["ipConfigurations"]
        if ids.key((configuration["properties"].get("subnet") or {}).get("id", "")) == ids.key(subnet.id)
    ]


def render_subnet(ctx: Context, subnet: Record) -> dict:
    """Return a subnet as ARM answers it."""
    document = copy.deepcopy(subnet.document)
    used = users(ctx, subnet)
    if used:
        document["properties"]["ipConfigurations"] = [{"id": configuration} for configuration in used]
    return document


def render(ctx: Context, network: Record) -> dict:
    """Return a network with its subnets."""
    document = copy.deepcopy(network.document)
    subnets = ctx.store.children(network.id, SUBNET)
    document["properties"]["subnets"] = [render_subnet(ctx, subnet) for subnet in subnets]
    return document


def _prefix(text: object) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(str(text))
    except ValueError as error:
        message = f"The address prefix {text} is not valid: it must be an IPv4 network in CIDR notation."
        raise errors.ArmError(400, "InvalidCIDRNotation", message, details=[]) from error


def _check_ranges(space: list, subnets: dict[str, dict], network: str) -> None:
    """`subnets` are the properties by name."""
    whole = [_prefix(prefix) for prefix in space]
    seen: list[ipaddress.IPv4Network] = []
    for name, properties in subnets.items():
        prefix = _prefix(properties.get("addressPrefix"))
        if not any(prefix.subnet_of(block) for block in whole):
            text = f"Subnet '{name}' is not valid in virtual network '{network}'."
            raise errors.ArmError(400, "NetcfgInvalidSubnet", text, details=[])
        if any(prefix.overlaps(other) for other in seen):
            text = (
                f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet "
                f"in virtual network '{network}'."
            )
            raise errors.ArmError(400, "NetcfgSubnetRangesOverlap", text, details=[])
        seen.append(prefix)


def _subnet_properties(given: dict) -> dict:
    properties = copy.deepcopy(given.get("properties") or {})
    for name in ("provisioningState", "ipConfigurations", "etag"):
        properties.pop(name, None)
    if "addressPrefix" not in properties and len(properties.get("addressPrefixes") or []) == 1:
        properties["addressPrefix"] = properties.pop("addressPrefixes")[0]
    defaults = {
        "ipamPoolPrefixAllocations": [],
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    return {**defaults, **properties}


def _store_subnet(ctx: Context, network: Record, name: str, properties: dict) -> Record:
    document = child_document(network.id, "subnets", SUBNET, name, properties)
    guard = reference(ctx, properties.get("networkSecurityGroup"), document["id"], "networkSecurityGroup", NSG)
    return store_child(ctx, document, [guard] if guard else [])


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace a network, and its subnets if the body has any word on them."""
    with ctx.store.lock:
        given = properties_of(call)
        subnets = given.pop("subnets", None)
        given.pop("provisioningState", None)
        space = (given.get("addressSpace") or {}).get("addressPrefixes")
        if not space:
            raise errors.missing_parameter("addressSpace.addressPrefixes")
        given["addressSpace"].setdefault("ipamPoolPrefixAllocations", [])
        defaults = {
            "virtualNetworkPeerings": [],
            "privateEndpointVNetPolicies": "Disabled",
            "enableDdosProtection": False,
        }
        properties = {**defaults, **given}
        network, new = top_level(ctx, call, TYPE, properties)
        old = {record.document["name"]: record for record in ctx.store.children(network.id, SUBNET)}
        if subnets is None:
            wanted = {name: record.properties for name, record in old.items()}
        else:
            wanted = {str(subnet.get("name")): _subnet_properties(subnet) for subnet in subnets}
        _check_ranges(space, wanted, network.document["name"])
        gone = [record for name, record in old.items() if name.lower() not in {word.lower() for word in wanted}]
        for subnet in gone:
            _refuse_if_used(ctx, subnet)
        ctx.store.put(network)
        for subnet in gone:
            ctx.store.remove(subnet.id)
        for name, subnet_properties in wanted.items():
            _store_subnet(ctx, network, name, subnet_properties)
        return settle(ctx, call, network, render(ctx, network), 201 if new else 200)


def put_subnet(ctx: Context, call: Call) -> Reply:
    """Create or replace one subnet."""
    with ctx.store.lock:
        network, wanted = child_target(ctx, call, writing=True)
        existing = ctx.store.get(wanted)
        check_conditions(call, existing.document["etag"] if existing else None)
        name = ids.name(wanted)
        others = {r.document["name"]: r.properties for r in ctx.store.children(network.id, SUBNET) if r is not existing}
        properties = _subnet_properties({"properties": properties_of(call)})
        space = network.properties["addressSpace"]["addressPrefixes"]
        _check_ranges(space, {**others, name: properties}, network.document["name"])
        subnet = _store_subnet(ctx, network, name, properties)
        return settle(ctx, call, subnet, render_subnet(ctx, subnet), 200 if existing else 201)


def get_subnet(ctx: Context, call: Call) -> Reply:
    """Return one subnet."""
    with ctx.store.lock:
        child_target(ctx, call)
        subnet = resource(ctx, call)
        return Reply(200, render_subnet(ctx, subnet), {"ETag": subnet.document["etag"]})


def list_subnets(ctx: Context, call: Call) -> Reply:
    """Return the subnets of a network."""
    with ctx.store.lock:
        above = Call(**{**vars(call), "path": call.path.rpartition("/")[0]})
        return Reply(200, {"value": render(ctx, resource(ctx, above))["properties"]["subnets"]})


def _refuse_if_used(ctx: Context, subnet: Record) -> None:
    used = users(ctx, subnet)
    if used:
        text = (
            f"Subnet {subnet.document['name']} is in use by {used[0]} and cannot be deleted. In order to delete the "
            "subnet, delete all the resources within the subnet. See aka.ms/deletesubnet."
        )
        raise errors.ArmError(400, "InUseSubnetCannotBeDeleted", text, details=[])


def delete(ctx: Context, call: Call) -> Reply:
    """Delete a network whose subnets are all free."""
    with ctx.store.lock:
        network = ctx.store.get(target_id(ctx, call))
        if network is None:
            return Reply(204)
        for subnet in ctx.store.children(network.id, SUBNET):
            _refuse_if_used(ctx, subnet)
        return remove(ctx, call, network)


def delete_subnet(ctx: Context, call: Call) -> Reply:
    """Delete a free subnet."""
    with ctx.store.lock:
        _network, wanted = child_target(ctx, call)
        subnet = ctx.store.get(wanted)
        if subnet is None:
            return Reply(204)
        _refuse_if_used(ctx, subnet)
        return remove(ctx, call, subnet)


ROUTES = {
    ("PUT", _NETWORK): put,
    ("DELETE", _NETWORK): delete,
    ("PUT", _SUBNET): put_subnet,
    ("GET", _SUBNET): get_subnet,
    ("DELETE", _SUBNET): delete_subnet,
    ("GET", f"{_NETWORK}/subnets"): list_subnets,
    **reads(_NETWORK, TYPE, render),
}
