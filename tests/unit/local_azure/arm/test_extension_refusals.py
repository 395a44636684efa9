# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions: what Resource Manager refuses before any agent hears of it."""

from __future__ import annotations

import pytest


@pytest.fixture
def vm(client):
    return client.add_vm()


def refused(client, method, path, body=None):
    status, answer, _headers = client.call(method, path, body)
    return status, answer["error"]["code"], answer["error"].get("innererror", {}).get("internalErrorCode")


def test_one_extension_of_a_handler(client, vm):
    client.done("PUT", client.extension, client.extension_body())
    answer = refused(client, "PUT", f"{client.vm}/extensions/other", client.extension_body())
    assert answer == (400, "BadRequest", "MultipleExtensionsPerHandlerNotAllowed")
    other = client.extension_body(
        publisher="Microsoft.OSTCExtensions", type="VMAccessForLinux", typeHandlerVersion="1.5"
    )
    client.done("PUT", f"{client.vm}/extensions/other", other)


@pytest.mark.parametrize("body, status, code", [
    ({"publisher": None}, 400, "InvalidParameter"), ({"type": None}, 400, "InvalidParameter"),
    ({"typeHandlerVersion": None}, 400, "InvalidParameter"), ({"settings": "text"}, 400, "InvalidRequestContent"),
    ({"forceUpdateTag": True}, 400, "InvalidRequestContent"), ({"type": "Other"}, 404, "ArtifactNotFound"),
    ({"protectedSettingsFromKeyVault": {}}, 400, "InvalidParameter"),
])  # fmt: skip
def test_bad_requests_are_refused_and_leave_nothing(client, vm, body, status, code):
    assert refused(client, "PUT", client.extension, client.extension_body(**body))[:2] == (status, code)
    assert client.get(f"{client.vm}/extensions")["value"] == []


@pytest.mark.parametrize("name, value", [("publisher", "Other"), ("type", "Other")])
def test_a_handler_cannot_become_another(client, vm, name, value):
    client.done("PUT", client.extension, client.extension_body())
    answer = refused(client, "PUT", client.extension, client.extension_body(**{name: value}))
    assert answer[:2] == (400, "PropertyChangeNotAllowed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_without_a_machine_there_is_no_extension(client, method):
    client.call("PUT", client.group, {"location": "westeurope"})
    body = client.extension_body() if method == "PUT" else None
    assert refused(client, method, client.extension, body)[:2] == (404, "ParentResourceNotFound")


@pytest.mark.parametrize("action", ["powerOff", "deallocate"])
def test_extensions_change_on_running_machines_only(client, vm, action):
    client.done("PUT", client.extension, client.extension_body())
    client.done("POST", f"{client.vm}/{action}")
    for method, body in (("PUT", client.extension_body()), ("DELETE", None)):
        answer = refused(client, method, client.extension, body)
        assert answer == (409, "OperationNotAllowed", "CannotModifyExtensionsWhenVMNotRunning")
    assert client.get(client.extension)["properties"]["provisioningState"] == "Succeeded"


def test_extension_operations_can_be_disallowed(client, vm):
    client.done("PATCH", client.vm, {"properties": {"osProfile": {"allowExtensionOperations": False}}})
    status, body, _headers = client.call("PUT", client.extension, client.extension_body())
    assert (status, body["error"]["code"]) == (409, "OperationNotAllowed")
    assert "disallowed" in body["error"]["message"]
