# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import key_types
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_types import (
    generate,
    name_of,
    signing_hash,
    weakness,
)
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    csr,
    host,
    run,
)

# RSA-4096 is made like RSA-3072, and takes seconds.
MADE = ("EC-P256", "EC-P384", "RSA-3072", "Ed25519")


@pytest.mark.parametrize("key_type", MADE)
def test_keys_are_of_the_type_that_was_asked_for(key_type):
    key = generate(key_type)
    assert name_of(key.public_key()) == key_type
    assert weakness(key.public_key()) == ""


def test_the_default():
    assert name_of(generate().public_key()) == key_types.DEFAULT == "EC-P256"
    assert set(MADE) < set(key_types.TYPES)


# key -> name, weakness
OTHERS = {
    "RSA-2048": (lambda: rsa.generate_private_key(65537, 2048), ""),
    "RSA-1024": (lambda: rsa.generate_private_key(65537, 1024), "its key is RSA of 1024 bits, expected at least 2048"),
    "EC-P521": (lambda: ec.generate_private_key(ec.SECP521R1()), ""),
    "EC-secp256k1": (lambda: ec.generate_private_key(ec.SECP256K1()), ""),
    "EC-secp224r1": (
        lambda: ec.generate_private_key(ec.SECP224R1()),
        "its key is EC-secp224r1 of 224 bits, expected at least 256",
    ),
    "Ed448": (ed448.Ed448PrivateKey.generate, ""),
    "DSA": (lambda: dsa.generate_private_key(2048), "its key is of type DSA, expected EC, RSA or Ed25519"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_keys_that_come_from_elsewhere(name):
    make, weak = OTHERS[name]
    key = make().public_key()
    assert (name_of(key), weakness(key)) == (name, weak)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (ed25519.Ed25519PrivateKey.generate, None),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "sha256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "sha384"),
        (lambda: rsa.generate_private_key(65537, 2048), "sha256"),
    ],
)
def test_the_hash_suits_the_key(make, found):
    made = signing_hash(make())
    assert (made.name if made else None) == found


class Signed:
    """What signature_weakness() looks at; cryptography signs nothing with the old hashes any more."""

    def __init__(self, algorithm):
        self._algorithm = algorithm

    @property
    def signature_hash_algorithm(self):
        if isinstance(self._algorithm, Exception):
            raise self._algorithm
        return self._algorithm


@pytest.mark.parametrize(
    ("algorithm", "weak"),
    [
        (hashes.SHA256(), ""),
        (None, ""),
        (hashes.SHA1(), "it was signed with SHA1, expected SHA-256 or better"),
        (hashes.MD5(), "it was signed with MD5, expected SHA-256 or better"),
        (key_types.UnsupportedAlgorithm("newer"), ""),
    ],
)
def test_old_signatures(algorithm, weak):
    assert key_types.signature_weakness(Signed(algorithm)) == weak


@pytest.mark.parametrize(("issuer", "weak"), [("other", True), ("self", False)])
def test_nobody_verifies_the_signature_of_a_root(monkeypatch, issuer, weak):
    monkeypatch.setattr(certificates, "signature_weakness", lambda _certificate: "old")
    key = generate()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "self")]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .sign(key, hashes.SHA256())
    )
    assert bool(certificates.of(made, {}).weak_signature) is weak


@pytest.mark.parametrize("key_type", ["EC-P384", "Ed25519"])
def test_types_reach_authorities_hosts_and_clients(tmp_path, key_type):
    given = {
        "server_authority": {"key_type": key_type},
        "client_authority_key_type": key_type,
        "leaf_key_type": key_type,
        "hosts": [host(key_origin="controller")],
        "clients": [{"name": "alice"}, {"name": "bob", "key_type": "EC-P256"}],
    }
    first = run(tmp_path / "certs", **given)
    assert {entry["key_type"] for entry in first["authorities"].values()} == {key_type}
    assert {path.parent.name: name_of(_public_key(path)) for path in (tmp_path / "certs").glob("*/*/cert.pem")} == {
        "one": key_type,
        "alice": key_type,
        "bob": "EC-P256",
    }
    again = run(tmp_path / "certs", **given)
    assert (again["changed"], again["warnings"]) == (False, [])


def _public_key(path):
    return x509.load_pem_x509_certificate(path.read_bytes()).public_key()


def test_another_type_is_a_new_key_for_what_is_made_here_and_a_warning_for_authorities(tmp_path):
    directory = tmp_path / "certs"
    given = {"hosts": [host(key_origin="controller"), host("two", csr=csr()[0])], "clients": [{"name": "alice"}]}
    first = run(directory, **given)
    before = _public_key(directory / "servers" / "one" / "cert.pem")
    wanted = {
        **given,
        "leaf_key_type": "EC-P384",
        "server_authority": {"key_type": "Ed25519"},
        "client_authority_key_type": "EC-P384",
    }
    predicted = run(directory, check=True, **wanted)
    done = run(directory, **wanted)
    for result in (predicted, done):
        assert result["hosts"]["one"]["reasons"] == ["key_type_differs: its key is EC-P256, expected EC-P384"]
        assert result["clients"]["alice"]["reasons"] == ["key_type_differs: its key is EC-P256, expected EC-P384"]
        assert (result["hosts"]["two"]["changed"], result["hosts"]["two"]["enrolled"]) == (False, True)
        assert len(result["hosts"]["two"]["rekey"]) == 64
        assert [text for text in result["warnings"] if "rotate it" in text] == result["warnings"]
        assert (
            "The key of the authority client-authorities/default is EC-P256, expected EC-P384" in result["warnings"][0]
        )
        assert "The key of the authority server-authority is EC-P256, expected Ed25519" in result["warnings"][1]
    after = _public_key(directory / "servers" / "one" / "cert.pem")
    assert before != after
    assert name_of(after) == "EC-P384"
    assert done["server_authority"] == first["server_authority"]
    assert not run(directory, **wanted)["changed"]
    # Where no type is declared any existing one is right.
    assert not run(directory, **given)["changed"]
    assert run(directory, **given)["hosts"]["two"]["rekey"] is None
