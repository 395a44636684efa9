# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities and leaves as made, read back, and refused."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import (
    authority,
    certificate,
    key_types,
    request,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import AuthorityFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.leaf import LeafRequest, issue
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import FileWrite, Store
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    parsed,
    private_pem,
    self_signed,
    tree,
)

LABEL = "server-authority"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path))


@pytest.fixture
def signer(store):
    return authority.create(store, LABEL, "site docker server authority", "site", 100, NOW)


def wanted(**given):
    facts, _private = request.create("one")
    defaults = LeafRequest(request.public_key(facts), "one", "site", "serverAuth", ("DNS:one", "IP:10.0.0.4"), 90)
    return defaults._replace(**given)


def extension(certificate_, kind):
    return certificate_.extensions.get_extension_for_class(kind)


def test_an_authority_as_it_should_be(store, signer):
    found = tree(store.root)
    assert {path: mode for path, (mode, _content) in found.items()} == {
        LABEL: 0o700,
        LABEL + "/ca-key.pem": 0o600,
        LABEL + "/ca.pem": 0o644,
    }
    made = parsed(found[LABEL + "/ca.pem"][1])
    assert made == signer.certificate
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (NOW - HOUR, NOW + 100 * DAY)
    assert made.subject == made.issuer
    assert made.subject.rfc4514_string() == "CN=site docker server authority,O=site"
    constraints = extension(made, x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = extension(made, x509.KeyUsage)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    assert extension(made, x509.SubjectKeyIdentifier).value.digest
    assert made.serial_number.bit_length() > 100
    made.verify_directly_issued_by(made)


def test_serials_are_random(store):
    serials = {
        authority.create(store, LABEL + str(number), "a", "site", 1, NOW).certificate.serial_number
        for number in range(5)
    }
    assert len(serials) == 5


def test_a_server_leaf_as_it_should_be(signer):
    facts = issue(signer, wanted(), NOW)
    made = parsed(facts.pem)
    made.verify_directly_issued_by(signer.certificate)
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (NOW - HOUR, NOW + 90 * DAY)
    assert made.subject.rfc4514_string() == "CN=one,O=site"
    assert not extension(made, x509.BasicConstraints).value.ca
    assert list(extension(made, x509.ExtendedKeyUsage).value) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    assert extension(made, x509.KeyUsage).value.digital_signature
    assert not extension(made, x509.KeyUsage).value.key_cert_sign
    names = extension(made, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["one"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.4"]
    assert (
        extension(made, x509.AuthorityKeyIdentifier).value.key_identifier
        == extension(signer.certificate, x509.SubjectKeyIdentifier).value.digest
    )
    assert facts.issuer == LABEL
    assert facts == certificate.read(facts.pem.encode(), {LABEL: signer.certificate})[0]


def test_a_client_leaf_has_no_names(signer):
    facts = issue(signer, wanted(usage="clientAuth", names=()), NOW)
    assert (facts.usages, facts.names) == (("clientAuth",), ())
    with pytest.raises(x509.ExtensionNotFound):
        extension(parsed(facts.pem), x509.SubjectAlternativeName)


def test_a_leaf_stays_within_the_life_of_its_authority(signer):
    facts = issue(signer, wanted(days=365), NOW - 2 * HOUR)
    assert (facts.not_before, facts.not_after) == (NOW - HOUR, NOW + 100 * DAY)


def test_long_names_are_cut_to_what_x509_allows(signer):
    made = parsed(issue(signer, wanted(common_name="h" * 100, site="s" * 100), NOW).pem)
    assert [len(attribute.value) for attribute in made.subject] == [64, 64]


KEYS = {
    "EC": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("ski", [True, False])
def test_an_authority_that_was_brought_along_signs_too(store, kind, ski):
    pem, key = self_signed(key=KEYS[kind](), ski=ski)
    store.swap(LABEL, [FileWrite("ca.pem", pem), FileWrite("ca-key.pem", private_pem(key), 0o600)])
    facts, fault = certificate.read(pem, {})
    signer = authority.load_signer(store, AuthorityFacts(LABEL, facts, True))
    assert fault == ""
    assert facts.is_authority
    assert issue(signer, wanted(), NOW).issuer == LABEL


def test_the_right_one_of_two_authorities_with_one_name_is_found(store):
    signers = {name: authority.create(store, name, "same name", "site", 10, NOW) for name in ("a", "b")}
    issuers = {name: signer.certificate for name, signer in signers.items()}
    leaf = issue(signers["b"], wanted(), NOW)
    assert certificate.read(leaf.pem.encode(), issuers)[0].issuer == "b"
    assert certificate.read(leaf.pem.encode(), {"a": issuers["a"]})[0].issuer == ""
    assert certificate.read(leaf.pem.encode(), {})[0].issuer == ""


@pytest.mark.parametrize("pem", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(pem):
    facts, fault = certificate.read(pem, {})
    assert facts is None
    assert fault.startswith("not a readable PEM certificate (")


def test_names_and_usages_of_other_kinds_are_shown():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@example.com")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.2.3")]), critical=False)
        .sign(key, key_types.signing_hash(key))
    )
    facts = certificate.of(made, {})
    assert (facts.names, facts.usages, facts.is_authority) == (("other:RFC822Name",), ("1.2.3",), False)


UNUSABLE = {
    "of another authority": (lambda key: private_pem(ec.generate_private_key(ec.SECP256R1())), "is not the key of"),
    "encrypted": (lambda key: private_pem(key, b"secret"), "is encrypted and there is no authority_passphrase"),
    "damaged": (lambda key: private_pem(key)[:80], "cannot be read"),
    "empty": (lambda key: b"", "cannot be read"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_keys_that_cannot_sign(store, kind):
    change, text = UNUSABLE[kind]
    pem, key = self_signed()
    content = change(key)
    store.swap(LABEL, [FileWrite("ca.pem", pem), FileWrite("ca-key.pem", content, 0o600)])
    facts = AuthorityFacts(LABEL, certificate.read(pem, {})[0], True)
    with pytest.raises(Failure) as caught:
        authority.load_signer(store, facts)
    assert text in str(caught.value)
    assert store.path(LABEL, "ca-key.pem") in str(caught.value)
    assert "Nothing was written" in caught.value.hint
    # No line of the file, and no exception that could hold one, travels on.
    assert caught.value.__cause__ is None
    for line in content.decode("ascii").splitlines():
        assert line not in caught.value.as_result()["msg"]
