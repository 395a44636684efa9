# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines: creation, update, views, power, deletion."""

from __future__ import annotations

import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local_azure.arm.fabric import FabricError

from .conftest import SUBSCRIPTIONS, Client


def change(body: dict, path: str, value) -> dict:
    """Return the body with the value at a dotted path of its properties set, or removed if it is None."""
    body = copy.deepcopy(body)
    *words, last = path.split(".")
    target = body["properties"]
    for word in words:
        target = target.setdefault(word, {})
    if value is None:
        target.pop(last, None)
    else:
        target[last] = value
    return body


def view(client) -> dict:
    return client.get(client.vm, "$expand=instanceView")["properties"]["instanceView"]


def power(client) -> str:
    return view(client)["statuses"][-1]["code"]


def test_creation_is_an_operation_that_boots_the_machine(client, fabric):
    client.add_network()
    client.add_nic()
    fabric.boot_gate = threading.Event()
    status, body, headers = client.call("PUT", client.vm, client.vm_body())
    assert (status, headers["ETag"], body["properties"]["provisioningState"]) == (201, '"1"', "Creating")
    assert "Location" not in headers
    assert power(client) == "PowerState/starting"
    assert client.call("PUT", client.vm, client.vm_body())[1]["error"]["code"] == "Conflict"
    fabric.boot_gate.set()
    assert client.wait(headers)["status"] == "Succeeded"
    machine = client.get(client.vm)
    assert (machine["properties"]["provisioningState"], power(client)) == ("Succeeded", "PowerState/running")
    (spec,) = fabric.specs.values()
    assert (spec.vm_id, spec.name, spec.computer_name) == (machine["properties"]["vmId"], "vm1", "one")
    assert (spec.resource_group, spec.location, spec.size) == ("Group", "westeurope", "Standard_B2s")
    assert (spec.image["exactVersion"], spec.tags) == ("0.20260101.0", {"role": "docker"})


def test_what_azure_fills_in(client):
    properties = client.add_vm()["properties"]
    disk = properties["storageProfile"]["osDisk"]
    assert (disk["createOption"], disk["managedDisk"]["storageAccountType"]) == ("FromImage", "Premium_LRS")
    profile = properties["osProfile"]
    assert (profile["allowExtensionOperations"], profile["linuxConfiguration"]["provisionVMAgent"]) == (True, True)
    assert "customData" not in profile
    assert client.get(disk["managedDisk"]["id"])["managedBy"] == client.vm


@pytest.mark.parametrize("path, value, code", [
    ("hardwareProfile.vmSize", None, "InvalidParameter"),
    ("networkProfile.networkInterfaces", [], "InvalidParameter"),
    ("networkProfile.networkInterfaces", [{"id": "/subscriptions/x/none"}], "InvalidResourceReference"),
    ("storageProfile.imageReference.sku", "12", "PlatformImageNotFound"),
    ("storageProfile.imageReference", None, "InvalidParameter"),
    ("storageProfile.dataDisks", [{"lun": 0}], "InvalidParameter"),
    ("storageProfile.dataDisks", [{"lun": 0, "createOption": "Attach", "diskSizeGB": 8}], "InvalidParameter"),
    ("osProfile.adminUsername", "admin", "InvalidParameter"),
    ("osProfile.adminUsername", None, "InvalidParameter"),
    ("osProfile.customData", "not base64!", "InvalidParameter"),
    ("osProfile.linuxConfiguration", {"disablePasswordAuthentication": False}, "InvalidParameter"),
    ("osProfile.linuxConfiguration.ssh.publicKeys", [{"path": "/srv/x", "keyData": "ssh-rsa x"}], "InvalidParameter"),
    ("osProfile.linuxConfiguration.ssh.publicKeys", [{"keyData": "PRIVATE"}], "InvalidParameter"),
])  # fmt: skip
def test_bad_machines_are_refused_and_leave_nothing(client, path, value, code):
    client.add_network()
    client.add_nic()
    status, body, _headers = client.call("PUT", client.vm, change(client.vm_body(), path, value))
    assert (status in (400, 404), body["error"]["code"]) == (True, code)
    assert client.call("GET", client.vm)[0] == 404


def test_a_password_is_ignored_and_never_answered(client):
    client.add_network()
    client.add_nic()
    client.done("PUT", client.vm, change(client.vm_body(), "osProfile.adminPassword", "P4ssw0rd!"))
    assert "P4ssw0rd" not in str(client.get(client.vm))


def test_an_interface_serves_one_machine(client):
    client.add_vm()
    status, body, _headers = client.call("PUT", f"{client.vm}b", client.vm_body())
    assert (status, body["error"]["code"]) == (400, "NicInUse")


def test_a_machine_that_does_not_boot_is_a_failed_operation_and_can_be_tried_again(client, fabric):
    client.add_network()
    client.add_nic()
    fabric.boot_error = FabricError("OSProvisioningTimedOut", "the console's last words")
    operation = client.done("PUT", client.vm, client.vm_body(), expect="Failed")
    assert operation["error"] == {"code": "OSProvisioningTimedOut", "message": "the console's last words"}
    assert client.get(client.vm)["properties"]["provisioningState"] == "Failed"
    fabric.boot_error = None
    client.done("PUT", client.vm, client.vm_body())
    assert client.get(client.vm)["properties"]["provisioningState"] == "Succeeded"


def test_a_defect_ends_the_operation_too(client, fabric, monkeypatch):
    seen, printed = [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda failure: (seen.append(failure.exc_type), printed.set()))
    client.add_network()
    client.add_nic()
    fabric.boot_error = ZeroDivisionError("a defect")
    operation = client.done("PUT", client.vm, client.vm_body(), expect="Failed")
    assert operation["error"]["code"] == "InternalOperationError"
    assert printed.wait(5)
    assert seen == [ZeroDivisionError]
    assert client.get(client.vm)["properties"]["provisioningState"] == "Failed"


@pytest.mark.parametrize("path, value, name", [
    ("osProfile.computerName", "two", "osProfile.computerName"),
    ("osProfile.adminUsername", "other", "osProfile.adminUsername"),
    ("osProfile.customData", "b3RoZXI=", "osProfile.customData"),
    ("osProfile.linuxConfiguration.ssh.publicKeys", [{"keyData": "ssh-rsa x"}], "linuxConfiguration.ssh.publicKeys"),
    ("storageProfile.imageReference.version", "0.20260101.0", "imageReference"),
    ("storageProfile.osDisk", {"name": "other"}, "osDisk.name"),
    ("securityProfile", {"securityType": "TrustedLaunch"}, "securityProfile.securityType"),
])  # fmt: skip
def test_what_is_fixed_at_creation_stays(client, path, value, name):
    client.add_vm()
    status, body, _headers = client.call("PUT", client.vm, change(client.vm_body(), path, value))
    assert (status, body["error"]["code"], body["error"]["target"]) == (409, "PropertyChangeNotAllowed", name)
    assert body["error"]["message"] == f"Changing property '{name}' is not allowed."
    zones = {**client.vm_body(), "zones": ["1"]}
    assert client.call("PUT", client.vm, zones)[1]["error"]["target"] == "zones"


def test_the_same_put_again_and_a_put_of_what_was_read_are_updates(client, fabric):
    machine = client.add_vm()
    for number, body in enumerate((client.vm_body(), machine), 2):
        status, answer, headers = client.call("PUT", client.vm, body)
        assert (status, answer["properties"]["provisioningState"]) == (200, "Updating")
        assert (headers["ETag"], answer["etag"]) == (f'"{number}"', f'"{number}"')
        assert client.wait(headers)["status"] == "Succeeded"
    assert client.get(client.vm)["properties"] == machine["properties"]
    assert len(fabric.boots) == 1


def test_an_update_keeps_what_it_does_not_name_and_replaces_tags(client):
    before = client.add_vm()
    client.done(
        "PUT", client.vm, {"location": "westeurope", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}}
    )
    after = client.get(client.vm)
    assert after["properties"]["hardwareProfile"]["vmSize"] == "Standard_B1s"
    assert after["properties"]["osProfile"] == before["properties"]["osProfile"]
    assert after["tags"] == {}
    client.done("PATCH", client.vm, {"tags": {"a": "b"}})
    assert client.get(client.vm)["tags"] == {"a": "b"}


@pytest.mark.parametrize("header, value, status", [
    ("If-Match", '"1"', 200), ("If-Match", "*", 200), ("If-Match", '"0"', 412), ("If-None-Match", "*", 412),
])  # fmt: skip
def test_conditions(client, header, value, status):
    client.add_vm()
    got, body, _headers = client.call("PUT", client.vm, client.vm_body(), headers={header: value})
    assert got == status
    assert status == 200 or body["error"]["code"] == "PreconditionFailed"


def test_deletion_leaves_interface_and_disk_and_a_new_machine_is_another(client, fabric):
    before = client.add_vm()["properties"]
    status, body, headers = client.call("DELETE", client.vm)
    assert (status, body, headers["Content-Length"]) == (202, None, "0")
    client.wait(headers)
    assert client.call("GET", client.vm)[0] == 404
    assert client.call("DELETE", client.vm)[0] == 204
    disk = before["storageProfile"]["osDisk"]["managedDisk"]["id"]
    assert client.get(disk)["properties"]["diskState"] == "Unattached"
    client.done("DELETE", disk)
    client.done("PUT", client.vm, client.vm_body())
    after = client.get(client.vm)["properties"]
    assert before["vmId"] != after["vmId"]
    assert list(fabric.specs) == [after["vmId"]]


def test_delete_options_take_interface_and_disk_along(client):
    client.add_network()
    client.add_nic()
    body = change(client.vm_body(), "storageProfile.osDisk", {"deleteOption": "Delete"})
    body["properties"]["networkProfile"]["networkInterfaces"][0]["properties"] = {"deleteOption": "Delete"}
    client.done("PUT", client.vm, body)
    client.done("DELETE", client.vm)
    assert [found["name"] for found in client.get(f"{client.group}/resources")["value"]] == ["net"]


DATA_DISK = {"lun": 0, "createOption": "Empty", "diskSizeGB": 8}


@pytest.mark.parametrize("option, stays", [("Delete", False), ("Detach", True)])
def test_an_empty_data_disk_is_made_with_its_machine(client, option, stays):
    client.add_network()
    client.add_nic()
    body = change(client.vm_body(), "storageProfile.dataDisks", [{**DATA_DISK, "deleteOption": option}])
    client.done("PUT", client.vm, body)
    [disk] = client.get(client.vm)["properties"]["storageProfile"]["dataDisks"]
    assert disk["name"].startswith("vm1_disk2_")
    document = client.get(disk["managedDisk"]["id"])
    assert (document["managedBy"], document["properties"]["diskSizeGB"]) == (client.vm, 8)
    assert "osType" not in document["properties"]
    client.done("DELETE", client.vm)
    assert (client.call("GET", disk["managedDisk"]["id"])[0] == 200) is stays


def test_a_data_disk_added_later_leaves_the_others_as_they_are(client):
    client.add_vm()
    for count in (1, 2):
        wanted = [*client.get(client.vm)["properties"]["storageProfile"]["dataDisks"], {**DATA_DISK, "lun": count}]
        client.done("PUT", client.vm, change(client.vm_body(), "storageProfile.dataDisks", wanted))
    disks = client.get(client.vm)["properties"]["storageProfile"]["dataDisks"]
    assert [disk["lun"] for disk in disks] == [1, 2]
    assert len({disk["managedDisk"]["id"] for disk in disks}) == 2
    assert all(client.get(disk["managedDisk"]["id"])["managedBy"] == client.vm for disk in disks)


def test_many_clients_at_once(client, server, fabric):
    client.add_network()

    def make(number: int) -> None:
        own = Client(server)
        own.headers = client.headers
        own.vm = f"{client.compute}/virtualMachines/vm{number}"
        own.add_nic(f"n{number}")
        own.done("PUT", own.vm, own.vm_body(f"n{number}"))
        own.done("PUT", f"{own.vm}/extensions/script", own.extension_body())

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(make, range(24))) == [None] * 24
    assert len({spec.address for spec in fabric.specs.values()}) == 24
    assert len(fabric.runs) == 24


def test_lists_have_pages_of_fifty_and_ids_of_extensions(client, server):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    for number in range(60):
        client.add_nic(f"n{number}")
        status, _body, _headers = client.call("PUT", f"{client.vm}-{number}", client.vm_body(f"n{number}"))
        assert status == 201
    for root in (client.compute, f"/subscriptions/{SUBSCRIPTIONS[0]}/providers/Microsoft.Compute"):
        first = client.get(f"{root}/virtualMachines")
        _status, second, _headers = client.send("GET", first["nextLink"].removeprefix(client.base))
        assert [len(page["value"]) for page in (first, second)] == [50, 11]
        assert "nextLink" not in second
        assert first["value"][0]["resources"] == [{"id": client.extension}]
    status_only = client.get(f"{client.compute}/virtualMachines", "statusOnly=true")
    assert "instanceView" in status_only["value"][0]["properties"]
    assert client.call("GET", f"{client.compute}/virtualMachines", query="$skiptoken=!")[0] == 400
