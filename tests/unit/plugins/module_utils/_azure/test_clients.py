# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.argspec import CONCURRENCY
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.clients import (
    CONNECTIONS,
    Clients,
    make_transport,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.clouds import CLOUDS

from .wire import BASE, SUB, Login

KINDS = ["compute", "resources", "raw"]


@pytest.mark.parametrize(("ca_path", "verify"), [(None, True), ("/ca.pem", "/ca.pem")])
def test_the_network_holds_many_connections_and_fails_early(ca_path, verify):
    transport = make_transport(ca_path)
    assert transport.session.get_adapter(BASE).poolmanager.connection_pool_kw["maxsize"] == CONNECTIONS >= CONCURRENCY
    assert transport.connection_config.verify == verify
    assert (transport.connection_config.timeout, transport.connection_config.read_timeout) == (15, 120)


@pytest.mark.parametrize("kind", KINDS)
def test_one_client_of_each_kind_per_subscription(kind):
    clients = Clients(CLOUDS["azurecloud"], Login(), None)
    make = getattr(clients, kind)
    assert make(SUB) is make(SUB.upper())
    assert make(SUB) is not make(SUB.replace("1", "2"))
