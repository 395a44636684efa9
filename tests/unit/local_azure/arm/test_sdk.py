# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's own Python SDK against the local Resource Manager: from an empty subscription to a machine and back."""

from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from .conftest import CLIENT, KEY, SECRET, SUBSCRIPTIONS, TENANT, Client

PIN = {"params": {"api-version": "2024-07-01"}}
PINNED = {"api_version": "2024-01-01"}


def credential(server, secret=SECRET):
    return ClientSecretCredential(
        TENANT, CLIENT, secret, authority=server.base_url, disable_instance_discovery=True,
        connection_verify=str(server.ca_path),
    )  # fmt: skip


@pytest.fixture
def options(server):
    return {
        "base_url": server.base_url, "credential_scopes": [f"{server.base_url}/.default"],
        "connection_verify": str(server.ca_path), "polling_interval": 0.05,
    }  # fmt: skip


def rest(thing):
    return thing.serialize(keep_readonly=True) if hasattr(thing, "serialize") else thing.as_dict()


def make_network(resources, paths: Client) -> None:
    resources.resource_groups.create_or_update("Group", {"location": "westeurope"})
    bodies = {
        f"{paths.network}/virtualNetworks/net": {
            "addressSpace": {"addressPrefixes": ["10.7.0.0/16"]},
            "subnets": [{"name": "sub", "properties": {"addressPrefix": "10.7.1.0/24"}}],
        },
        f"{paths.network}/networkInterfaces/nic1": {
            "ipConfigurations": [{"name": "ip", "properties": {
                "subnet": {"id": f"{paths.network}/virtualNetworks/net/subnets/sub"},
            }}],
        },
    }  # fmt: skip
    for resource_id, properties in bodies.items():
        body = {"location": "westeurope", "properties": properties}
        resources.resources.begin_create_or_update_by_id(resource_id, parameters=body, **PINNED).result()


def test_the_whole_life_of_a_machine(server, fabric, options):
    resources = ResourceManagementClient(credential(server), SUBSCRIPTIONS[0], **options)
    compute = ComputeManagementClient(credential(server), SUBSCRIPTIONS[0], **options)
    paths = Client(server)
    make_network(resources, paths)

    machine = compute.virtual_machines.begin_create_or_update("Group", "vm1", paths.vm_body(), **PIN).result()
    document = rest(machine)
    assert document["properties"]["provisioningState"] == "Succeeded"
    assert "customData" not in str(document)
    (spec,) = fabric.specs.values()
    assert (spec.address, spec.prefix_length, spec.gateway) == ("10.7.1.4", 24, "10.7.1.1")
    assert (spec.ssh_public_keys, spec.custom_data) == ((KEY,), b"secret-custom-data")

    wish = Client.extension_body(settings={"commandToExecute": "true"}, protectedSettings={"password": "s3cret"})
    extensions = compute.virtual_machine_extensions
    made = rest(extensions.begin_create_or_update("Group", "vm1", "script", wish, **PIN).result())
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert "protectedSettings" not in made["properties"]

    fabric.outcome = ("error", 1, "exit status 1")
    wish["properties"]["forceUpdateTag"] = "again"
    with pytest.raises(HttpResponseError) as caught:
        extensions.begin_create_or_update("Group", "vm1", "script", wish, **PIN).result()
    assert caught.value.error.code == "VMExtensionProvisioningError"
    assert '"exit status 1"' in caught.value.error.message
    assert rest(extensions.get("Group", "vm1", "script", **PIN))["properties"]["provisioningState"] == "Failed"

    extensions.begin_delete("Group", "vm1", "script", **PIN).result()
    with pytest.raises(ResourceNotFoundError):
        extensions.get("Group", "vm1", "script", **PIN)
    assert [rest(found)["name"] for found in compute.virtual_machines.list_all(**PIN)] == ["vm1"]
    compute.virtual_machines.begin_deallocate("Group", "vm1", **PIN).result()
    compute.virtual_machines.begin_delete("Group", "vm1", **PIN).result()
    resources.resource_groups.begin_delete("Group").result()
    assert fabric.specs == {}
    with pytest.raises(ResourceNotFoundError):
        resources.resource_groups.get("Group")


def test_run_commands(server, client, fabric, options):
    client.add_vm()
    compute = ComputeManagementClient(credential(server), SUBSCRIPTIONS[0], **options)
    fabric.outcome = ("success", 0, '{"executionState": "Succeeded", "startTime": "2026-01-01T00:00:00Z"}')
    commands, body = compute.virtual_machine_run_commands, {"location": "westeurope"}
    body["properties"] = {"source": {"script": "true"}, "protectedParameters": [{"name": "a", "value": "s3cret"}]}
    made = rest(commands.begin_create_or_update("Group", "vm1", "cmd", body, **PIN).result())
    assert made["properties"]["provisioningState"] == "Succeeded"
    found = rest(commands.get_by_virtual_machine("Group", "vm1", "cmd", expand="instanceView", **PIN))
    assert found["properties"]["instanceView"]["executionState"] == "Succeeded"
    assert [rest(entry)["name"] for entry in commands.list_by_virtual_machine("Group", "vm1", **PIN)] == ["cmd"]
    commands.begin_delete("Group", "vm1", "cmd", **PIN).result()
    with pytest.raises(ResourceNotFoundError):
        commands.get_by_virtual_machine("Group", "vm1", "cmd", **PIN)

    fabric.outcome = ("success", 0, "Enable succeeded: \n[stdout]\nhello\n\n[stderr]\n")
    wish = {"commandId": "RunShellScript", "script": ["echo hello"]}
    result = rest(compute.virtual_machines.begin_run_command("Group", "vm1", wish, **PIN).result())
    assert [entry["code"] for entry in result["value"]] == ["ProvisioningState/succeeded"]
    assert result["value"][0]["message"] == fabric.outcome[2]


def test_a_wrong_secret_is_refused_as_entra_refuses_it(server):
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential(server, "wrong").get_token(f"{server.base_url}/.default")
