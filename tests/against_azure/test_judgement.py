# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not Azure's, or that say something new: none is taken for absence, or for success."""

from __future__ import annotations

import pytest

from . import bed
from .bed import BARE
from .test_error_catalogue import error_of

EXTENSION = f"{BARE}/extensions/Marker"
DECLARED = {"vms": [BARE], **bed.MARKER}
BLOCKED = "<html><head><title>Access denied by Contoso proxy</title></head><body><h1>Blocked</h1></body></html>"
LOGIN = f"/{bed.inside.TENANT}/oauth2/v2.0/token"

# what Azure answers, to which request; the code and words of the error
NEW = {
    "403 of an unknown code": (403, "SomethingNew", "GET", BARE, "SomethingNew"),
    "404 of an unknown code is not absence": (404, "SomethingNew", "GET", BARE, "SomethingNew"),
    "404 of an unknown resource type": (404, "InvalidResourceType", "GET", BARE, "InvalidResourceType"),
    "409 of an unknown code": (409, "SomethingNew", "PUT", EXTENSION, "SomethingNew"),
    "401 of an unknown code": (401, "SomethingNew", "GET", BARE, "SomethingNew"),
}


@pytest.mark.parametrize("name", NEW)
def test_an_unknown_code_is_an_error_with_azures_words(azure, module, name):
    status, code, method, path, expected = NEW[name]
    azure.fault(method, path, {"status": status, "code": code, "message": "Azure's own words."}, every=True)
    result = module("vm_extension", **DECLARED)
    assert result["failed"]
    error = error_of(result)
    assert (error["code"], "Azure's own words." in error["message"]) == (expected, True)
    assert azure.sent("PUT") == ([f"PUT {EXTENSION}"] if method == "PUT" else [])


# where a proxy answers instead, with which status; the code of the error, and whether the SDK leaves us the page
FOREIGN = {
    "403 for a GET": ("GET", BARE, 403, "Http403", True),
    "404 for a GET is not absence": ("GET", BARE, 404, "Http404", True),
    "407 for a GET": ("GET", BARE, 407, "Http407", True),
    "403 for a PUT": ("PUT", EXTENSION, 403, "Http403", True),
    "200 for a PUT": ("PUT", EXTENSION, 200, "NotFromAzure", False),
    "200 for a poll": ("GET", "*/operations/*", 200, "NotFromAzure", False),
    "200 for a GET": ("GET", BARE, 200, "NotFromAzure", False),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_page_of_a_proxy_is_not_azures_word(module, proxy, name):
    method, path, status, code, shown = FOREIGN[name]
    proxy(method, path, status, BLOCKED)
    result = module("vm_extension", **DECLARED)
    assert result["failed"]
    error = error_of(result)
    assert error["code"] == code
    assert ("Access denied by Contoso proxy" in error["message"]) is shown
    assert "proxies" in error["hint"]


def test_the_page_of_a_proxy_instead_of_the_login(module, proxy):
    proxy("POST", LOGIN, 200, BLOCKED)
    result = module("vm_extension", **DECLARED)
    assert (result["failed"], error_of(result)["code"]) == (True, "AuthenticationFailed")
    assert error_of(result)["hint"]


def test_the_page_of_a_proxy_instead_of_the_cloud(module, proxy):
    proxy("GET", "/metadata/endpoints", 200, BLOCKED)
    result = module("vm_extension", **DECLARED)
    assert (result["failed"], error_of(result)["code"]) == (True, "InvalidCloudMetadata")
    assert error_of(result)["hint"]


# module, arguments, whose operation fails
FAILING = {
    "extension": ("vm_extension", DECLARED, EXTENSION),
    "run command": ("vm_run_command", {"vms": [BARE], "name": "hello", "script": "true"}, f"{BARE}/runCommands/hello"),
    "Docker host": ("docker_host", {"hosts": [{"name": "docker1", "id": BARE}]}, f"{BARE}/extensions/bulwark-docker"),
    "resource": ("arm_resources", {"resources": [{"id": BARE, "document": {"tags": {"a": "b"}}}]}, BARE),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_failed_operation_is_a_failure_although_its_status_is_200(azure, module, name):
    noun, arguments, path = FAILING[name]
    azure.fault("PUT", path, {"operation": {"code": "SomethingNew", "message": "Azure's own words."}})
    result = module(noun, **arguments)
    assert result["failed"]
    assert "Azure's own words." in result["msg"]
    assert error_of(result)["code"] == "SomethingNew"


def test_a_page_that_cannot_be_read_is_not_an_empty_list(module, proxy):
    path = f"/subscriptions/{bed.SUBSCRIPTIONS[0]}/providers/Microsoft.Compute/virtualMachines"
    proxy("GET", path, 200, BLOCKED)
    result = module("vm_extension_info", subscriptions=[bed.SUBSCRIPTIONS[0]])
    assert (result["failed"], error_of(result)["code"]) == (True, "NotFromAzure")
