# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate directory through its life, on a real disk, with the clock in the test's hand."""

from __future__ import annotations

import json
import os
import re

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import authority as authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.information import information
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    parsed,
    run,
    self_signed,
    tree,
)

PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "certs"


@pytest.fixture
def one():
    """A host with its request."""
    return host(csr=csr()[0])


def info(directory, at=NOW, **given):
    return information({"directory": str(directory), "renew_before_days": 30, **given}, at)


def test_the_directory_as_promised(directory, one):
    result = run(directory, hosts=[one], clients=[{"name": "alice"}], client_authorities=["default", "ci"])
    found = tree(directory)
    assert {path for path, (mode, content) in found.items() if content is None and mode == 0o700} == {
        "server-authority",
        "client-authorities",
        "client-authorities/default",
        "client-authorities/ci",
        "servers",
        "servers/one",
        "clients",
        "clients/alice",
    }
    assert {path: mode for path, (mode, content) in found.items() if content is not None} == {
        ".lock": 0o600,
        "digest.key": 0o600,
        "server-authority/ca.pem": 0o644,
        "server-authority/ca-key.pem": 0o600,
        "client-authorities/default/ca.pem": 0o644,
        "client-authorities/default/ca-key.pem": 0o600,
        "client-authorities/ci/ca.pem": 0o644,
        "client-authorities/ci/ca-key.pem": 0o600,
        "servers/one/csr.pem": 0o644,
        "servers/one/cert.pem": 0o644,
        "servers/one/host.json": 0o644,
        "clients/alice/ca.pem": 0o644,
        "clients/alice/cert.pem": 0o644,
        "clients/alice/key.pem": 0o600,
    }
    assert re.fullmatch(rb"[0-9a-f]{64}", found["digest.key"][1])
    assert found["clients/alice/ca.pem"] == found["server-authority/ca.pem"]
    assert found["servers/one/cert.pem"][1].decode() == result["hosts"]["one"]["certificate"]
    record = json.loads(found["servers/one/host.json"][1])
    assert record["vm_id"] == "vm-one"
    assert re.fullmatch("[0-9a-f]{64}", record["key_sha256"])


def test_the_result(directory, one):
    result = run(directory, hosts=[one], clients=[{"name": "alice"}], client_authorities=["default", "ci"])
    found = tree(directory)
    entry = result["hosts"]["one"]
    assert entry["changed"]
    assert entry["enrolled"]
    assert entry["vm_id"] == "vm-one"
    assert codes(entry["reasons"]) == ["missing"]
    assert (entry["not_after"], entry["days_left"]) == ("2027-02-22T12:00:00Z", 90)
    assert "error" not in entry
    client = result["clients"]["alice"]
    assert client["directory"] == str(directory / "clients" / "alice")
    assert (client["authority"], client["changed"], client["days_left"]) == ("default", True, 90)
    bundle = [found["client-authorities/%s/ca.pem" % name][1].decode() for name in ("ci", "default")]
    assert result["client_bundle"] == "".join(bundle)
    assert result["server_authority"] == found["server-authority/ca.pem"][1].decode()
    for sha256, pem in zip(result["client_authority_sha256s"] + [result["server_authority_sha256"]], bundle):
        assert sha256 == parsed(pem).fingerprint(_sha256()).hex()
    assert result["authorities"]["server-authority"]["sha256"] == result["server_authority_sha256"]
    assert result["digest_key_file"] == str(directory / "digest.key")
    assert (result["changed"], result["warnings"], result["foreign_authorities"]) == (True, [], [])


def _sha256():
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def test_names_come_from_the_inventory_never_from_the_request(directory, one):
    result = run(directory, hosts=[{**one, "ip_addresses": ["10.0.0.4"]}])
    certificate = parsed(result["hosts"]["one"]["certificate"])
    assert "evil" not in certificate.subject.rfc4514_string()
    names = [str(name.value) for name in certificate.extensions.get_extension_for_oid(_san()).value]
    assert names == ["one.example.com", "10.0.0.4"]


def _san():
    from cryptography.x509.oid import ExtensionOID

    return ExtensionOID.SUBJECT_ALTERNATIVE_NAME


def test_check_mode_predicts_and_writes_nothing(directory, one):
    given = {"hosts": [one, host("two")], "clients": [{"name": "alice"}]}
    predicted = run(directory, check=True, **given)
    assert not directory.exists()
    assert predicted["changed"]
    assert predicted["server_authority"] is predicted["server_authority_sha256"] is predicted["client_bundle"] is None
    assert predicted["client_authority_sha256s"] == []
    entry = predicted["hosts"]["one"]
    assert (entry["certificate"], entry["certificate_sha256"], entry["not_after"]) == (None, None, None)
    assert (entry["changed"], entry["enrolled"]) == (True, True)
    assert predicted["clients"]["alice"]["not_after"] is None
    done = run(directory, **given)
    for name in ("one", "two"):
        for key in ("changed", "enrolled", "reasons", "vm_id"):
            assert done["hosts"][name][key] == predicted["hosts"][name][key]
    assert set(predicted["diff"]["after"]) == set(done["diff"]["after"])


def test_a_second_run_changes_nothing_and_needs_no_request(directory, one):
    first = run(directory, hosts=[one], clients=[{"name": "alice"}])
    before = tree(directory)
    for again in ({**one}, {**one, "csr": None}):
        second = run(directory, hosts=[again], clients=[{"name": "alice"}], at=NOW + DAY)
        assert not second["changed"]
        assert second["hosts"]["one"]["certificate"] == first["hosts"]["one"]["certificate"]
        assert second["hosts"]["one"]["reasons"] == []
        assert second["diff"]["before"] == second["diff"]["after"] == {}
        assert second["client_bundle"] == first["client_bundle"]
    assert tree(directory) == before


def test_a_re_check_opens_no_private_key(directory, one, monkeypatch):
    given = {"hosts": [one, host("two", key_origin="controller")], "clients": [{"name": "alice"}]}
    run(directory, **given)
    opened = []
    real_open = open

    def watch(path, *args, **kwargs):
        opened.append(os.path.basename(str(path)))
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr("builtins.open", watch)
    assert not run(directory, **given)["changed"]
    assert not run(directory, check=True, **given)["changed"]
    info(directory)
    assert "cert.pem" in opened
    assert not {"key.pem", "ca-key.pem", "digest.key"} & set(opened)
    # The control: a run that signs does open one.
    opened.clear()
    run(directory, at=NOW + 70 * DAY, **given)
    assert "ca-key.pem" in opened


@pytest.mark.parametrize("check", [False, True])
def test_secrets_stay_in_their_files(directory, one, check):
    given = {"hosts": [one, host("two", key_origin="controller")], "clients": [{"name": "alice"}]}
    results = [run(directory, **given), run(directory, check=check, at=NOW + 70 * DAY, **given), info(directory)]
    text = json.dumps(results).encode()
    keys = {path: content for path, (mode, content) in tree(directory).items() if content and PRIVATE.search(content)}
    assert set(keys) == {
        "server-authority/ca-key.pem",
        "client-authorities/default/ca-key.pem",
        "servers/two/key.pem",
        "clients/alice/key.pem",
    }
    # The first two lines hold the private half; the third is of the public half, which certificates show.
    planted = [line for content in keys.values() for line in content.splitlines()[1:3]]
    planted += [tree(directory)["digest.key"][1]]
    # The control: the same search finds what is meant to be there.
    public = tree(directory)["server-authority/ca.pem"][1].splitlines()[1]
    assert public in text
    assert not PRIVATE.search(text)
    assert [line for line in planted if line in text] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ip_addresses": ["10.0.0.4"]}, "names_differ"),
        ({"dns_names": ["other.example.com"]}, "names_differ"),
        ({"csr": csr()[0]}, "key_mismatch"),
        ({"vm_id": "vm-2", "csr": csr()[0]}, "vm_id_changed"),
    ],
)
def test_changes_of_a_host(directory, one, change, reason):
    first = run(directory, hosts=[one])["hosts"]["one"]
    changed = {**one, "csr": None, **change}
    before = tree(directory)
    predicted = run(directory, check=True, hosts=[changed])
    assert tree(directory) == before
    assert predicted["hosts"]["one"]["certificate"] is None
    done = run(directory, hosts=[changed])
    for result in (predicted, done):
        assert result["changed"]
        assert codes(result["hosts"]["one"]["reasons"]) == [reason]
    assert done["hosts"]["one"]["certificate_sha256"] != first["certificate_sha256"]
    assert done["diff"]["before"]["servers/one"]["certificate_sha256"] == first["certificate_sha256"]
    assert codes(done["diff"]["after"]["servers/one"]["reasons"]) == [reason]
    assert not run(directory, hosts=[{**changed, "csr": None}])["changed"]


def test_renewal_keeps_the_key_of_a_host_and_changes_that_of_a_client(directory, one):
    given = {"hosts": [{**one, "csr": None}], "clients": [{"name": "alice"}]}
    first = run(directory, hosts=[one], clients=given["clients"])
    key = (directory / "clients" / "alice" / "key.pem").read_bytes()
    assert not run(directory, at=NOW + 59 * DAY, **given)["changed"]
    renewed = run(directory, at=NOW + 60 * DAY, **given)
    assert (
        codes(renewed["hosts"]["one"]["reasons"]) == codes(renewed["clients"]["alice"]["reasons"]) == ["renew_window"]
    )
    old, new = (parsed(result["hosts"]["one"]["certificate"]) for result in (first, renewed))
    assert old.public_key() == new.public_key()
    assert (directory / "clients" / "alice" / "key.pem").read_bytes() != key
    assert not run(directory, at=NOW + 60 * DAY, **given)["changed"]


def test_a_vm_made_anew_is_forgotten_until_it_enrols(directory, one):
    run(directory, hosts=[one])
    anew = {**one, "vm_id": "vm-2", "csr": None}
    predicted, done = (run(directory, check=check, hosts=[anew])["hosts"]["one"] for check in (True, False))
    assert predicted == done
    assert (done["changed"], done["enrolled"], done["certificate"], done["vm_id"]) == (True, False, None, "vm-2")
    assert os.listdir(str(directory / "servers" / "one")) == []
    again = run(directory, hosts=[anew])
    assert not again["changed"]
    assert codes(again["hosts"]["one"]["reasons"]) == ["missing", "no_request"]


def test_a_key_made_on_the_controller(directory):
    here = host(key_origin="controller")
    first = run(directory, hosts=[here])["hosts"]["one"]
    assert first["enrolled"]
    assert tree(directory)["servers/one/key.pem"][0] == 0o600
    assert _fits(directory, "servers/one")
    assert not run(directory, hosts=[here])["changed"]
    renewed = run(directory, hosts=[here], at=NOW + 70 * DAY)["hosts"]["one"]
    assert codes(renewed["reasons"]) == ["renew_window"]
    assert parsed(renewed["certificate"]).public_key() == parsed(first["certificate"]).public_key()
    os.unlink(str(directory / "servers" / "one" / "key.pem"))
    anew = run(directory, hosts=[here], at=NOW + 70 * DAY)["hosts"]["one"]
    assert codes(anew["reasons"]) == ["key_missing"]
    assert _fits(directory, "servers/one")
    moved = run(directory, hosts=[host(csr=csr()[0])], at=NOW + 70 * DAY)["hosts"]["one"]
    assert codes(moved["reasons"]) == ["key_origin_changed"]
    assert not (directory / "servers" / "one" / "key.pem").exists()


def _fits(directory, room):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key((directory / room / "key.pem").read_bytes(), None)
    return key.public_key() == parsed((directory / room / "cert.pem").read_bytes()).public_key()


def test_clients_get_a_pair_that_fits(directory):
    clients = [{"name": "alice"}, {"name": "bot", "authority": "ci", "valid_days": 7}]
    result = run(directory, clients=clients, client_authorities=["default", "ci"])
    assert [result["clients"][name]["days_left"] for name in ("alice", "bot")] == [90, 7]
    for name in ("alice", "bot"):
        assert _fits(directory, "clients/%s" % name)
    moved = run(directory, clients=[{"name": "bot", "authority": "default", "valid_days": 7}])
    assert codes(moved["clients"]["bot"]["reasons"]) == ["issuer_differs"]
    assert "alice" not in moved["clients"]
    assert (directory / "clients" / "alice" / "key.pem").exists()


def test_a_dropped_authority_leaves_the_bundle_and_stays_on_disk(directory):
    first = run(directory, client_authorities=["default", "ci"])
    second = run(directory, client_authorities=["default"])
    assert not second["changed"]
    assert first["client_bundle"].endswith(second["client_bundle"])
    assert second["client_bundle"].count("BEGIN") == 1
    assert second["undeclared_client_authorities"] == ["ci"]
    assert run(directory, client_authorities=["ci", "default"])["client_bundle"] == first["client_bundle"]


def test_hosts_that_are_not_in_this_run_are_left_alone(directory, one):
    run(directory, hosts=[one, host("two", csr=csr()[0])])
    before = tree(directory)
    result = run(directory, hosts=[{**one, "csr": None}], at=NOW + 200 * DAY)
    assert set(result["hosts"]) == {"one"}
    after = tree(directory)
    assert {path for path in before if before[path] != after[path]} == {"servers/one/cert.pem"}


def test_a_clone_fails_and_nobody_else(directory, one):
    pem = csr()[0]
    given = [{**one, "csr": pem}, host("two", csr=pem), host("three", csr=csr()[0])]
    result = run(directory, hosts=given)
    assert {name for name, entry in result["hosts"].items() if "error" in entry} == {"one", "two"}
    assert "two" in result["hosts"]["one"]["error"]
    assert result["hosts"]["three"]["enrolled"]
    assert sorted(os.listdir(str(directory / "servers"))) == ["three"]


def test_a_clone_of_a_host_outside_this_run(directory, one):
    run(directory, hosts=[one])
    result = run(directory, hosts=[host("two", csr=one["csr"])])
    assert "same public key as one" in result["hosts"]["two"]["error"]
    renamed = run(directory, hosts=[host("two", csr=one["csr"], vm_id="VM-one")])
    assert renamed["hosts"]["two"]["enrolled"]


def test_a_refused_request_leaves_what_is_stored(directory, one):
    run(directory, hosts=[one])
    before = tree(directory)
    result = run(directory, hosts=[{**one, "csr": "hello"}])
    entry = result["hosts"]["one"]
    assert "not a readable PEM signing request" in entry["error"]
    assert (entry["enrolled"], entry["changed"], result["changed"]) == (True, False, False)
    assert entry["certificate"]
    assert tree(directory) == before


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("kind", ["absent", "empty", "another"])
def test_a_foreign_authority_stops_everything(directory, tmp_path, one, check, kind):
    theirs = run(tmp_path / "theirs")
    if kind == "another":
        run(directory)
    elif kind == "empty":
        directory.mkdir()
    before = tree(tmp_path)
    trusted = [{"host": "one", "server_authority_sha256": theirs["server_authority_sha256"]}]
    with pytest.raises(Failure) as caught:
        run(directory, check=check, hosts=[one], trusted_authorities=trusted)
    assert caught.value.code == "ForeignAuthority"
    assert theirs["server_authority_sha256"] in caught.value.as_result()["msg"]
    assert tree(tmp_path) == before


def test_a_foreign_authority_replaced_on_request(directory, one):
    trusted = [{"host": "one", "server_authority_sha256": "ff"}]
    result = run(directory, hosts=[one], trusted_authorities=trusted, on_foreign_authority="replace")
    assert result["hosts"]["one"]["enrolled"]
    assert [stranger["found"] for stranger in result["foreign_authorities"]] == ["ff"]


@pytest.mark.parametrize("room", ["server-authority", "client-authorities/default"])
@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem"])
def test_half_an_authority_is_never_completed(directory, one, room, name):
    run(directory, hosts=[one])
    os.unlink(str(directory / room / name))
    before = tree(directory)
    with pytest.raises(Failure) as caught:
        run(directory, hosts=[one, host("two", csr=csr()[0])])
    assert str(directory / room / name) in str(caught.value)
    assert tree(directory) == before


def test_an_unreadable_authority(directory):
    run(directory)
    (directory / "server-authority" / "ca.pem").write_text("hello")
    for call in (run, info):
        with pytest.raises(Failure) as caught:
            call(directory)
        assert "server-authority/ca.pem is not a readable PEM certificate" in str(caught.value)


@pytest.mark.parametrize("check", [True, False])
def test_a_key_of_another_authority_is_found_before_anything_is_written(directory, one, check):
    run(directory)
    other = (directory / "client-authorities" / "default" / "ca-key.pem").read_bytes()
    (directory / "server-authority" / "ca-key.pem").write_bytes(other)
    before = tree(directory)
    with pytest.raises(Failure) as caught:
        run(directory, check=check, hosts=[one], client_authorities=["default", "new"])
    assert caught.value.code == "AuthorityKeyMismatch"
    assert tree(directory) == before


def test_an_expired_authority(directory, one):
    run(directory, hosts=[one], server_authority={"valid_days": 10})
    with pytest.raises(Failure) as caught:
        run(directory, hosts=[one], at=NOW + 10 * DAY)
    assert "server-authority/ca.pem expired on" in str(caught.value)


def test_an_authority_near_its_end_warns_and_does_not_renew_for_ever(directory, one):
    given = {"hosts": [one], "server_authority": {"valid_days": 40}}
    first = run(directory, **given)
    assert first["hosts"]["one"]["days_left"] == 40
    later = run(directory, at=NOW + 20 * DAY, **given)
    assert not later["changed"]
    assert "The authority server-authority ends in 20 days" in later["warnings"][0]


def test_a_replaced_server_authority_reaches_hosts_and_clients(directory, one):
    given = {"hosts": [one], "clients": [{"name": "alice"}]}
    run(directory, **given)
    os.rename(str(directory / "server-authority"), str(directory / "old"))
    result = run(directory, **given)
    assert codes(result["hosts"]["one"]["reasons"]) == ["issuer_differs"]
    assert codes(result["clients"]["alice"]["reasons"]) == ["ca_differs"]
    assert (directory / "clients" / "alice" / "ca.pem").read_text() == result["server_authority"]
    parsed(result["hosts"]["one"]["certificate"]).verify_directly_issued_by(parsed(result["server_authority"]))
    assert not run(directory, **given)["changed"]


@pytest.mark.parametrize("content", ["hello", "[]", '{"vm_id": 5}', ""])
def test_a_damaged_record_is_written_anew(directory, one, content):
    run(directory, hosts=[one])
    record = directory / "servers" / "one" / "host.json"
    good = record.read_text()
    record.write_text(content)
    result = run(directory, hosts=[one])
    assert codes(result["hosts"]["one"]["reasons"]) == ["not_recorded"]
    assert record.read_text() == good


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("cert.pem", "hello", "unreadable"), ("cert.pem", None, "missing"), ("csr.pem", None, "request_missing")],
)
def test_damage_to_a_host_is_mended(directory, one, name, content, reason):
    run(directory, hosts=[one])
    path = directory / "servers" / "one" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    assert codes(run(directory, hosts=[one])["hosts"]["one"]["reasons"]) == [reason]
    assert not run(directory, hosts=[one])["changed"]


def test_a_certificate_made_by_hand_is_replaced(directory, one):
    run(directory, hosts=[one])
    pem, _key = self_signed(ca=False)
    (directory / "servers" / "one" / "cert.pem").write_bytes(pem)
    result = run(directory, hosts=[one])["hosts"]["one"]
    assert codes(result["reasons"]) == ["names_differ", "usage_differs", "issuer_differs", "key_mismatch"]


def test_modes_are_mended(directory, one):
    run(directory, hosts=[one])
    key = directory / "server-authority" / "ca-key.pem"
    key.chmod(0o644)
    assert run(directory, check=True, hosts=[one])["changed"]
    assert key.stat().st_mode & 0o777 == 0o644
    result = run(directory, hosts=[one])
    assert key.stat().st_mode & 0o777 == 0o600
    label = "mode of server-authority/ca-key.pem"
    assert (result["diff"]["before"][label], result["diff"]["after"][label]) == ("0644", "0600")
    assert not run(directory, hosts=[one])["changed"]


def test_a_damaged_digest_key_is_named(directory):
    run(directory)
    (directory / "digest.key").write_text("short")
    with pytest.raises(Failure) as caught:
        run(directory)
    assert "digest.key has 5 bytes, expected 64 hexadecimal digits" in str(caught.value)


def test_the_digest_key_is_made_once(directory):
    run(directory)
    before = (directory / "digest.key").read_bytes()
    run(directory, client_authorities=["default", "ci"])
    assert (directory / "digest.key").read_bytes() == before


def test_information_of_nothing(directory):
    result = info(directory)
    assert (result["hosts"], result["clients"], result["authorities"]) == ({}, {}, {})
    assert (result["server_authority"], result["client_bundle"], result["changed"]) == (None, "", False)
    assert not directory.exists()


def test_information_has_the_shape_of_the_doer(directory, one):
    done = run(directory, hosts=[one], clients=[{"name": "alice"}])
    found = info(directory)
    only_of_the_doer = {"diff", "warnings", "foreign_authorities"}
    assert set(done) - set(found) == only_of_the_doer
    assert set(found) <= set(done)
    again = run(directory, hosts=[one], clients=[{"name": "alice"}])
    for key in set(found):
        assert found[key] == again[key], key


def test_information_judges_what_it_can(directory, one):
    run(
        directory,
        hosts=[one, host("two", csr=csr()[0])],
        clients=[{"name": "alice"}],
        client_authorities=["default", "ci"],
    )
    (directory / "servers" / "two" / "cert.pem").write_text("hello")
    os.rename(str(directory / "client-authorities" / "default"), str(directory / "gone"))
    found = info(directory, at=NOW + 70 * DAY)
    assert codes(found["hosts"]["one"]["reasons"]) == ["renew_window"]
    assert found["hosts"]["one"]["enrolled"]
    assert codes(found["hosts"]["two"]["reasons"]) == ["unreadable"]
    assert not found["hosts"]["two"]["enrolled"]
    assert codes(found["clients"]["alice"]["reasons"]) == ["renew_window", "issuer_differs"]
    assert found["clients"]["alice"]["authority"] is None
    assert not info(directory, at=NOW + 90 * DAY)["hosts"]["one"]["enrolled"]


def test_information_without_keys_and_with_fewer_authorities(directory, one):
    run(directory, hosts=[one], client_authorities=["default", "ci"])
    os.unlink(str(directory / "server-authority" / "ca-key.pem"))
    found = info(directory, client_authorities=["ci"])
    assert found["client_bundle"].count("BEGIN") == 1
    assert found["undeclared_client_authorities"] == ["default"]
    assert found["hosts"]["one"]["enrolled"]


def test_a_name_that_would_leave_the_directory(directory, tmp_path):
    result = run(directory, hosts=[host("../../evil", csr=csr()[0]), host("good", csr=csr()[0])])
    assert "cannot be a directory name" in result["hosts"]["../../evil"]["error"]
    assert result["hosts"]["good"]["enrolled"]
    assert sorted(os.listdir(str(tmp_path))) == ["certs"]


def test_the_home_directory_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    run("~/certs")
    assert (tmp_path / "certs" / "digest.key").exists()


def test_signing_needs_only_the_authorities_concerned(directory, one, monkeypatch):
    run(directory, hosts=[one], clients=[{"name": "alice"}])
    loaded = []
    load = authorities.load_signer
    monkeypatch.setattr(
        authorities, "load_signer", lambda store, facts, *more: loaded.append(facts.label) or load(store, facts, *more)
    )
    run(directory, hosts=[{**one, "dns_names": ["new"]}], clients=[{"name": "alice"}])
    assert loaded == ["server-authority"]
