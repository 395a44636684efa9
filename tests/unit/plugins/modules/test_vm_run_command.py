# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import vm_run_command

from ..module_utils._azure.wire import SUB, Reply, absent
from ..module_utils._extension.machines import VM, machine
from ..module_utils._run_command.commands import DIGEST_TAG, ID, NAME, command, ended, failed
from .azure_run import ASYNC, OPERATION_PATH, AzureWire, run

OTHER = VM.replace(SUB, "22222222-2222-2222-2222-222222222222")
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})
SECRET = "planted-protected-S3cret"
WANTED = {
    "name": NAME,
    "script": "echo hello",
    "protected_parameters": {"TOKEN": SECRET},
    "run_as_password": "planted-password-S3cret",
    "digest_key": "planted-key-S3cret",
}


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(vm_run_command.main, monkeypatch, capsys, wire, **arguments)

    return call


def done(view=None, found=None):
    """A run command that is put, from what is ``found`` to what is said afterwards."""
    return [
        absent("GET", ID) if found is None else Reply("GET", ID, 200, found),
        Reply("GET", VM, 200, machine()),
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", ID, 200, command()),
        Reply("GET", ID, 200, command(view)),
    ]


def stored(body):
    """What Azure holds of a body that was sent."""
    secret = ("protectedParameters", "runAsPassword")
    properties = {name: value for name, value in body["properties"].items() if name not in secret}
    return command(ended(output="hello"), body["tags"][DIGEST_TAG], **properties)


def test_create_and_again(module):
    wire = AzureWire(*done(ended(output="hello " + SECRET)))
    result = module(wire, vms=[VM], **WANTED)
    assert (result["changed"], result["failed_vms"]) == (True, [])
    assert result["vms"][VM]["execution"]["output"] == "hello (hidden)"
    body = wire.only("PUT").body
    assert body["properties"]["protectedParameters"] == [{"name": "TOKEN", "value": SECRET}], "the control"
    assert body["properties"]["runAsPassword"] == WANTED["run_as_password"]
    again = module(AzureWire(Reply("GET", ID, 200, stored(body))), vms=[VM], **WANTED)
    assert (again["changed"], again["diff"]) == (False, [])
    changed = {**WANTED, "run_as_password": "another-password-S3cret"}
    wire = AzureWire(Reply("GET", ID, 200, stored(body)), Reply("GET", VM, 200, machine()))
    drifted = module(wire, vms=[VM], _ansible_check_mode=True, _ansible_diff=True, **changed)
    assert drifted["vms"][VM]["reasons"] == ["protected parameters differ"]


def test_values_are_texts(module):
    tagged = Reply("GET", ID, 200, command(ended(), tags={"n": "1"}))
    wire = AzureWire(*done(), tagged)
    module(wire, vms=[VM], name=NAME, script="x", parameters={"N": 1, "B": True}, tags={"n": 1})
    assert wire.only("PUT").body["tags"]["n"] == "1"
    parameters = [{"name": "N", "value": "1"}, {"name": "B", "value": "true"}]
    assert wire.only("PUT").body["properties"]["parameters"] == parameters


@pytest.mark.parametrize(("on_partial", "is_failed"), [("fail", True), ("report", False)])
def test_failures_stand_beside_successes(module, on_partial, is_failed):
    wire = AzureWire(*done(), absent("GET", OTHER + "/runCommands/" + NAME), absent("GET", OTHER))
    result = module(wire, vms=[OTHER, VM], on_partial=on_partial, **WANTED)
    assert result.get("failed", False) is is_failed
    assert (result["changed"], result["failed_vms"]) == (True, [OTHER])
    assert result["vms"][OTHER]["error"]["code"] == "VMNotFound"


def test_the_failure_of_the_script_is_that_of_the_task(module):
    said = "token %s refused, disk full\n" % SECRET
    result = module(AzureWire(*done(failed(7, said))), vms=[VM], **WANTED)
    assert result["failed"] is True
    assert "exit code 7" in result["msg"]
    assert "token (hidden) refused, disk full" in result["msg"]
    assert result["vms"][VM]["error"]["code"] == "RunCommandFailed"
    reported = module(AzureWire(*done(failed(7, said))), vms=[VM], on_partial="report", **WANTED)
    assert "failed" not in reported


@pytest.mark.parametrize("name", ["rerun", "force"])
def test_rerun(module, name):
    wire = AzureWire(*done(found=command()))
    result = module(wire, vms=[VM], name=NAME, script="echo hello", **{name: True})
    assert result["vms"][VM]["reasons"] == ["asked to run again"]


def test_signatures_are_hidden_and_addresses_are_not(module):
    uri, token = "https://h.example/scripts/run.sh", "sv=1&sig=planted-signature-S3cret"
    told = ended(error="GET %s?%s: 403; sig planted-signature-S3cret" % (uri, token))
    wire = AzureWire(*done(told))
    given = {"script_uri": uri + "?" + token, "output_blob_uri": "https://h.example/out?" + token}
    result = module(wire, vms=[VM], name=NAME, _ansible_inject_invocation=True, **given)
    assert wire.only("PUT").body["properties"]["source"] == {"scriptUri": uri + "?" + token}
    assert result["vms"][VM]["after"]["source"] == {"scriptUri": uri}
    assert result["vms"][VM]["execution"]["error"] == "GET %s?(hidden): 403; sig (hidden)" % uri
    assert result["invocation"]["module_args"]["script_uri"] == "(hidden)"


def test_short_secrets_do_not_blank_results(module):
    wire = AzureWire(*done(ended(output="port 2376: true")))
    protected = {"PORT": 2376, "FLAG": True}
    result = module(wire, vms=[VM], name=NAME, script="x", protected_parameters=protected)
    assert result["vms"][VM]["execution"]["output"] == "port 2376: true"


def test_absent(module):
    wire = AzureWire(
        Reply("GET", ID, 200, command()),
        Reply("GET", VM, 200, machine()),
        Reply("DELETE", ID, 202, None, ASYNC),
        SUCCEEDED,
    )
    assert module(wire, vms=[VM], name=NAME, state="absent")["vms"][VM]["action"] == "delete"


def test_warnings(module):
    wire = AzureWire(Reply("GET", ID, 200, command(tag="foreign")))
    result = module(wire, vms=[VM], **WANTED)
    [unknown] = result["warned"]
    assert unknown.startswith(VM)
    assert "on_unknown_secret=apply" in unknown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vms": ["vm1"], "name": "x"}, "'vm1' is not a full ARM resource id"),
        ({"vms": [VM]}, "missing required arguments: name"),
        ({"name": "x"}, "missing required arguments: vms"),
        ({"vms": [VM], "name": "x", "script": "a", "command_id": "b"}, "mutually exclusive"),
        ({"vms": [VM], "name": "x", "auth_source": "service_principal", "secret": ""}, "missing: secret"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]


def test_what_does_not_exist_needs_a_script(module):
    result = module(AzureWire(absent("GET", ID)), vms=[VM], name=NAME)
    assert result["vms"][VM]["error"]["code"] == "MissingOption"
