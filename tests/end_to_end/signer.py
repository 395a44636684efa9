# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away OpenPGP key (version 4, RSA) that signs a package repository, without gpg (RFC 9580)."""

from __future__ import annotations

import hashlib
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

RSA, SHA256 = 1, 8
DETACHED, CERTIFICATION = 0x00, 0x13


def _number(value: int) -> bytes:
    return value.bit_length().to_bytes(2, "big") + value.to_bytes((value.bit_length() + 7) // 8, "big")


def _packet(tag: int, body: bytes) -> bytes:
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def _subpacket(kind: int, body: bytes) -> bytes:
    return bytes((len(body) + 1, kind)) + body


class Signer:
    """``public``: the key file as a repository serves it (binary); ``fingerprint``: as people pin it."""

    def __init__(self, user: str) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._made = int(time.time()) - 60
        numbers = self._key.public_key().public_numbers()
        body = bytes((4,)) + self._made.to_bytes(4, "big") + bytes((RSA,)) + _number(numbers.n) + _number(numbers.e)
        self._framed = b"\x99" + len(body).to_bytes(2, "big") + body
        self._digest = hashlib.sha1(self._framed).digest()
        self.fingerprint = self._digest.hex().upper()
        name = user.encode()
        certified = self._framed + b"\xb4" + len(name).to_bytes(4, "big") + name
        self.public = _packet(6, body) + _packet(13, name) + self._signature(CERTIFICATION, certified)

    def sign(self, data: bytes) -> bytes:
        """A detached signature (binary)."""
        return self._signature(DETACHED, data)

    def _signature(self, kind: int, data: bytes) -> bytes:
        made = self._made if kind == CERTIFICATION else int(time.time()) - 1
        hashed = _subpacket(2, made.to_bytes(4, "big")) + _subpacket(33, b"\x04" + self._digest)
        if kind == CERTIFICATION:
            hashed += _subpacket(27, b"\x03")  # may certify and sign
        head = bytes((4, kind, RSA, SHA256)) + len(hashed).to_bytes(2, "big") + hashed
        text = data + head + b"\x04\xff" + len(head).to_bytes(4, "big")
        unhashed = _subpacket(16, self._digest[-8:])
        value = int.from_bytes(self._key.sign(text, padding.PKCS1v15(), hashes.SHA256()), "big")
        tail = len(unhashed).to_bytes(2, "big") + unhashed + hashlib.sha256(text).digest()[:2] + _number(value)
        return _packet(2, head + tail)
