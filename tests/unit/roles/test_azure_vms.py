# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role azure_vms declares for a host's variables: evaluated by Ansible, one host per case, nothing is sent."""

from __future__ import annotations

import base64
import email
import json
import pathlib
import re
import typing as t

import pytest

from ..house import checkout

ROLE = checkout.ROOT / "roles" / "azure_vms"
SUB = "/subscriptions/00000000-0000-0000-0000-000000000000"
OTHERS = f"{SUB}/resourceGroups/others/providers/Microsoft.Compute"
FOUND = f"{OTHERS}/virtualMachines/found"
GROUP = f"{SUB}/resourceGroups/site"
OWN = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
IDENTITY = f"{SUB}/resourceGroups/i/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x.y"
CONFIG = "#cloud-config\npackages: [jq] # planted-S3cret ü\n"
RM = {"vmid": "1", "resource_group": "others", "location": "westeurope", "name": "found", "powerstate": "running"}

HOSTS: dict[str, dict[str, t.Any]] = {
    "plain": {},
    "other": {"docker_site_name": "another"},
    "optional": {
        "azure_vms_security_type": "",
        "azure_vms_boot_diagnostics": False,
        "azure_vms_identity": "system",
        "azure_vms_image": {"id": f"{OTHERS}/galleries/g/images/i/versions/1.0.0"},
        "azure_vms_accelerated_networking": True,
        "azure_vms_private_address": "10.42.0.9",
        "azure_vms_connect_via": "public",
        "azure_vms_zone": 2,
        "azure_vms_tags": {"team": "x"},
        "azure_vms_power": "deallocated",
    },
    "identities": {"azure_vms_identity": [IDENTITY], "azure_vms_security_type": "Standard"},
    "custom": {"azure_vms_custom_data": CONFIG},
    "disk": {"azure_vms_data_disk_size_gb": 64, "azure_vms_data_disk_delete_with_vm": True},
    "both": {"azure_vms_data_disk_size_gb": 32, "azure_vms_custom_data": CONFIG, "azure_vms_data_disk_caching": "None"},
    "own": {"azure_vms_id": f"{OWN}own"},
    "nowhere": {"azure_vms_id": f"{OWN}nowhere".replace("resourceGroups", "resourcegroups"), "azure_vms_location": ""},
    "found": {"azure_vms_id": FOUND},
    "started": {"azure_vms_id": FOUND, "azure_vms_power": "running"},
    "azure-rm": {**RM, "id": FOUND},
    "azure-rm-casing": {**RM, "id": FOUND.replace("resourceGroups", "resourcegroups")},
    "azure-rm-scale-set": {**RM, "id": f"{OTHERS}/virtualMachineScaleSets/s/virtualMachines/0"},
    "azure-rm-over": {**RM, "id": FOUND, "azure_vms_id": f"{OTHERS}/virtualMachines/mine"},
    "another-id": {"id": FOUND},
    "number": {"id": 7, "vmid": 1},
}
SAID = (
    "{'documents': __azure_vms_declared, 'id': azure_vms_id, 'power': azure_vms_power,"
    " 'left_out': __azure_vms_left_out, 'kept': __azure_vms_teardown_kept,"
    " 'teardown': __azure_vms_teardown_own + __azure_vms_teardown_shared}"
)
# On one line, and in base64, so that no wrapping or quoting of the output matters.
MESSAGE = "SAID:{{ inventory_hostname }}:{{ (" + SAID + ") | to_json | b64encode }}:"
TASKS = [{"name": "Say what is declared", "ansible.builtin.debug": {"msg": MESSAGE}}]


def evaluate(directory: pathlib.Path, *arguments: str) -> dict[str, dict[str, t.Any]]:
    """{host: what the role's variables say}. A role with other tasks, but everything else of azure_vms."""
    role = directory / "roles" / "declared"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").write_text(json.dumps(TASKS))
    for name in ("defaults", "vars", "files", "templates"):
        (role / name).symlink_to(ROLE / name)
    common = {
        "ansible_connection": "local",
        "docker_site_name": "site",
        "azure_vms_subscription_id": SUB.rsplit("/", maxsplit=1)[-1],
        "azure_vms_location": "westeurope",
        "azure_vms_ssh_public_key": "ssh-ed25519 AAAA",
    }
    inventory = {"docker_hosts": {"hosts": HOSTS, "vars": common}, "apart": {"hosts": {"apart1": None}}}
    (directory / "inventory.json").write_text(json.dumps(inventory))
    play = [{"hosts": "docker_hosts", "gather_facts": False, "roles": ["declared"]}]
    (directory / "play.yml").write_text(json.dumps(play))
    done = checkout.ansible(directory, "playbook", "-i", "inventory.json", "play.yml", "--forks=2", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r"SAID:([^:]+):([^:]+):", done.stdout)
    return {host: json.loads(base64.b64decode(text)) for host, text in said}


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, t.Any]]:
    return evaluate(tmp_path_factory.mktemp("azure_vms"))


def by_type(result: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """{last type or "resourceGroups": resource}."""
    return {item["id"].split("/")[-2]: item for item in result["documents"]}


def machine(result: dict[str, t.Any]) -> dict[str, t.Any]:
    return by_type(result)["virtualMachines"]


def parts(result: dict[str, t.Any]) -> dict[str, tuple[str, str]]:
    """{file name: (content type, text)} of the custom data, which travels in the protected part only."""
    encoded = machine(result)["protected"]["properties"]["osProfile"]["customData"]
    assert "customData" not in json.dumps(machine(result)["document"])
    found = email.message_from_bytes(base64.b64decode(encoded))
    assert found.is_multipart()
    assert not found.defects
    texts = {part.get_filename(): part.get_payload(decode=True).decode() for part in found.get_payload()}
    return {part.get_filename(): (part.get_content_type(), texts[part.get_filename()]) for part in found.get_payload()}


def test_defaults(declared: dict[str, dict[str, t.Any]]) -> None:
    resources = by_type(declared["plain"])
    assert list(resources) == [
        "resourceGroups", "networkSecurityGroups", "virtualNetworks", "networkInterfaces", "virtualMachines",
    ]  # fmt: skip
    vm = resources["virtualMachines"]
    assert (vm["id"], vm["power"], "protected" in vm) == (OWN + "plain", "running", False)
    properties = vm["document"]["properties"]
    settings = {"secureBootEnabled": True, "vTpmEnabled": True}
    assert properties["securityProfile"] == {"securityType": "TrustedLaunch", "uefiSettings": settings}
    assert properties["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": True}}
    assert "dataDisks" not in properties["storageProfile"]
    assert properties["storageProfile"]["osDisk"]["deleteOption"] == "Delete"
    assert "identity" not in vm["document"]
    assert "zones" not in vm["document"]
    interface = resources["networkInterfaces"]["document"]
    assert interface["tags"] == {"bulwark-azure-docker-site": "site"}
    assert "enableAcceleratedNetworking" not in interface["properties"]


def test_options(declared: dict[str, dict[str, t.Any]]) -> None:
    resources = by_type(declared["optional"])
    vm, interface = resources["virtualMachines"], resources["networkInterfaces"]["document"]["properties"]
    assert vm["power"] == "deallocated"
    document = vm["document"]
    assert document["identity"] == {"type": "SystemAssigned"}
    assert document["zones"] == ["2"]
    assert document["tags"] == {"team": "x", "bulwark-azure-docker-site": "site"}
    assert document["properties"]["storageProfile"]["imageReference"] == HOSTS["optional"]["azure_vms_image"]
    assert {"securityProfile", "diagnosticsProfile"} & document["properties"].keys() == set()
    assert interface["enableAcceleratedNetworking"] is True
    address = interface["ipConfigurations"][0]["properties"]
    assert (address["privateIPAllocationMethod"], address["privateIPAddress"]) == ("Static", "10.42.0.9")
    public = resources["publicIPAddresses"]
    assert address["publicIPAddress"]["id"] == public["id"]
    assert public["document"]["tags"] == {"bulwark-azure-docker-site": "site"}


def test_identities(declared: dict[str, dict[str, t.Any]]) -> None:
    document = machine(declared["identities"])["document"]
    assert document["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    assert document["properties"]["securityProfile"] == {"securityType": "Standard"}


def test_custom_data_alone_travels_as_it_is(declared: dict[str, dict[str, t.Any]]) -> None:
    vm = machine(declared["custom"])
    encoded = vm["protected"]["properties"]["osProfile"]["customData"]
    assert base64.b64decode(encoded).decode() == CONFIG
    assert "customData" not in json.dumps(vm["document"])


def test_data_disk(declared: dict[str, dict[str, t.Any]]) -> None:
    [disk] = machine(declared["disk"])["document"]["properties"]["storageProfile"]["dataDisks"]
    assert disk == {
        "lun": 0, "createOption": "Empty", "diskSizeGB": 64, "caching": "ReadOnly", "deleteOption": "Delete",
        "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
    }  # fmt: skip
    script = (ROLE / "files" / "data_disk.sh").read_text().strip()
    assert parts(declared["disk"]) == {"bulwark-docker-data.sh": ("text/cloud-boothook", script)}


def test_data_disk_beside_custom_data(declared: dict[str, dict[str, t.Any]]) -> None:
    """Each part stays as it was written: cloud-init reads the user's by its first line, and ours is no cloud-config."""
    found = parts(declared["both"])
    assert list(found) == ["bulwark-docker-data.sh", "custom-data"]
    assert found["custom-data"] == ("text/plain", CONFIG)
    [disk] = machine(declared["both"])["document"]["properties"]["storageProfile"]["dataDisks"]
    assert (disk["deleteOption"], disk["caching"]) == ("Detach", "None")


@pytest.mark.parametrize(
    ("host", "vm", "power"),
    [
        ("found", FOUND, "unmanaged"),
        ("started", FOUND, "running"),
        ("nowhere", f"{OWN}nowhere".replace("resourceGroups", "resourcegroups"), "unmanaged"),
        ("azure-rm", FOUND, "unmanaged"),
        ("azure-rm-casing", FOUND.replace("resourceGroups", "resourcegroups"), "unmanaged"),
        ("azure-rm-over", f"{OTHERS}/virtualMachines/mine", "unmanaged"),
        ("azure-rm-scale-set", "", "running"),
        ("another-id", "", "running"),
        ("number", "", "running"),
    ],
)
def test_vms_that_exist(declared: dict[str, dict[str, t.Any]], host: str, vm: str, power: str) -> None:
    assert (declared[host]["id"], declared[host]["power"]) == (vm, power)
    if vm:
        assert declared[host]["documents"] == ([] if power == "unmanaged" else [{"id": vm, "power": power}])
    else:
        assert machine(declared[host])["id"] == OWN + host


def test_an_id_that_the_role_would_give_itself_is_its_own(declared: dict[str, dict[str, t.Any]]) -> None:
    """The role remembers the id in that very variable: it must mean the same when it comes by again.

    An inventory gives it too, of a VM that nobody declares: without a location ("nowhere") it is a found one.
    """
    assert (machine(declared["own"])["id"], declared["own"]["power"]) == (f"{OWN}own", "running")


def test_teardown_names_what_creation_named(declared: dict[str, dict[str, t.Any]]) -> None:
    result = declared["optional"]
    assert {item["id"] for item in result["teardown"]} == {item["id"] for item in result["documents"]}
    of_found = [item["id"] for item in declared["found"]["teardown"]]
    assert of_found[:2] == [FOUND, f"{SUB}/resourceGroups/others/providers/Microsoft.Network/networkInterfaces/found"]
    assert of_found[-1] == f"{SUB}/resourceGroups/others"
    assert {name for result in declared.values() for name in result["left_out"] + result["kept"]} == set()


def test_a_limit_leaves_hosts_of_the_site_out(tmp_path: pathlib.Path) -> None:
    """Hosts of another site, or of no group of ours, do not count."""
    result = evaluate(tmp_path, "--limit", "plain,found")
    assert set(result) == {"plain", "found"}
    left_out = sorted(set(HOSTS) - {"plain", "found", "other"})
    assert result["plain"]["left_out"] == left_out
    assert result["plain"]["kept"][-1] == f"keep   {GROUP}: --limit leaves out {', '.join(left_out)}"
