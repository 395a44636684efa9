# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's record and the machine itself: what it is booted from, its power state, its answer."""

from __future__ import annotations

import base64
import copy
import ipaddress

from .. import errors, ids
from ..context import Context
from ..fabric import AgentView, VmSpec
from ..messages import stamp
from ..store import Record
from . import instance_view
from .common import reference

PROVENANCE = {
    "a machine that shuts itself down is stopped, not deallocated": "docs",
    "a machine is Updating while an operation on one of its extensions runs": "recorded",
    "lists show ids of extensions only": "docs",
    "gateway is the first address of the subnet": "docs",
}
TYPE, EXTENSION = "Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachines/extensions"
NIC = "Microsoft.Network/networkInterfaces"
_BUSY = ("Creating", "Updating", "Deleting")


def interfaces(ctx: Context, machine_id: str, properties: dict) -> list[str]:
    """Return the ids of the interfaces, which must exist and be free or the machine's own."""
    found = []
    for entry in properties["networkProfile"]["networkInterfaces"]:
        nic = reference(ctx, entry, machine_id, "networkProfile.networkInterfaces", NIC)
        for owner in ctx.store.referrers(nic or "", TYPE):
            if ids.key(owner.id) != ids.key(machine_id):
                text = f"Network Interface {nic} is used by existing resource {owner.id}."
                raise errors.ArmError(400, "NicInUse", text, details=[])
        found.append(nic or "")
    return found


def specification(ctx: Context, machine: Record) -> VmSpec:
    """Return what the fabric boots. Hold the store's lock."""
    properties = machine.properties
    profile = properties["osProfile"]
    entries = properties["networkProfile"]["networkInterfaces"]
    primary = next((entry for entry in entries if (entry.get("properties") or {}).get("primary")), entries[0])
    nic = ctx.store.get(primary["id"])
    configurations = nic.properties["ipConfigurations"] if nic else []
    configuration = next((c["properties"] for c in configurations if c["properties"].get("subnet")), None)
    subnet = ctx.store.get(configuration["subnet"]["id"]) if configuration else None
    if configuration is None or subnet is None:
        text = f"The primary interface of '{machine.id}' has no address in a subnet."
        raise errors.ArmError(400, "NetworkInterfaceHasNoSubnet", text)
    network = ipaddress.IPv4Network(subnet.properties["addressPrefix"])
    custom_data = machine.private.get("custom_data")
    return VmSpec(
        vm_id=properties["vmId"], name=machine.document["name"], computer_name=profile["computerName"],
        admin_username=profile["adminUsername"],
        ssh_public_keys=tuple(key["keyData"] for key in profile["linuxConfiguration"]["ssh"]["publicKeys"]),
        custom_data=None if custom_data is None else base64.b64decode(custom_data),
        address=configuration["privateIPAddress"], prefix_length=network.prefixlen,
        gateway=str(network.network_address + 1), subscription=ids.subscription(machine.id),
        resource_group=ids.group(machine.id), location=machine.document["location"],
        size=properties["hardwareProfile"]["vmSize"],
        image=copy.deepcopy(properties["storageProfile"]["imageReference"]),
        tags=dict(machine.document.get("tags") or {}),
    )  # fmt: skip


def power_state(ctx: Context, machine: Record) -> str:
    """Return the power state. Asks the fabric: do not hold the store's lock for long around it."""
    recorded = machine.private.get("power", "unknown")
    if recorded == "running" and not ctx.fabric.running(machine.properties["vmId"]):
        return "stopped"
    return recorded


def set_power(ctx: Context, machine: Record, power: str) -> None:
    """Record a power state."""
    with ctx.store.lock:
        machine.private["power"] = power
        ctx.store.changed(machine)


def settle(ctx: Context, machine: Record, state: str) -> None:
    """Record the end of an operation on the machine, once it may settle."""
    ctx.operations.hold()
    with ctx.store.lock:
        machine.properties["provisioningState"] = state
        machine.private["settled"] = stamp()
        ctx.store.changed(machine)


def render(ctx: Context, machine: Record, with_view: bool = False, listed: bool = False) -> dict:
    """Return a machine as ARM answers it; `with_view` adds the run-time state, `listed` shortens the extensions.

    Documents are copied as deep as they change in place: itself and its properties.
    """
    with ctx.store.lock:
        document = _copy(machine.document)
        children = [_copy(child.document) for child in ctx.store.children(machine.id, EXTENSION)]
        document["etag"] = machine.etag
        settled = machine.private.get("settled") or document["properties"]["timeCreated"]
    busy = any(child["properties"]["provisioningState"] in _BUSY for child in children)
    if busy and document["properties"]["provisioningState"] == "Succeeded":
        document["properties"]["provisioningState"] = "Updating"
    if children:
        document["resources"] = [{"id": child["id"]} if listed else child for child in children]
    if with_view:
        agent, power = view_sources(ctx, machine)
        document["properties"]["instanceView"] = instance_view.machine(document, children, agent, power, settled)
    return document


def status_only(ctx: Context, machine: Record) -> dict:
    """Return a machine as a list with statusOnly has it: its run-time state without its model."""
    document = render(ctx, machine, with_view=True, listed=True)
    properties = {name: document["properties"][name] for name in ("vmId", "provisioningState", "instanceView")}
    return {**{name: document[name] for name in ("name", "id", "type", "location")}, "properties": properties}


def _copy(document: dict) -> dict:
    return {**document, "properties": dict(document["properties"])}


def view_sources(ctx: Context, machine: Record) -> tuple[AgentView | None, str]:
    """Return what the run-time state comes from: (the agent's report, the power state)."""
    return ctx.fabric.agent(machine.properties["vmId"]), power_state(ctx, machine)
