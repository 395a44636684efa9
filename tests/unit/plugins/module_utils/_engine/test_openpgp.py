# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading public keys: every primary key counts, and nothing but public keys passes."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import openpgp
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .public_keys import BOTH_KEYS, FIRST, FIRST_KEY, SECOND, SECOND_KEY


def binary(armoured):
    """The bytes of an armoured key, by its lines."""
    return base64.b64decode("".join(armoured.splitlines()[2:-2]))


GOOD = {
    "one key with a subkey": (FIRST_KEY, (FIRST,)),
    "another": (SECOND_KEY, (SECOND,)),
    "two in one block": (BOTH_KEYS, (FIRST, SECOND)),
    "two blocks": (FIRST_KEY + "\n" + SECOND_KEY, (FIRST, SECOND)),
    "lines that end as on Windows": (FIRST_KEY.replace("\n", "\r\n"), (FIRST,)),
    "text around it": ("From: somebody\n" + FIRST_KEY + "Bye\n", (FIRST,)),
    "a header in the armour": (FIRST_KEY.replace("BLOCK-----\n\n", "BLOCK-----\nComment: x\n\n", 1), (FIRST,)),
    "no checksum": ("".join(line for line in FIRST_KEY.splitlines(True) if line[0] != "="), (FIRST,)),
}


@pytest.mark.parametrize("name", GOOD)
def test_read(name):
    text, expected = GOOD[name]
    found, again = openpgp.read(text.encode("ascii"))
    assert found == expected
    assert openpgp.read(again.encode("ascii")) == (found, again), "what is kept reads the same"


def test_binary_keys_are_the_same_keys():
    assert openpgp.read(binary(BOTH_KEYS)) == openpgp.read(BOTH_KEYS.encode("ascii"))
    assert openpgp.read(BOTH_KEYS.encode("ascii"))[1] == BOTH_KEYS, "gpg writes the same armour"


def packet(tag, body):
    return bytes((0xC0 | tag, len(body))) + body


KEY = packet(6, b"\x04" + bytes(20))
BAD = {
    "nothing": (b"", "holds no public key"),
    "a page": (b"<html>Not found</html>", "no OpenPGP packet at byte 0"),
    "a private key": (packet(5, b"\x04" + bytes(20)), "packet with tag 5, expected public keys only"),
    "compressed keys": (KEY + packet(8, b"\x01"), "packet with tag 8"),
    "a user id before any key": (packet(13, b"x"), "packet with tag 13"),
    "an old key": (packet(6, b"\x03" + bytes(20)), "key of version 3, this program knows version 4"),
    "a new key": (packet(6, b"\x06" + bytes(20)), "key of version 6, this program knows version 4"),
    "an empty key": (packet(6, b""), "key of version 0"),
    "half a packet": (KEY[:-1], "ends within a packet (tag 6)"),
    "half a header": (b"\xc6", "ends within a packet"),
    "a packet in parts": (b"\xc6\xe1" + bytes(9), "of unknown length"),
    "an endless packet": (b"\x9b" + bytes(9), "of unknown length"),
    "a damaged armour": (FIRST_KEY.replace("mDM", "nDM").encode("ascii"), "has a wrong checksum"),
    "an armour of something else": (FIRST_KEY.replace("mDM", "???").encode("ascii"), "armour cannot be read"),
    "an armour without its empty line": (FIRST_KEY.replace("\n\n", "\n").encode("ascii"), "armour cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_refusals(name):
    content, words = BAD[name]
    with pytest.raises(Refusal) as refused:
        openpgp.read(content)
    assert words in str(refused.value)


@pytest.mark.parametrize("size", [1, 191, 192, 8383, 8384])
def test_lengths_of_packets(size):
    body = b"\x04" + bytes(size)
    length = len(body)
    if length < 192:
        new = bytes((length,))
    elif length < 8384:
        new = bytes((192 + (length - 192 >> 8), length - 192 & 255))
    else:
        new = b"\xff" + length.to_bytes(4, "big")
    forms = [b"\xc6" + new, b"\x9a" + length.to_bytes(4, "big"), b"\x99" + length.to_bytes(2, "big")]
    assert [list(openpgp.packets(form + body)) for form in forms] == [[(6, body)]] * 3


@pytest.mark.parametrize(
    ("text", "pinned", "strange"),
    [
        (FIRST_KEY, {FIRST}, None),
        (BOTH_KEYS, {FIRST, SECOND}, None),
        (FIRST_KEY, {FIRST, SECOND}, None),
        (FIRST_KEY, {SECOND}, FIRST),
        (BOTH_KEYS, {FIRST}, SECOND),
        (FIRST_KEY + SECOND_KEY, {SECOND}, FIRST),
    ],
)  # fmt: skip
def test_every_primary_key_must_be_pinned(text, pinned, strange):
    if strange is None:
        assert openpgp.accepted(text.encode("ascii"), pinned, "here") == openpgp.read(text.encode("ascii"))[1]
        return
    with pytest.raises(Refusal) as refused:
        openpgp.accepted(text.encode("ascii"), pinned, "https://mirror/gpg")
    found = "the key at https://mirror/gpg has the fingerprint %s, expected %s; " % (strange, next(iter(pinned)))
    assert str(refused.value).startswith(found)
