# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: what is a rule, which requests it meets, what these get, and what a restart keeps."""

from __future__ import annotations

import http.client
import json
import time

import pytest

from local_azure.arm.fault_rules import Rule

from .conftest import Client, make_server

CONFLICT = {"status": 409, "code": "Conflict", "message": "later"}


@pytest.mark.parametrize("document, text", [
    ([], "expected a rule"),
    ({}, "found then None"),
    ({"then": {"status": 409, "drop": True, "code": "x"}}, "exactly one of"),
    ({"then": {}}, "exactly one of"),
    ({"then": {"drop": True}, "when": 1}, "'when'"),
    ({"then": {"drop": True, "code": "x"}}, "'code' beside 'drop'"),
    ({"then": {"drop": "sometimes"}}, "drop 'sometimes'"),
    ({"then": {"status": "409", "code": "x"}}, "status '409'"),
    ({"then": {"status": 409}}, "code None"),
    ({"then": {"status": 409, "code": "x", "headers": []}}, "headers"),
    ({"then": {"operation": {"code": "x"}}}, "operation"),
    ({"then": {"delay": -1}}, "delay -1"),
    ({"then": {"stale": "long"}}, "stale 'long'"),
    ({"method": "GET", "then": {"stale": 1}}, "method 'GET' for the fault 'stale'"),
    ({"method": "GET", "then": {"operation": {"code": "x", "message": "y"}}}, "method 'GET'"),
    ({"method": "FETCH", "then": {"drop": True}}, "method 'FETCH'"),
    ({"path": "virtualMachines", "then": {"drop": True}}, "path 'virtualMachines'"),
    ({"nth": 0, "then": {"drop": True}}, "nth 0"),
    ({"times": True, "then": {"drop": True}}, "times True"),
    ({"every": 1, "then": {"drop": True}}, "every 1"),
])  # fmt: skip
def test_what_is_no_rule(document, text):
    with pytest.raises(ValueError, match=text):
        Rule.parse(document)


@pytest.mark.parametrize("rule, method, path, matches", [
    ({}, "GET", "/a", True),
    ({"method": "put"}, "PUT", "/a", True),
    ({"method": "PUT"}, "GET", "/a", False),
    ({"path": "*/virtualMachines/VM1"}, "GET", "/x/VIRTUALMACHINES/vm1/", True),
    ({"path": "*/virtualMachines/*"}, "GET", "/x/virtualMachines/vm1/extensions/e", True),
    ({"path": "*/virtualMachines/vm?"}, "GET", "/x/virtualMachines/vm12", False),
    ({"then": {"operation": {"code": "a", "message": "b"}}}, "GET", "/a", False),
    ({"then": {"operation": {"code": "a", "message": "b"}}}, "POST", "/a", True),
    ({"then": {"stale": 1}}, "POST", "/a", False),
])  # fmt: skip
def test_which_requests_match(rule, method, path, matches):
    assert Rule.parse({"then": {"drop": True}, **rule}).matches(method, path) is matches


@pytest.mark.parametrize("rule, met", [
    ({}, [1]), ({"nth": 3}, [3]), ({"nth": 2, "times": 2}, [2, 3]), ({"every": True}, [1, 2, 3, 4, 5]),
    ({"every": True, "nth": 4}, [4, 5]),
])  # fmt: skip
def test_which_of_them_meet_the_fault(rule, met):
    found = Rule.parse({"then": {"drop": True}, **rule})
    assert [number for number in range(1, 6) if found.count()] == met


def fault(client, **rule):
    return client.control("POST", "faults", rule)["value"][0]["id"]


def counts(client):
    return [(rule["seen"], rule["fired"]) for rule in client.control("GET", "faults")["value"]]


def test_a_refusal_has_all_that_the_rule_says(client):
    client.add_network()
    details = [{"code": "Inner", "message": "m"}]
    then = {**CONFLICT, "headers": {"Retry-After": 7}, "details": details, "inner_code": "AttachDiskWhileBeingDetached"}
    fault(client, method="GET", path="*/resourcegroups/group", nth=2, then=then)
    assert client.call("GET", client.group)[0] == 200
    status, body, headers = client.call("GET", client.group)
    assert (status, headers["Retry-After"]) == (409, "7")
    assert body == {"error": {
        "code": "Conflict", "message": "later", "details": details,
        "innererror": {"internalErrorCode": "AttachDiskWhileBeingDetached"},
    }}  # fmt: skip
    assert client.call("GET", client.group)[0] == 200
    assert counts(client) == [(3, 1)]


@pytest.mark.parametrize("drop, made", [("before", 404), ("after", 200), (True, 404)])
def test_a_dropped_connection(client, drop, made):
    fault(client, method="PUT", path=client.group, then={"drop": drop})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.call("PUT", client.group, {"location": "westeurope"})
    client.connection.close()
    assert client.call("GET", client.group)[0] == made
    assert client.control("GET", "status")["requests"]["PUT 0"] == 1


def test_an_operation_that_fails_has_done_nothing(client, fabric):
    client.add_vm()
    fault(client, method="PUT", path="*/extensions/*", then={"operation": {"code": "OutOfLuck", "message": "no"}})
    operation = client.done("PUT", client.extension, client.extension_body(), expect="Failed")
    assert operation["error"] == {"code": "OutOfLuck", "message": "no"}
    assert client.get(client.extension)["properties"]["provisioningState"] == "Failed"
    assert fabric.runs == []
    client.done("PUT", client.extension, client.extension_body())
    assert len(fabric.runs) == 1
    assert counts(client) == [(2, 1)]


@pytest.mark.parametrize("action, power", [("powerOff", "running"), ("restart", "running")])
def test_a_power_action_that_fails_leaves_the_power(client, action, power):
    client.add_vm()
    fault(client, path=f"*/{action}", then={"operation": {"code": "OutOfLuck", "message": "no"}})
    client.done("POST", f"{client.vm}/{action}", expect="Failed")
    view = client.get(f"{client.vm}/instanceView")
    assert view["statuses"][1]["code"] == f"PowerState/{power}"
    client.done("POST", f"{client.vm}/{action}")


def test_creation_and_deletion_that_fail(client):
    client.add_network()
    client.add_nic()
    fault(client, path="*/vm1", times=2, then={"operation": {"code": "AllocationFailed", "message": "no"}})
    client.done("PUT", client.vm, client.vm_body(), expect="Failed")
    client.done("DELETE", client.vm, expect="Failed")
    assert client.get(client.vm)["properties"]["provisioningState"] == "Failed"
    client.done("PUT", client.vm, client.vm_body())
    client.done("DELETE", client.vm)


def test_a_group_that_could_not_be_deleted_takes_writes_again(client):
    client.add_network()
    fault(client, method="DELETE", path=client.group, then={"operation": {"code": "OutOfLuck", "message": "no"}})
    status, _body, headers = client.call("DELETE", client.group)
    assert status == 202
    for _attempt in range(200):
        status, body, _headers = client.send("GET", headers["Location"].removeprefix(client.base))
        if status != 202:
            break
        time.sleep(0.01)
    assert body["error"]["code"] == "OutOfLuck"
    client.add_nic()


def test_a_synchronous_request_has_no_operation_that_could_fail(client):
    client.add_network()
    fault(client, method="PUT", path="*/networkInterfaces/*", then={"operation": {"code": "x", "message": "y"}})
    client.add_nic()
    assert counts(client) == [(1, 0)]


def test_reads_are_stale_for_a_while(client):
    client.add_vm()
    fault(client, method="PUT", path="*/extensions/*", times=2, then={"stale": 1})
    client.done("PUT", client.extension, client.extension_body())
    assert client.call("GET", client.extension)[0] == 404
    assert client.call("GET", client.extension, query="$expand=instanceView")[0] == 404
    time.sleep(1)
    client.get(client.extension)
    client.done("PUT", client.extension, client.extension_body(settings={"a": 1}))
    assert client.get(client.extension.upper())["properties"].get("settings") is None
    time.sleep(1)
    assert client.get(client.extension)["properties"]["settings"] == {"a": 1}
    assert counts(client) == [(2, 2)]


def test_a_delay_comes_before_whatever_else_happens(client):
    fault(client, path="/subscriptions", then={"delay": 0.3})
    fault(client, path="/subscriptions", then=CONFLICT)
    began = time.monotonic()
    assert client.call("GET", "/subscriptions")[0] == 409
    assert time.monotonic() - began >= 0.3
    assert counts(client) == [(1, 1), (1, 1)]


def test_of_two_rules_the_first_acts(client):
    fault(client, path="/subscriptions", then=CONFLICT)
    fault(client, path="/subscriptions", times=2, then={**CONFLICT, "status": 503})
    assert [client.call("GET", "/subscriptions")[0] for _request in range(3)] == [409, 503, 200]


def test_rules_meet_only_who_has_a_token(client):
    fault(client, then=CONFLICT)
    client.headers = {}
    assert client.call("GET", "/subscriptions")[0] == 401
    client.login()
    assert client.call("GET", "/subscriptions")[0] == 409


def test_rules_can_be_taken_away(client):
    first = fault(client, every=True, then=CONFLICT)
    fault(client, every=True, then={**CONFLICT, "status": 503})
    assert client.control("DELETE", f"faults/{first}") == {"removed": 1}
    assert client.call("GET", "/subscriptions")[0] == 503
    assert client.control("DELETE", "faults") == {"removed": 1}
    assert client.call("GET", "/subscriptions")[0] == 200
    status, _body, _headers = client.send("DELETE", f"/local-azure/faults/{first}")
    assert status == 404


def test_a_list_of_rules_is_taken_whole_or_not_at_all(client):
    good = {"then": CONFLICT}
    status, body, _headers = client.send("POST", "/local-azure/faults", json.dumps([good, {"then": {"drop": 3}}]))
    assert (status, client.control("GET", "faults")) == (400, {"value": []})
    assert "drop 3" in body["error"]["message"]
    assert len(client.control("POST", "faults", [good, good])["value"]) == 2


def test_a_restart_keeps_rules_and_counts(tmp_path, fabric):
    for expected in ([200, 409], [409, 200]):
        server = make_server(tmp_path, fabric)
        server.start()
        client = Client(server)
        client.login()
        if expected[0] == 200:
            fault(client, path="/subscriptions", nth=2, times=2, then=CONFLICT)
        assert [client.call("GET", "/subscriptions")[0] for _request in expected] == expected
        server.stop()
    assert json.loads((tmp_path / "faults.json").read_text())[0]["fired"] == 2
