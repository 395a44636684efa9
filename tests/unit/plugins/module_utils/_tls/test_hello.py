# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.hello import (
    RANDOM_BYTES,
    answer,
    client_hello,
)

RANDOM = bytes(range(RANDOM_BYTES))


def record(kind, content, version=b"\x03\x01"):
    return bytes([kind]) + version + len(content).to_bytes(2, "big") + content


def server_hello(version):
    body = version + RANDOM + b"\x00\x00\x35\x00"
    return record(22, b"\x02" + len(body).to_bytes(3, "big") + body)


PROTOCOL_VERSION = record(21, b"\x02\x46")
UNRECOGNIZED_NAME = record(21, b"\x01\x70")


@pytest.mark.parametrize("name", ["", "docker-01.example.com"])
def test_the_lengths_add_up_and_the_version_is_tls_1_1(name):
    sent = client_hello(name, RANDOM)
    assert sent[:3] == b"\x16\x03\x01"
    assert int.from_bytes(sent[3:5], "big") == len(sent) - 5
    assert sent[5] == 1
    assert int.from_bytes(sent[6:9], "big") == len(sent) - 9
    assert sent[9:11] == b"\x03\x02"
    assert sent[11:43] == RANDOM
    assert (name.encode("ascii") in sent) if name else (b"\x00\x00\x00\x05" not in sent)


def test_nothing_of_later_versions_is_offered():
    sent = client_hello("", RANDOM)
    assert b"\x00\x2b" not in sent[43:]  # supported_versions
    assert b"\x56\x00" not in sent[43:]  # the mark of a fallback, which is refused with an alert of its own


ANSWERS = {
    "an alert": (PROTOCOL_VERSION, ("alert", "PROTOCOL_VERSION", None)),
    "an alert of another cause": (record(21, b"\x02\x28"), ("alert", "HANDSHAKE_FAILURE", None)),
    "an alert without a name": (record(21, b"\x02\xfa"), ("alert", "OTHER", None)),
    "a warning, then an alert": (UNRECOGNIZED_NAME + PROTOCOL_VERSION, ("alert", "PROTOCOL_VERSION", None)),
    "a warning, then a hello": (UNRECOGNIZED_NAME + server_hello(b"\x03\x02"), ("handshake", "", "TLSv1.1")),
    "the end": (record(21, b"\x01\x00"), ("alert", "CLOSE_NOTIFY", None)),
    "TLS 1.1": (server_hello(b"\x03\x02"), ("handshake", "", "TLSv1.1")),
    "TLS 1.0": (server_hello(b"\x03\x01"), ("handshake", "", "TLSv1")),
    "SSL 3": (server_hello(b"\x03\x00"), ("handshake", "", "SSLv3")),
    "more than was offered": (server_hello(b"\x03\x03"), ("handshake", "", "TLSv1.2")),
    "a version that nobody knows": (server_hello(b"\x7f\x1c"), ("handshake", "", "TLS version 0x7f1c")),
    "another message": (record(22, b"\x0b\x00\x00\x02\x00\x00"), ("tls_error", "", None)),
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\n", ("tls_error", "", None)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name):
    received, expected = ANSWERS[name]
    seen = answer(received)
    assert (seen.kind, seen.alert, seen.version) == expected
    assert seen.text
    # Byte by byte: whatever is said before the end is said at the end.
    early = [answer(received[:length]) for length in range(len(received))]
    assert all(found in (None, seen) for found in early)
    assert early[0] is early[4] is None


@pytest.mark.parametrize("received", [b"", b"\x15\x03\x01\x00\x00", UNRECOGNIZED_NAME, PROTOCOL_VERSION[:6]])
def test_too_little_says_nothing(received):
    assert answer(received) is None
