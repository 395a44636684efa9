# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front: TLS, tokens, api-version, metadata, headers, the journal."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import threading
from urllib.parse import urlencode

import pytest

from .conftest import CLIENT, SECRET, SUBSCRIPTIONS, TENANT, Client, make_server

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTIONS[0]}"


def token(client, tenant=TENANT, **fields):
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, **fields}
    return client.send("POST", f"/{tenant}/oauth2/v2.0/token", urlencode(form))


@pytest.mark.parametrize("change, status, error, number", [
    ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
    ({"client_secret": "\u00e9"}, 401, "invalid_client", 7000215),
    ({"client_id": "other"}, 400, "unauthorized_client", 700016),
    ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ({"tenant": "other"}, 400, "invalid_request", 90002),
])  # fmt: skip
def test_the_token_endpoint_refuses(client, change, status, error, number):
    got, body, _headers = token(client, **change)
    assert (got, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


def test_the_token_endpoint_and_its_discovery(client):
    _status, discovery, _headers = client.send("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration")
    assert discovery["token_endpoint"] == f"{client.base}/{TENANT}/oauth2/v2.0/token"
    status, body, _headers = token(client)
    assert (status, body["token_type"]) == (200, "Bearer")
    assert 0 < body["expires_in"] <= 3600


@pytest.mark.parametrize("header, text", [
    (None, "header is missing"), ("Bearer nonsense", "invalid"), ("Basic eDp5", "invalid"),
])  # fmt: skip
def test_without_a_good_token_nothing_is_answered(client, header, text):
    client.headers = {"Authorization": header} if header else {}
    status, body, headers = client.call("GET", "/subscriptions")
    assert (status, body["error"]["code"]) == (401, "AuthenticationFailed")
    assert text in body["error"]["message"]
    assert headers["WWW-Authenticate"].startswith("Bearer")


def test_tokens_expire(tmp_path, fabric):
    server = make_server(tmp_path, fabric)
    server._listener._server.front._tokens._lifetime = -1.0
    server.start()
    client = Client(server)
    client.login()
    assert "expired" in client.call("GET", "/subscriptions")[1]["error"]["message"]
    server.stop()


@pytest.mark.parametrize("path, code", [
    ("/subscriptions", "MissingApiVersionParameter"),
    ("/subscriptions?api-version=latest", "InvalidApiVersionParameter"),
])  # fmt: skip
def test_the_api_version_is_required(client, path, code):
    status, body, _headers = client.send("GET", path)
    assert (status, body["error"]["code"]) == (400, code)


def test_metadata_in_both_forms_for_anybody(client):
    client.headers = {}
    _status, new, _headers = client.send("GET", "/metadata/endpoints?api-version=2022-09-01")
    _status, old, _headers = client.send("GET", "/metadata/endpoints?api-version=2020-06-01")
    assert old == [new]
    assert (new["name"], new["resourceManager"]) == ("LocalAzure", client.base)
    assert new["authentication"]["loginEndpoint"] == new["authentication"]["audiences"][0] == client.base
    assert client.send("GET", "/metadata/endpoints")[0] == 400


def test_every_answer_can_be_traced(client):
    _status, _body, headers = client.call("GET", "/subscriptions", headers={"x-ms-correlation-request-id": "mine"})
    assert headers["x-ms-correlation-request-id"] == "mine"
    assert (headers["x-sim"], len(headers["x-ms-request-id"])) == ("1", 36)


def test_rate_limit_headers_count_down(client):
    paths = [SUBSCRIPTION, f"{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines"]
    first, second = (client.call("GET", path)[2] for path in paths)
    left = "x-ms-ratelimit-remaining-subscription-reads"
    assert int(second[left]) <= int(first[left]) < 250
    assert second["x-ms-ratelimit-remaining-resource"] == "Microsoft.Compute/HighCostGetSubscriptionMaximum;899"


@pytest.mark.parametrize("method, path, status, code", [
    ("GET", "/nowhere", 404, "InvalidResourceType"),
    ("DELETE", "/subscriptions", 405, "MethodNotAllowed"),
    ("GET", "/subscriptions/unknown", 404, "SubscriptionNotFound"),
    ("GET", f"{SUBSCRIPTION}/resourceGroups/none", 404, "ResourceGroupNotFound"),
    ("GET", f"{SUBSCRIPTION}/resourceGroups/none/providers/Microsoft.Compute/virtualMachines/x", 404,
     "ResourceGroupNotFound"),
    ("GET", f"{SUBSCRIPTION}/providers/Microsoft.Compute/locations/x/operations/none", 404, "NotFound"),
    ("GET", f"{SUBSCRIPTION}/providers/Microsoft.Nothing", 404, "InvalidResourceNamespace"),
])  # fmt: skip
def test_what_is_not_there(client, method, path, status, code):
    got, body, _headers = client.call(method, path)
    assert (got, body["error"]["code"]) == (status, code)


def test_a_body_that_is_no_json_is_refused_and_the_connection_lives_on(client):
    status, body, _headers = client.send("PUT", f"{client.group}?api-version=2024-07-01", "{")
    assert (status, body["error"]["code"]) == (400, "InvalidRequestContent")
    assert client.call("GET", "/subscriptions")[0] == 200


def test_a_client_that_says_nothing_delays_nobody(client, server):
    with socket.create_connection(("127.0.0.1", server._listener.port)):
        other = Client(server)
        other.login()
        assert other.call("GET", "/subscriptions")[0] == 200


def test_the_connection_is_kept(client):
    client.call("GET", "/subscriptions")
    before = client.connection.sock
    client.call("GET", "/tenants")
    assert client.connection.sock is before is not None


def test_a_defect_is_an_answer_and_not_a_silence(client, server, monkeypatch):
    printed = threading.Event()
    monkeypatch.setattr("socketserver.BaseServer.handle_error", lambda *_arguments: printed.set())
    monkeypatch.setattr(server._listener._server.front, "_dispatch", lambda call: 1 / 0)
    status, body, _headers = client.call("GET", "/subscriptions")
    assert (status, body["error"]["code"]) == (500, "InternalServerError")
    assert printed.wait(5)


def test_the_authority_signs_for_this_machine_only_and_keeps_no_key(server, tmp_path):
    context = ssl.create_default_context(cafile=str(server.ca_path))
    assert context.get_ca_certs()[0]["subject"][0][0][1] == "Local Azure throw-away authority"
    assert stat.S_IMODE((tmp_path / "state/server.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in server.ca_path.read_text()


def test_a_second_start_has_the_same_authority(server, tmp_path, fabric):
    before = server.ca_path.read_bytes()
    again = make_server(tmp_path / "state", fabric)
    assert again.ca_path.read_bytes() == before
    again.stop()


def everything_on_disk(directory):
    return {path.name: path.read_text() for path in directory.iterdir()}


@pytest.mark.parametrize("record", [False, True])
def test_secrets_are_nowhere_on_disk_unless_a_test_wants_them(tmp_path, fabric, record):
    server = make_server(tmp_path, fabric, record_bodies=record)
    server.start()
    client = Client(server)
    client.login()
    client.add_vm()
    client.done("PUT", client.extension, client.extension_body(protectedSettings={"password": "planted-secret"}))
    server.stop()
    files = everything_on_disk(tmp_path)
    found = {name for name, text in files.items() if "planted-secret" in text or SECRET in text}
    assert found == ({"bodies.jsonl"} if record else set())
    lines = [json.loads(line) for line in files["requests.jsonl"].splitlines()]
    assert [line["body"]["properties"]["protectedSettings"] for line in lines if "/extensions/" in line["path"]
            and line["method"] == "PUT"] == [{"sealed": True}]  # fmt: skip
    assert "c2VjcmV0LWN1c3RvbS1kYXRh" not in files["requests.jsonl"] + files["arm.json"]
    assert all(set(line) >= {"time", "method", "path", "status"} for line in lines)
    if record:
        assert stat.S_IMODE((tmp_path / "bodies.jsonl").stat().st_mode) == 0o600
