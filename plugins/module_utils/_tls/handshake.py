# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Connections to the port of a Docker API, each of which ends in an observation. Standard library only."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import time
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import hello
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import is_address
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    ALERT,
    CLOSED,
    CONTROL,
    GOOD_CLIENT,
    HANDSHAKE,
    HTTP,
    REJECTED,
    SERVED_CERTIFICATE,
    TIMED_OUT,
    TLS_1_1,
    TLS_ERROR,
    UNREACHABLE,
    Observation,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.tunnel import Line

LONGEST_ANSWER = 65536
CLOSED_TEXT = "the connection was closed without a TLS alert"
REFUSAL_WAIT = 2.0
"""Seconds in which a server that refuses says so. In TLS 1.3 that comes after the client's handshake is done, and a
client that writes before it has read may get a reset instead of the alert."""

_ALERTS = (
    "CERTIFICATE_REQUIRED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_UNKNOWN",
    "UNSUPPORTED_CERTIFICATE",
    "BAD_CERTIFICATE",
    "HANDSHAKE_FAILURE",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
    "DECRYPT_ERROR",
    "PROTOCOL_VERSION",
    "INSUFFICIENT_SECURITY",
    "INTERNAL_ERROR",
    "UNRECOGNIZED_NAME",
    "ILLEGAL_PARAMETER",
    "DECODE_ERROR",
    "UNEXPECTED_MESSAGE",
    "NO_APPLICATION_PROTOCOL",
)


class Endpoint(t.NamedTuple):
    """Where to connect and which name to verify. timeout: seconds for one connection as a whole."""

    address: str
    port: int
    server_name: str
    timeout: float


Connect = t.Callable[[str, int, float], t.ContextManager[Line]]
"""(address, port, seconds) -> a connection. OSError when there is none."""


@contextlib.contextmanager
def direct(address: str, port: int, timeout: float) -> t.Iterator[Line]:
    """A connection from here."""
    with socket.create_connection((address, port), timeout) as plain:
        yield plain, lambda: ""


def observe(
    check: str, endpoint: Endpoint, context: t.Optional[ssl.SSLContext], connect: Connect = direct
) -> Observation:
    """Connect as the check wants and say what was seen; a server cannot make it raise. context None: plain HTTP."""
    deadline = time.monotonic() + endpoint.timeout
    where = "%s port %d" % (endpoint.address, endpoint.port)
    try:
        with connect(endpoint.address, endpoint.port, endpoint.timeout) as (plain, fault_of):
            seen = _conversed(check, endpoint, context, plain, deadline)
            fault = fault_of() if seen.kind == CLOSED else ""
    except socket.timeout:
        return Observation(TIMED_OUT, "%s did not answer in %g s" % (where, endpoint.timeout), connected=False)
    except OSError as error:
        fault = error.strerror or str(error)
    if fault:
        return Observation(UNREACHABLE, "%s cannot be reached: %s" % (where, fault), connected=False)
    return seen


def _conversed(
    check: str, endpoint: Endpoint, context: t.Optional[ssl.SSLContext], plain: socket.socket, deadline: float
) -> Observation:
    if check == TLS_1_1:
        return _guarded(lambda: _greeted(plain, endpoint, deadline))
    if context is None:
        return _guarded(lambda: _answer(plain, endpoint, deadline))
    return _observe_tls(check, endpoint, context, plain, deadline)


def _greeted(plain: socket.socket, endpoint: Endpoint, deadline: float) -> Observation:
    name = "" if is_address(endpoint.server_name) else endpoint.server_name
    plain.settimeout(_left(deadline))
    plain.sendall(hello.client_hello(name, os.urandom(hello.RANDOM_BYTES)))
    received = b""
    while len(received) < LONGEST_ANSWER:
        plain.settimeout(_left(deadline))
        part = plain.recv(LONGEST_ANSWER)
        received += part
        seen = hello.answer(received)
        if seen:
            return seen
        if not part:
            break
    return Observation(CLOSED, CLOSED_TEXT)


def _observe_tls(
    check: str, endpoint: Endpoint, context: ssl.SSLContext, plain: socket.socket, deadline: float
) -> Observation:
    try:
        secure = context.wrap_socket(plain, server_hostname=endpoint.server_name, do_handshake_on_connect=False)
    except OSError as error:
        return _broken(error)

    agreed: t.List[t.Optional[str]] = [None]

    def converse() -> Observation:
        secure.settimeout(_left(deadline))
        secure.do_handshake()
        # Kept, because after an alert the socket does not tell any more.
        agreed[0] = secure.version()
        if check == SERVED_CERTIFICATE:
            served = secure.getpeercert(binary_form=True) or b""
            return Observation(HANDSHAKE, "TLS handshake done", served=served)
        if check not in (GOOD_CLIENT, CONTROL) and _refused(secure, deadline):
            return Observation(CLOSED, CLOSED_TEXT)
        return _answer(secure, endpoint, deadline)

    with secure:
        return _guarded(converse)._replace(version=agreed[0])


def _guarded(converse: t.Callable[[], Observation]) -> Observation:
    try:
        return converse()
    except socket.timeout:
        return Observation(TIMED_OUT, "connected, then no answer in time")
    except ssl.SSLCertVerificationError as error:
        return Observation(REJECTED, error.verify_message)
    except ssl.SSLError as error:
        return _tls_error(error)
    except OSError as error:
        return _broken(error)


def _broken(error: OSError) -> Observation:
    return Observation(CLOSED, "the connection broke: %s" % (error.strerror or error))


def _tls_error(error: ssl.SSLError) -> Observation:
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Observation(CLOSED, CLOSED_TEXT)
    alert = alert_name(error)
    if alert:
        return Observation(ALERT, "TLS alert %s" % alert.lower(), alert=alert)
    return Observation(TLS_ERROR, "TLS failed: %s" % (getattr(error, "reason", None) or error))


def alert_name(error: ssl.SSLError) -> str:
    """The TLS alert that the peer sent ("UNKNOWN_CA"), "" when the error is something else.

    OpenSSL prefixes the names by the protocol that invented them, in ways that differ from release to release.
    """
    text = ("%s %s" % (getattr(error, "reason", ""), error)).upper().replace(" ", "_")
    if "ALERT" not in text:
        return ""
    return next((name for name in _ALERTS if name in text), "OTHER")


def _refused(secure: ssl.SSLSocket, deadline: float) -> bool:
    secure.settimeout(min(REFUSAL_WAIT, _left(deadline)))
    try:
        return secure.recv(1) == b""
    except socket.timeout:
        return False


def _answer(connection: socket.socket, endpoint: Endpoint, deadline: float) -> Observation:
    # HTTP/1.0: the answer ends with the connection, so that nothing has to be decoded.
    request = "GET /version HTTP/1.0\r\nHost: %s\r\nUser-Agent: docker-tls-probe\r\n\r\n" % endpoint.server_name
    connection.settimeout(_left(deadline))
    connection.sendall(request.encode("ascii"))
    received = b""
    while len(received) < LONGEST_ANSWER:
        connection.settimeout(_left(deadline))
        part = connection.recv(LONGEST_ANSWER)
        if not part:
            break
        received += part
    return _parsed(received)


def _parsed(received: bytes) -> Observation:
    head, _blank, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not head.startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():
        seen = "nothing" if not received else "%d bytes that are not HTTP" % len(received)
        return Observation(CLOSED, "the server answered %s" % seen)
    engine, api = _versions(body)
    return Observation(
        HTTP,
        "HTTP %s" % words[1].decode("ascii"),
        status=int(words[1]),
        body=body[:1000].decode("utf-8", "replace"),
        engine=engine,
        api=api,
    )


def _versions(body: bytes) -> t.Tuple[t.Optional[str], t.Optional[str]]:
    try:
        document = json.loads(body)
    except ValueError:
        return None, None
    if not isinstance(document, dict):
        return None, None
    found = [document.get(key) for key in ("Version", "ApiVersion")]
    engine, api = (value if isinstance(value, str) else None for value in found)
    return engine, api


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("no time left")
    return left
