# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Public SSH keys as VMAccessForLinux takes them, in one text. Pure.

The handler looks at the beginning of the text (vmaccess.py, _set_user_account_pub_key). "ssh-rsa" or "ssh-ed25519":
it writes the text to authorized_keys as it is, so several such lines are several keys. The header of an SSH2 key: it
converts one. Everything else it takes for one PEM certificate. A Failure never quotes a key: it may be a private one.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import List, Optional, Sequence

from .._azure.errors import Failure

TYPES = ("ssh-rsa", "ssh-ed25519")
OTHER_TYPES = ("ecdsa-", "sk-", "ssh-")
PEM_BEGIN, PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
SSH2_BEGIN, SSH2_END = "---- BEGIN SSH2 PUBLIC KEY ----", "---- END SSH2 PUBLIC KEY ----"
PRIVATE = ("PRIVATE KEY-----", "PuTTY-User-Key-File")


def ssh_key(keys: Sequence[str], exclusive: bool) -> str:
    """The value of the setting ``ssh_key``; raises Failure for what the handler cannot take.

    An item is one PEM certificate, one SSH2 key, or one or more lines as in a .pub file.
    """
    whole = [key.strip() for key in keys if key.strip().startswith("--")]
    if len(whole) == 1 and len(keys) == 1:
        _check_whole(whole[0])
        return whole[0]
    lines = [line for index, key in enumerate(keys) for line in _lines("ssh_keys[%d]" % index, key)]
    if not lines:
        raise _failure("ssh_keys holds no key")
    # The handler appends without looking whether the last line there is complete: an empty line is harmless.
    return ("" if exclusive else "\n") + "\n".join(lines)


def _lines(where: str, text: str) -> List[str]:
    """The keys of one item, a line each."""
    _check_not_private(where, text)
    if text.strip().startswith("--"):
        raise _failure("%s is a certificate or an SSH2 key beside other keys" % where, "the only one in ssh_keys")
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    for line in lines:
        _check_line(where, line)
    return lines


def _check_line(where: str, line: str) -> None:
    words = line.split()
    if words[0] not in TYPES:
        if not words[0].startswith(OTHER_TYPES):
            raise _failure("%s is no public key" % where)
        raise _failure("%s is of type %s, which the handler takes for a certificate" % (where, words[0]))
    if len(words) < 2 or _type_in(words[1]) != words[0]:
        raise _failure("%s is not complete: what follows %s is no such key" % (where, words[0]))


def _check_whole(text: str) -> None:
    """A PEM certificate or an SSH2 key."""
    _check_not_private("ssh_keys[0]", text)
    if text.startswith(PEM_BEGIN) and text.endswith(PEM_END) and text.count(PEM_BEGIN) == 1:
        return
    if not (text.startswith(SSH2_BEGIN) and text.endswith(SSH2_END)):
        raise _failure("ssh_keys[0] is neither one complete certificate nor one complete SSH2 key")
    body, header = "", False
    for line in text.splitlines()[1:-1]:
        # A header is "Name: value", and goes on in the next line after a backslash.
        header = ":" in line or header
        body += "" if header else line.strip()
        header = header and line.endswith("\\")
    kind = _type_in(body)
    if kind not in TYPES:
        raise _failure("ssh_keys[0] is an SSH2 key of type %s" % (kind or "unknown"))


def _type_in(blob: str) -> Optional[str]:
    """The type of key that the base64 of a key says; None if it says none."""
    try:
        data = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return None
    length = struct.unpack(">I", data[:4])[0] if len(data) > 4 else 0
    name = data[4 : 4 + length]
    return name.decode("ascii", "replace") if 0 < len(name) == length < len(data) - 4 else None


def _check_not_private(where: str, text: str) -> None:
    if any(mark in text for mark in PRIVATE):
        raise Failure(
            "%s is a private key, expected the public one." % where,
            code="InvalidAccessRequest",
            hint="Give the file that ends in .pub, and replace that key if others can read where it was.",
        )


def _failure(found: str, expected: str = "lines of type ssh-ed25519 or ssh-rsa, or one PEM certificate") -> Failure:
    return Failure(
        "%s; expected %s." % (found, expected),
        code="InvalidAccessRequest",
        hint="Make a key with: ssh-keygen -t ed25519. Give the content of its .pub file.",
    )
