# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits that are enforced: which bucket refuses, how, and when it lets pass again."""

from __future__ import annotations

import json
import time

import pytest

from local_azure.arm.errors import ArmError
from local_azure.arm.limits import Limits
from local_azure.arm.timing import Settings

SUBSCRIPTION = "/subscriptions/one"
COMPUTE = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute"
VM = f"{COMPUTE}/virtualMachines/vm"
POLL = f"{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations/x"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock


def refusal(limits, method, path):
    with pytest.raises(ArmError) as caught:
        limits.take(method, path)
    return caught.value


@pytest.mark.parametrize("method, path, size, code, target, seconds", [
    ("PUT", VM, 12, "OperationNotAllowed", "PutVMResource", 15),
    ("PUT", f"{VM}/extensions/e", 12, "OperationNotAllowed", "UpdateVMResource", 15),
    ("POST", f"{VM}/start", 12, "OperationNotAllowed", "UpdateVMResource", 15),
    ("POST", f"{VM}/deallocate", 12, "OperationNotAllowed", "DeleteVMResource", 15),
    ("DELETE", VM, 12, "OperationNotAllowed", "DeleteVMResource", 15),
    ("GET", VM, 36, "OperationNotAllowed", "LowCostGetResource", 5),
    ("GET", POLL, 45, "OperationNotAllowed", "GetOperationResource", 4),
    ("GET", f"{SUBSCRIPTION}/resourceGroups", 250, "SubscriptionRequestsThrottled", None, 1),
    ("PUT", f"{SUBSCRIPTION}/resourceGroups/g", 200, "SubscriptionRequestsThrottled", None, 1),
    ("DELETE", f"{SUBSCRIPTION}/resourceGroups/g", 200, "SubscriptionRequestsThrottled", None, 1),
])  # fmt: skip
def test_an_empty_bucket_refuses_until_a_token_is_there(clock, method, path, size, code, target, seconds):
    limits = Limits(Settings("enforced"))
    for _request in range(size):
        limits.take(method, path)
    error = refusal(limits, method, path)
    assert (error.status, error.code, error.headers["Retry-After"]) == (429, code, str(seconds))
    if target:
        assert error.inner_code == "TooManyRequestsReceived"
        assert [(detail["code"], detail["target"]) for detail in error.details] == [("TooManyRequests", target)]
        assert json.loads(error.details[0]["message"])["allowedRequestCount"] == size
        assert f"Microsoft.Compute/{target};0" in error.headers["x-ms-ratelimit-remaining-resource"]
    clock.now += seconds
    limits.take(method, path)


def test_buckets_are_apart_by_machine_and_subscription(clock):
    limits = Limits(Settings("enforced"))
    for _request in range(12):
        limits.take("PUT", VM)
    refusal(limits, "PUT", VM.upper())
    limits.take("PUT", f"{VM}2")
    limits.take("PUT", VM.replace("one", "two"))
    limits.take("DELETE", VM)


def test_a_refused_request_takes_no_token(clock):
    limits = Limits(Settings("enforced"))
    for _request in range(12):
        limits.take("PUT", VM)
    before = limits.take("PUT", f"{VM}2")["x-ms-ratelimit-remaining-subscription-writes"]
    for _request in range(5):
        refusal(limits, "PUT", VM)
    after = limits.take("PUT", f"{VM}2")["x-ms-ratelimit-remaining-subscription-writes"]
    assert int(before) - int(after) == 1


@pytest.mark.parametrize("scale, header, value, seconds", [
    (5, "Retry-After", "3", 3.0), (60, "x-ms-retry-after-ms", "250", 0.25),
])  # fmt: skip
def test_the_clock_scale_refills_faster(clock, scale, header, value, seconds):
    limits = Limits(Settings("enforced", clock_scale=scale))
    for _request in range(12):
        limits.take("PUT", VM)
    assert refusal(limits, "PUT", VM).headers[header] == value
    clock.now += seconds
    limits.take("PUT", VM)
    refusal(limits, "PUT", VM)


def test_headers_alone_refuse_nothing(clock):
    limits = Limits(Settings())
    for _request in range(300):
        headers = limits.take("GET", VM)
    assert headers["x-ms-ratelimit-remaining-subscription-reads"] == "0"
    assert headers["x-ms-ratelimit-remaining-resource"].endswith("LowCostGetResource;0")


def test_a_client_meets_the_refusal(client):
    client.add_vm()
    client.setting(limits="enforced")
    answers = [client.call("GET", client.vm) for _request in range(40)]
    status, body, headers = next(answer for answer in answers if answer[0] != 200)
    assert (status, body["error"]["code"]) == (429, "OperationNotAllowed")
    assert body["error"]["message"] == (
        "The server rejected the request because too many requests have been received for this subscription."
    )
    assert body["error"]["innererror"] == {"internalErrorCode": "TooManyRequestsReceived"}
    assert 1 <= int(headers["Retry-After"]) <= 5
