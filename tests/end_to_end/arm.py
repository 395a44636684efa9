# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny client of local Azure's Resource Manager: what somebody else (a portal, another team) would send."""

from __future__ import annotations

import json
import os
import pathlib
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

COMPUTE, NETWORK, RESOURCES = "2024-07-01", "2024-01-01", "2024-07-01"


class Arm:
    """Reads the lab's address and login from its environment."""

    def __init__(self) -> None:
        cloud = urllib.parse.urlsplit(os.environ["LOCAL_AZURE_CLOUD"])
        self.base = f"{cloud.scheme}://{cloud.netloc}"
        self.context = ssl.create_default_context(cafile=os.environ["LOCAL_AZURE_CA"])
        self.state = pathlib.Path(os.environ["LOCAL_AZURE_STATE"])
        self.subscriptions = os.environ["LOCAL_AZURE_SUBSCRIPTIONS"].split(",")
        self.token = self.login()

    def login(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": os.environ["LOCAL_AZURE_CLIENT_ID"],
            "client_secret": os.environ["LOCAL_AZURE_CLIENT_SECRET"],
            "scope": f"{self.base}/.default",
        }
        url = f"{self.base}/{os.environ['LOCAL_AZURE_TENANT']}/oauth2/v2.0/token"
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), method="POST")
        with urllib.request.urlopen(request, context=self.context) as answer:
            return json.load(answer)["access_token"]

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, dict[str, Any], Any]:
        """(status, document, headers) of one request; errors are answers too."""
        query.setdefault("api-version", version(path))
        url = path if path.startswith("https:") else f"{self.base}{path}?{urllib.parse.urlencode(query)}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}, answer.headers
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else {}, error.headers

    def get(self, path: str, **query: str) -> dict[str, Any]:
        status, document, _headers = self.call("GET", path, **query)
        assert status == 200, f"GET {path}: {status} {document}"
        return document

    def wait(self, headers: Any) -> dict[str, Any]:
        """Follow an asynchronous operation to its end; its last document."""
        url = headers.get("Azure-AsyncOperation") or headers.get("Location")
        while url:
            status, document, _headers = self.call("GET", url)
            if status != 202 and document.get("status") != "InProgress":
                return document
            time.sleep(0.2)
        return {}

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """PUT and wait; the operation must not have failed. Returns the resource."""
        status, document, headers = self.call("PUT", path, body)
        assert status in (200, 201), f"PUT {path}: {status} {document}"
        ended = self.wait(headers)
        assert ended.get("status") in (None, "Succeeded"), f"PUT {path}: {ended}"
        return self.get(path)

    def post(self, path: str) -> None:
        status, document, headers = self.call("POST", path)
        assert status in (200, 202), f"POST {path}: {status} {document}"
        self.wait(headers)

    def delete(self, path: str) -> None:
        status, document, headers = self.call("DELETE", path)
        assert status in (200, 202, 204), f"DELETE {path}: {status} {document}"
        self.wait(headers)

    def requests(self, name: str = "requests.jsonl") -> list[dict[str, Any]]:
        """The front's journal; a line that is just being written is left out."""
        lines = (self.state / name).read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def writes(self, group: str) -> list[str]:
        """Every change in a resource group that was asked for so far. Other tests may be at work in other groups."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.requests()
            if entry["method"] != "GET" and f"/resourcegroups/{group.lower()}" in entry["path"].lower()
        ]


def version(path: str) -> str:
    if "/providers/microsoft.compute/" in path.lower():
        return COMPUTE
    return NETWORK if "/providers/microsoft.network/" in path.lower() else RESOURCES
