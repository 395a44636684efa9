# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of the tests: requests are recorded and answered from a script. Everything above it is the real SDK."""

from __future__ import annotations

import io
import json
import threading
import time
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import requests
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import RequestsTransport

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session

SUB = "11111111-1111-1111-1111-111111111111"
GROUP = "/subscriptions/%s/resourceGroups/g" % SUB
VM = GROUP + "/providers/Microsoft.Compute/virtualMachines/vm1"
BASE = "https://management.azure.com"
OPERATION = BASE + "/subscriptions/%s/providers/Microsoft.Compute/locations/westeurope/operations/op1" % SUB
ASYNC = {"Azure-AsyncOperation": OPERATION}


class Reply(NamedTuple):
    """One answer of the script. ``method`` and ``path`` (without query, any case) say which request it is for."""

    method: str
    path: str
    status: int
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})


class Sent(NamedTuple):
    """One request as it went over the wire."""

    method: str
    path: str
    query: str
    body: Any
    headers: Dict[str, str]
    verify: Any


def error(code: str, message: str = "because", **more: Any) -> Dict[str, Any]:
    """The body of an ARM error."""
    return {"error": {"code": code, "message": message, **more}}


def absent(method: str, path: str, code: str = "ResourceNotFound") -> Reply:
    """The answer for what does not exist."""
    return Reply(method, path, 404, error(code, "was not found"))


class Wire(RequestsTransport):
    """A transport that answers from ``replies``; each is used once, the first that fits."""

    def __init__(self, *replies: Reply) -> None:
        session = requests.Session()
        session.mount("https://", Adapter(self))
        super().__init__(session=session, session_owner=False)
        self.replies: List[Reply] = list(replies)
        self.sent: List[Sent] = []
        self.slept: List[float] = []
        self._lock = threading.Lock()

    def sleep(self, duration: float) -> None:
        """Polling pauses cost no time here."""
        self.slept.append(duration)
        time.sleep(0.001)

    def answer(self, request: Any, verify: Any) -> Reply:
        """Record the request and take its reply from the script."""
        path, _mark, query = request.url.split("://", 1)[1].partition("?")
        path = "/" + path.split("/", 1)[1]
        body = request.body.read() if hasattr(request.body, "read") else request.body
        sent = Sent(request.method, path, query, json.loads(body) if body else None, dict(request.headers), verify)
        with self._lock:
            self.sent.append(sent)
            for reply in self.replies:
                if reply.method == sent.method and reply.path.lower() == path.lower():
                    self.replies.remove(reply)
                    return reply
        raise AssertionError("no reply is left for %s %s" % (sent.method, path))

    def calls(self) -> List[str]:
        """The requests in short: "METHOD path"."""
        return ["%s %s" % (sent.method, sent.path) for sent in self.sent]

    def only(self, method: str) -> Sent:
        """The one request of that method."""
        found = [sent for sent in self.sent if sent.method == method]
        assert len(found) == 1, found
        return found[0]


class Adapter(requests.adapters.BaseAdapter):
    """The network below a requests session: every request is answered by the wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def send(self, request: Any, stream: bool = False, timeout: Any = None, verify: Any = True, **_more: Any) -> Any:
        reply = self._wire.answer(request, verify)
        response = requests.Response()
        response.status_code = reply.status
        response.reason = "Reason"
        response.request = request
        response.url = request.url
        body = b"" if reply.body is None else json.dumps(reply.body).encode("utf-8")
        response.headers.update({"Content-Type": "application/json", "x-ms-request-id": "req-1", **reply.headers})
        response.raw = _Raw(body)
        return response

    def close(self) -> None:
        """Nothing to close."""


class _Raw(io.BytesIO):
    """What the SDK needs of urllib3's response."""

    enforce_content_length = False

    def stream(self, size: int, decode_content: Optional[bool] = None) -> Any:
        while True:
            part = io.BytesIO.read(self, size)
            if not part:
                return
            yield part

    def release_conn(self) -> None:
        """Nothing to release."""


class Login:
    """A credential whose token is always the same."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("token", 4102444800)

    def get_token_info(self, *_scopes: str, **_options: Any) -> AccessTokenInfo:
        return AccessTokenInfo("token", 4102444800)


class Clock:
    """Time that passes only in sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: List[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def make_session(wire: Wire, clock: Optional[Clock] = None, **options: Any) -> Session:
    """A session of the real kind on a scripted network."""
    clock = clock or Clock()
    return Session(options, transport=wire, credential=Login(), clock=clock, sleep=clock.sleep)
