# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks refuse what would change or remove something at their scope or below."""

from __future__ import annotations

import pytest

from .conftest import Client, make_server

LOCKS = "providers/Microsoft.Authorization/locks"


def lock(client, scope, level="CanNotDelete", name="keep"):
    status, body, _headers = client.call("PUT", f"{scope}/{LOCKS}/{name}", {"properties": {"level": level}})
    assert status in (200, 201), body
    return body


def refused(client, method, path, body=None):
    status, answer, _headers = client.call(method, path, body)
    locked = status == 409 and answer["error"]["code"] == "ScopeLocked"
    return answer["error"]["message"] if locked else None


def test_a_lock_is_a_document_at_its_scope(client):
    client.add_vm()
    made = lock(client, client.vm.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "cannotdelete")
    assert made["id"] == f"{client.vm}/{LOCKS}/keep"
    assert (made["type"], made["properties"]["level"]) == ("Microsoft.Authorization/locks", "CanNotDelete")
    assert client.get(made["id"]) == made
    for scope in (client.vm, client.group, "/".join(client.group.split("/")[:3])):
        assert client.get(f"{scope}/{LOCKS}")["value"] == [made]
    assert client.get(f"{client.network}/networkInterfaces/nic1/{LOCKS}")["value"] == []
    assert [found["type"] for found in client.get(f"{client.group}/resources")["value"]].count(made["type"]) == 0


@pytest.mark.parametrize("level, locked, method, path, verb", [
    ("CanNotDelete", "group", "DELETE", "vm", "delete"),
    ("CanNotDelete", "group", "DELETE", "group", "delete"),
    ("CanNotDelete", "vm", "DELETE", "extension", "delete"),
    ("CanNotDelete", "vm", "DELETE", "group", "delete"),
    ("CanNotDelete", "extension", "DELETE", "vm", "delete"),
    ("CanNotDelete", "subscription", "DELETE", "vm", "delete"),
    ("ReadOnly", "group", "PUT", "extension", "write"),
    ("ReadOnly", "group", "PATCH", "vm", "write"),
    ("ReadOnly", "vm", "POST", "vm/restart", "write"),
    ("ReadOnly", "vm", "DELETE", "vm", "delete"),
    ("ReadOnly", "vm", "PUT", "vm/providers/Microsoft.Resources/tags/default", "write"),
])  # fmt: skip
def test_what_a_lock_refuses(client, level, locked, method, path, verb):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    places = {"group": client.group, "vm": client.vm, "extension": client.extension,
              "subscription": "/".join(client.group.split("/")[:3])}  # fmt: skip
    lock(client, places[locked], level)
    word, slash, rest = path.partition("/")
    target = places[word]
    message = refused(client, method, f"{target}{slash}{rest}", {"properties": {}})
    assert message == (
        f"The scope '{target}' cannot perform {verb} operation because following scope(s) are locked: "
        f"'{places[locked]}'. Please remove the lock and try again."
    )
    assert client.call("GET", client.vm)[0] == 200


@pytest.mark.parametrize("level, locked, method, path", [
    ("CanNotDelete", "group", "PUT", "extension"), ("CanNotDelete", "nic", "DELETE", "extension"),
    ("ReadOnly", "nic", "PUT", "extension"),
])  # fmt: skip
def test_what_a_lock_lets_pass(client, level, locked, method, path):
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body())
    lock(client, client.group if locked == "group" else f"{client.network}/networkInterfaces/nic1", level)
    client.done(method, client.extension, client.extension_body() if method == "PUT" else None)


def test_a_lock_goes_although_it_locks_and_then_all_goes(client):
    client.add_vm()
    lock(client, client.group, "ReadOnly")
    assert refused(client, "DELETE", client.vm)
    assert client.call("DELETE", f"{client.group}/{LOCKS}/keep")[0] == 200
    assert client.call("DELETE", f"{client.group}/{LOCKS}/keep")[0] == 204
    client.done("DELETE", client.vm)


def test_a_lock_survives_a_restart(tmp_path, fabric):
    for start in range(2):
        server = make_server(tmp_path, fabric)
        server.start()
        client = Client(server)
        client.login()
        if start == 0:
            client.call("PUT", client.group, {"location": "westeurope"})
            lock(client, client.group)
        assert refused(client, "DELETE", client.group)
        server.stop()


def test_bad_locks(client):
    status, body, _headers = client.call("PUT", f"{client.group}/{LOCKS}/x", {"properties": {"level": "ReadOnly"}})
    assert (status, body["error"]["code"]) == (404, "ResourceGroupNotFound")
    client.call("PUT", client.group, {"location": "westeurope"})
    status, body, _headers = client.call("PUT", f"{client.group}/{LOCKS}/x", {"properties": {"level": "Some"}})
    assert (status, body["error"]["code"]) == (400, "InvalidLockLevel")
    status, body, _headers = client.call("PUT", f"{client.vm}/{LOCKS}/x", {"properties": {"level": "ReadOnly"}})
    assert (status, body["error"]["code"]) == (404, "ResourceNotFound")
    assert client.call("GET", f"{client.group}/{LOCKS}/x")[1]["error"]["code"] == "LockNotFound"
