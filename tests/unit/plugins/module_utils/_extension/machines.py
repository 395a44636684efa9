# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VM documents for the tests, in the shape that Azure answers with."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

SUB = "11111111-1111-1111-1111-111111111111"
VM = "/subscriptions/%s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1" % SUB
PUBLISHER, TYPE = "Microsoft.Azure.Extensions", "CustomScript"
READY = {"statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready", "level": "Info"}]}


def status(code: str = "ProvisioningState/succeeded", level: str = "Info", message: str = "") -> Dict[str, Any]:
    """One status of an instance view."""
    return {"code": code, "level": level, "displayStatus": code, "message": message}


def extension(name: str = TYPE, publisher: str = PUBLISHER, kind: str = TYPE, **properties: Any) -> Dict[str, Any]:
    """An extension resource."""
    return {
        "name": name,
        "id": VM + "/extensions/" + name,
        "type": "Microsoft.Compute/virtualMachines/extensions",
        "location": "westeurope",
        "properties": {
            "publisher": publisher,
            "type": kind,
            "typeHandlerVersion": "2.1",
            "autoUpgradeMinorVersion": True,
            "provisioningState": "Succeeded",
            **properties,
        },
    }


def view(
    name: str = TYPE, statuses: Optional[List[Any]] = None, substatuses: Optional[List[Any]] = None
) -> Dict[str, Any]:
    """The instance view of an extension."""
    return {
        "name": name,
        "type": PUBLISHER + "." + TYPE,
        "typeHandlerVersion": "2.1.14",
        "statuses": [status(message="Enable succeeded.")] if statuses is None else statuses,
        **({"substatuses": substatuses} if substatuses else {}),
    }


def machine(
    *extensions: Dict[str, Any], power: str = "running", agent: Any = "ready", views: Any = (), **properties: Any
) -> Dict[str, Any]:
    """A VM document, as got with $expand=instanceView."""
    instance = {"statuses": [status(), status("PowerState/" + power)], "extensions": list(views)}
    if agent is not None:
        instance["vmAgent"] = READY if agent == "ready" else agent
    document = {
        "id": VM,
        "name": "vm1",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded", "instanceView": instance, **properties},
    }
    if extensions:
        document["resources"] = list(extensions)
    return document
