# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key, request and digests with the real openssl command."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import keys
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import leaf, new_key, sha256_of


def test_a_new_key_is_ec_p256_and_new():
    text = keys.new_key("EC-P256")
    key = serialization.load_pem_private_key(text.encode("ascii"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    assert text != keys.new_key("EC-P256")


def test_key_and_certificate_have_the_same_digest():
    key, text = new_key()
    other, _text = new_key()
    assert keys.public_sha256(text, "key") == sha256_of(key)
    assert keys.public_sha256(leaf(key), "certificate") == sha256_of(key)
    assert keys.public_sha256(leaf(other), "certificate") == sha256_of(other) != sha256_of(key)


@pytest.mark.parametrize("kind", ["key", "certificate"])
@pytest.mark.parametrize("pem", [None, "", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_cannot_be_read_has_no_digest(kind, pem):
    assert keys.public_sha256(pem, kind) is None


@pytest.mark.parametrize(("days", "expired"), [(1, False), (-1, True)])
def test_is_expired(days, expired):
    assert keys.is_expired(leaf(new_key()[0], days)) is expired


def test_what_cannot_be_read_counts_as_expired():
    assert keys.is_expired("no PEM") is True


@pytest.mark.parametrize("name", ["docker1", "n" * 70])
def test_request(machine, name):
    key, text = new_key()
    machine.put(keys.KEY, text)
    request = x509.load_pem_x509_csr(keys.request(name, keys.KEY).encode("ascii"))
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=" + name[:64]
    assert request.public_key().public_numbers() == key.public_key().public_numbers()
    assert list(request.extensions) == [], "no name is asked for: the signer takes none from it"


def test_a_request_without_a_key(machine):
    with pytest.raises(Refusal, match=r"openssl req failed: (.|\n)*; is the openssl package complete"):
        keys.request("docker1", keys.KEY)


def test_no_key_on_a_command_line(machine, monkeypatch):
    seen = []

    class Watched(subprocess.Popen):
        def __init__(self, command, **options):
            seen.append(command)
            super().__init__(command, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    key, text = new_key()
    machine.put(keys.KEY, text)
    keys.request("docker1", keys.KEY)
    keys.public_sha256(text, "key")
    keys.public_sha256(leaf(key), "certificate")
    assert len(seen) == 3
    assert not any(line in repr(seen) for line in text.splitlines()[1:-1])
