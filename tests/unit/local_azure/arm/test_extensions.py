# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions: documents, refusals, sequence numbers, and ends that only the agent decides."""

from __future__ import annotations

import time

import pytest

from local_azure.arm.fabric import HandlerView

SCRIPT = "Microsoft.Azure.Extensions.CustomScript"


@pytest.fixture
def vm(client):
    return client.add_vm()


def goal(fabric):
    (goals,) = fabric.goals.values()
    (found,) = goals
    return found


def refused(client, method, path, body=None):
    status, answer, _headers = client.call(method, path, body)
    return status, answer["error"]["code"], answer["error"].get("innererror", {}).get("internalErrorCode")


def test_create_update_read(client, vm, fabric):
    status, body, headers = client.call("PUT", client.extension, client.extension_body(
        settings={"a": None, "B_c": ""}, protectedSettings={"x": 1}, forceUpdateTag="t",
    ))  # fmt: skip
    assert status == 201
    assert body["properties"] == {
        "autoUpgradeMinorVersion": False, "forceUpdateTag": "t", "provisioningState": "Creating",
        "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1",
        "settings": {"a": None, "B_c": ""},
    }  # fmt: skip
    assert ("Location" in headers, headers["Azure-AsyncNotification"]) == (False, "Enabled")
    operation = client.wait(headers)
    assert set(operation) == {"startTime", "endTime", "status", "name"}
    wanted = goal(fabric)
    assert (wanted.publisher, wanted.type, wanted.version) == ("Microsoft.Azure.Extensions", "CustomScript", "2.1.19")
    assert (wanted.sequence, wanted.state, wanted.thumbprint) == (0, "enabled", "AB" * 20)
    assert wanted.settings == {"a": None, "B_c": ""}
    second = {"publisher": "Microsoft.Azure.Extensions", "typeHandlerVersion": "2.1"}
    shouted = client.extension.upper().replace("SCRIPT", "Script")
    status, body, headers = client.call("PUT", shouted, {"location": "West Europe", "properties": second})
    assert (status, body["id"], body["properties"]["provisioningState"]) == (200, client.extension, "Updating")
    assert not {"settings", "forceUpdateTag"} & set(body["properties"])
    client.wait(headers)
    assert client.get(client.extension)["properties"]["provisioningState"] == "Succeeded"
    assert goal(fabric).sealed_settings is None


def test_views_show_what_the_agent_said(client, vm, fabric):
    fabric.outcome = ("success", 0, "Enable succeeded: \n[stdout]\nhello")
    client.done("PUT", client.extension, client.extension_body())
    expected = {
        "name": "script", "type": SCRIPT, "typeHandlerVersion": "2.1.19",
        "statuses": [{
            "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
            "message": "Enable succeeded: \n[stdout]\nhello",
        }],
    }  # fmt: skip
    assert client.get(client.extension, "$expand=instanceView")["properties"]["instanceView"] == expected
    machine = client.get(client.vm, "$expand=instanceView")
    assert machine["properties"]["instanceView"]["extensions"] == [expected]
    assert machine["resources"] == [client.get(client.extension)]
    found = client.get(f"{client.vm}/extensions", "$expand=instanceView")["value"]
    assert [extension["properties"]["instanceView"] for extension in found] == [expected]


def test_a_failed_handler_is_a_failed_operation_with_its_own_text(client, vm, fabric):
    fabric.outcome = ("error", 52, "Enable failed with exit code 52 Couldn't create marker file")
    operation = client.done("PUT", client.extension, client.extension_body(), expect="Failed")
    assert operation["error"]["code"] == "VMExtensionProvisioningError"
    assert operation["error"]["message"].startswith(
        "VM has reported a failure when processing extension 'script' (publisher 'Microsoft.Azure.Extensions' and type "
        "'CustomScript'). Error message: \"Enable failed with exit code 52 Couldn't create marker file\". More "
    )
    machine = client.get(client.vm, "$expand=instanceView")
    assert machine["properties"]["provisioningState"] == "Succeeded"
    assert machine["resources"][0]["properties"]["provisioningState"] == "Failed"
    (status,) = machine["properties"]["instanceView"]["extensions"][0]["statuses"]
    assert (status["code"], status["level"]) == ("ProvisioningState/failed/52", "Error")


def test_failures_can_be_suppressed(client, vm, fabric):
    fabric.outcome = ("error", 1, "no")
    client.done("PUT", client.extension, client.extension_body(suppressFailures=True))
    assert client.get(client.extension)["properties"]["provisioningState"] == "Succeeded"


def test_a_handler_that_cannot_be_installed(client, vm, fabric):
    fabric.handler_status = "NotReady"
    operation = client.done("PUT", client.extension, client.extension_body(), expect="Failed")
    assert operation["error"] == {
        "code": "VMExtensionHandlerNonTransientError",
        "message": f"Handler '{SCRIPT}' has reported failure for VM Extension 'script' with terminal error code '1007' "
        "and error message: 'install failed'",
    }


def test_a_silent_agent_is_given_up(client, vm, fabric):
    fabric.silent = True
    started = time.monotonic()
    operation = client.done("PUT", client.extension, client.extension_body(), expect="Failed")
    assert operation["error"]["code"] == "VMAgentStatusCommunicationError"
    assert operation["error"]["message"].startswith("VM 'vm1' has not reported status for VM agent or extensions.")
    assert 0.5 <= time.monotonic() - started < 3


def test_a_handler_that_never_ends_meets_the_platforms_limit(client, vm, fabric, monkeypatch):
    monkeypatch.setattr("local_azure.arm.providers.extension_work.LIMITS", {"customscript": 0.1})
    fabric.outcome = ("transitioning", 0, "working")
    operation = client.done("PUT", client.extension, client.extension_body(), expect="Failed")
    assert operation["error"]["code"] == "VMExtensionProvisioningTimeout"


def test_a_slow_handler_keeps_machine_and_extension_busy(client, vm, fabric):
    fabric.outcome = ("transitioning", 0, "working")
    _status, _body, headers = client.call("PUT", client.extension, client.extension_body())
    time.sleep(0.1)
    machine = client.get(client.vm)
    assert machine["properties"]["provisioningState"] == "Updating"
    assert machine["resources"][0]["properties"]["provisioningState"] == "Creating"
    (vm_id,) = fabric.specs
    with fabric.lock:
        working = fabric.views[vm_id].handlers[SCRIPT]
        fabric.views[vm_id].handlers[SCRIPT] = HandlerView(**{**vars(working), "state": "success"})
    assert client.wait(headers)["status"] == "Succeeded"


def test_the_end_of_the_machine_ends_the_operation(client, vm, fabric):
    fabric.outcome = ("transitioning", 0, "working")
    _status, _body, headers = client.call("PUT", client.extension, client.extension_body())
    client.done("POST", f"{client.vm}/powerOff")
    assert client.wait(headers)["error"]["code"] == "VMAgentStatusCommunicationError"
    client.done("POST", f"{client.vm}/start")
    _status, _body, headers = client.call("PUT", client.extension, client.extension_body(forceUpdateTag="2"))
    client.done("DELETE", client.vm)
    assert client.wait(headers)["error"]["code"] == "OperationPreempted"


def test_a_second_request_preempts_the_first(client, vm, fabric):
    fabric.outcome = ("transitioning", 0, "working")
    _status, _body, first = client.call("PUT", client.extension, client.extension_body())
    fabric.outcome = ("success", 0, "ok")
    client.done("PUT", client.extension, client.extension_body(forceUpdateTag="2"))
    assert client.wait(first)["error"]["code"] == "OperationPreempted"
    assert client.get(client.extension)["properties"]["provisioningState"] == "Succeeded"


BASE = {"settings": {"a": 1, "b": 2}, "protectedSettings": {"p": 1}, "forceUpdateTag": "t"}


@pytest.mark.parametrize("second, sequence", [
    (BASE, 0),
    ({**BASE, "settings": {"b": 2, "a": 1}}, 0),
    ({**BASE, "autoUpgradeMinorVersion": True}, 0),
    ({**BASE, "typeHandlerVersion": "2.1.9"}, 0),
    ({**BASE, "settings": {"a": 1}}, 1),
    ({**BASE, "protectedSettings": {"p": 2}}, 1),
    ({**BASE, "forceUpdateTag": "u"}, 1),
    ({"settings": BASE["settings"], "forceUpdateTag": "t"}, 1),
    ({}, 1),
])  # fmt: skip
def test_the_sequence_goes_up_only_with_what_the_handler_is_configured_with(client, vm, fabric, second, sequence):
    client.done("PUT", client.extension, client.extension_body(**BASE))
    before = goal(fabric)
    client.done("PUT", client.extension, client.extension_body(**second))
    after = goal(fabric)
    assert after.sequence == sequence
    assert (before.sealed_settings == after.sealed_settings) == (second.get("protectedSettings") == {"p": 1})
    assert after.version == second.get("typeHandlerVersion", "2.1.19")


def test_an_unchanged_put_runs_nothing(client, vm, fabric):
    for _time in range(3):
        client.done("PUT", client.extension, client.extension_body(**BASE))
    assert fabric.runs == [(SCRIPT, 0)]


def test_the_sequence_goes_on_after_a_new_beginning(client, vm, fabric):
    client.done("PUT", client.extension, client.extension_body(**BASE))
    client.done("DELETE", client.extension)
    client.done("PUT", client.extension, client.extension_body(**BASE))
    assert fabric.runs == [(SCRIPT, 0), (SCRIPT, 1)]


def test_patch_keeps_what_it_does_not_name(client, vm, fabric):
    client.done("PUT", client.extension, client.extension_body(**BASE))
    before = goal(fabric)
    client.done("PATCH", client.extension, {"properties": {"forceUpdateTag": "u"}, "tags": {"a": "b"}})
    assert client.get(client.extension)["properties"]["settings"] == BASE["settings"]
    assert (goal(fabric).sequence, goal(fabric).sealed_settings) == (1, before.sealed_settings)
    assert client.get(client.extension)["tags"] == {"a": "b"}
    assert refused(client, "PATCH", f"{client.vm}/extensions/none", {"properties": {}})[:2] == (404, "ResourceNotFound")


def test_delete_uninstalls_first(client, vm, fabric):
    client.done("PUT", client.extension, client.extension_body())
    fabric.silent = True
    status, body, headers = client.call("DELETE", client.extension)
    assert (status, body, "monitor=true" in headers["Location"]) == (202, None, True)
    time.sleep(0.05)
    assert goal(fabric).state == "uninstall"
    assert client.get(client.extension)["properties"]["provisioningState"] == "Deleting"
    assert refused(client, "PUT", client.extension, client.extension_body())[:2] == (409, "OperationNotAllowed")
    fabric.silent = False
    assert client.wait(headers)["status"] == "Succeeded"
    assert list(fabric.goals.values()) == [[]]
    assert client.call("GET", client.extension)[0] == 404
    assert client.call("DELETE", client.extension)[0] == 204


def test_a_delete_that_nobody_confirms_fails(client, vm, fabric):
    client.done("PUT", client.extension, client.extension_body())
    fabric.silent = True
    operation = client.done("DELETE", client.extension, expect="Failed")
    assert operation["error"]["code"] == "VMAgentStatusCommunicationError"
    assert client.get(client.extension)["properties"]["provisioningState"] == "Failed"


def test_a_version_that_does_not_exist_is_a_failed_operation(client, vm, fabric):
    operation = client.done("PUT", client.extension, client.extension_body(typeHandlerVersion="9.9"), expect="Failed")
    assert operation["error"]["code"] == "ArtifactVersionNotFound"
    assert client.get(client.extension)["properties"]["provisioningState"] == "Failed"
    client.done("DELETE", client.extension)
    assert fabric.runs == []
