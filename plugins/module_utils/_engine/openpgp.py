# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Public keys of OpenPGP (RFC 9580): which primary keys a key file holds, by fingerprint (pure).

Only the packets that a key file is made of pass; what is kept is written anew from them, so that apt reads nothing
that was not looked at here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

from .refusal import Refusal

PUBLIC_KEY, SIGNATURE = 6, 2
ALLOWED = {PUBLIC_KEY, SIGNATURE, 13, 14, 17}  # user id, subkey, user attribute
BLOCK = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\n(.*?)\n-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
NEXT = "; get the repository's public key file (gpg --export makes one) and run again"


def crc24(data: bytes) -> int:
    value = 0xB704CE
    for byte in data:
        value ^= byte << 16
        for _bit in range(8):
            value <<= 1
            if value & 0x1000000:
                value ^= 0x1864CFB
    return value


def unarmoured(block: str) -> bytes:
    """The bytes of one armoured block: headers, an empty line, base64, and mostly a checksum."""
    _headers, separator, body = ("\n" + block).partition("\n\n")
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    checksum = lines.pop()[1:] if lines and re.match(r"=[A-Za-z0-9+/]{4}\Z", lines[-1]) else None
    try:
        data = base64.b64decode("".join(lines), validate=True)
    except binascii.Error:
        data = b""
    if not separator or not data:
        raise Refusal(f"the key's ASCII armour cannot be read{NEXT}")
    if checksum is not None and base64.b64decode(checksum) != crc24(data).to_bytes(3, "big"):
        raise Refusal(f"the key's ASCII armour has a wrong checksum: it was damaged on its way{NEXT}")
    return data


def armoured(data: bytes) -> str:
    lines = re.findall(".{1,64}", base64.b64encode(data).decode("ascii"))
    checksum = base64.b64encode(crc24(data).to_bytes(3, "big")).decode("ascii")
    body = "\n".join(lines)
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{body}\n={checksum}\n-----END PGP PUBLIC KEY BLOCK-----\n"


def header(data: bytes, at: int) -> t.Tuple[int, int, int]:
    """(tag, first byte of the body, its length) of the packet at ``at``. Raises IndexError at the end."""
    first = data[at]
    if not first & 0x80:
        raise Refusal(f"no OpenPGP packet at byte {at} of the key{NEXT}")
    if first & 0x40:
        tag, octet = first & 0x3F, data[at + 1]
        if octet < 192:
            return tag, at + 2, octet
        if octet < 224:
            return tag, at + 3, ((octet - 192) << 8) + data[at + 2] + 192
        size = 4 if octet == 255 else 0
        start = at + 2
    else:
        tag, size, start = (first >> 2) & 0x0F, (1, 2, 4, 0)[first & 3], at + 1
    if not size:
        raise Refusal(f"the key has a packet (tag {tag}) of unknown length, expected one with its length{NEXT}")
    return tag, start + size, int.from_bytes(data[start : start + size], "big")


def packets(data: bytes) -> t.Iterator[t.Tuple[int, bytes]]:
    """Tag and body of each packet."""
    at = 0
    while at < len(data):
        try:
            tag, start, length = header(data, at)
        except IndexError:
            raise Refusal(f"the key ends within a packet{NEXT}") from None
        if start + length > len(data):
            raise Refusal(f"the key ends within a packet (tag {tag}){NEXT}")
        yield tag, data[start : start + length]
        at = start + length


def fingerprint(body: bytes) -> str:
    """Fingerprint (40 hexadecimal digits) of a version 4 key."""
    version = body[0] if body else 0
    if version != 4:
        raise Refusal(
            f"the key is an OpenPGP key of version {version}, this program knows version 4 and its 40 digits; sign the "
            "repository with a key of version 4 (gpg's default) and run again"
        )
    framed = b"\x99" + len(body).to_bytes(2, "big") + body
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest().upper()  # the RFC has no other


def read(content: bytes) -> t.Tuple[t.Tuple[str, ...], str]:
    """(fingerprints of the primary keys, the same keys armoured anew). Raises Refusal for anything but public keys."""
    text = content.decode("latin-1").replace("\r\n", "\n")
    blocks = BLOCK.findall(text)
    data = b"".join(unarmoured(block) for block in blocks) if blocks else content
    found: t.List[str] = []
    for tag, body in packets(data):
        if tag not in ALLOWED or (tag != PUBLIC_KEY and not found):
            raise Refusal(f"the key file has a packet with tag {tag}, expected public keys only{NEXT}")
        if tag == PUBLIC_KEY:
            found.append(fingerprint(body))
    if not found:
        raise Refusal(f"the key file holds no public key{NEXT}")
    return tuple(found), armoured(data)


def accepted(content: bytes, pinned: t.Collection[str], place: str) -> str:
    """The keys as apt shall have them. Raises Refusal unless every primary key in the file is a pinned one."""
    found, text = read(content)
    strange = [name for name in found if name not in pinned]
    if strange:
        raise Refusal(
            f"the key at {place} has the fingerprint {', '.join(strange)}, expected {' or '.join(sorted(pinned))}; if "
            "the repository has changed its key, verify the new fingerprint by another way and declare it as "
            "key_fingerprint"
        )
    return text
