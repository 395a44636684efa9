# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Resource Manager on an ephemeral port, and a plain client for it."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from local_azure.arm.server import ArmServer

from .fake_fabric import FakeFabric

TENANT = "10000000-0000-0000-0000-000000000001"
SUBSCRIPTIONS = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)]
CLIENT, SECRET = "20000000-0000-0000-0000-000000000001", "the-client-secret"
HANDLERS = {
    "Microsoft.Azure.Extensions.CustomScript": ["2.1.9", "2.1.19"],
    "Microsoft.OSTCExtensions.VMAccessForLinux": ["1.5.18"],
    "Microsoft.CPlat.Core.RunCommandHandlerLinux": ["1.3.28"],
    "Microsoft.CPlat.Core.RunCommandLinux": ["1.0.12"],
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustATestKeyJustATestKeyJustATestKey00 test"


def make_server(state: Path, fabric: FakeFabric, **options) -> ArmServer:
    server = ArmServer(
        state, fabric, port=0, subscriptions=SUBSCRIPTIONS, tenant=TENANT, client_id=CLIENT, client_secret=SECRET,
        handlers=HANDLERS, **{"agent_timeout": 0.5, **options},
    )  # fmt: skip
    server._arm.poll = 0.01
    return server


class Client:
    """Speaks HTTPS to a server; `group` is the path of the resource group that `machine` makes things in."""

    def __init__(self, server: ArmServer) -> None:
        self.base = server.base_url
        context = ssl.create_default_context(cafile=str(server.ca_path))
        self.connection = http.client.HTTPSConnection(urlsplit(self.base).netloc, context=context)
        self.headers: dict[str, str] = {}
        self.group = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/Group"
        self.compute = f"{self.group}/providers/Microsoft.Compute"
        self.network = f"{self.group}/providers/Microsoft.Network"
        self.vm = f"{self.compute}/virtualMachines/vm1"
        self.extension = f"{self.vm}/extensions/script"

    def login(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": "x/.default"}
        status, body, _headers = self.send("POST", f"/{TENANT}/oauth2/v2.0/token", urlencode(form))
        assert status == 200
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}

    def send(self, method: str, path: str, body: str | None = None, headers: dict | None = None):
        self.connection.request(method, path, body, {**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None, dict(response.getheaders())

    def call(self, method: str, path: str, body=None, query: str = "", headers: dict | None = None):
        """One request with an api-version: (status, body, headers)."""
        text = None if body is None else json.dumps(body)
        url = f"{path}?api-version=2024-07-01{'&' + query if query else ''}"
        return self.send(method, url, text, {"Content-Type": "application/json", **(headers or {})})

    def control(self, method: str, path: str, body=None):
        """A request to a control path, which must succeed: its body."""
        text = None if body is None else json.dumps(body)
        status, answer, _headers = self.send(method, f"/local-azure/{path}", text)
        assert status in (200, 201), answer
        return answer

    def setting(self, **settings) -> dict:
        return self.control("POST", "settings", settings)

    def wait(self, headers: dict) -> dict:
        """Poll the operation that the headers announce to its end and return its body."""
        url = urlsplit(headers["Azure-AsyncOperation"])
        for _attempt in range(500):
            status, body, _headers = self.send("GET", f"{url.path}?{url.query}")
            assert status == 200
            if body["status"] != "InProgress":
                return body
            time.sleep(0.01)
        raise AssertionError("the operation did not end")

    def done(self, method: str, path: str, body=None, expect: str = "Succeeded") -> dict:
        """Send, require an operation, wait for it, require its outcome; returns the operation."""
        status, answer, headers = self.call(method, path, body)
        assert status in (200, 201, 202), answer
        operation = self.wait(headers)
        assert operation["status"] == expect, operation
        return operation

    def get(self, path: str, query: str = "") -> dict:
        status, body, _headers = self.call("GET", path, query=query)
        assert status == 200, body
        return body

    def add_network(self) -> None:
        assert self.call("PUT", self.group, {"location": "West Europe"})[0] in (200, 201)
        self.done("PUT", f"{self.network}/virtualNetworks/net", {
            "location": "westeurope",
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.7.0.0/16"]},
                "subnets": [{"name": "sub", "properties": {"addressPrefix": "10.7.1.0/24"}}],
            },
        })  # fmt: skip

    def add_nic(self, name: str = "nic1") -> dict:
        subnet = {"id": f"{self.network}/virtualNetworks/net/subnets/sub"}
        status, body, _headers = self.call("PUT", f"{self.network}/networkInterfaces/{name}", {
            "location": "westeurope",
            "properties": {"ipConfigurations": [{"name": "ip", "properties": {"subnet": subnet}}]},
        })  # fmt: skip
        assert status in (200, 201), body
        return body

    def vm_body(self, nic: str = "nic1") -> dict:
        return {
            "location": "westeurope", "tags": {"role": "docker"},
            "properties": {
                "hardwareProfile": {"vmSize": "Standard_B2s"},
                "storageProfile": {
                    "imageReference": {
                        "publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", "version": "latest",
                    },
                },
                "osProfile": {
                    "computerName": "one", "adminUsername": "azureuser", "customData": "c2VjcmV0LWN1c3RvbS1kYXRh",
                    "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [
                        {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY},
                    ]}},
                },
                "networkProfile": {"networkInterfaces": [{"id": f"{self.network}/networkInterfaces/{nic}"}]},
            },
        }  # fmt: skip

    def add_vm(self) -> dict:
        self.add_network()
        self.add_nic()
        self.done("PUT", self.vm, self.vm_body())
        return self.get(self.vm)

    @staticmethod
    def extension_body(**properties) -> dict:
        return {"location": "westeurope", "properties": {
            "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1",
            **properties,
        }}  # fmt: skip


@pytest.fixture
def fabric() -> FakeFabric:
    return FakeFabric()


@pytest.fixture
def server(tmp_path: Path, fabric: FakeFabric) -> Iterator[ArmServer]:
    server = make_server(tmp_path / "state", fabric)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: ArmServer) -> Client:
    client = Client(server)
    client.login()
    return client
