# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabric without machines, and fleets made with it."""

from __future__ import annotations

import base64
import json
import time

import pytest

from local_azure import seed
from local_azure.arm.fabric import ExtensionGoal, FabricError, VmSpec
from local_azure.fabric_null import NullFabric, Outcome

from .arm.conftest import SUBSCRIPTIONS, Client, make_server

SCRIPT = "Microsoft.Azure.Extensions.CustomScript"
NAMES = ("Microsoft.Azure.Extensions", "CustomScript")


def spec(name="vm1"):
    return VmSpec(
        f"id-{name}", name, name, "azureuser", (), None, "10.0.0.4", 24, "10.0.0.1", "s", "g", "westeurope", "size", {},
        {},
    )  # fmt: skip


def goal(publisher=NAMES[0], kind=NAMES[1], sequence=0, state="enabled", name=None):
    return ExtensionGoal(publisher, kind, "2.1.19", sequence, state, {}, None, None, name)


def seen(fabric, goals, machine="vm1"):
    fabric.set_goals(f"id-{machine}", goals)
    return fabric.agent(f"id-{machine}").handlers


@pytest.fixture
def fabric(tmp_path):
    fabric = NullFabric(tmp_path)
    fabric.boot(spec())
    return fabric


def test_machines_come_and_go(fabric):
    assert fabric.running("id-vm1")
    first = fabric.agent("id-vm1")
    assert time.time() - first.reported_at < 5
    fabric.stop("id-vm1")
    assert not fabric.running("id-vm1")
    assert fabric.agent("id-vm1").computer_name == "vm1"  # the last word of a machine that is off
    fabric.delete("id-vm1")
    assert fabric.agent("id-vm1") is None
    with pytest.raises(FabricError, match="VMNotFound"):
        fabric.delete("id-vm1")


def test_handlers_succeed_at_once_and_run_again_with_a_new_sequence_only(fabric):
    (view,) = seen(fabric, [goal()]).values()
    assert (view.state, view.sequence, view.text) == ("success", 0, "Enable succeeded: \n[stdout]\n\n[stderr]\n")
    seen(fabric, [goal()])
    assert fabric.runs == 1
    seen(fabric, [goal(sequence=1), goal("Contoso", "Other")])
    assert fabric.runs == 3
    assert set(seen(fabric, [goal(state="uninstall"), goal("Contoso", "Other")])) == {"Contoso.Other"}


def test_instances_of_a_handler(fabric):
    command = ("Microsoft.CPlat.Core", "RunCommandHandlerLinux")
    wanted = [("a", "enabled"), ("b", "enabled"), ("c", "disabled")]
    whole = seen(fabric, [goal(*command, name=name, state=state) for name, state in wanted])
    (view,) = whole.values()
    assert (set(view.instances), view.state) == ({"a", "b"}, None)
    assert json.loads(view.instances["a"].text)["executionState"] == "Succeeded"
    assert set(seen(fabric, [goal(*command, name="b")])[".".join(command)].instances) == {"b"}
    assert fabric.runs == 2


@pytest.mark.parametrize("table, state, text", [
    ({"vm1": {SCRIPT.upper(): "no space left"}}, "error", "no space left"),
    ({"*": {"*": "all fail"}}, "error", "all fail"),
    ({"*": {"*": "x"}, "vm1": {SCRIPT: {"state": "success", "text": "fine"}}}, "success", "fine"),
    ({"vm2": {"*": "x"}, "vm1": {"Other.Type": "x"}}, "success", "Enable succeeded: \n[stdout]\n\n[stderr]\n"),
])  # fmt: skip
def test_outcomes_by_constructor_and_by_file(tmp_path, table, state, text):
    fabric = NullFabric(tmp_path / "a", outcomes=table)
    fabric.boot(spec())
    (view,) = seen(fabric, [goal()]).values()
    assert (view.state, view.text) == (state, text)
    fabric = NullFabric(tmp_path)
    fabric.boot(spec())
    seen(fabric, [goal()])
    (tmp_path / "outcomes.json").write_text(json.dumps(table))
    (view,) = seen(fabric, [goal(sequence=1)]).values()
    assert (view.state, view.text) == (state, text)


def test_a_handler_that_does_not_come_up_and_one_of_a_test(tmp_path):
    handlers = {"Contoso.Own": lambda machine, wanted: Outcome(text=f"{machine.name} {wanted.sequence}")}
    fabric = NullFabric(tmp_path, {"*": {SCRIPT: {"status": "NotReady", "code": 7, "text": "no"}}}, handlers)
    fabric.boot(spec())
    views = seen(fabric, [goal(), goal("Contoso", "Own", 3)])
    assert (views[SCRIPT].status, views[SCRIPT].state, views[SCRIPT].code) == ("NotReady", None, 7)
    assert views["Contoso.Own"].text == "vm1 3"


def test_what_is_sealed_holds_no_clear_text(fabric):
    one, two = (fabric.seal("id-vm1", {"password": "planted-secret"}) for _number in range(2))
    assert one[0] != two[0]
    assert one[1] == two[1] and len(one[1]) == 40
    assert b"planted" not in base64.b64decode(one[0])


@pytest.fixture
def world(tmp_path):
    fabric = NullFabric(tmp_path)
    server = make_server(tmp_path, fabric)
    server.start()
    client = Client(server)
    client.login()
    yield client, server, fabric, tmp_path
    server.stop()


def test_everything_works_without_machines_and_without_clear_secrets_on_disk(world):
    client, server, _fabric, state = world
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body(protectedSettings={"password": "planted-secret"}))
    (state / "outcomes.json").write_text(json.dumps({"vm1": {SCRIPT: "exit status 3"}}))
    operation = client.done("PUT", client.extension, client.extension_body(forceUpdateTag="2"), expect="Failed")
    assert operation["error"]["code"] == "VMExtensionProvisioningError"
    assert '"exit status 3"' in operation["error"]["message"]
    client.done("POST", f"{client.vm}/restart")
    client.done("DELETE", client.extension)
    client.done("DELETE", client.vm)
    server._store._write()
    assert not [path.name for path in state.iterdir() if path.is_file() and "planted-secret" in path.read_text()]


def test_a_fleet_of_a_thousand(world):
    client, server, _fabric, _state = world
    began = time.monotonic()
    other = {"name": "access", "publisher": "Microsoft.OSTCExtensions", "type": "VMAccessForLinux", "tags": {"a": "b"}}
    names = [f"vm{number}" for number in range(1000)]
    made = seed.machines_in(server._arm, SUBSCRIPTIONS[0], "fleet", names, [seed.SCRIPT, other], {"site": "a"})
    assert time.monotonic() - began < 3
    pages = number = 0
    path = f"/subscriptions/{SUBSCRIPTIONS[0]}/providers/Microsoft.Compute/virtualMachines?api-version=2024-07-01"
    while path:
        _status, body, _headers = client.send("GET", path)
        pages, number = pages + 1, number + len(body["value"])
        path = body.get("nextLink", "").removeprefix(client.base)
    assert (pages, number) == (20, 1000)
    machine = client.get(made[-1], "$expand=instanceView")
    assert [found["name"] for found in machine["properties"]["instanceView"]["extensions"]] == ["script", "access"]
    assert [found["properties"]["provisioningState"] for found in machine["resources"]] == ["Succeeded"] * 2
    status = client.get(f"{'/'.join(made[0].split('/')[:-1])}", "statusOnly=true")["value"][0]
    assert set(status) == {"name", "id", "type", "location", "properties"}
    assert set(status["properties"]) == {"vmId", "provisioningState", "instanceView"}
    assert time.monotonic() - began < 10


def test_a_seeded_fleet_is_like_a_made_one(world):
    client, server, fabric, _state = world
    (made,) = seed.machines_in(server._arm, SUBSCRIPTIONS[0], "fleet", ["vm1"])
    before = fabric.runs
    same = client.get(f"{made}/extensions/script")
    client.done("PUT", f"{made}/extensions/script", same)
    assert fabric.runs == before
    other = {**same, "properties": {**same["properties"], "settings": {"n": 2}}}
    client.done("PUT", f"{made}/extensions/script", other)
    assert fabric.runs == before + 1
    client.done("PUT", made, client.get(made))
    seed.machines_in(server._arm, SUBSCRIPTIONS[0], "fleet", ["vm2"], [])
    assert [found.address for found in fabric._specs.values()] == ["10.240.0.4", "10.240.0.5"]
    client.done("DELETE", made)


def test_a_fleet_survives_a_restart(tmp_path):
    for _start in range(2):
        fabric = NullFabric(tmp_path)
        server = make_server(tmp_path, fabric)
        server.start()
        if not server._store.of_type("Microsoft.Compute/virtualMachines"):
            seed.machines_in(server._arm, SUBSCRIPTIONS[0], "fleet", ["a", "b"])
        server.stop()
    assert len(fabric._on) == 2
    assert fabric.runs == 2


def test_the_large_state_is_written_seldom_and_at_the_end(world, monkeypatch):
    _client, server, _fabric, state = world
    seed.machines_in(server._arm, SUBSCRIPTIONS[0], "fleet", [f"vm{number}" for number in range(500)])
    writes = []
    write = server._store._write
    monkeypatch.setattr(server._store, "_write", lambda: (writes.append(0), time.sleep(0.05), write()))
    began = time.monotonic()
    for _number in range(60):
        server._store.changed()
        time.sleep(0.01)
    assert len(writes) <= 2 + (time.monotonic() - began)  # a write that takes 0.05 s rests for a second
    server._store.get(f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/fleet").document["tags"] = {"last": "word"}
    server._store.changed()
    server._store.close()
    assert '"last": "word"' in (state / "arm.json").read_text()
