# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The api-version of every request, pinned: what our documents mean must not change with an SDK release."""

from __future__ import annotations

from typing import Dict

from .errors import Failure

RESOURCES = "2024-07-01"

# By type, else by namespace; lower case.
API_VERSIONS: Dict[str, str] = {
    "microsoft.compute": "2024-07-01",
    "microsoft.compute/disks": "2024-03-02",
    "microsoft.compute/snapshots": "2024-03-02",
    "microsoft.compute/diskencryptionsets": "2024-03-02",
    "microsoft.compute/galleries": "2023-07-03",
    "microsoft.network": "2024-01-01",
    "microsoft.network/privatednszones": "2020-06-01",
    "microsoft.network/dnszones": "2018-05-01",
    "microsoft.resources": RESOURCES,
    "microsoft.resourcegraph": "2022-10-01",
    "microsoft.authorization": "2022-04-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.managedidentity": "2023-01-31",
    "microsoft.keyvault": "2023-07-01",
    "microsoft.storage": "2023-05-01",
}


def api_version(resource_type: str) -> str:
    """The api-version for a full type ("Microsoft.Network/virtualNetworks/subnets").

    Raises Failure for a namespace that is not in the table.
    """
    parts = resource_type.lower().split("/")
    for length in range(len(parts), 0, -1):
        found = API_VERSIONS.get("/".join(parts[:length]))
        if found:
            return found
    raise Failure(
        "No api-version is known for the resource type %s." % resource_type,
        code="UnknownApiVersion",
        hint="Give option `api_version` for this resource; Azure's template reference lists the versions of each type.",
    )


def api_version_of_path(path: str) -> str:
    """The api-version for a collection, for example /subscriptions/S/providers/Microsoft.Compute/virtualMachines."""
    parts = path.split("?")[0].strip("/").split("/")
    words = [part.lower() for part in parts]
    if "providers" not in words:
        return RESOURCES
    start = len(words) - 1 - words[::-1].index("providers")
    tail = parts[start + 1 :]
    return api_version("/".join([tail[0], *tail[1::2]]))
