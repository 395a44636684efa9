# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys as VMAccess takes them, and those that it would take for something else."""

from __future__ import annotations

import base64
import struct

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.ssh_keys import (
    PEM_BEGIN,
    PEM_END,
    SSH2_BEGIN,
    SSH2_END,
    ssh_key,
)


def blob(kind, body=b"\x00\x00\x00\x20" + b"k" * 32):
    return base64.b64encode(struct.pack(">I", len(kind)) + kind.encode() + body).decode()


def line(kind, comment=" planted-comment"):
    return "%s %s%s" % (kind, blob(kind), comment)


def ssh2(kind):
    return "\n".join([SSH2_BEGIN, 'Comment: "of \\', 'two lines"', blob(kind)[:30], blob(kind)[30:], SSH2_END])


ED25519, RSA = line("ssh-ed25519"), line("ssh-rsa", "")
PEM = "%s\nTWlub3I=\n%s" % (PEM_BEGIN, PEM_END)
SSH2 = ssh2("ssh-rsa")

# keys, the setting if they replace what is there
TAKEN = {
    "one": ([ED25519 + "\n"], ED25519),
    "several": ([ED25519, " " + RSA], ED25519 + "\n" + RSA),
    "a file of several": (["# team\n\n%s\n%s\n" % (RSA, ED25519)], RSA + "\n" + ED25519),
    "a certificate": ([PEM + "\n"], PEM),
    "an SSH2 key": ([SSH2], SSH2),
}


@pytest.mark.parametrize("name", TAKEN)
def test_keys_that_the_handler_takes(name):
    keys, setting = TAKEN[name]
    assert ssh_key(keys, exclusive=True) == setting


def test_added_keys_begin_a_line_of_their_own():
    """The handler appends, and the last line of authorized_keys may not be complete."""
    assert ssh_key([RSA, ED25519], exclusive=False) == "\n" + RSA + "\n" + ED25519
    assert ssh_key([PEM], exclusive=False) == PEM, "the handler takes only the beginning of the text for a header"


REFUSED = {
    "none": ([" "], "holds no key"),
    "ecdsa": ([line("ecdsa-sha2-nistp256")], "ssh_keys[0] is of type ecdsa-sha2-nistp256, which the handler takes for"),
    "hardware": ([ED25519, line("sk-ssh-ed25519@openssh.com")], "ssh_keys[1] is of type sk-ssh-ed25519@openssh.com"),
    "dsa": ([line("ssh-dss")], "of type ssh-dss"),
    "signed by an authority": ([line("ssh-rsa-cert-v01@openssh.com")], "of type ssh-rsa-cert-v01@openssh.com"),
    "options": (["no-pty " + RSA], "is no public key"),
    "cut": ([RSA[:20]], "is not complete"),
    "type alone": (["ssh-rsa"], "is not complete"),
    "another type inside": (["ssh-rsa " + blob("ssh-ed25519")], "is not complete"),
    "no base64": (["ssh-rsa planted!"], "is not complete"),
    "second line": ([RSA + "\nplanted"], "is no public key"),
    "certificate and key": ([PEM, RSA], "beside other keys; expected the only one in ssh_keys"),
    "key and SSH2": ([RSA, SSH2], "ssh_keys[1] is a certificate or an SSH2 key beside other keys"),
    "two certificates": ([PEM, PEM], "beside other keys"),
    "two certificates in one": ([PEM + "\n" + PEM], "neither one complete certificate"),
    "half a certificate": ([PEM[:-5]], "neither one complete certificate"),
    "half an SSH2 key": ([SSH2[:-5]], "neither one complete certificate"),
    "SSH2 of another type": ([ssh2("ecdsa-sha2-nistp256")], "an SSH2 key of type ecdsa-sha2-nistp256"),
    "SSH2 of nothing": (["%s\n%s" % (SSH2_BEGIN, SSH2_END)], "an SSH2 key of type unknown"),
    "private": (
        ["-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n"],
        "ssh_keys[0] is a private key, expected the public",
    ),
    "private beside": ([RSA, "-----BEGIN RSA PRIVATE KEY-----\nplanted"], "ssh_keys[1] is a private key"),
    "putty": (["PuTTY-User-Key-File-3: ssh-ed25519\nplanted"], "ssh_keys[0] is a private key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_keys_that_the_handler_would_misread(name):
    keys, words = REFUSED[name]
    with pytest.raises(Failure) as caught:
        ssh_key(keys, exclusive=True)
    assert words in caught.value.text()
    assert caught.value.code == "InvalidAccessRequest"
    assert caught.value.hint
    assert "planted" not in caught.value.text()
