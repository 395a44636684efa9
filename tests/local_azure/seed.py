# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets out of nothing: machines with their network and extensions put straight into the store, for benchmarks."""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from .arm import ids
from .arm.context import Context
from .arm.messages import stamp
from .arm.providers import disks, extension_model, goals, machine_model, machines, network_common
from .arm.providers.network_interfaces import SUBNET
from .arm.store import Record

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustASeedKeyJustASeedKeyJustASeedKey0000 seed"
SCRIPT = {"name": "script", "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "settings": {"n": 1}}
_NET, _SPACE = "seed", "10.240.0.0/16"


def machines_in(
    ctx: Context, subscription: str, group: str, names: Sequence[str], extensions: Iterable[dict[str, Any]] = (SCRIPT,),
    tags: dict[str, str] | None = None, location: str = "westeurope",
) -> list[str]:  # fmt: skip
    """Make running machines, each with a disk, an interface and the extensions, and return their ids.

    An extension is {name, publisher, type, settings?, typeHandlerVersion?, forceUpdateTag?, tags?}; its handler must be
    in the catalogue, and is run by the fabric. The group and a network "seed" are made if they are not there; names
    must be new. The fabric should be the null one: each machine is booted in turn.
    """
    wanted = list(extensions)
    with ctx.store.lock:
        root = f"/subscriptions/{subscription}/resourceGroups/{group}"
        if ctx.store.get(root) is None:
            ctx.store.put(Record(root, ids.GROUP_TYPE, {
                "id": root, "name": group, "type": ids.GROUP_TYPE, "location": location, "tags": {},
                "properties": {"provisioningState": "Succeeded"},
            }))  # fmt: skip
        subnet = _subnet(ctx, root, location)
        first = int(ipaddress.IPv4Network(_SPACE).network_address) + 4 + len(ctx.store.referrers(subnet, machines.NIC))
        found = []
        for number, name in enumerate(names):
            address = str(ipaddress.IPv4Address(first + number))
            nic = _interface(ctx, root, name, location, subnet, address)
            machine = _machine(ctx, root, name, location, nic, tags or {})
            for extension in wanted:
                _extension(ctx, machine, extension)
            ctx.fabric.boot(machines.specification(ctx, machine))
            goals.publish(ctx, machine)
            found.append(machine.id)
        return found


def _document(resource_id: str, location: str, properties: dict, **more: Any) -> dict:
    kind = ids.resource_type(resource_id)
    head = {"name": ids.name(resource_id), "id": resource_id, "type": kind, "location": location}
    return {**head, **more, "properties": {"provisioningState": "Succeeded", **properties}}


def _subnet(ctx: Context, root: str, location: str) -> str:
    network = f"{root}/providers/Microsoft.Network/virtualNetworks/{_NET}"
    subnet, etag = f"{network}/subnets/default", network_common.new_etag()
    if ctx.store.get(network) is None:
        space = {"addressSpace": {"addressPrefixes": [_SPACE]}, "resourceGuid": _NET}
        document = _document(network, location, space, etag=etag)
        ctx.store.put(Record(network, document["type"], document))
        properties = {"provisioningState": "Succeeded", "addressPrefix": _SPACE}
        ctx.store.put(Record(subnet, SUBNET, {
            "name": "default", "id": subnet, "etag": etag, "type": SUBNET, "properties": properties,
        }))  # fmt: skip
    return subnet


def _interface(ctx: Context, root: str, name: str, location: str, subnet: str, address: str) -> str:
    nic, etag = f"{root}/providers/{machines.NIC}/{name}", network_common.new_etag()
    configuration = {
        "name": "ip", "id": f"{nic}/ipConfigurations/ip", "etag": etag, "type": f"{machines.NIC}/ipConfigurations",
        "properties": {
            "provisioningState": "Succeeded", "primary": True, "privateIPAllocationMethod": "Dynamic",
            "privateIPAddressVersion": "IPv4", "subnet": {"id": subnet}, "privateIPAddress": address,
        },
    }  # fmt: skip
    properties = {"resourceGuid": name, "ipConfigurations": [configuration], "dnsSettings": {"dnsServers": []}}
    document = _document(nic, location, properties, etag=etag, kind="Regular")
    ctx.store.put(Record(nic, machines.NIC, document), [subnet])
    return nic


def _machine(ctx: Context, root: str, name: str, location: str, nic: str, tags: dict[str, str]) -> Record:
    given = {
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {"imageReference": {
            "publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", "version": "latest",
        }},
        "osProfile": {"computerName": name, "adminUsername": "azureuser", "linuxConfiguration": {
            "disablePasswordAuthentication": True, "ssh": {"publicKeys": [{"keyData": KEY}]},
        }},
        "networkProfile": {"networkInterfaces": [{"id": nic}]},
    }  # fmt: skip
    properties, _data = machine_model.complete(given, name, root, stamp())
    machine_id = f"{root}/providers/{machines.TYPE}/{name}"
    document = _document(machine_id, location, {**properties, "provisioningState": "Succeeded"}, tags=dict(tags))
    private = {
        "power": "running", "provisioned": True, "sequences": {}, "custom_data": None,
        "custom_data_digest": machine_model.digest(None),
    }  # fmt: skip
    machine = Record(machine_id, machines.TYPE, document, private)
    ctx.store.put(machine, [nic, properties["storageProfile"]["osDisk"]["managedDisk"]["id"]])
    disks.add(ctx, machine)
    return machine


def _extension(ctx: Context, machine: Record, wanted: dict[str, Any]) -> None:
    given = {name: copy.deepcopy(value) for name, value in wanted.items() if name not in ("name", "tags")}
    known = ctx.catalogue.versions(given["publisher"], given["type"])
    given.setdefault("typeHandlerVersion", ".".join(known[-1].split(".")[:2]) if known else "1.0")
    properties = extension_model.properties(given, None, False)
    location = machine.document["location"]
    publisher, kind = ctx.catalogue.handler(properties["publisher"], properties["type"], location)
    version = ctx.catalogue.resolve(publisher, kind, properties["typeHandlerVersion"])
    configuration = {"sequence": 0, "sealed_settings": None, "thumbprint": None}
    goal = {
        "publisher": publisher, "type": kind, "version": version, "state": "enabled",
        "settings": properties.get("settings"), **configuration,
    }  # fmt: skip
    extension_id = f"{machine.id}/extensions/{wanted['name']}"
    document = _document(extension_id, location, {**properties, "provisioningState": "Succeeded"})
    if "tags" in wanted:
        document["tags"] = dict(wanted["tags"])
    digest = extension_model.digest(ctx.store.digest_key, properties, None)
    private = {"generation": 1, "goal": goal, "configuration": configuration, "digest": digest}
    machine.private["sequences"][f"{publisher}.{kind}".lower()] = 0
    ctx.store.put(Record(extension_id, machines.EXTENSION, document, private))
