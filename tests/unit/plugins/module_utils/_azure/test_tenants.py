# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.tenants import tenant_of_challenge

from .wire import SUB, Clock, Login, Reply, Wire

TENANT = "22222222-aaaa-bbbb-cccc-222222222222"
CHALLENGE = (
    'Bearer authorization_uri="https://login.windows.net/%s", error="invalid_token", '
    'error_description="The access token is from the wrong issuer."' % TENANT
)
WRONG = {"error": {"code": "InvalidAuthenticationTokenTenant", "message": "The access token is from the wrong issuer."}}
VM = "/subscriptions/%s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1" % SUB
NET = "/subscriptions/%s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n" % SUB


@pytest.mark.parametrize(
    ("header", "tenant"),
    [
        (CHALLENGE, TENANT),
        ('Bearer authorization="https://login.microsoftonline.com/contoso.com/"', "contoso.com"),
        ('Bearer realm="", error="insufficient_claims", claims="e30="', None),
        ("Basic", None),
        ("", None),
    ],
)
def test_the_tenant_that_a_challenge_names(header, tenant):
    assert tenant_of_challenge(header) == tenant


class Recorder(Login):
    """Remembers for which tenants tokens were asked."""

    def __init__(self):
        self.tenants = []

    def get_token(self, *scopes, **options):
        self.tenants.append(options.get("tenant_id"))
        return super().get_token(*scopes)


def connect(wire):
    clock, login = Clock(), Recorder()
    return Session({}, transport=wire, credential=login, clock=clock, sleep=clock.sleep), login


def refused(path):
    return Reply("GET", path, 401, WRONG, {"WWW-Authenticate": CHALLENGE})


def test_a_subscription_of_another_tenant_is_asked_with_its_own_token():
    wire = Wire(refused(VM), Reply("GET", VM, 200, {"id": VM}), Reply("GET", NET, 200, {"id": NET}))
    session, login = connect(wire)
    assert session.get(VM) == {"id": VM}
    assert session.get(NET) == {"id": NET}
    assert login.tenants == [None, TENANT, TENANT], "the tenant is learned once, for all clients of the subscription"


def test_a_tenant_that_does_not_help_either_is_an_error():
    session, _login = connect(Wire(refused(VM), refused(VM)))
    with pytest.raises(Failure) as caught:
        session.get(VM)
    assert caught.value.code == "InvalidAuthenticationTokenTenant"
    assert "tenant" in caught.value.hint
