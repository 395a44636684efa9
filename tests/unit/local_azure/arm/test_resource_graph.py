# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Graph: rows, pages, quota, lag, and who may see what."""

from __future__ import annotations

import json

import pytest

from local_azure.arm import graph_history

from .conftest import SUBSCRIPTIONS, TENANT, Client, make_server

PATH = "/providers/Microsoft.ResourceGraph/resources"
VMS = "Resources | where type =~ 'Microsoft.Compute/virtualMachines' | order by id asc"
ALL = "Resources | project id, type | order by id asc"


def ask(client, query=VMS, expect=200, **body):
    status, answer, _headers = client.call("POST", PATH, {"query": query, **body})
    assert status == expect, answer
    return answer


def test_rows_of_machines_and_extensions(client):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body(settings={"a": 1}, protectedSettings={"b": "secret"}))
    (machine,) = ask(client, subscriptions=[SUBSCRIPTIONS[0].upper()])["data"]
    shown = {name: machine[name] for name in machine if name != "properties"}
    assert shown == {
        "id": client.vm, "name": "vm1", "type": "microsoft.compute/virtualmachines", "tenantId": TENANT, "kind": "",
        "location": "westeurope", "resourceGroup": "group", "subscriptionId": SUBSCRIPTIONS[0], "managedBy": "",
        "sku": None, "plan": None, "tags": {"role": "docker"}, "identity": None, "zones": None,
        "extendedLocation": None,
    }  # fmt: skip
    assert "instanceView" not in machine["properties"]
    view = machine["properties"]["extended"]["instanceView"]
    assert view == {
        "hyperVGeneration": "V2", "computerName": "one", "osName": "debian", "osVersion": "13.0",
        "powerState": {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
    }  # fmt: skip
    (extension,) = ask(client, "Resources | where type in~ ('Microsoft.Compute/virtualMachines/extensions')")["data"]
    assert extension["properties"] == client.get(client.extension)["properties"]
    assert (extension["tags"], "secret" in str(extension)) == (None, False)
    client.done("POST", f"{client.vm}/deallocate")
    (row,) = ask(client, "Resources | where id in~ ('" + client.vm.upper() + "') | project id, "
                 "power = tostring(properties.extended.instanceView.powerState.code), "
                 "os = properties.extended.instanceView.osName")["data"]  # fmt: skip
    assert row == {"id": client.vm, "power": "PowerState/deallocated", "os": None}


def test_every_type_but_groups_and_parts_of_others_is_listed(client):
    client.add_vm()
    kinds = [row["type"].rpartition("/")[2] for row in ask(client, ALL)["data"]]
    assert sorted(kinds) == ["disks", "networkinterfaces", "virtualmachines", "virtualnetworks"]
    (network,) = ask(client, "Resources | where type =~ 'Microsoft.Network/virtualNetworks'")["data"]
    assert network["properties"]["subnets"][0]["name"] == "sub"


def test_pages(client):
    client.add_network()
    for number in range(5):
        client.add_nic(f"n{number}")
    query = "Resources | where type =~ 'Microsoft.Network/networkInterfaces' | project {} | order by name asc"
    seen, token = [], {}
    while True:
        answer = ask(client, query.format("id, name"), options={"$top": 2, **token})
        assert (answer["totalRecords"], answer["resultTruncated"]) == (5, "false")
        assert answer["count"] == len(answer["data"])
        seen += [row["name"] for row in answer["data"]]
        if "$skipToken" not in answer:
            break
        token = {"$skipToken": answer["$skipToken"]}
    assert seen == [f"n{number}" for number in range(5)]
    answer = ask(client, query.format("name"), options={"$top": 2})
    assert (answer["resultTruncated"], "$skipToken" in answer) == ("true", False)
    assert ask(client, ALL, 400, options=token)["error"]["details"][0]["code"] == "InvalidSkipToken"


@pytest.mark.parametrize("body, code", [
    ({"query": "Resources | summarize count()"}, "InvalidQuery"), ({"query": None}, "InvalidQuery"),
    ({"subscriptions": ["other"]}, "NoValidSubscriptionsInQueryRequest"),
    ({"options": {"$top": 1001}}, "InvalidOptions"), ({"options": {"resultFormat": "table"}}, "InvalidOptions"),
    ({"options": {"$skipToken": "x"}}, "InvalidSkipToken"),
])  # fmt: skip
def test_refusals(client, body, code):
    error = ask(client, **{"query": ALL, "expect": 400, **body})["error"]
    assert (error["code"], error["details"][0]["code"]) == ("BadRequest", code)
    if code == "InvalidQuery" and body["query"]:
        assert error["details"][0]["target"] == "summarize count ( )"
        assert "expected 'where'" in error["details"][0]["message"]


def test_the_quota_is_fifteen_in_five_seconds(client, server):
    assert server.graph.window == 5.0
    server.graph.window = 3600.0  # however slow this machine is
    left = []
    for _number in range(15):
        status, _body, headers = client.call("POST", PATH, {"query": ALL})
        assert status == 200
        left.append(int(headers["x-ms-user-quota-remaining"]))
    assert left == list(range(14, -1, -1))
    status, body, headers = client.call("POST", PATH, {"query": ALL})
    assert (status, body["error"]["code"]) == (429, "RateLimiting")
    assert headers["x-ms-user-quota-remaining"] == "0"
    assert headers["x-ms-user-quota-resets-after"] in ("01:00:00", *(f"00:59:{second:02}" for second in range(60)))
    server.graph.window = 0.0
    assert client.call("POST", PATH, {"query": ALL})[0] == 200


def test_the_client_sees_only_what_it_may_read(client, tmp_path):
    client.add_vm()
    permission = {"actions": ["Microsoft.Compute/virtualMachines/read"]}
    (tmp_path / "state/permissions.json").write_text(json.dumps([permission]))
    assert [row["id"] for row in ask(client, ALL)["data"]] == [client.vm]


def test_the_client_sees_only_its_own_tenant(tmp_path, fabric):
    server = make_server(tmp_path, fabric, tenants={SUBSCRIPTIONS[0]: "other"})
    server.start()
    client = Client(server)
    client.login()
    assert client.call("GET", client.group)[0] == 401
    wanted = {"subscriptions": SUBSCRIPTIONS[:2]}
    assert ask(client, ALL, **wanted)["totalRecords"] == 0
    error = ask(client, ALL, 400, subscriptions=SUBSCRIPTIONS[:1])["error"]
    assert error["details"][0]["code"] == "NoValidSubscriptionsInQueryRequest"
    server.stop()


class Clock:
    """Stands for the module time: passes only when told."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_answers_are_late(tmp_path, fabric, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(graph_history, "time", clock)
    server = make_server(tmp_path, fabric, graph_lag=60)
    server.start()
    client = Client(server)
    client.login()
    client.add_vm()
    assert ask(client)["data"] == []
    clock.now += 61
    query = VMS.replace("| order", "| project id, tags, power=properties.extended.instanceView.powerState.code | order")
    seen = {"id": client.vm, "tags": {"role": "docker"}, "power": "PowerState/running"}
    assert ask(client, query)["data"] == [seen]
    client.done("PATCH", client.vm, {"tags": {"new": "yes"}})
    client.done("POST", f"{client.vm}/powerOff")
    assert ask(client, query)["data"] == [seen]
    clock.now += 61
    after = {**seen, "tags": {"new": "yes"}, "power": "PowerState/stopped"}
    assert ask(client, query)["data"] == [after]
    client.done("DELETE", client.vm)
    assert ask(client, query)["data"] == [after]
    clock.now += 61
    assert ask(client, query)["data"] == []
    server.stop()
    again = make_server(tmp_path, fabric, graph_lag=60)
    again.start()
    client = Client(again)
    client.login()
    kinds = {row["type"].rpartition("/")[2] for row in ask(client, ALL)["data"]}
    assert kinds == {"networkinterfaces", "virtualnetworks", "disks"}  # what a start finds is old news
    again.stop()


def test_a_query_is_an_action_that_asks_for_no_permission(client, tmp_path):
    ask(client)
    last = json.loads((tmp_path / "state/requests.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["free"]) == ("Microsoft.ResourceGraph/resources/read", True)
