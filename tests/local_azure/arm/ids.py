# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource ids: compared without case, answered in canonical casing."""

from __future__ import annotations

import re

_CANONICAL = {
    name.lower(): name
    for name in (
        "subscriptions", "resourceGroups", "providers", "Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources",
        "virtualMachines", "extensions", "disks", "virtualNetworks", "subnets", "networkSecurityGroups",
        "securityRules", "defaultSecurityRules", "publicIPAddresses", "networkInterfaces", "ipConfigurations",
        "runCommands", "instanceView", "locations", "operations", "operationResults", "tags", "resources",
        "Microsoft.Authorization", "locks", "policyAssignments", "roleAssignments", "roleDefinitions",
    )
}  # fmt: skip
GROUP_TYPE = "Microsoft.Resources/resourceGroups"


def key(resource_id: str) -> str:
    """Return the form in which two ids are equal exactly if they name the same resource."""
    return resource_id.rstrip("/").lower()


def word(text: str) -> str:
    """Return one fixed word of a path in ARM's casing; an unknown one stays."""
    return _CANONICAL.get(text.lower(), text)


def canonical(resource_id: str) -> str:
    """Return the id with the casing ARM gives to its fixed words; names keep theirs."""
    words = resource_id.strip("/").split("/")
    fixed = [_CANONICAL.get(word.lower(), word) if index % 2 == 0 else word for index, word in enumerate(words)]
    for index, word in enumerate(fixed):
        if word == "providers" and index + 1 < len(fixed):
            fixed[index + 1] = _CANONICAL.get(fixed[index + 1].lower(), fixed[index + 1])
    return "/" + "/".join(fixed)


def parent_key(resource_id: str) -> str:
    """Return the key of the parent: the group of a top-level resource, the subscription of a group."""
    words = key(resource_id).split("/")
    if len(words) >= 4 and words[-4] == "providers":
        return "/".join(words[:-4])
    return "/".join(words[:-2])


def name(resource_id: str) -> str:
    """Return the last segment, the resource's own name."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def subscription(resource_id: str) -> str:
    """Return the subscription id."""
    return resource_id.split("/")[2]


def group(resource_id: str) -> str:
    """Return the resource group's name."""
    return resource_id.split("/")[4]


def resource_type(resource_id: str) -> str:
    """Return the full type, such as Microsoft.Compute/virtualMachines/extensions."""
    words = canonical(resource_id).strip("/").split("/")
    if len(words) <= 4:
        return GROUP_TYPE
    return "/".join([words[5], *words[6::2]])


def relative(resource_id: str) -> str:
    """Return what follows the providers word, Namespace/type/name/type/name, as error texts do."""
    return "/".join(resource_id.strip("/").split("/")[5:])


def location(text: str) -> str:
    """Return the normalised name of a location: "West Europe" is westeurope."""
    return re.sub(r"\s", "", text).lower()
