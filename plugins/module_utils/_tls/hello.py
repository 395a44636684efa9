# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The first message of a client that knows TLS 1.1 and older only, and what a server says to it. Pure.

Made by hand, because many builds and policies of OpenSSL offer no version below TLS 1.2, whatever a program asks for.
The first answer tells everything: a server picks its version before anything else happens.
"""

from __future__ import annotations

import ssl
import struct
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    ALERT,
    HANDSHAKE,
    TLS_ERROR,
    Observation,
)

RANDOM_BYTES = 32
_TLS_1_0, _TLS_1_1 = 0x0301, 0x0302
_VERSIONS = {0x0300: "SSLv3", _TLS_1_0: "TLSv1", _TLS_1_1: "TLSv1.1", 0x0303: "TLSv1.2"}
_RECORD_ALERT, _RECORD_HANDSHAKE, _SERVER_HELLO, _WARNING = 21, 22, 2, 1
_CLOSE_NOTIFY = 0
# ECDHE and RSA with AES and 3DES in CBC mode, for both kinds of server keys, and the mark of safe renegotiation: so a
# server that takes TLS 1.1 finds a cipher, and who refuses does it for the version.
_CIPHERS = (0xC00A, 0xC014, 0xC009, 0xC013, 0x0039, 0x0033, 0x0035, 0x002F, 0x000A, 0x00FF)
_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)
_SERVER_NAME, _SUPPORTED_GROUPS, _POINT_FORMATS = 0, 10, 11


def client_hello(server_name: str, random: bytes) -> bytes:
    """The record to send. server_name: a DNS name, "" for none; random: RANDOM_BYTES that nobody can foresee."""
    extensions = _extension(_SUPPORTED_GROUPS, _sized(">H", _numbers(_GROUPS)))
    extensions += _extension(_POINT_FORMATS, _sized(">B", b"\x00"))
    if server_name:
        name = b"\x00" + _sized(">H", server_name.encode("ascii"))
        extensions += _extension(_SERVER_NAME, _sized(">H", name))
    no_session, no_compression = _sized(">B", b""), _sized(">B", b"\x00")
    body = struct.pack(">H", _TLS_1_1) + random + no_session + _sized(">H", _numbers(_CIPHERS))
    body += no_compression + _sized(">H", extensions)
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BH", _RECORD_HANDSHAKE, _TLS_1_0) + _sized(">H", message)


def answer(received: bytes) -> t.Optional[Observation]:
    """What the bytes received so far mean; None: more are needed."""
    while len(received) >= 5:
        kind, _version, length = struct.unpack(">BHH", received[:5])
        if kind not in (_RECORD_ALERT, _RECORD_HANDSHAKE):
            return Observation(TLS_ERROR, "the server answered bytes that are not TLS")
        content, rest = received[5 : 5 + length], received[5 + length :]
        if kind == _RECORD_HANDSHAKE:
            return _handshake(content) if len(content) >= 6 else None
        if len(content) < 2:
            return None
        level, number = content[:2]
        if level != _WARNING or number == _CLOSE_NOTIFY:
            name = _alert(number)
            return Observation(ALERT, "TLS alert %s" % name.lower(), alert=name)
        received = rest
    return None


def _handshake(content: bytes) -> Observation:
    kind, version = content[0], struct.unpack(">H", content[4:6])[0]
    if kind != _SERVER_HELLO:
        return Observation(TLS_ERROR, "the server answered a TLS message of type %d" % kind)
    return Observation(HANDSHAKE, "TLS version agreed", version=_VERSIONS.get(version, "TLS version %#06x" % version))


def _alert(number: int) -> str:
    try:
        return ssl.AlertDescription(number).name.replace("ALERT_DESCRIPTION_", "", 1)
    except ValueError:
        return "OTHER"


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack(">H", number) + _sized(">H", content)


def _numbers(numbers: t.Sequence[int]) -> bytes:
    return struct.pack(">%dH" % len(numbers), *numbers)


def _sized(size: str, content: bytes) -> bytes:
    return struct.pack(size, len(content)) + content
