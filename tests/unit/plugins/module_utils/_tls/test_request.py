# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import key_sha256
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import csr

GOOD = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}
WEAK = {
    "RSA-1024": (lambda: rsa.generate_private_key(65537, 1024), "its key is RSA of 1024 bits, expected at least 2048"),
    "secp256k1": (lambda: ec.generate_private_key(ec.SECP256K1()), "on the curve secp256k1, expected one of secp256r1"),
    "brainpool": (lambda: ec.generate_private_key(ec.BrainpoolP256R1()), "on the curve brainpoolP256r1"),
    "Ed448": (ed448.Ed448PrivateKey.generate, "its key is of type Ed448, expected EC, RSA or Ed25519"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_good_keys(kind):
    pem, key = csr(GOOD[kind]())
    found = request.read(pem)
    assert found.fault == ""
    assert found.pem == pem
    assert found.key_sha256 == key_sha256(key.public_key())
    assert key_sha256(request.public_key(found)) == found.key_sha256


@pytest.mark.parametrize("kind", WEAK)
def test_weak_keys(kind):
    make, text = WEAK[kind]
    pem, _key = csr(make())
    assert text in request.read(pem).fault


def test_proof_of_possession():
    pem, _key = csr()
    other, _other_key = csr()
    ours = _der(pem)
    theirs = _der(other)
    # Somebody else's public key with our own signature below it.
    forged = theirs[: len(theirs) - 70] + ours[len(ours) - 70 :]
    for attempt in (forged, _flipped(ours)):
        found = request.read(_pem(attempt))
        assert found.fault


def test_a_broken_signature_is_told_from_a_broken_file():
    pem, _key = csr()
    assert request.read(_pem(_flipped(_der(pem)))).fault == "its signature does not prove possession of the private key"
    for garbage in ("", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "é"):
        assert "not a readable PEM signing request" in request.read(garbage).fault


def test_a_new_key_comes_with_its_request():
    facts, private = request.create("x" * 100)
    key = serialization.load_pem_private_key(private, None)
    assert request.read(facts.pem) == facts
    assert facts.key_sha256 == key_sha256(key.public_key())
    assert key.curve.name == "secp256r1"
    assert facts.fault == ""


def _flipped(der):
    # The last byte of a DER signature: the structure stays whole.
    return der[:-1] + bytes([der[-1] ^ 1])


def _der(pem):
    import base64

    return base64.b64decode("".join(pem.strip().splitlines()[1:-1]))


def _pem(der):
    import base64

    body = base64.b64encode(der).decode("ascii")
    return "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n" % body
