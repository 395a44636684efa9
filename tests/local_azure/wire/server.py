# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP of the fabric towards its machines: wire server (port 80), host plugin (32526), metadata service.

A machine is known by the address it calls from, as on Azure. Handler packages are served from directories.
"""

from __future__ import annotations

import base64
import io
import json
import pathlib
import threading
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..lab.network import METADATA_SERVICE, WIRE_SERVER
from . import documents, metadata_service
from .machine import Machine

PROVENANCE = {
    "wire server, host plugin and metadata service on their addresses and ports": "docs",
    "machines are told apart by the address they call from": "inferred",
    "vmSettings answers 404, so that the agent reads the extensions configuration": "agent",
    "packages: manifest and zip": "agent",
}
XML = "text/xml; charset=utf-8"
JSON = "application/json"


class Wire:
    """``packages`` maps "Publisher.Type" to {version: directory of the handler's files}."""

    def __init__(self, packages: dict[str, dict[str, pathlib.Path]]) -> None:
        self.packages = packages
        self.machines: dict[str, Machine] = {}  # by private address
        self.servers: list[ThreadingHTTPServer] = []

    def start(self) -> None:
        for address, port in ((WIRE_SERVER, 80), (WIRE_SERVER, 32526), (METADATA_SERVICE, 80)):
            server = Server((address, port), Request)
            server.wire = self
            threading.Thread(target=server.serve_forever, daemon=True, name=f"wire-{port}").start()
            self.servers.append(server)

    def stop(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def package(self, name: str, version: str) -> bytes | None:
        """A handler's zip, the executables marked as such."""
        directory = self.packages.get(name, {}).get(version)
        if directory is None:
            return None
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            for path in sorted(directory.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    entry = zipfile.ZipInfo(str(path.relative_to(directory)))
                    entry.external_attr = 0o755 << 16
                    bundle.writestr(entry, path.read_bytes())
        return archive.getvalue()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    wire: Wire


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the agent asks every two seconds, and its own log in the guest tells what it asked."""

    def answer(self, body: str | bytes | None, content_type: str = XML, code: int = 200) -> None:
        if body is None:
            body, code = b"", 404
        data = body.encode() if isinstance(body, str) else body
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def machine(self) -> Machine | None:
        return self.server.wire.machines.get(self.client_address[0])

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        machine = self.machine()
        if machine is None:
            self.answer(None)
        elif self.server.server_port == 32526:
            self.host_plugin(url.path)
        elif url.path.startswith("/metadata/"):
            self.metadata(url.path, machine)
        elif url.path.startswith("/blob/"):
            self.blob(url.path)
        else:
            self.wire_server(machine, dict(urllib.parse.parse_qsl(url.query)))

    def wire_server(self, machine: Machine, query: dict[str, str]) -> None:
        component = query.get("comp", "").lower()
        if component == "versions":
            self.answer(documents.VERSIONS)
        elif component == "goalstate":
            self.answer(machine.goal_state())
        elif component == "certificates":
            sealed = machine.certificates(self.headers.get("x-ms-guest-agent-public-x509-cert", ""))
            self.answer(documents.certificate_file(sealed) if sealed else None)
        else:
            self.answer(machine.config(query.get("type", "")))

    def host_plugin(self, path: str) -> None:
        if path == "/versions":
            self.answer('["2015-09-01"]', JSON)
        elif path == "/health":
            self.answer("")
        elif path == "/extensionArtifact":
            self.blob(urllib.parse.urlsplit(self.headers.get("x-ms-artifact-location", "")).path)
        else:  # vmSettings: the agent then reads extensionsConfig
            self.answer(None)

    def metadata(self, path: str, machine: Machine) -> None:
        value: object = metadata_service.instance(machine.spec)
        parts = path.removeprefix("/metadata/").strip("/").split("/")
        if parts[0] != "instance" or self.headers.get("Metadata", "").lower() != "true":
            self.answer('{"error": "Bad request"}', JSON, 400)
            return
        for part in parts[1:]:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            self.answer(None)
        elif isinstance(value, str):
            self.answer(value, "text/plain")
        else:
            self.answer(json.dumps(value), JSON)

    def blob(self, path: str) -> None:
        _empty, _blob, name, file = (path.split("/") + [""] * 4)[:4]
        wire = self.server.wire
        if file == "manifest.xml":
            self.answer(documents.package_manifest(name, sorted(wire.packages.get(name, {}))))
        else:
            self.answer(wire.package(name, file.removesuffix(".zip")), "application/zip")

    def body(self) -> bytes:
        """The request's body; empty when the guest was killed in the middle of sending it."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        return body if len(body) == length else b""

    def do_POST(self) -> None:
        self.body()
        self.answer("")

    def do_PUT(self) -> None:
        body = self.body()
        machine = self.machine()
        if body and self.server.server_port == 32526:
            body = base64.b64decode(json.loads(body).get("content", ""))
        if machine is not None and body.strip():
            machine.report(json.loads(body))
        self.answer("", code=201)
