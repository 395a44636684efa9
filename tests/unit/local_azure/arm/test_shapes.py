# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies whose fields have other JSON types: refused with 400 where the type is known, and nowhere a defect."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_azure.arm import shapes

from .conftest import Client, make_server
from .fake_fabric import FakeFabric

LOCATION = "westeurope"
KINDS = {str: "text", bool: True, int: 7, list: ["x"], dict: {"a": "b"}}
# Whatever else a body may hold at any place; GONE leaves the field out.
GONE = object()
ODD = (GONE, None, "", "text", True, 7, -1.5, [], ["x"], [None], [7], [{}], {}, {"id": 7}, {"properties": None})
TAGS = {"role": "docker"}
RULE = {
    "protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 300, "sourcePortRange": "*",
    "destinationPortRanges": ["22", "2376"], "sourceAddressPrefix": "*", "destinationAddressPrefixes": ["10.7.0.0/16"],
}  # fmt: skip


def bodies(client: Client) -> dict[str, tuple[str, dict]]:
    """{name: (path, a body that is taken)}; only "machine" has all that is needed for it made before."""
    network, group = client.network, {"id": f"{client.network}/networkSecurityGroups/rules"}
    subnet, public = {"id": f"{network}/virtualNetworks/net/subnets/sub"}, {"id": f"{network}/publicIPAddresses/public"}
    machine = client.vm_body("nic2")
    machine["identity"] = {"type": "SystemAssigned"}
    properties = machine["properties"]
    properties["networkProfile"]["networkInterfaces"][0]["properties"] = {"primary": True, "deleteOption": "Detach"}
    disk = {"lun": 0, "createOption": "Empty", "diskSizeGB": 4, "managedDisk": {"storageAccountType": "Premium_LRS"}}
    system = {"createOption": "FromImage", "deleteOption": "Delete", "managedDisk": {"storageAccountType": "a"}}
    properties["storageProfile"].update(dataDisks=[disk], osDisk=system)
    properties["securityProfile"] = {"securityType": "TrustedLaunch", "uefiSettings": {"vTpmEnabled": True}}
    configuration = {"subnet": subnet, "publicIPAddress": public, "privateIPAllocationMethod": "Static",
                     "privateIPAddress": "10.7.1.9", "primary": True}  # fmt: skip
    written: dict[str, tuple[str, dict]] = {
        "rules": (group["id"], {"securityRules": [{"name": "ssh", "properties": RULE}]}),
        "rule": (f"{group['id']}/securityRules/one", {**RULE, "priority": 400}),
        "network": (f"{network}/virtualNetworks/other", {
            "addressSpace": {"addressPrefixes": ["10.8.0.0/16"]}, "dhcpOptions": {"dnsServers": ["10.8.0.4"]},
            "subnets": [{"name": "a", "properties": {"addressPrefix": "10.8.1.0/24", "networkSecurityGroup": group}}],
        }),
        "subnet": (f"{network}/virtualNetworks/net/subnets/more", {"addressPrefix": "10.7.2.0/24"}),
        "address": (public["id"], {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "a"}}),
        "interface": (f"{network}/networkInterfaces/nic3", {
            "ipConfigurations": [{"name": "ip", "properties": configuration}], "networkSecurityGroup": group,
            "dnsSettings": {"dnsServers": ["10.7.0.4"]}, "enableAcceleratedNetworking": False,
        }),
        "extension": (client.extension, client.extension_body(settings={"a": 1}, protectedSettings={"b": 2},
                                                              forceUpdateTag="1")["properties"]),
        "command": (f"{client.vm}/runCommands/one", {
            "source": {"script": "true"}, "parameters": [{"name": "a", "value": "b"}], "timeoutInSeconds": 60,
        }),
    }  # fmt: skip
    whole = {"location": LOCATION, "tags": TAGS, "zones": ["1"], "sku": {"name": "Standard", "tier": "Regional"}}
    found = {name: (path, {**whole, "properties": properties}) for name, (path, properties) in written.items()}
    tags = f"{network}/virtualNetworks/net/providers/Microsoft.Resources/tags/default"
    lock = f"{client.group}/providers/Microsoft.Authorization/locks/one"
    return {
        **found, "machine": (f"{client.compute}/virtualMachines/vm2", machine),
        "group": (client.group, {"location": LOCATION, "tags": TAGS}), "tags": (tags, {"properties": {"tags": TAGS}}),
        "lock": (lock, {"properties": {"level": "CanNotDelete", "notes": "a"}}),
    }  # fmt: skip


NAMES = ("rules", "rule", "network", "subnet", "address", "interface", "machine", "extension", "command", "group",
         "tags", "lock")  # fmt: skip


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths of everything in a body, the whole of it left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from places(item, (*path, name))


def changed(body: dict, path: tuple, value: Any) -> dict:
    """A copy of the body with that value at the path, or with nothing there."""
    result = copy.deepcopy(body)
    target: Any = result
    for word in path[:-1]:
        target = target[word]
    if value is GONE:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return result


def shape_at(shape: Any, path: tuple) -> Any:
    """The shape at a path of a body; None where any type will do."""
    for word in path:
        shape = shape[0] if isinstance(shape, (list, tuple)) else shape.get(word) if isinstance(shape, dict) else None
    return shape


def kind_of(shape: Any) -> Any:
    return shape if isinstance(shape, type) else list if isinstance(shape, list) else dict


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server that has all the bodies."""
    state: Path = tmp_path_factory.mktemp("shapes")
    server = make_server(state, FakeFabric())
    server.start()
    client = Client(server)
    client.login()
    client.add_vm()
    client.add_nic("nic2")
    for name, (path, body) in bodies(client).items():
        if name != "lock":
            assert client.call("PUT", path, body)[0] in (200, 201), name
    yield client
    server.stop()


@pytest.mark.parametrize("name", NAMES)
def test_a_known_field_of_another_type_is_refused(fuzzed: Client, name: str) -> None:
    path, body = bodies(fuzzed)[name]
    shape = {**shapes.TOP, "properties": shapes.PROPERTIES.get(shapes.type_at(path), dict)}
    wrong = []
    tried = 0
    for place in places(body):
        known = shape_at(shape, place)
        for kind, value in KINDS.items() if known is not None else ():
            if kind is not kind_of(known):
                tried += 1
                status, answer, _headers = fuzzed.call("PUT", path, changed(body, place, value))
                error = (answer or {}).get("error", {})
                told = "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in place)[1:]
                if (status, error.get("code")) != (400, "InvalidRequestContent") or told not in error["message"]:
                    wrong.append((place, value, status, error))
    assert wrong == []
    assert tried >= 8


@pytest.mark.parametrize("name", NAMES)
def test_no_body_is_a_defect(fuzzed: Client, name: str) -> None:
    """Whatever stands where, in a new resource and in one that is there; what is taken can be read again."""
    path, body = bodies(fuzzed)[name]
    wrong = []
    for number, (place, value) in enumerate((place, value) for place in places(body) for value in ODD):
        given = changed(body, place, value)
        fresh = f"{path}-{number}" if name not in ("group", "tags") else path
        for target in dict.fromkeys((fresh, path)):
            status = fuzzed.call("PUT", target, given)[0]
            if status < 300:
                status = max(status, fuzzed.call("GET", target, query="$expand=instanceView")[0])
            if status < 300 and name in ("lock", "machine", "rule", "network") and target != path:
                fuzzed.call("DELETE", target)
            if status >= 500:
                wrong.append((target == path, place, value, status))
    fuzzed.call("DELETE", path) if name == "lock" else fuzzed.call("PUT", path, body)
    assert wrong == []


@pytest.mark.parametrize("body", [None, [], "text", 7, True, {}])
@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_is_no_object_or_empty(fuzzed: Client, name: str, body: Any) -> None:
    path, _body = bodies(fuzzed)[name]
    status, answer, _headers = fuzzed.call("PUT", f"{path}x" if name != "tags" else path, body)
    assert status in (200, 400), answer


def test_nulls_are_left_out() -> None:
    given = {"a": None, "b": {"c": None, "d": [{"e": None}, 1]}, "f": False}
    assert shapes.without_nulls(given) == {"b": {"d": [{}, 1]}, "f": False}
    assert given["a"] is None
