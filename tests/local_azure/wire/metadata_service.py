# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Instance Metadata Service: what a machine may know of itself (pure)."""

from __future__ import annotations

from typing import Any

from ..arm.fabric import VmSpec

PROVENANCE = {"/metadata/instance": "docs"}


def instance(spec: VmSpec) -> dict[str, Any]:
    """The answer of ``/metadata/instance`` for one machine, in the shape of API version 2021-02-01 [docs]."""
    resource = (
        f"/subscriptions/{spec.subscription}/resourceGroups/{spec.resource_group}"
        f"/providers/Microsoft.Compute/virtualMachines/{spec.name}"
    )
    compute = {
        "azEnvironment": "LocalAzure",
        "location": spec.location,
        "name": spec.name,
        "offer": spec.image.get("offer", ""),
        "osType": "Linux",
        "placementGroupId": "",
        "platformFaultDomain": "0",
        "platformUpdateDomain": "0",
        "publisher": spec.image.get("publisher", ""),
        "resourceGroupName": spec.resource_group,
        "resourceId": resource,
        "sku": spec.image.get("sku", ""),
        "subscriptionId": spec.subscription,
        "tags": ";".join(f"{name}:{value}" for name, value in sorted(spec.tags.items())),
        "version": spec.image.get("version", ""),
        "vmId": spec.vm_id,
        "vmScaleSetName": "",
        "vmSize": spec.size,
        "zone": "",
    }
    address = {"privateIpAddress": spec.address, "publicIpAddress": ""}
    return {"compute": compute, "network": {"interface": [{"ipv4": {"ipAddress": [address]}}]}}
