# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions in two tenants, one client that is known in both."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from .conftest import CLIENT, SECRET, SUBSCRIPTIONS, TENANT, Client, make_server

OTHER = "10000000-0000-0000-0000-000000000002"
FORM = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": "x/.default"}


@pytest.fixture
def clients(tmp_path, fabric):
    server = make_server(tmp_path, fabric, tenants={SUBSCRIPTIONS[2]: OTHER})
    server.start()
    found = {}
    for tenant in (TENANT, OTHER):
        client = Client(server)
        status, body, _headers = client.send("POST", f"/{tenant}/oauth2/v2.0/token", urlencode(FORM))
        assert status == 200
        client.headers = {"Authorization": f"Bearer {body['access_token']}"}
        found[tenant] = client
    yield found
    server.stop()


@pytest.mark.parametrize("tenant, seen", [(TENANT, SUBSCRIPTIONS[:2]), (OTHER, SUBSCRIPTIONS[2:])])
def test_a_token_sees_its_own_tenant(clients, tenant, seen):
    client = clients[tenant]
    listed = client.get("/subscriptions")["value"]
    assert [(found["subscriptionId"], found["tenantId"]) for found in listed] == [(known, tenant) for known in seen]
    assert [found["tenantId"] for found in client.get("/tenants")["value"]] == [tenant]


@pytest.mark.parametrize("given, right, number", [(TENANT, OTHER, 2), (OTHER, TENANT, 0)])
@pytest.mark.parametrize("below", ["", "/resourceGroups/g", "/providers/Microsoft.Compute/virtualMachines"])
def test_a_token_of_the_other_tenant_is_refused_and_told_where_to_go(clients, given, right, number, below):
    client = clients[given]
    status, body, headers = client.call("GET", f"/subscriptions/{SUBSCRIPTIONS[number].upper()}{below}")
    assert (status, body["error"]["code"]) == (401, "InvalidAuthenticationTokenTenant")
    assert f"wrong issuer 'https://sts.windows.net/{given}/'" in body["error"]["message"]
    assert f"(URL) '{client.base}/{right}' to get the token" in body["error"]["message"]
    assert headers["WWW-Authenticate"].startswith(f'Bearer authorization_uri="{client.base}/{right}", error="invalid_')
    assert clients[right].call("GET", f"/subscriptions/{SUBSCRIPTIONS[number]}")[0] == 200


def test_an_unknown_subscription_is_unknown_in_every_tenant(clients):
    assert clients[OTHER].call("GET", "/subscriptions/none")[1]["error"]["code"] == "SubscriptionNotFound"


def test_a_reference_into_the_other_tenant_is_refused(clients):
    client = clients[TENANT]
    client.add_network()
    away = client.network.replace(SUBSCRIPTIONS[0], SUBSCRIPTIONS[2])
    subnet = {"id": f"{away}/virtualNetworks/net/subnets/sub"}
    status, body, _headers = client.call("PUT", f"{client.network}/networkInterfaces/n", {
        "location": "westeurope", "properties": {"ipConfigurations": [{"properties": {"subnet": subnet}}]},
    })  # fmt: skip
    assert (status, body["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    text = f"the current tenant '{TENANT}' is not authorized to access linked subscription '{SUBSCRIPTIONS[2]}'."
    assert body["error"]["message"].endswith(text)


def test_other_tenants_are_unknown_to_the_token_endpoint(clients):
    status, body, _headers = clients[TENANT].send("POST", "/common/oauth2/v2.0/token", urlencode(FORM))
    assert (status, body["error_codes"]) == (400, [90002])
