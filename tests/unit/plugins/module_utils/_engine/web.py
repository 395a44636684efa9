# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web servers on loopback for the tests that fetch: what they answer, and what they were asked."""

from __future__ import annotations

import contextlib
import http.server
import threading


class Web:
    """``pages``: path -> (status, headers, body), or a list of these, one a request, the last one for ever."""

    def __init__(self):
        self.pages = {}
        self.asked = []

    def answer(self, path):
        found = self.pages.get(path.partition("?")[0], (404, {}, b"nothing here"))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.web.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.web.answer(self.path)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def serving():
    """A Web that serves; its address is ``web.url``."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.web = Web()
    server.web.url = "http://127.0.0.1:%d" % server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
