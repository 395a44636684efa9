# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The refusals of Azure's error catalogue: how each is provoked, through which module, and what a user has to read.

Where local Azure has a rule of its own the row provokes that; else a fault rule answers with Azure's own text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from local_azure.arm.tokens import _refusal
from local_azure.seed import KEY

from . import bed
from .bed import BARE, NETWORK, Azure

Module = Callable[..., dict[str, Any]]
Before = Callable[[Azure, Module], Any]
SCRIPT = {"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "type_handler_version": "2.1"}
SOON = {"x-ms-retry-after-ms": "1"}


class Row(NamedTuple):
    """What is done (`before`, then the module with the arguments), and what has to come of it.

    `code` is the error's, `of` the codes of the catalogue that this row covers (default: the same); `says` stands in
    the message, `hint` in the next step.
    """

    code: str
    says: tuple[str, ...]
    hint: str
    before: Before
    module: str = "vm_extension"
    arguments: Any = None
    of: tuple[str, ...] = ()

    def given(self) -> dict[str, Any]:
        own = self.arguments if self.arguments is not None else {"vms": [BARE], **bed.MARKER}
        return {"timeout": 5, **own}

    def covers(self) -> tuple[str, ...]:
        return self.of or (self.code,)


def nothing(_azure: Azure, _module: Module) -> None:
    """The arguments alone are the reason."""


def refused(status: int, code: str, message: str, where: str = "PUT */extensions/*", **more: Any) -> Before:
    """Azure refuses each such request. `more`: inner_code, details, headers."""
    method, _space, path = where.partition(" ")
    then = {"status": status, "code": code, "message": message, **more}
    return lambda azure, _module: azure.fault(method, path, then, every=True)


def ends(code: str, message: str, where: str = "PUT */extensions/*") -> Before:
    """Azure accepts each such request, and its operation fails."""
    method, _space, path = where.partition(" ")
    then = {"operation": {"code": code, "message": message}}
    return lambda azure, _module: azure.fault(method, path, then, every=True)


def resources(*rows: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Arguments of arm_resources from (id, document)."""
    return {"resources": [{"id": found, "document": document} for found, document in rows], **more}


def document(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"location": bed.LOCATION, "properties": properties, **more}


def machine(**image: str) -> dict[str, Any]:
    """arm_resources with a VM of some image."""
    properties = {
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {"imageReference": {"publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", **image}},
        "osProfile": {
            "computerName": "new",
            "adminUsername": "azureuser",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]},
            },
        },
        "networkProfile": {"networkInterfaces": [{"id": f"{NETWORK}/networkInterfaces/new"}]},
    }
    return resources((f"{NETWORK}/networkInterfaces/new", nic()), (bed.vm_id("new"), document(properties)))


def nic() -> dict[str, Any]:
    subnet = {"id": f"{NETWORK}/virtualNetworks/seed/subnets/default"}
    return document({"ipConfigurations": [{"name": "ip", "properties": {"subnet": subnet}}]})


DELETED = {
    "networkInterfaces": nic(),
    "networkSecurityGroups": document({}),
    "publicIPAddresses": document({"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"}),
    "virtualNetworks": document({"addressSpace": {"addressPrefixes": ["10.9.0.0/24"]}}),
}


def in_use(kind: str, code: str, message: str, hint: str) -> Row:
    """Somebody takes one of our network resources into use after we looked and before it is deleted."""
    found = f"{NETWORK}/{kind}/ours"
    given = {"resources": [{"id": found}], "owner": "site", "state": "absent"}

    def before(azure: Azure, module: Module) -> None:
        made = module("arm_resources", **resources((found, DELETED[kind]), owner="site"))
        assert not made["failed"], made
        refused(400, code, message, f"DELETE */{kind}/ours", details=[])(azure, module)

    return Row(code, (message, found), hint, before, "arm_resources", given)


def stop(azure: Azure, _module: Module) -> None:
    azure.arm.post(f"{BARE}/powerOff")


def disallow(azure: Azure, _module: Module) -> None:
    azure.server._arm.store.get(BARE).properties["osProfile"]["allowExtensionOperations"] = False


def silence(azure: Azure, _module: Module) -> None:
    azure.fabric.agent = lambda _vm_id: None


def token_refused(number: int, text: str, tenant: str = "") -> Before:
    """The login refuses everybody, or only who wants a token of one tenant."""

    def before(azure: Azure, _module: Module) -> None:
        tokens = azure.server._listener._server.front._tokens
        issue = tokens.issue
        refusal = _refusal(401, "invalid_client", number, text)
        tokens.issue = lambda asked, form: refusal if tenant in ("", asked) else issue(asked, form)

    return before


def only(*actions: str, but: tuple[str, ...] = ()) -> Before:
    return lambda azure, _module: azure.permit({"scope": "/", "actions": actions, "notActions": but})


def locked(scope: str, level: str) -> Before:
    return lambda azure, _module: azure.lock(scope, level)


def denied(kind: str) -> Before:
    """A policy that wants a tag on everything of a type."""
    condition = {"allOf": [{"field": "type", "equals": kind}, {"field": "tags['costCenter']", "exists": "false"}]}
    rule = {"if": condition, "then": {"effect": "deny"}}
    return lambda azure, _module: azure.policy(rule, "Cost center is required")
