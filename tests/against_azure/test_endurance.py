# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure in a bad mood: what passes is waited for, and nothing is done twice."""

from __future__ import annotations

import time

import pytest

from . import bed
from .bed import BARE, NETWORK, SCRIPTED
from .test_error_catalogue import error_of

EXTENSION = f"{BARE}/extensions/Marker"
DECLARED = {"vms": [BARE], **bed.MARKER}
COMPUTE_429 = {
    "status": 429,
    "code": "OperationNotAllowed",
    "message": "The server rejected the request because too many requests have been received for this subscription.",
    "details": [{"code": "TooManyRequests", "message": "{}"}],
    "headers": {"Retry-After": "1"},
}
ARM_429 = {"status": 429, "code": "SubscriptionRequestsThrottled", "headers": {"Retry-After": "1"}}
# what happens once, to which request, how many PUTs the extension then takes
PASSING = {
    "Compute's 429 for the PUT": (COMPUTE_429, "PUT", EXTENSION, 2),
    "ARM's 429 for the PUT": (ARM_429, "PUT", EXTENSION, 2),
    "ARM's 429 for the GET": (ARM_429, "GET", BARE, 1),
    "429 for a poll": (COMPUTE_429, "GET", "*/operations/*", 1),
    "500 for the PUT": ({"status": 500, "code": "InternalServerError"}, "PUT", EXTENSION, 2),
    "503 for the GET": ({"status": 503, "code": "ServiceUnavailable"}, "GET", BARE, 1),
    "504 for a poll": ({"status": 504, "code": "GatewayTimeout"}, "GET", "*/operations/*", 1),
    "connection lost before the GET": ({"drop": "before"}, "GET", BARE, 1),
    "connection lost before the PUT": ({"drop": "before"}, "PUT", EXTENSION, 2),
    "connection lost after the PUT": ({"drop": "after"}, "PUT", EXTENSION, 2),
    "connection lost at a poll": ({"drop": "before"}, "GET", "*/operations/*", 1),
    "conflict": ({"status": 409, "code": "Conflict"}, "PUT", EXTENSION, 2),
    "another operation, by code": ({"status": 409, "code": "AnotherOperationInProgress"}, "PUT", EXTENSION, 2),
    "another operation, by text": (
        {
            "status": 409,
            "code": "OperationNotAllowed",
            "message": "not allowed since another operation is in progress.",
        },
        "PUT",
        EXTENSION,
        2,
    ),
    "to be tried again": (
        {"status": 429, "code": "RetryableError", "headers": {"Retry-After": "1"}},
        "PUT",
        EXTENSION,
        2,
    ),
    "preempted": ({"operation": {"code": "OperationPreempted", "message": "preempted"}}, "PUT", EXTENSION, 2),
}


def puts(azure, path=EXTENSION):
    return azure.sent("PUT").count(f"PUT {path}")


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_waited_for(azure, module, name):
    fault, method, path, expected = PASSING[name]
    azure.fault(method, path, fault)
    started, ran = time.monotonic(), azure.fabric.runs
    result = module("vm_extension", **DECLARED)
    assert not result["failed"], result["msg"]
    assert result["vms"][BARE]["provisioning_state"] == "Succeeded"
    assert azure.fired() == [1]
    assert time.monotonic() - started >= float(fault.get("headers", {}).get("Retry-After", 0))
    assert (puts(azure), azure.fabric.runs - ran) == (expected, 1), (
        "the handler has run once, however often it was asked"
    )
    again = module("vm_extension", **DECLARED)
    assert (again["failed"], again["changed"], puts(azure)) == (False, False, expected)


def test_what_does_not_pass_is_an_error_with_a_next_step(azure, module):
    then = {"status": 503, "code": "ServiceUnavailable", "headers": {"x-ms-retry-after-ms": "1"}}
    azure.fault("PUT", EXTENSION, then, every=True)
    error = module("vm_extension", **DECLARED)["vms"][BARE]["error"]
    assert (error["code"], error["hint"]) == ("ServiceUnavailable", "Azure itself failed: run again later.")


def test_a_deletion_whose_answer_is_lost(azure, module):
    azure.extension(BARE, "Marker")
    azure.fault("DELETE", EXTENSION, {"drop": "after"})
    result = module("vm_extension", **DECLARED, state="absent")
    assert (result["failed"], result["changed"]) == (False, True)
    assert azure.arm.call("GET", EXTENSION)[0] == 404


def test_an_action_whose_answer_is_lost_is_not_sent_twice(azure, module):
    """Nobody may repeat a POST that may have been carried out; the next run sees what became of it."""
    azure.arm.post(f"{BARE}/powerOff")
    azure.fault("POST", f"{BARE}/start", {"drop": "after"})
    declared = {"resources": [{"id": BARE, "power": "running"}]}
    first = module("arm_resources", **declared)
    assert first["resources"][BARE]["error"]["code"] == "Unreachable", first
    assert azure.sent("POST").count(f"POST {BARE}/start") == 1
    second = module("arm_resources", **declared)
    assert (second["failed"], second["changed"]) == (False, False)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_resource_whose_answer_is_lost_is_there_once(azure, module, drop):
    azure.fault("PUT", ADDRESS, {"drop": drop})
    first = module("arm_resources", **address(), owner="site")
    assert (first["failed"], first["changed"], puts(azure, ADDRESS)) == (False, True, 2)
    second = module("arm_resources", **address(), owner="site")
    assert (second["failed"], second["changed"], puts(azure, ADDRESS)) == (False, False, 2)


def address(minutes=4):
    """A public address with this time-out: what to declare."""
    properties = {"publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": minutes}
    document = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": properties}
    return {"resources": [{"id": f"{NETWORK}/publicIPAddresses/new", "document": document}]}


ADDRESS = address()["resources"][0]["id"]


def test_an_old_answer_after_a_put_makes_no_second_put(azure, module):
    """Azure may answer for seconds what was there before."""
    azure.extension(BARE, "Marker", forceUpdateTag="theirs")
    sent = puts(azure)
    azure.fault("PUT", EXTENSION, {"stale": 60})
    declared = {**DECLARED, "settings": {"n": 2}, "protected_settings": {}}
    result = module("vm_extension", **declared)
    assert (result["failed"], result["changed"], puts(azure) - sent) == (False, True, 1)
    assert module("vm_extension", **declared)["changed"] is False
    assert puts(azure) - sent == 1


def test_an_old_answer_is_drift_for_the_next_run_which_overwrites_nothing(azure, module):
    """Where the resource itself is asked for, nobody can tell an answer of the past from drift: it does no harm."""
    module("arm_resources", **address())
    azure.fault("PUT", ADDRESS, {"stale": 60})
    second = module("arm_resources", **address(5))
    assert (second["failed"], second["changed"]) == (False, True), second["msg"]
    assert puts(azure, ADDRESS) == 2, "one to create it, one to change it: none of them twice in one run"
    before = dict(azure.server._arm.store.get(ADDRESS).document)
    third = module("arm_resources", **address(5))
    assert error_of(third)["code"] == "PreconditionFailed", "the old ETag is not that of what would be overwritten"
    assert azure.server._arm.store.get(ADDRESS).document == before


@pytest.mark.parametrize(
    ("name", "path", "declared"), [("vm_extension", EXTENSION, DECLARED), ("arm_resources", ADDRESS, address())]
)
def test_what_was_created_and_is_not_shown_yet_is_no_failure(azure, module, name, path, declared):
    azure.fault("PUT", path, {"stale": 0.3})
    result = module(name, **declared)
    assert puts(azure, path) == 1
    assert (result["failed"], result["changed"]) == (False, True), result["msg"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vm_extension", DECLARED),
        ("vm_run_command", {"vms": [BARE], "name": "hello", "script": "true"}),
        ("docker_host", {"hosts": [{"name": BARE, "id": BARE}]}),
        ("arm_resources", {"resources": [{"id": BARE, "power": "deallocated"}]}),
    ],
)
def test_an_operation_that_lasts_too_long(azure, module, name, arguments):
    azure.slow(3)
    started = time.monotonic()
    result = module(name, **arguments, timeout=1)
    assert 1 <= time.monotonic() - started < 4
    noun = {"arm_resources": "resources", "docker_host": "hosts"}.get(name, "vms")
    error = result[noun][BARE]["error"]
    assert error["code"] == "OperationTimedOut"
    assert "still under way after 1 seconds (status: InProgress)" in error["message"]
    assert "run again later" in error["hint"] and "larger timeout" in error["hint"]


def test_the_time_for_the_whole_run(azure, module):
    """What is under way is told from what was not begun."""
    azure.slow(8)
    vms = [BARE, SCRIPTED]
    result = module("vm_extension", vms=vms, **bed.MARKER, concurrency=1, total_timeout=1)
    assert {vm: result["vms"][vm]["error"]["code"] for vm in vms} == {
        BARE: "OperationTimedOut",
        SCRIPTED: "TotalTimeout",
    }
    assert "total_timeout" in result["vms"][SCRIPTED]["error"]["message"]
    assert azure.sent("PUT") == [f"PUT {EXTENSION}"]
