# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS front: connections, TLS, JSON, and the headers that every answer of Azure carries."""

from __future__ import annotations

import json
import re
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .control import PREFIX, Control
from .errors import ArmError, invalid_api_version, invalid_content, missing_api_version
from .faults import Dropped, Faults
from .journal import Journal
from .limits import Limits
from .messages import Call, Reply
from .metadata import endpoints
from .tokens import Tokens

PROVENANCE = {
    "x-ms-request-id, x-ms-correlation-request-id, x-ms-routing-request-id": "docs",
    "an empty 202 or 204 has Content-Length 0": "recorded",
    "api-version check: codes": "docs",
    "api-version check: texts": "inferred",
    "order of checks: token, api-version, body, resource": "inferred",
}
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?")
_LOGIN = re.compile(r"/([^/]+)(/v2\.0/\.well-known/openid-configuration|/oauth2/(?:v2\.0/)?token)", re.IGNORECASE)


class Front:
    """What stands behind every connection: login and metadata for anybody, the rest with a token."""

    def __init__(
        self, tokens: Tokens, dispatch: Callable[[Call], Reply], journal: Journal, limits: Limits, faults: Faults,
        control: Control,
    ) -> None:  # fmt: skip
        self._tokens = tokens
        self._dispatch = dispatch
        self._journal = journal
        self._limits = limits
        self._faults = faults
        self._control = control

    def answer(self, call: Call, raw: bytes) -> Reply:
        """Answer one request; refusals become their envelope. Dropped: close the connection instead."""
        try:
            return self._answer(call, raw)
        except ArmError as error:
            return Reply(error.status, {"error": error.body()}, dict(error.headers))

    def _answer(self, call: Call, raw: bytes) -> Reply:
        if _is_control(call):
            call.body = _parse(raw)
            return self._control.answer(call)
        login = _LOGIN.fullmatch(call.path)
        if login and call.method == "POST":
            return self._tokens.issue(login[1], raw.decode("utf-8", "replace"))
        if login:
            return self._tokens.discovery(login[1], call.base_url)
        if call.path.rstrip("/").lower() == "/metadata/endpoints":
            return endpoints(call)
        call.caller = self._tokens.check(call.headers.get("Authorization"))
        if not call.api_version:
            raise missing_api_version()
        if not _VERSION.fullmatch(call.api_version):
            raise invalid_api_version(call.api_version)
        call.body = _parse(raw)
        left = self._limits.take(call.method, call.path)
        reply = self._faults.answer(call, self._dispatch)
        reply.headers = {**left, **reply.headers}
        return reply

    def record(self, call: Call, path: str, status: int) -> None:
        """Note what was asked and answered, 0 for nothing at all; `path` includes the query."""
        if not _is_control(call):
            self._journal.write(call.method, path, status, call.body, call.access)
            self._control.count(call.method, status)


def _is_control(call: Call) -> bool:
    return call.path.lower().startswith(PREFIX)


def _parse(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise invalid_content(str(error)) from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: _Server

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = {name.lower(): value for name, value in parse_qsl(url.query, keep_blank_values=True)}
        base = f"https://{self.headers.get('Host', 'localhost')}"
        call = Call(self.command, unquote(url.path), query, self.headers, None, base)
        reply = Reply(500, {"error": {"code": "InternalServerError", "message": "The local Azure met a defect."}})
        try:
            reply = self.server.front.answer(call, raw)
        except Dropped:
            reply = Reply(0)
        finally:
            # Also after a defect, whose traceback goes to standard error: a client that hangs says less than a 500.
            self.server.front.record(call, self.path, reply.status)
            self._send(reply)

    do_GET = do_HEAD = do_PUT = do_PATCH = do_POST = do_DELETE = _serve

    def _send(self, reply: Reply) -> None:
        if not reply.status:
            self.close_connection = True
            return
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {**self._common_headers(), **reply.headers}.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _common_headers(self) -> dict[str, str]:
        request = str(uuid.uuid4())
        correlation = self.headers.get("x-ms-correlation-request-id") or request
        headers = {
            "Cache-Control": "no-cache",
            "x-ms-request-id": request,
            "x-ms-correlation-request-id": correlation,
            "x-ms-routing-request-id": f"LOCAL:{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}:{request}",
            "x-sim": "1",
        }
        client = self.headers.get("x-ms-client-request-id")
        if client and self.headers.get("x-ms-return-client-request-id", "").lower() == "true":
            headers["x-ms-client-request-id"] = client
        return headers

    def version_string(self) -> str:
        """Return the Server header."""
        return "LocalAzure"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the journal has it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, front: Front) -> None:
        super().__init__(address, _Handler)
        self._context = context
        self.front = front

    def get_request(self) -> tuple[Any, Any]:
        """Accept without a handshake: that happens in the connection's own thread, so a slow client delays nobody."""
        connection, address = super().get_request()
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no event; a defect is, and the base class prints it."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Listener:
    """The listening socket and its thread."""

    def __init__(self, front: Front, context: ssl.SSLContext, port: int) -> None:
        self._server = _Server(("127.0.0.1", port), context, front)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="arm-front", daemon=True)

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting and close the socket."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
