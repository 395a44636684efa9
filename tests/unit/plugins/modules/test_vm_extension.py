# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import vm_extension

from ..module_utils._azure.wire import SUB, Reply, absent, error
from ..module_utils._extension.machines import PUBLISHER, TYPE, VM, extension, machine, status, view
from .azure_run import ASYNC, OPERATION_PATH, AzureWire, run

OTHER = VM.replace(SUB, "22222222-2222-2222-2222-222222222222")
ID = VM + "/extensions/" + TYPE
SECRET = "planted-protected-S3cret"
HANDLER = {"publisher": PUBLISHER, "type": TYPE, "type_handler_version": "2.1"}
WANTED = {**HANDLER, "protected_settings": {"commandToExecute": "echo " + SECRET}, "digest_key": "planted-key-S3cret"}
VAULT = {"secret_url": "https://v.vault.azure.net/secrets/s/1", "source_vault_id": "/subscriptions/s/v"}
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(vm_extension.main, monkeypatch, capsys, wire, **arguments)

    return call


def created():
    return [
        Reply("GET", VM, 200, machine()),
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", ID, 200, extension()),
        Reply("GET", ID, 200, extension(instanceView=view())),
    ]


def test_create_and_again(module):
    wire = AzureWire(*created())
    result = module(wire, vms=[VM], **WANTED)
    assert (result["changed"], result["failed_vms"]) == (True, [])
    assert result["vms"][VM]["statuses"][0]["message"] == "Enable succeeded."
    sent = wire.only("PUT").body["properties"]
    assert sent.pop("protectedSettings") == WANTED["protected_settings"], "the control: the secret was sent"
    wire = AzureWire(Reply("GET", VM, 200, machine(extension(**sent), views=[view()])))
    again = module(wire, vms=[VM], **WANTED)
    assert (again["changed"], again["diff"]) == (False, [])
    changed = {**WANTED, "protected_settings": {"commandToExecute": "echo another-S3cret"}}
    wire = AzureWire(Reply("GET", VM, 200, machine(extension(**sent), views=[view()])))
    drifted = module(wire, vms=[VM], _ansible_check_mode=True, _ansible_diff=True, **changed)
    assert drifted["vms"][VM]["reasons"] == ["protected settings differ"]
    [diff] = drifted["diff"]
    assert diff["before"]["forceUpdateTag"] != diff["after"]["forceUpdateTag"]


def test_the_same_vm_twice_is_one(module):
    wire = AzureWire(Reply("GET", VM, 200, machine(extension())))
    result = module(wire, vms=[VM, VM.replace("resourceGroups", "resourcegroups")], **HANDLER)
    assert list(result["vms"]) == [VM]


@pytest.mark.parametrize(("on_partial", "failed"), [("fail", True), ("report", False)])
def test_failures_stand_beside_successes(module, on_partial, failed):
    wire = AzureWire(*created(), absent("GET", OTHER))
    result = module(wire, vms=[OTHER, VM], on_partial=on_partial, **WANTED)
    assert result.get("failed", False) is failed
    assert result["changed"] is True
    assert result["failed_vms"] == [OTHER]
    assert result["vms"][OTHER]["error"]["code"] == "VMNotFound"
    assert result["vms"][VM]["action"] == "create"


def test_what_the_handler_said(module):
    said = [status("ProvisioningState/failed/1", "Error", "exit code 7: echo %s: not found" % SECRET)]
    wire = AzureWire(
        Reply("GET", VM, 200, machine()),
        Reply("PUT", ID, 201, {}, ASYNC),
        Reply("GET", OPERATION_PATH, 200, {"status": "Failed", **error("VMExtensionProvisioningError", "failed")}),
        Reply("GET", ID, 200, extension(provisioningState="Failed", instanceView=view(statuses=said))),
    )
    result = module(wire, vms=[VM], **WANTED)
    assert result["failed"] is True
    assert "exit code 7: " in result["msg"]
    assert result["vms"][VM]["error"]["details"][0]["code"] == "ProvisioningState/failed/1"


def test_absent(module):
    wire = AzureWire(Reply("GET", VM, 200, machine(extension())), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    assert module(wire, vms=[VM], name=TYPE, state="absent")["vms"][VM]["action"] == "delete"


def test_warnings(module):
    vm = machine(extension("DockerExtension", PUBLISHER, "DockerExtension"))
    wire = AzureWire(Reply("GET", VM, 200, vm))
    arguments = {**WANTED, "type": "DockerExtension", "settings": {}}
    result = module(wire, vms=[VM], **arguments)
    retired, unknown = result["warned"]
    assert "retired" in retired
    assert unknown.startswith(VM)
    assert "on_unknown_secret=apply" in unknown
    assert result["changed"] is False


def test_wrong_protected_settings_are_said_once_and_nothing_is_sent(module):
    wire = AzureWire()
    arguments = {**WANTED, "protected_settings": {"commandToExecute": "true", "script": "planted-S3cret"}}
    result = module(wire, vms=[VM, OTHER], **arguments)
    assert (result["failed"], result["error"]["code"]) == (True, "InvalidSettings")
    assert result["msg"].count("give one of commandToExecute and script") == 1
    assert "vms" not in result
    assert wire.sent == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vms": ["vm1"], "name": "x"}, "'vm1' is not a full ARM resource id"),
        ({"vms": [VM]}, "one of the following is required"),
        ({"vms": [VM], "type": TYPE}, "required together"),
        ({"name": "x"}, "vms"),
        ({"vms": [VM], "name": "x", "auth_source": "service_principal", "secret": ""}, "missing: secret"),
        (
            {"vms": [VM], "name": "x", "protected_settings": {}, "protected_settings_from_key_vault": VAULT},
            "mutually exclusive",
        ),
        ({"vms": [VM], "name": "x", "protected_settings_from_key_vault": {"secret_url": "u"}}, "source_vault_id"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]


def test_short_secrets_do_not_blank_results(module):
    handler = {"publisher": "P", "type": "T", "type_handler_version": "1.0"}
    protected = {"flag": "true", "port": 2376, "password": "planted-S3cret"}
    said = "listens on 2376: true; you sent planted-S3cret"
    made = {**extension("T", "P", "T"), "properties": {"instanceView": view("T", [status(message=said)])}}
    wire = AzureWire(
        Reply("GET", VM, 200, machine()),
        Reply("PUT", VM + "/extensions/T", 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", VM + "/extensions/T", 200, made),
        Reply("GET", VM + "/extensions/T", 200, made),
    )
    result = module(wire, vms=[VM], **handler, protected_settings=protected, _ansible_inject_invocation=True)
    assert wire.only("PUT").body["properties"]["protectedSettings"] == protected
    assert result["vms"][VM]["statuses"][0]["message"] == "listens on 2376: true; you sent (hidden)"
    assert result["invocation"]["module_args"]["protected_settings"] == "(hidden)"


def test_reinstall_deletes_and_creates(module):
    found = machine(extension(forceUpdateTag="bulwark1:none"))
    wire = AzureWire(
        Reply("GET", VM, 200, found),
        Reply("DELETE", ID, 202, None, ASYNC),
        SUCCEEDED,
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", ID, 200, extension()),
        Reply("GET", ID, 200, extension(instanceView=view())),
    )
    settings = {"commandToExecute": "true"}
    result = module(wire, vms=[VM], **HANDLER, state="reinstalled", settings=settings, tags={"n": 1})
    assert result["vms"][VM]["action"] == "reinstall"
    assert wire.only("PUT").body["tags"] == {"n": "1"}


def test_a_failure_that_azure_hides_is_told(module):
    failed = view(statuses=[status("ProvisioningState/failed/7", "Error", "disk full")])
    wire = AzureWire(
        Reply("GET", VM, 200, machine()),
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", ID, 200, extension()),
        Reply("GET", ID, 200, extension(instanceView=failed)),
    )
    arguments = {"settings": {"commandToExecute": "false"}, "suppress_failures": True}
    result = module(wire, vms=[VM], **HANDLER, **arguments)
    assert wire.only("PUT").body["properties"]["suppressFailures"] is True
    assert any("failed: disk full" in text for text in result["vms"][VM]["warnings"])
