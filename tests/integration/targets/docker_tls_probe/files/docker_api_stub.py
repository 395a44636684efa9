#!/usr/bin/env python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port on the loopback interface that behaves like dockerd's, or wrongly in one chosen way.

It knows GET /version only. Like Go's HTTPS server it answers a request without TLS in plain text.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import socketserver
import ssl

MODES = {
    "strict": "like dockerd with tlsverify",
    "optional": "lets clients without a certificate in",
    "open": "asks for no certificate at all",
    "plain": "speaks HTTP without TLS",
    "timeless": "does not look at the dates of certificates",
    "old": "agrees to TLS 1.1 and 1.0 too",
    "forbidden": "answers 403 to those it lets in",
    "no_cipher": "shares no cipher with its clients, so refuses everybody for a wrong reason",
    "hangup": "lets everybody in and hangs up without a word",
    "closing": "closes every connection at once",
    "mute": "accepts connections and says nothing",
}
VERSION = json.dumps({"Version": "29.7.2", "ApiVersion": "1.54"})
PLAIN_ANSWER = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
_TLS_HANDSHAKE = b"\x16"
_NO_CHECK_TIME = 0x200000  # a flag of OpenSSL that Python has no name for


class Stub(socketserver.ThreadingTCPServer):
    """The server. certificate, key: of the server; authorities: bundle of those whose clients are let in."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mode, certificate, key, authorities, tls_version=None):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mode = mode
        self.context = _context(mode, certificate, key, authorities, tls_version)

    @property
    def port(self):
        """The port that the system chose."""
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """Clients that break off are what this is for."""


class Conversation(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self):
        """Answer as the mode wants."""
        mode = self.server.mode
        if mode == "closing":
            return
        if mode == "mute":
            self.request.settimeout(30)
            while self.request.recv(4096):
                pass
            return
        first = self.request.recv(1, socket.MSG_PEEK)
        if mode == "plain":
            _answer(self.request, "400 Bad Request" if first == _TLS_HANDSHAKE else "200 OK", first == _TLS_HANDSHAKE)
        elif first == _TLS_HANDSHAKE:
            with self.server.context.wrap_socket(self.request, server_side=True) as secure:
                if mode != "hangup":
                    _answer(secure, "403 Forbidden" if mode == "forbidden" else "200 OK")
        elif first:
            self.request.recv(4096)
            self.request.sendall(PLAIN_ANSWER)


def _answer(connection, status, at_once=False):
    received = b""
    while b"\r\n\r\n" not in received and not at_once:
        part = connection.recv(4096)
        if not part:
            return
        received += part
    body = VERSION if status.startswith("200") else '{"message":"authorization denied"}'
    head = "HTTP/1.0 %s\r\nContent-Type: application/json\r\n\r\n" % status
    connection.sendall((head + body).encode("ascii"))


def _context(mode, certificate, key, authorities, tls_version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # as dockerd; the default differs from Python to Python
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(cafile=authorities)
    context.verify_mode = {"optional": ssl.CERT_OPTIONAL, "open": ssl.CERT_NONE, "hangup": ssl.CERT_NONE}.get(
        mode, ssl.CERT_REQUIRED
    )
    if tls_version or mode == "no_cipher":
        version = ssl.TLSVersion[tls_version or "TLSv1_2"]
        context.minimum_version = context.maximum_version = version
    if mode == "timeless":
        context.verify_flags |= _NO_CHECK_TIME
    if mode == "old":
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if mode == "no_cipher":
        # The server's key is EC: with ciphers for RSA keys only, none is left.
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    return context


def main():
    """Serve until killed. The port goes to a file, which appears when the port is open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=sorted(MODES), default="strict")
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--authorities", required=True)
    parser.add_argument("--tls-version", choices=["TLSv1_2", "TLSv1_3"])
    parser.add_argument("--port-file", required=True)
    options = parser.parse_args()
    with Stub(options.mode, options.certificate, options.key, options.authorities, options.tls_version) as stub:
        temporary = options.port_file + ".new"
        with open(temporary, "w", encoding="ascii") as stream:
            stream.write(str(stub.port))
        os.replace(temporary, options.port_file)
        stub.serve_forever()


if __name__ == "__main__":
    main()
