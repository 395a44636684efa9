# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing: durations as recorded, the headers that tell a client when to ask, the clock scale."""

from __future__ import annotations

import time

import pytest

from local_azure.arm.timing import Settings

WAITS = ("Retry-After", "x-ms-retry-after-ms")


def waits(headers):
    return {name: headers[name] for name in WAITS if name in headers}


@pytest.mark.parametrize("given, text", [
    ({"limits": "strict"}, "limits 'strict', expected headers or enforced"),
    ({"timing": "slow"}, "timing 'slow', expected fast or recorded"),
    ({"clock_scale": 0}, "clock_scale 0"),
    ({"clock_scale": True}, "clock_scale True"),
    ({"clock_scale": float("nan")}, "clock_scale nan"),
    ({"speed": 2}, "setting 'speed'"),
])  # fmt: skip
def test_settings_refuse_what_they_do_not_know_and_stay(given, text):
    settings = Settings("enforced", "recorded", 5)
    with pytest.raises(ValueError, match=text):
        settings.change({"limits": "headers", **given})
    assert settings == Settings("enforced", "recorded", 5)


@pytest.mark.parametrize("timing, kind, took, seconds", [
    ("fast", "extension-put", 3.0, 0.0),
    ("recorded", "extension-put", 3.0, 20.4),
    ("recorded", "extension-put", 20.5, 30.6),
    ("recorded", "extension-delete", 3.0, 10.4),
    ("recorded", "vm-deallocate", 3.0, 15.9),
    ("recorded", "vm-deallocate", 17.0, 17.0),
    ("recorded", "unheard-of", 0.5, 0.5),
])  # fmt: skip
def test_durations(timing, kind, took, seconds):
    assert Settings(timing=timing).duration(kind, took) == pytest.approx(seconds)


@pytest.mark.parametrize("scale, kind, expected", [
    (1, "vm-create", [{"Retry-After": "10"}, {"Retry-After": "35"}, {}, {}]),
    (1, "vm-update", [{"Retry-After": "10"}, {"Retry-After": "35"}, {}, {}]),
    (1, "extension-put", [{"Retry-After": "5"}] * 4),
    (1, "group-delete", [{"Retry-After": "15"}] * 4),
    (5, "vm-create", [{"Retry-After": "2"}, {"Retry-After": "7"}, {"Retry-After": "6"}, {"Retry-After": "6"}]),
    (20, "vm-create", [{"x-ms-retry-after-ms": "500"}, {"x-ms-retry-after-ms": "1750"},
                       {"x-ms-retry-after-ms": "1500"}, {"x-ms-retry-after-ms": "1500"}]),
])  # fmt: skip
def test_when_a_client_shall_ask(scale, kind, expected):
    settings = Settings(timing="recorded", clock_scale=scale)
    assert [settings.announcement(kind), *(settings.next_poll(kind, polls) for polls in (1, 2, 3))] == expected


def test_fast_is_fast(client):
    client.add_network()
    client.add_nic()
    began = time.monotonic()
    _status, _body, headers = client.call("PUT", client.vm, client.vm_body())
    client.wait(headers)
    assert time.monotonic() - began < 5
    assert waits(headers) == {"x-ms-retry-after-ms": "200"}


@pytest.mark.parametrize("method, path, seconds, during", [
    ("PUT", "vm", 19.3, "Updating"),
    ("PUT", "extension", 20.4, "Creating"),
    ("POST", "vm/powerOff", 8.6, "Updating"),
    ("DELETE", "vm", 27.8, "Deleting"),
    ("PUT", "public", 2.0, "Updating"),
])  # fmt: skip
def test_nothing_settles_before_its_time(client, method, path, seconds, during):
    client.add_vm()
    client.setting(timing="recorded", clock_scale=seconds)  # so that each takes a second
    name, _slash, action = path.partition("/")
    places = {"vm": client.vm, "extension": client.extension, "public": f"{client.network}/publicIPAddresses/ip"}
    bodies = {"vm": client.vm_body(), "extension": client.extension_body(), "public": {"location": "westeurope"}}
    place = places[name]
    began = time.monotonic()
    status, _body, headers = client.call(method, f"{place}/{action}".rstrip("/"), bodies[name])
    assert status in (200, 201, 202)
    assert client.get(place)["properties"]["provisioningState"] == during
    assert client.wait(headers)["status"] == "Succeeded"
    assert time.monotonic() - began >= 1


def test_the_clock_can_be_set_while_an_operation_waits(client):
    client.add_vm()
    client.setting(timing="recorded")
    _status, _body, headers = client.call("PUT", client.vm, client.vm_body())
    client.setting(clock_scale=1000)
    assert client.wait(headers)["status"] == "Succeeded"


def test_a_later_request_preempts_one_that_waits_to_settle(client):
    client.add_vm()
    client.setting(timing="recorded", clock_scale=20)
    _status, _body, first = client.call("PUT", client.extension, client.extension_body())
    time.sleep(0.1)
    _status, _body, second = client.call("PUT", client.extension, client.extension_body(forceUpdateTag="2"))
    assert client.wait(first)["error"]["code"] == "OperationPreempted"
    assert client.wait(second)["status"] == "Succeeded"


def test_a_server_goes_down_while_an_operation_waits(client, server):
    client.add_vm()
    client.setting(timing="recorded")
    client.call("PUT", client.vm, client.vm_body())
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
