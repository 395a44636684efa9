# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action a request is, over which scope, and which other resources it joins (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import ids

PROVENANCE = {
    "a request's action is type/read, write, delete, or type/name/action for a POST": "docs",
    "join/action is asked for interfaces, subnets, security groups and public addresses that a body names": "docs",
    "polling an operation, listing subscriptions and a graph query ask for no action": "inferred",
}
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_EXTENDING = ("microsoft.authorization", "microsoft.resources")  # their resources hang on another one's scope
_NSG = "Microsoft.Network/networkSecurityGroups/join/action"
_SUBNET = "Microsoft.Network/virtualNetworks/subnets/join/action"
# Type -> paths into the properties of its body ("[]" goes through a list) and the action on what is found there.
_DISK = "Microsoft.Compute/disks/write"
_JOINS = {
    "microsoft.compute/virtualmachines": (
        ("networkProfile.networkInterfaces.[].id", "Microsoft.Network/networkInterfaces/join/action"),
        ("storageProfile.osDisk.managedDisk.id", _DISK),
        ("storageProfile.dataDisks.[].managedDisk.id", _DISK),
    ),
    "microsoft.network/networkinterfaces": (
        ("networkSecurityGroup.id", _NSG),
        ("ipConfigurations.[].properties.subnet.id", _SUBNET),
        ("ipConfigurations.[].properties.publicIPAddress.id", "Microsoft.Network/publicIPAddresses/join/action"),
    ),
    "microsoft.network/virtualnetworks": (("subnets.[].properties.networkSecurityGroup.id", _NSG),),
    "microsoft.network/virtualnetworks/subnets": (("networkSecurityGroup.id", _NSG),),
}


@dataclass(frozen=True)
class Link:
    """An action on another resource that a request implies."""

    action: str
    scope: str


@dataclass(frozen=True)
class Access:
    """What a request needs. `free`: Azure asks for no permission, the action is only for the journal."""

    action: str
    scope: str
    free: bool = False
    links: list[Link] = field(default_factory=list)


def access_of(method: str, path: str, body: Any = None) -> Access:
    """Return what a request needs, from its method, its path without the query, and its body."""
    words = [word for word in path.split("/") if word]
    places = [index for index, word in enumerate(words) if word.lower() == "providers"]
    if not places or places[-1] + 2 >= len(words):
        return _resources(method, words)
    start = places[-1] + 1
    namespace, below = ids.word(words[start]), words[start + 1 :]
    kind = "/".join([namespace, *(ids.word(word) for word in below[0::2])])
    if method == "POST":
        if namespace.lower() == "microsoft.resourcegraph":
            return Access("Microsoft.ResourceGraph/resources/read", "/", free=True)
        return Access(f"{kind}/action", _path(words[:-1]))
    extends = len(places) > 1 or namespace.lower() in _EXTENDING
    own = words if len(below) % 2 == 0 else words[:-1]
    scope = _path(words[: start - 1] if extends else own)
    free = below[-2:-1] != [] and below[-2].lower() in ("operations", "operationresults")
    return Access(f"{kind}/{_VERBS[method]}", scope or "/", free, list(_links(method, kind, body)))


def _resources(method: str, words: list[str]) -> Access:
    """Return the access to what is Resource Manager's own: subscriptions, groups, their lists, providers."""
    lowered = [word.lower() for word in words]
    verb = _VERBS.get(method, "action")
    if lowered[:1] != ["subscriptions"]:
        return Access(f"Microsoft.Resources/{lowered[0] if lowered else ''}/{verb}", "/", free=True)
    kinds = "/".join(ids.word(word) for word in words[0::2])
    scope = _path(words if len(words) % 2 == 0 else words[:-1])
    free = len(words) == 1 or "operationresults" in lowered
    return Access(f"Microsoft.Resources/{kinds}/{verb}", scope or "/", free)


def _path(words: list[str]) -> str:
    return ids.canonical("/" + "/".join(words)) if words else ""


def _links(method: str, kind: str, body: Any) -> Iterator[Link]:
    if method not in ("PUT", "PATCH") or not isinstance(body, dict):
        return
    for path, action in _JOINS.get(kind.lower(), ()):
        for found in _walk(body.get("properties"), path.split(".")):
            if isinstance(found, str):
                yield Link(action, ids.canonical(found))


def _walk(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "[]":
        for inner in value if isinstance(value, list) else ():
            yield from _walk(inner, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])
