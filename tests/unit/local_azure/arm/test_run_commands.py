# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands: documents as recorded, refusals, when a script runs, instance views, the action."""

from __future__ import annotations

import json
import time

import pytest

HANDLER, ACTION = "Microsoft.CPlat.Core.RunCommandHandlerLinux", "Microsoft.CPlat.Core.RunCommandLinux"
TOLD = {
    "executionState": "Failed",
    "executionMessage": "Execution failed: failed to execute command: command terminated with exit status=127",
    "output": "", "error": "no\n", "exitCode": 127,
    "startTime": "2024-08-26T09:00:26Z", "endTime": "2024-08-26T09:00:27Z",
}  # fmt: skip
VIEW = {**TOLD, "startTime": "2024-08-26T09:00:26+00:00", "endTime": "2024-08-26T09:00:27+00:00"}
SECRET = "planted-S3cret"
SCRIPT = {"source": {"script": "true"}}


@pytest.fixture
def vm(client):
    return client.add_vm()


@pytest.fixture
def command(client, vm):
    return f"{client.vm}/runCommands/cmd-1"


def body(**properties):
    return {"location": "westeurope", "properties": {**SCRIPT, **properties}}


def goals(fabric):
    (found,) = fabric.goals.values()
    return found


def view_of(client, command):
    return client.get(command, "$expand=instanceView")["properties"]["instanceView"]


def test_create_update_list_delete_as_recorded(client, fabric, command):
    fabric.outcome = ("success", 0, json.dumps(TOLD))
    status, answer, headers = client.call("PUT", command, body(asyncExecution=False))
    assert status == 201
    assert answer == {
        "name": "cmd-1", "id": command, "type": "Microsoft.Compute/virtualMachines/runCommands",
        "location": "westeurope",
        "properties": {
            "source": {"script": "true"}, "timeoutInSeconds": 0, "provisioningState": "Creating",
            "asyncExecution": False,
        },
    }  # fmt: skip
    assert ("Location" in headers, headers["Azure-AsyncNotification"]) == (False, "Enabled")
    assert client.wait(headers)["status"] == "Succeeded"
    settled = {**answer, "properties": {**answer["properties"], "provisioningState": "Succeeded"}}
    assert client.get(command) == settled
    assert view_of(client, command) == VIEW
    changes = {
        "source": {"script": "script1"}, "parameters": [{"name": "arg1", "value": "f1"}], "asyncExecution": False,
        "runAsUser": "user1", "timeoutInSeconds": 3600,
    }  # fmt: skip
    status, answer, headers = client.call("PATCH", command, {"properties": changes})
    assert (status, answer["properties"]) == (200, {**changes, "provisioningState": "Updating"})
    assert client.wait(headers)["status"] == "Succeeded"
    changed = {**settled, "properties": {**changes, "provisioningState": "Succeeded"}}
    assert client.get(f"{client.vm}/runCommands") == {"value": [changed]}
    status, answer, headers = client.call("DELETE", command)
    assert (status, answer, "monitor=true" in headers["Location"]) == (202, None, True)
    assert client.wait(headers)["status"] == "Succeeded"
    assert client.get(f"{client.vm}/runCommands") == {"value": []}
    assert client.call("DELETE", command)[0] == 204
    assert goals(fabric) == []


def test_what_the_handler_gets(client, fabric, command):
    client.done("PUT", command, body(
        parameters=[{"name": "a", "value": "b"}], protectedParameters=[{"name": "p", "value": SECRET}],
        runAsUser="u", runAsPassword=SECRET, timeoutInSeconds=9, treatFailureAsDeploymentFailure=True,
    ))  # fmt: skip
    (goal,) = goals(fabric)
    assert (goal.publisher, goal.type, goal.version, goal.name) == (
        "Microsoft.CPlat.Core", "RunCommandHandlerLinux", "1.3.28", "cmd-1",
    )  # fmt: skip
    assert goal.settings == {
        "source": {"script": "true"}, "parameters": [{"name": "a", "value": "b"}], "runAsUser": "u",
        "timeoutInSeconds": 9, "asyncExecution": False, "treatFailureAsDeploymentFailure": True,
    }  # fmt: skip
    assert goal.sealed_settings
    document = client.get(command)
    assert not {"protectedParameters", "runAsPassword"} & set(document["properties"])


def test_secrets_are_in_no_file(client, fabric, command, tmp_path):
    given = body(source={"scriptUri": f"https://x/s.sh?sig={SECRET}"}, runAsPassword=SECRET)
    client.done("PUT", command, given)
    assert client.get(command)["properties"]["source"] == {"scriptUri": "https://x/s.sh"}
    time.sleep(0.2)
    texts = {path.name: path.read_text() for path in (tmp_path / "state").glob("*.json*")}
    assert "https://x/s.sh" in texts["arm.json"], "the control"
    assert [name for name, text in texts.items() if SECRET in text] == []
    assert set(texts) >= {"arm.json", "requests.jsonl"}


BASE = {"source": {"script": "true"}, "protectedParameters": [{"name": "p", "value": "1"}]}


@pytest.mark.parametrize("method, second, runs", [
    ("PUT", BASE, [0]),
    ("PUT", {**BASE, "source": {"script": "false"}}, [0, 1]),
    ("PUT", {**BASE, "timeoutInSeconds": 5}, [0, 1]),
    ("PUT", {**BASE, "protectedParameters": [{"name": "p", "value": "2"}]}, [0, 1]),
    ("PUT", SCRIPT, [0, 1]),
    ("PATCH", {}, [0]),
    ("PATCH", {"runAsUser": "u"}, [0, 1]),
])  # fmt: skip
def test_the_script_runs_again_only_when_something_changed(client, fabric, command, method, second, runs):
    client.done("PUT", command, body(**BASE))
    before = goals(fabric)[0]
    client.done(method, command, {"location": "westeurope", "properties": second})
    assert fabric.runs == [(f"{HANDLER}/cmd-1", number) for number in runs]
    kept = goals(fabric)[0].sealed_settings == before.sealed_settings
    assert kept == (method == "PATCH" or second.get("protectedParameters") == BASE["protectedParameters"])


def test_one_that_was_deleted_and_made_again_runs(client, fabric, command):
    client.done("PUT", command, body())
    client.done("PUT", f"{client.vm}/runCommands/other", body())
    client.done("DELETE", command)
    assert [goal.name for goal in goals(fabric)] == ["other"]
    client.done("PUT", command, body())
    assert fabric.runs == [(f"{HANDLER}/{name}", number) for name, number in (("cmd-1", 0), ("other", 0), ("cmd-1", 1))]


def test_a_failed_script_can_be_a_failed_deployment(client, fabric, command):
    fabric.outcome = ("error", 0, json.dumps(TOLD))
    operation = client.done("PUT", command, body(treatFailureAsDeploymentFailure=True), expect="Failed")
    assert operation["error"]["code"] == "VMExtensionProvisioningError"
    assert TOLD["executionMessage"] in operation["error"]["message"]
    assert client.get(command)["properties"]["provisioningState"] == "Failed"
    assert view_of(client, command) == VIEW


EMPTY = {"exitCode": 0, "executionState": "Unknown", "executionMessage": "", "output": "", "error": ""}
RUNNING = {**TOLD, "executionState": "Running", "endTime": ""}

# outcome of the handler, the instance view
VIEWS = {
    "running": (("success", 0, json.dumps(RUNNING)),
                {**{name: value for name, value in VIEW.items() if name != "endTime"}, "executionState": "Running"}),
    "the agent's own words": (("success", 0, "no status file"), {**EMPTY, "executionMessage": "no status file"}),
    "nothing": (("success", 0, ""), EMPTY),
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_instance_views(client, fabric, command, name):
    fabric.outcome, expected = VIEWS[name]
    client.done("PUT", command, body(asyncExecution=True))
    assert view_of(client, command) == expected
    listed = client.get(f"{client.vm}/runCommands", "$expand=instanceView")["value"]
    assert [entry["properties"]["instanceView"] for entry in listed] == [expected]


def test_an_earlier_run_says_nothing_of_this_one(client, fabric, command):
    fabric.outcome = ("success", 0, json.dumps(TOLD))
    client.done("PUT", command, body())
    fabric.silent = True
    _status, _answer, headers = client.call("PUT", command, body(source={"script": "false"}))
    assert view_of(client, command) == EMPTY
    fabric.silent = False
    assert client.wait(headers)["status"] == "Succeeded"


def test_run_commands_are_no_extensions(client, fabric, command):
    client.done("PUT", command, body())
    machine = client.get(client.vm, "$expand=instanceView")
    assert "resources" not in machine
    assert "extensions" not in machine["properties"]["instanceView"]
    handlers = machine["properties"]["instanceView"]["vmAgent"]["extensionHandlers"]
    assert [entry["type"] for entry in handlers] == [HANDLER]


CONFLICT = "The property 'source.commandId' cannot be used together with property 'source.script'."

# properties, (status, code, words of the message)
REFUSED = {
    "no source": ({"source": None}, (400, "InvalidParameter", "Required parameter 'source.script' is missing (null).")),
    "two": ({"source": {"commandId": "RunShellScript", "script": "x"}},
            (400, "InvalidParameterConflictingProperties", CONFLICT)),
    "foreign command": ({"source": {"commandId": "ifconfig"}}, (400, "InvalidParameter", "found commandId 'ifconfig'")),
    "lines": ({"source": {"script": ["a", "b"]}}, (400, "InvalidRequestContent", "source.script")),
    "parameters": ({"parameters": {"a": "b"}}, (400, "InvalidRequestContent", "parameters")),
    "parameter": ({"protectedParameters": [{"name": "a", "value": 1}]}, (400, "InvalidRequestContent", "parameter")),
    "blob": ({"outputBlobUri": "https://x"}, (400, "InvalidParameter", "leave 'outputBlobUri' out")),
    "identity": ({"source": {"scriptUri": "https://x", "scriptUriManagedIdentity": {}}},
                 (400, "InvalidParameter", "leave 'source.scriptUriManagedIdentity' out")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(client, command, name):
    properties, (wanted, code, words) = REFUSED[name]
    status, answer, _headers = client.call("PUT", command, body(**properties))
    assert (status, answer["error"]["code"]) == (wanted, code)
    assert words in answer["error"]["message"]
    assert client.get(f"{client.vm}/runCommands") == {"value": []}


def test_the_state_of_the_machine_counts(client, fabric, command):
    client.done("PUT", command, body())
    client.done("POST", f"{client.vm}/powerOff")
    for method in ("PUT", "DELETE"):
        status, answer, _headers = client.call(method, command, body())
        assert (status, answer["error"]["innererror"]["internalErrorCode"]) == (
            409, "CannotModifyExtensionsWhenVMNotRunning",
        )  # fmt: skip
    status, answer, _headers = client.call("POST", f"{client.vm}/runCommand", {"commandId": "RunShellScript"})
    assert (status, answer["error"]) == (409, {
        "code": "OperationNotAllowed", "message": "The operation requires the VM to be running (or set to run).",
    })  # fmt: skip
    other = f"{client.compute}/virtualMachines/none/runCommands/x"
    assert client.call("PUT", other, body())[1]["error"]["code"] == "ParentResourceNotFound"


def test_twenty_five_at_most(client, fabric, command, monkeypatch):
    monkeypatch.setattr("local_azure.arm.providers.run_commands.MOST", 2)
    client.done("PUT", command, body())
    client.done("PUT", f"{command}2", body())
    status, answer, _headers = client.call("PUT", f"{command}3", body())
    assert (status, answer["error"]["code"]) == (409, "OperationNotAllowed")
    client.done("PUT", f"{command}2", body(timeoutInSeconds=3))


LINES = {"commandId": "RunShellScript", "script": ["echo a", "echo b"], "parameters": [{"name": "x", "value": SECRET}]}


def test_the_action(client, fabric, vm):
    path = f"{client.vm}/runCommand"
    fabric.outcome = ("transitioning", 0, "Enable in progress")
    status, answer, headers = client.call("POST", path, LINES)
    assert (status, answer, "monitor=true" in headers["Location"]) == (202, None, True)
    status, answer, _headers = client.call("POST", path, LINES)
    assert (status, answer["error"]) == (409, {
        "code": "Conflict",
        "message": "Run command extension execution is in progress. Please wait for completion before invoking a run "
        "command.",
    })  # fmt: skip
    fabric.outcome = ("success", 0, "Enable succeeded: \n[stdout]\na\nb\n\n[stderr]\n")
    fabric.views = {name: view.__class__(**{**vars(view), "handlers": {}}) for name, view in fabric.views.items()}
    operation = client.wait(headers)
    value = [{
        "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
        "message": "Enable succeeded: \n[stdout]\na\nb\n\n[stderr]\n",
    }]  # fmt: skip
    assert (operation["status"], operation["properties"]) == ("Succeeded", {"output": {"value": value}})
    location = headers["Location"].removeprefix(client.base)
    assert client.send("GET", location)[:2] == (200, {"value": value})
    (goal,) = goals(fabric)
    assert (goal.name, goal.settings, bool(goal.sealed_settings)) == (None, {}, True)
    operation = client.done("POST", path, LINES)
    assert (ACTION, 1) in fabric.runs, "the same again runs again"
    client.done("PUT", client.extension, client.extension_body())
    assert client.get(client.vm)["resources"][0]["name"] == "script"


@pytest.mark.parametrize("given, code", [
    ({"commandId": "RunPowerShellScript"}, "InvalidParameter"),
    ({}, "InvalidParameter"),
    ({"commandId": "runshellscript", "script": "x"}, "InvalidRequestContent"),
    ({"commandId": "RunShellScript", "parameters": {"a": 1}}, "InvalidRequestContent"),
])  # fmt: skip
def test_refusals_of_the_action(client, vm, given, code):
    status, answer, _headers = client.call("POST", f"{client.vm}/runCommand", given)
    assert (status, answer["error"]["code"]) == (400, code)
