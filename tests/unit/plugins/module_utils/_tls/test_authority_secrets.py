# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities whose keys are encrypted or come as options, and whose certificates do."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring, is_encrypted
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    parsed,
    private_pem,
    run,
    self_signed,
    tree,
)

SECRET = "planted passphrase 4711"
SERVER = "server-authority"
CLIENT = "client-authorities/default"
LATER = NOW + 2 * DAY


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "certs"


@pytest.fixture
def one():
    return host(csr=csr()[0])


def text_of(path):
    return path.read_text()


def authority(directory, label=SERVER):
    """(certificate, key) of an authority as texts."""
    return text_of(directory / label / "ca.pem"), text_of(directory / label / "ca-key.pem")


def ephemeral(directory, label_suffix=""):
    """The options by which another runner has the authorities of a directory."""
    found = {label: authority(directory, label) for label in (SERVER, CLIENT)}
    return {
        "authority_certificates": {label: pair[0] for label, pair in found.items()},
        "authority_keys": {label: pair[1] for label, pair in found.items()},
    }


def refused(code, call, *arguments, **given):
    with pytest.raises(Failure) as caught:
        call(*arguments, **given)
    text = json.dumps(caught.value.as_result())
    assert caught.value.code == code
    assert SECRET not in text
    assert "PRIVATE KEY" not in text
    assert caught.value.__cause__ is None
    return caught.value.as_result()["msg"]


TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL


def pem_of(key, form=serialization.PrivateFormat.PKCS8, passphrase=None):
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


@pytest.mark.parametrize(
    ("form", "passphrase", "encrypted"),
    [
        (serialization.PrivateFormat.PKCS8, None, False),
        (TRADITIONAL, None, False),
        (serialization.PrivateFormat.PKCS8, b"x", True),
        (TRADITIONAL, b"x", True),
    ],
)
def test_keys_in_both_manners(form, passphrase, encrypted):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = pem_of(key, form, passphrase)
    assert is_encrypted(pem) is is_encrypted(pem[:60]) is encrypted
    # A passphrase is for those keys that are encrypted, and does no harm to the others.
    assert Keyring("x").load(pem, "file").public_key() == key.public_key()


UNUSABLE = {
    "no passphrase": (None, lambda key: private_pem(key, b"x"), "AuthorityPassphrase", "is encrypted and there is no"),
    "another one": ("y", lambda key: private_pem(key, b"x"), "AuthorityPassphrase", "cannot be decrypted"),
    "damaged": ("x", lambda key: private_pem(key)[:80], "AuthorityKeyUnreadable", "cannot be read"),
    "damaged and encrypted": (
        "x",
        lambda key: private_pem(key, b"x")[:200],
        "AuthorityPassphrase",
        "cannot be decrypted",
    ),
    "a key that cannot sign": (
        None,
        lambda key: private_pem(x25519.X25519PrivateKey.generate()),
        "AuthorityKeyUnreadable",
        "cannot be read (X25519PrivateKey, which cannot sign)",
    ),
    "a certificate": (None, lambda key: self_signed()[0], "AuthorityKeyUnreadable", "cannot be read"),
}


@pytest.mark.parametrize(("passphrase", "make", "code", "text"), UNUSABLE.values(), ids=UNUSABLE)
def test_keys_that_cannot_be_used(passphrase, make, code, text):
    pem = make(ec.generate_private_key(ec.SECP256R1()))
    said = refused(code, Keyring(passphrase).load, pem, "/certs/ca-key.pem")
    assert "/certs/ca-key.pem %s" % text in said
    for line in pem.decode("ascii").splitlines()[1:]:
        assert line not in said


def test_a_keyring_shows_nothing_of_itself():
    ring = Keyring(SECRET, {SERVER: private_pem(ec.generate_private_key(ec.SECP256R1())).decode()})
    assert SECRET not in repr(ring) + str(ring)
    assert (ring.labels, ring.encrypts) == (frozenset([SERVER]), True)


def test_new_authorities_are_encrypted_and_re_checked_without_their_keys(directory, one, monkeypatch):
    given = {"hosts": [one], "clients": [{"name": "alice"}], "authority_passphrase": SECRET}
    run(directory, **given)
    for label in (SERVER, CLIENT):
        assert authority(directory, label)[1].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert tree(directory / label)["ca-key.pem"][0] == 0o600
    # What dockerd and its clients read is not.
    assert "ENCRYPTED" not in text_of(directory / "clients" / "alice" / "key.pem")
    before = tree(directory)
    monkeypatch.setattr(serialization, "load_pem_private_key", lambda *_arguments: pytest.fail("opened a key"))
    assert not run(directory, **given)["changed"]
    assert not run(directory, **{**given, "authority_passphrase": None})["changed"]
    assert tree(directory) == before


def test_it_signs_with_the_right_passphrase_only(directory, one):
    run(directory, authority_passphrase=SECRET)
    before = tree(directory)
    for passphrase, text in (
        (None, "is encrypted and there is no authority_passphrase"),
        ("wrong", "cannot be decrypted"),
    ):
        for check in (True, False):
            said = refused(
                "AuthorityPassphrase", run, directory, check=check, hosts=[one], authority_passphrase=passphrase
            )
            assert "server-authority/ca-key.pem %s" % text in said
            assert "wrong" not in said.replace("Give the right", "")
    assert tree(directory) == before
    assert run(directory, hosts=[one], authority_passphrase=SECRET)["hosts"]["one"]["enrolled"]


def test_keys_that_are_there_are_encrypted_once(directory, one):
    run(directory, hosts=[one], client_authorities=["default", "undeclared"])
    before = tree(directory)
    given = {"hosts": [one], "authority_passphrase": SECRET}
    predicted = run(directory, check=True, **given)
    assert tree(directory) == before
    done = run(directory, **given)
    for result in (predicted, done):
        assert set(result["diff"]["after"]) == {SERVER, CLIENT}
        assert result["authorities"][SERVER]["reasons"] == [
            "key_encrypted: a passphrase is given and server-authority/ca-key.pem was not encrypted"
        ]
        assert (result["changed"], result["hosts"]["one"]["changed"]) == (True, False)
    after = tree(directory)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {SERVER + "/ca-key.pem", CLIENT + "/ca-key.pem"}
    assert all(b"ENCRYPTED" in after[path][1] for path in changed)
    assert not run(directory, **given)["changed"]
    # Without the passphrase nothing is decrypted.
    assert not run(directory, hosts=[one])["changed"]
    assert run(directory, at=NOW + 70 * DAY, **given)["hosts"]["one"]["changed"]


def test_a_rotation_under_a_passphrase(directory, one):
    run(directory, hosts=[one])
    given = {"hosts": [one], "authority_passphrase": SECRET, "at": LATER}
    step = {"rotation": [{"authority": SERVER, "phase": "begin"}]}
    begun = run(directory, **given, **step)
    assert codes(begun["authorities"][SERVER]["reasons"]) == ["rotation_begun", "key_encrypted"]
    assert "ENCRYPTED" in text_of(directory / SERVER / "next" / "ca-key.pem")
    switched = run(directory, **given, rotation=[{"authority": SERVER, "phase": "switch"}])
    assert "ENCRYPTED" in text_of(directory / SERVER / "ca-key.pem")
    assert switched["hosts"]["one"]["changed"]


def test_a_successor_is_encrypted_as_it_takes_over(directory, one):
    run(directory, hosts=[one])
    run(directory, at=LATER, hosts=[one], rotation=[{"authority": SERVER, "phase": "begin"}])
    result = run(
        directory,
        at=LATER,
        hosts=[one],
        rotation=[{"authority": SERVER, "phase": "switch"}],
        authority_passphrase=SECRET,
    )
    assert codes(result["authorities"][SERVER]["reasons"]) == ["rotation_switched", "key_encrypted"]
    assert "ENCRYPTED" in text_of(directory / SERVER / "ca-key.pem")


def test_no_secret_in_any_result(directory, one):
    key = private_pem(ec.generate_private_key(ec.SECP256R1())).decode()
    given = {"hosts": [one], "authority_passphrase": SECRET, "authority_keys": {SERVER: key}}
    results = [run(directory, check=True, **given), run(directory, **given), run(directory, **given)]
    text = json.dumps(results)
    assert results[1]["server_authority"].splitlines()[1] in text
    assert SECRET not in text
    assert "PRIVATE KEY" not in text
    assert [line for line in key.splitlines()[1:3] if line in text] == []


def test_a_new_authority_is_made_with_the_key_that_is_given(directory, one):
    key = ec.generate_private_key(ec.SECP256R1())
    given = {"hosts": [one], "authority_keys": {SERVER: private_pem(key).decode()}}
    first = run(directory, **given)
    assert parsed(first["server_authority"]).public_key() == key.public_key()
    assert not (directory / SERVER / "ca-key.pem").exists()
    assert (directory / CLIENT / "ca-key.pem").exists()
    assert not run(directory, **given)["changed"]
    assert run(directory, at=NOW + 70 * DAY, **given)["hosts"]["one"]["changed"]
    # Whoever forgets the option is told of it.
    said = refused("AuthorityUnusable", run, directory, hosts=[one])
    assert "ca-key.pem is missing" in said
    assert "authority_keys" in said


def test_a_given_key_may_be_encrypted_and_empty_ones_are_none(directory, one):
    key = ec.generate_private_key(ec.SECP256R1())
    keys = {SERVER: private_pem(key, SECRET.encode()).decode(), CLIENT: ""}
    result = run(directory, hosts=[one], authority_passphrase=SECRET, authority_keys=keys)
    assert parsed(result["server_authority"]).public_key() == key.public_key()
    assert (directory / CLIENT / "ca-key.pem").exists()
    said = refused("AuthorityPassphrase", run, directory, authority_keys=keys)
    assert "authority_keys[server-authority] is encrypted" in said


@pytest.mark.parametrize("due", [True, False])
def test_a_given_key_of_another_authority_is_found_at_once(directory, one, due):
    run(directory, hosts=[one])
    other = private_pem(ec.generate_private_key(ec.SECP256R1())).decode()
    before = tree(directory)
    said = refused(
        "AuthorityKeyMismatch",
        run,
        directory,
        at=NOW + (70 if due else 0) * DAY,
        hosts=[one],
        authority_keys={SERVER: other},
    )
    assert "authority_keys[server-authority] is not the key of" in said
    assert tree(directory) == before


def test_a_given_key_goes_before_the_one_on_disk(directory, one):
    run(directory)
    given = ephemeral(directory)["authority_keys"]
    (directory / SERVER / "ca-key.pem").write_text("damaged")
    assert run(directory, hosts=[one], authority_keys=given)["hosts"]["one"]["enrolled"]
    assert text_of(directory / SERVER / "ca-key.pem") == "damaged"


BAD = {
    "a key of nobody": ({"authority_keys": {"server_authority": "PEM"}}, "authority_keys names server_authority"),
    "a key of an authority that is not declared": (
        {"authority_keys": {"client-authorities/ops": "PEM"}},
        "authority_keys names client-authorities/ops, expected one of server-authority, client-authorities/default",
    ),
    "a key of a predecessor": ({"authority_keys": {SERVER + "/previous": "PEM"}}, "authority_keys names server-auth"),
    "a certificate of nobody": ({"authority_certificates": {"ca": "PEM"}}, "authority_certificates names ca, expected"),
    "a certificate outside": (
        {"authority_certificates": {"client-authorities/..": "PEM"}},
        "authority_certificates names client-authorities/..",
    ),
    "a certificate of a deeper place": (
        {"authority_certificates": {SERVER + "/next/next": "PEM"}},
        "authority_certificates names server-authority/next/next",
    ),
    "no certificate": ({"authority_certificates": {SERVER: "PEM"}}, "is not a readable PEM certificate"),
    "a leaf": (
        {"authority_certificates": {SERVER: self_signed(ca=False)[0].decode()}},
        "is not a certificate authority (basic constraints)",
    ),
    "a passphrase that is too long": ({"authority_passphrase": "x" * 1024}, "authority_passphrase has 1024 bytes"),
    "keys although others sign": (
        {"authority_keys": {SERVER: "PEM"}, "signer": "external"},
        "authority_keys is given although signer is external",
    ),
    "a rotation of nobody": (
        {"rotation": [{"authority": "server", "phase": "begin"}]},
        "rotation names server, expected one of server-authority, client-authorities/default",
    ),
    "a rotation of a successor": (
        {"rotation": [{"authority": SERVER + "/next", "phase": "begin"}]},
        "rotation names server-authority/next",
    ),
    "two phases at once": (
        {"rotation": [{"authority": SERVER, "phase": "begin"}, {"authority": SERVER, "phase": "switch"}]},
        "rotation names server-authority 2 times",
    ),
    "an age below nothing": (
        {"rotation": [{"authority": SERVER, "phase": "begin", "min_age_hours": -1}]},
        "min_age_hours of the rotation of server-authority is -1, expected 0 or more",
    ),
    "a spread below nothing": ({"renew_jitter_days": -1}, "renew_jitter_days is -1, expected 0 or more"),
    "keys that end before they begin": ({"key_max_age_days": -1}, "key_max_age_days is -1, expected 0 or more"),
}


@pytest.mark.parametrize(("given", "text"), BAD.values(), ids=BAD)
def test_options_that_spoil_the_whole_call(directory, given, text):
    assert text in refused("InvalidOptions", run, directory, **given)
    assert not directory.exists()


def test_a_damaged_given_key_is_named_and_not_shown(directory):
    pem = private_pem(ec.generate_private_key(ec.SECP256R1())).decode()[:100]
    said = refused("AuthorityKeyUnreadable", run, directory, authority_keys={SERVER: pem})
    assert "authority_keys[server-authority] cannot be read" in said
    assert pem.splitlines()[1] not in said
    assert not directory.exists()


def test_an_ephemeral_runner_signs_like_the_one_before(directory, tmp_path, one):
    first = run(directory, hosts=[one], clients=[{"name": "alice"}])
    told = [
        {
            "host": "one",
            "server_authority_sha256": first["server_authority_sha256"],
            "client_authority_sha256s": first["client_authority_sha256s"],
        }
    ]
    options = {**ephemeral(directory), "trusted_authorities": told}
    there = tmp_path / "runner"
    found = first["hosts"]["one"]["certificate"]
    given = {"hosts": [host(certificate=found)], **options}
    predicted = run(there, check=True, **given)
    assert not there.exists()
    done = run(there, **given)
    for result in (predicted, done):
        assert codes(result["authorities"][SERVER]["reasons"]) == ["adopted"]
        assert codes(result["hosts"]["one"]["reasons"]) == ["restored"]
        assert (result["hosts"]["one"]["certificate"], result["hosts"]["one"]["enrolled"]) == (found, True)
        assert result["client_bundle"] == first["client_bundle"]
    assert [path for path in tree(there) if "key" in path] == ["digest.key"]
    record = json.loads(text_of(there / "servers" / "one" / "host.json"))
    assert record == json.loads(text_of(directory / "servers" / "one" / "host.json"))
    assert not run(there, **given)["changed"]
    # When its renewal is due it signs, with the request that the host then sends.
    due = run(there, at=NOW + 70 * DAY, **given)["hosts"]["one"]
    assert (codes(due["reasons"]), due["enrolled"], due["changed"]) == (["renew_window", "no_request"], True, False)
    renewed = run(there, at=NOW + 70 * DAY, **{**given, "hosts": [one]})["hosts"]["one"]
    parsed(renewed["certificate"]).verify_directly_issued_by(parsed(first["server_authority"]))


def test_what_is_given_must_be_what_is_stored(directory, one):
    run(directory)
    other = self_signed()[0].decode()
    said = refused("AuthorityCertificateDiffers", run, directory, authority_certificates={SERVER: other})
    assert "expected %s" % _sha256(authority(directory)[0]) in said
    assert _sha256(other) in said
    assert not run(directory, authority_certificates={SERVER: authority(directory)[0]})["changed"]


def _sha256(pem):
    from cryptography.hazmat.primitives import hashes

    return parsed(pem).fingerprint(hashes.SHA256()).hex()


def test_a_lost_certificate_is_put_back(directory, one):
    run(directory)
    pem = authority(directory)[0]
    os.unlink(str(directory / SERVER / "ca.pem"))
    result = run(directory, hosts=[one], authority_certificates={SERVER: pem})
    assert codes(result["authorities"][SERVER]["reasons"]) == ["adopted"]
    assert authority(directory)[0] == pem
    os.unlink(str(directory / SERVER / "ca.pem"))
    other = self_signed()[0].decode()
    said = refused("AuthorityKeyMismatch", run, directory, authority_certificates={SERVER: other})
    assert "ca-key.pem is not the key of" in said
    assert not (directory / SERVER / "ca.pem").exists()


def test_an_authority_that_is_not_declared_is_known_from_its_certificate(directory):
    pem = self_signed()[0].decode()
    told = [{"host": "one", "client_authority_sha256s": [_sha256(pem)]}]
    with pytest.raises(Failure):
        run(directory, trusted_authorities=told)
    result = run(directory, trusted_authorities=told, authority_certificates={"client-authorities/gone": pem})
    assert result["undeclared_client_authorities"] == ["gone"]
    assert result["client_bundle"].count("BEGIN") == 1


PAIR = self_signed()[0].decode()
TWICE = {
    "as its own successor": {SERVER: PAIR, SERVER + "/next": PAIR},
    "as its own predecessor": {SERVER: PAIR, SERVER + "/previous": PAIR},
    "as successor and predecessor": {SERVER + "/previous": PAIR, SERVER + "/next": PAIR},
}


@pytest.mark.parametrize("given", TWICE.values(), ids=TWICE)
def test_one_certificate_in_two_places_is_no_switch_to_be_ended(directory, given):
    said = refused("InvalidOptions", run, directory, authority_certificates=given)
    assert "as well, expected another one" in said
    assert not directory.exists()


def test_variables_that_are_behind(directory, one):
    """A rotation is over on disk, and the variables still say what they said in between."""
    run(directory, hosts=[one])
    step = {"authority": CLIENT, "min_age_hours": 0}
    begun = run(directory, at=LATER, rotation=[{**step, "phase": "begin"}])
    old, new = authority(directory, CLIENT)[0], authority(directory, CLIENT + "/next")[0]
    told = [{"host": "one", "client_authority_sha256s": begun["client_authority_sha256s"]}]
    run(directory, at=LATER, rotation=[{**step, "phase": "switch"}], trusted_authorities=told)
    refused("AuthorityCertificateDiffers", run, directory, at=LATER, authority_certificates={CLIENT: old})
    refused("InvalidOptions", run, directory, at=LATER, authority_certificates={CLIENT + "/next": new})
    run(directory, at=LATER, rotation=[{**step, "phase": "finish"}])
    # What is retired does not come back.
    again = run(directory, at=LATER, authority_certificates={CLIENT: new, CLIENT + "/previous": old})
    assert (again["changed"], again["authorities"][CLIENT]["phase"]) == (False, "steady")


def test_a_rotation_by_variables_on_runners_that_keep_nothing(directory, tmp_path, one):
    """What a vault holds moves from label to label; the directory is made anew by each run."""
    run(directory, hosts=[one])
    begun = run(directory, at=LATER, hosts=[one], rotation=[{"authority": CLIENT, "phase": "begin"}])
    old, new = authority(directory, CLIENT), authority(directory, CLIENT + "/next")
    server = {"authority_certificates": {SERVER: authority(directory)[0]}}
    told = [{"host": "one", "client_authority_sha256s": begun["client_authority_sha256s"]}]
    phases = [
        ({CLIENT: old[0], CLIENT + "/next": new[0]}, {CLIENT: old[1]}, "begun", begun["client_bundle"]),
        ({CLIENT: new[0], CLIENT + "/previous": old[0]}, {CLIENT: new[1]}, "switched", begun["client_bundle"]),
        ({CLIENT: new[0], "client-authorities/gone": old[0]}, {CLIENT: new[1]}, "steady", new[0]),
    ]
    for number, (certificates, keys, phase, bundle) in enumerate(phases):
        there = tmp_path / ("runner-%d" % number)
        result = run(
            there,
            at=LATER,
            clients=[{"name": "alice"}],
            trusted_authorities=told,
            authority_certificates={**server["authority_certificates"], **certificates},
            authority_keys={SERVER: authority(directory)[1], **keys},
        )
        assert (result["authorities"][CLIENT]["phase"], result["client_bundle"]) == (phase, bundle)
        assert result["foreign_authorities"] == []


def test_a_switch_with_keys_from_a_vault(directory, one):
    run(directory, hosts=[one])
    begun = run(directory, at=LATER, hosts=[one], rotation=[{"authority": SERVER, "phase": "begin"}])
    old, new = authority(directory), authority(directory, SERVER + "/next")
    for path in (directory / SERVER / "ca-key.pem", directory / SERVER / "next" / "ca-key.pem"):
        os.unlink(str(path))
    keys = {SERVER: old[1], SERVER + "/next": new[1]}
    given = {"at": LATER, "hosts": [one], "authority_keys": keys}
    copy = directory.parent / "copy"
    shutil.copytree(str(directory), str(copy))
    # The predecessor's key on disk goes, although the successor's is not written.
    (copy / SERVER / "ca-key.pem").write_text(old[1])
    for there in (directory, copy):
        switched = run(there, rotation=[{"authority": SERVER, "phase": "switch"}], **given)
        assert switched["server_authority_sha256"] == begun["authorities"][SERVER]["next_sha256"]
        assert sorted(os.listdir(str(there / SERVER))) == ["ca.pem", "previous"]
        # The vault may be changed before or after.
        for label in (SERVER, SERVER + "/next"):
            later = run(
                there,
                at=LATER,
                hosts=[{**one, "dns_names": [label.replace("/", "-")]}],
                authority_keys={label: new[1]},
            )
            parsed(later["hosts"]["one"]["certificate"]).verify_directly_issued_by(parsed(new[0]))
    said = refused("AuthorityKeyMismatch", run, directory, at=LATER, authority_keys={SERVER: old[1]})
    assert "after a switch it is the one that the successor had" in said


def test_a_successor_made_with_a_given_key_is_not_written(directory, one):
    run(directory)
    key = ec.generate_private_key(ec.SECP256R1())
    given = {"authority_keys": {SERVER + "/next": private_pem(key).decode()}, "at": LATER}
    begun = run(directory, rotation=[{"authority": SERVER, "phase": "begin"}], **given)
    assert os.listdir(str(directory / SERVER / "next")) == ["ca.pem"]
    assert parsed(text_of(directory / SERVER / "next" / "ca.pem")).public_key() == key.public_key()
    assert begun["warnings"] == []
    switched = run(directory, rotation=[{"authority": SERVER, "phase": "switch"}], hosts=[one], **given)
    assert switched["hosts"]["one"]["enrolled"]
