# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import minted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.attempts import attempts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import Signer
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import CHECKS, DEFAULT_CHECKS
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls import support
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import DAY, NOW

SIGNED = ["expired_client", "wrong_usage", "revoked_authority"]
KEYS = {
    "EC-P256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC-P384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A certificate directory with two client authorities, default and ci."""
    directory = tmp_path_factory.mktemp("site")
    support.run(directory, client_authorities=["default", "ci"], clients=[{"name": "alice"}])
    return directory


@pytest.fixture
def copy(site, tmp_path):
    return shutil.copytree(str(site), str(tmp_path / "copy"))


def made(directory, checks=CHECKS, client="alice", **given):
    options = {
        "client_directory": "%s/clients/%s" % (directory, client),
        "checks": list(checks),
        "certificate_directory": str(directory),
        "revoked_authorities": ["ci"],
        **given,
    }
    return attempts(options, NOW)


def names(found):
    return [attempt.name for attempt in found]


def obstacles(found):
    return {attempt.name: attempt.obstacle for attempt in found if attempt.obstacle}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [name if name != "revoked_authority" else "revoked_authority:ci" for name in CHECKS]),
        ({"checks": DEFAULT_CHECKS}, list(DEFAULT_CHECKS)),
        ({"checks": ["wrong_usage", "good_client", "wrong_usage"]}, ["good_client", "wrong_usage"]),
        # Where the good client does not show that the authority is trusted, a control must.
        ({"checks": ["wrong_usage"]}, ["wrong_usage", "control"]),
        ({"checks": ["good_client", "expired_client"]}, ["good_client", "expired_client"]),
        (
            {"checks": ["good_client", "expired_client"], "client_authority": "ci"},
            ["good_client", "expired_client", "control"],
        ),
        (
            {"checks": ["good_client", "expired_client"], "client_authority": "default"},
            ["good_client", "expired_client"],
        ),
        ({"checks": ["revoked_authority"], "revoked_authorities": []}, []),
        (
            {"checks": ["revoked_authority"], "revoked_authorities": ["default", "ci", "default"]},
            ["revoked_authority:ci", "revoked_authority:default"],
        ),
    ],
)
def test_which_connections_are_made(site, given, expected):
    found = made(site, **given)
    assert names(found) == expected
    assert obstacles(found) == {}
    assert all((attempt.context is None) is (attempt.check in ("plain_http", "tls_1_1")) for attempt in found)


def test_the_authorities_are_named(site):
    authorities = {attempt.name: attempt.authority for attempt in made(site) if attempt.authority}
    assert authorities == {"expired_client": "default", "wrong_usage": "default", "revoked_authority:ci": "ci"}


def test_without_a_certificate_directory_what_was_asked_for_has_an_obstacle(site):
    found = made(site, certificate_directory=None)
    assert list(obstacles(found)) == SIGNED
    assert all("no certificate_directory was given" in text for text in obstacles(found).values())
    assert obstacles(made(site, checks=DEFAULT_CHECKS, certificate_directory=None)) == {}


def test_without_names_of_revoked_authorities(site):
    found = obstacles(made(site, revoked_authorities=None))
    assert list(found) == ["revoked_authority"]
    assert "revoked_authorities was not given: name the client authorities" in found["revoked_authority"]


def test_a_client_that_none_of_these_authorities_signed(site, fleet):
    found = made(site, client_directory=fleet.client)
    assert list(obstacles(found)) == ["expired_client", "wrong_usage"]
    assert "by no client authority of certificate_directory: give client_authority" in found[3].obstacle
    assert obstacles(made(site, client_directory=fleet.client, client_authority="default")) == {}


def test_a_key_that_is_kept_elsewhere(copy):
    for name in ("default", "ci"):
        path = copy + "/client-authorities/%s/ca-key.pem" % name
        shutil.move(path, path + ".away")
    found = obstacles(made(copy))
    assert list(found) == ["expired_client", "wrong_usage", "revoked_authority:ci"]
    assert "client-authorities/ci/ca-key.pem is not there" in found["revoked_authority:ci"]
    assert found["wrong_usage"].endswith("Give the key, or leave the check out")


def test_a_key_that_comes_with_the_call(copy):
    path = copy + "/client-authorities/default/ca-key.pem"
    with open(path, encoding="ascii") as file:
        keys = {"client-authorities/default": file.read()}
    shutil.move(path, path + ".away")
    assert obstacles(made(copy, authority_keys=keys)) == {}
    with pytest.raises(Failure) as caught:
        made(copy, authority_keys={"client-authorities/ci": keys["client-authorities/default"]})
    assert caught.value.code == "AuthorityKeyMismatch"


def test_an_authority_without_a_certificate(copy):
    shutil.move(copy + "/client-authorities/ci/ca.pem", copy + "/away")
    found = obstacles(made(copy))
    assert "the authority client-authorities/ci has no ca.pem in" in found["revoked_authority:ci"]


@pytest.fixture
def encrypted(copy):
    path = copy + "/client-authorities/default/ca-key.pem"
    with open(path, "rb") as file:
        key = load_pem_private_key(file.read(), None)
    with open(path, "wb") as file:
        file.write(support.private_pem(key, b"open sesame"))
    return copy


def test_an_encrypted_key_and_its_passphrase(encrypted):
    assert obstacles(made(encrypted, authority_passphrase="open sesame")) == {}


def test_an_encrypted_key_without_a_passphrase(encrypted):
    found = obstacles(made(encrypted))
    assert list(found) == ["expired_client", "wrong_usage"]
    assert "is encrypted and there is no authority_passphrase" in found["wrong_usage"]


def test_a_wrong_passphrase(encrypted):
    with pytest.raises(Failure) as caught:
        made(encrypted, authority_passphrase="open barley")
    assert caught.value.code == "AuthorityPassphrase"
    assert "barley" not in str(caught.value.as_result())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"client_authority": "other"}, "client_authority names other, expected client authorities of"),
        ({"revoked_authorities": ["z", "ci", "a"]}, "revoked_authorities names a, z, expected client authorities of"),
    ],
)
def test_authorities_that_are_not_there(site, given, text):
    with pytest.raises(Failure) as caught:
        made(site, **given)
    assert caught.value.code == "InvalidOptions"
    assert text in str(caught.value)
    assert ": ci, default." in str(caught.value)


def test_a_directory_that_is_not_there(site):
    with pytest.raises(Failure) as caught:
        made(site, certificate_directory="%s/none" % site)
    assert "certificate_directory %s/none is not there" % site in str(caught.value)


def test_the_directory_is_only_read(site):
    before = support.tree(site)
    made(site)
    assert support.tree(site) == before


@pytest.mark.parametrize("kind", KEYS)
def test_what_is_minted(kind, tmp_path):
    pem, key = support.self_signed(key=KEYS[kind]())
    authority = support.parsed(pem)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    signer = Signer("client-authorities/default", authority, key, identifier)
    certificate = support.parsed(
        minted._certificate(signer, KEYS["EC-P256"]().public_key(), minted.SERVER, minted.expired(NOW))
    )
    certificate.verify_directly_issued_by(authority)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW - 2 * DAY, NOW - DAY)
    minted.client_context(signer, minted.CLIENT, minted.valid(NOW), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_keys_are_in_private_files_only(site, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def stranger_context(directory):
        seen.append({name: mode for name, (mode, _content) in support.tree(directory).items()})

    monkeypatch.setattr(minted, "stranger_context", stranger_context)
    made(site, checks=SIGNED)
    assert seen == [{"cert.pem": 0o644, "key.pem": 0o600}] * 4
    assert list(tmp_path.iterdir()) == []
