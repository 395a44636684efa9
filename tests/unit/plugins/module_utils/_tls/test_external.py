# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another signs: requests that wait, certificates that come back, and those that are refused."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.certificate import general_names
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.information import information
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    parsed,
    run,
    tree,
)

SERVER = "server-authority"
CLIENT = "client-authorities/default"
USAGES = x509.oid.ExtendedKeyUsageOID


class Company:
    """A company's own authority."""

    def __init__(self, name, issuer=None, until=NOW + 1000 * DAY):
        self.issuer = issuer
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self.name, self.key.public_key(), until, issuer or self, ca=True)

    def _signed(self, name, public_key, until, issuer, ca=False, usages=(), names=(), since=NOW - DAY):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
        return builder.sign(issuer.key, hashes.SHA256())

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def sign(self, pending, until=NOW + 90 * DAY, **changes):
        """What this authority makes of an entry of pending; changes: what it makes differently."""
        with open(pending["csr_file"], "rb") as stream:
            request = x509.load_pem_x509_csr(stream.read())
        usage = USAGES.SERVER_AUTH if pending["usage"] == "serverAuth" else USAGES.CLIENT_AUTH
        given = {"usages": [usage], "names": pending["names"], **changes}
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, pending["common_name"])])
        key = given.pop("key", request.public_key())
        made = self._signed(name, key, until, self, **given)
        return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


@pytest.fixture(scope="module")
def root():
    return Company("root")


@pytest.fixture(scope="module")
def servers(root):
    return Company("servers", root)


@pytest.fixture(scope="module")
def clients(root):
    return Company("docker clients", root)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "certs"


@pytest.fixture
def call(directory, root, servers, clients):
    """One call with an external signer. Authorities: an intermediate for servers with its root, one for clients."""

    def run_it(**given):
        certificates = {SERVER: servers.pem + root.pem, CLIENT: clients.pem + root.pem}
        return run(directory, **{"signer": "external", "authority_certificates": certificates, **given})

    return run_it


def pending_of(result, name):
    return next((entry for entry in result["pending"] if entry["name"] == name), None)


def test_from_a_request_to_a_certificate(directory, call, root, servers, clients):
    pem = csr()[0]
    one = host(csr=pem, ip_addresses=["10.0.0.4"])
    predicted = call(check=True, hosts=[one, host("two")])
    assert not directory.exists()
    first = call(hosts=[one, host("two")])
    for result in (predicted, first):
        entry = result["hosts"]["one"]
        assert (entry["changed"], entry["enrolled"], entry["certificate"]) == (True, False, None)
        assert codes(entry["reasons"]) == ["missing"]
        assert codes(result["hosts"]["two"]["reasons"]) == ["missing", "no_request"]
        assert result["pending"] == [
            {
                "kind": "host",
                "name": "one",
                "csr_file": str(directory / "servers" / "one" / "csr.pem"),
                "authority": SERVER,
                "common_name": "one",
                "names": ["DNS:one.example.com", "IP:10.0.0.4"],
                "usage": "serverAuth",
                "valid_days": 90,
                "reasons": ["missing: no certificate is stored"],
            }
        ]
    assert [path for path in tree(directory) if path.endswith("key.pem")] == []
    # Daemons trust the authority of their clients, and nothing above it.
    assert first["client_bundle"] == clients.pem
    assert first["server_bundle"] == servers.pem + root.pem
    waiting = call(hosts=[host(ip_addresses=["10.0.0.4"])])
    assert (waiting["changed"], len(waiting["pending"])) == (False, 1)
    signed = servers.sign(first["pending"][0])
    given = {"hosts": [host(ip_addresses=["10.0.0.4"], certificate=signed)]}
    predicted, done = call(check=True, **given), call(**given)
    for result in (predicted, done):
        entry = result["hosts"]["one"]
        assert (entry["enrolled"], entry["certificate"], result["pending"]) == (True, signed, [])
        assert codes(entry["reasons"]) == ["missing", "imported"]
        assert entry["days_left"] == 90
    again = call(**given)
    assert (again["changed"], again["hosts"]["one"]["reasons"], again["pending"]) == (False, [], [])
    found = information({"directory": str(directory), "renew_before_days": 30}, NOW)
    assert found["hosts"] == again["hosts"]
    assert found["client_bundle"] == again["client_bundle"]


def test_intermediates_are_checked_and_served(call, servers, root):
    below = Company("below", servers, until=NOW + 40 * DAY)
    stranger = Company("stranger")
    first = call(hosts=[host(csr=csr()[0])])
    leaf = below.sign(first["pending"][0])
    for chain in ("", root.pem, stranger.pem):
        refused = call(check=True, hosts=[host(certificate=leaf + chain)])["hosts"]["one"]
        assert "issuer_differs: it was signed by an authority that is not in this directory" in refused["error"]
    entry = call(hosts=[host(certificate=leaf + below.pem)])["hosts"]["one"]
    assert entry["certificate"] == leaf + below.pem
    # It ends with the intermediate that it needs.
    assert entry["days_left"] == 40
    assert not call(hosts=[host(certificate=leaf + below.pem)])["changed"]


@pytest.mark.parametrize("above", ["root", "another"])
def test_the_companys_root_is_not_enough(call, root, above):
    signer = root if above == "root" else Company("another", root)
    first = call(hosts=[host(csr=csr()[0])])
    chain = "" if above == "root" else signer.pem
    entry = call(hosts=[host(certificate=signer.sign(first["pending"][0]) + chain)])["hosts"]["one"]
    assert "issuer_differs" in entry["error"]
    assert not entry["enrolled"]


# what the signer makes differently -> the reason
REFUSED = {
    "a name is missing": ({"names": ["DNS:other"]}, "names_differ: it names DNS:other, expected DNS:one.example.com"),
    "a wildcard in its place": ({"names": ["DNS:*.example.com"]}, "names_differ"),
    "for clients": ({"usages": [USAGES.CLIENT_AUTH]}, "usage_differs: its extended key usage is clientAuth, expected"),
    "for both": ({"usages": [USAGES.CLIENT_AUTH, USAGES.SERVER_AUTH]}, "usage_differs"),
    "for anything": ({"usages": ()}, "usage_differs: its extended key usage is none, expected serverAuth"),
    "an authority": ({"ca": True}, "and it is an authority"),
    "expired": ({"until": NOW - DAY / 2}, "expired: it expired on 2026-11-24T00:00:00Z"),
    "of tomorrow": ({"since": NOW + DAY}, "not_yet_valid: it is valid only from 2026-11-25"),
    "for another key": (
        {"key": ec.generate_private_key(ec.SECP256R1()).public_key()},
        "key_mismatch: it is for the key",
    ),
    "for a weak key": (
        {"key": ec.generate_private_key(ec.SECP224R1()).public_key()},
        "weak: its key is EC-secp224r1 of 224 bits",
    ),
}


@pytest.mark.parametrize(("changes", "text"), REFUSED.values(), ids=REFUSED)
def test_a_certificate_that_is_not_good_is_the_hosts_own_error(directory, call, servers, changes, text):
    first = call(hosts=[host(csr=csr()[0]), host("two", csr=csr()[0])])
    bad = servers.sign(pending_of(first, "one"), **changes)
    good = servers.sign(pending_of(first, "two"))
    result = call(hosts=[host(certificate=bad), host("two", certificate=good)])
    entry = result["hosts"]["one"]
    assert "The certificate given for the host one is refused: " in entry["error"]
    assert text in entry["error"]
    assert "Next step: have its request signed by server-authority" in entry["error"]
    assert (entry["enrolled"], entry["changed"]) == (False, False)
    # It waits on, and the others are served.
    assert [waiting["name"] for waiting in result["pending"]] == ["one"]
    assert result["hosts"]["two"]["enrolled"]
    assert not (directory / "servers" / "one" / "cert.pem").exists()


def test_more_names_than_asked_for_will_do(call, servers):
    first = call(hosts=[host(csr=csr()[0])])
    signed = servers.sign(first["pending"][0], names=["DNS:ONE.example.com", "DNS:alias.example.com"])
    assert call(hosts=[host(certificate=signed)])["hosts"]["one"]["enrolled"]
    assert not call(hosts=[host(certificate=signed)])["changed"]


def test_nonsense(call):
    entry = call(hosts=[host(csr=csr()[0], certificate="hello")])["hosts"]["one"]
    assert "it is not a readable PEM certificate" in entry["error"]
    assert entry["changed"]


def enrolled(call, servers, **changes):
    """The certificate of an enrolled host."""
    first = call(hosts=[host(csr=csr()[0])])
    signed = servers.sign(first["pending"][0], **changes)
    call(hosts=[host(certificate=signed)])
    return signed


def test_a_renewal(directory, call, servers):
    old = enrolled(call, servers)
    later = {"at": NOW + 70 * DAY}
    for given in (host(), host(certificate=old)):
        due = call(hosts=[given], **later)
        entry = due["hosts"]["one"]
        assert (due["changed"], entry["enrolled"], entry["certificate"]) == (False, True, old)
        assert codes(entry["reasons"]) == ["renew_window"]
        assert codes(due["pending"][0]["reasons"]) == ["renew_window"]
    new = servers.sign(due["pending"][0], since=NOW + 70 * DAY, until=NOW + 160 * DAY)
    renewed = call(hosts=[host(certificate=new)], **later)
    assert (codes(renewed["hosts"]["one"]["reasons"]), renewed["pending"]) == (["renew_window", "imported"], [])
    # The variable of a colleague still has the old one.
    for given in (host(certificate=old), host(certificate=new), host()):
        assert not call(hosts=[given], **later)["changed"]


def test_a_newer_certificate_replaces_a_good_one_and_an_older_one_does_not(directory, call, servers):
    old = enrolled(call, servers)
    request = {
        "csr_file": str(directory / "servers" / "one" / "csr.pem"),
        "usage": "serverAuth",
        "names": ["DNS:one.example.com"],
        "common_name": "one",
    }
    # So does a bad one that is older: variables are not tidied up every day.
    for changes in ({}, {"names": ["DNS:other"]}):
        older = servers.sign(request, since=NOW - 9 * DAY, **changes)
        result = call(hosts=[host(certificate=older)])
        assert (result["changed"], result["hosts"]["one"]["certificate"]) == (False, old)
        assert "error" not in result["hosts"]["one"]
    newer = servers.sign(request, since=NOW - DAY / 2)
    result = call(hosts=[host(certificate=newer)])["hosts"]["one"]
    assert (result["certificate"], codes(result["reasons"])) == (newer, ["imported"])
    assert not call(hosts=[host(certificate=old)])["changed"]
    bad = servers.sign(request, since=NOW, names=["DNS:other"])
    result = call(hosts=[host(certificate=bad)])["hosts"]["one"]
    assert "names_differ" in result["error"]
    assert (result["certificate"], result["enrolled"], result["changed"]) == (newer, True, False)


def test_names_that_changed_wait_and_the_host_serves_on(call, servers):
    old = enrolled(call, servers)
    waiting = call(hosts=[host(ip_addresses=["10.0.0.9"], certificate=old)])
    entry = waiting["hosts"]["one"]
    assert (codes(entry["reasons"]), entry["enrolled"], "error" in entry) == (["names_differ"], True, False)
    assert waiting["pending"][0]["names"] == ["DNS:one.example.com", "IP:10.0.0.9"]
    new = servers.sign(waiting["pending"][0])
    assert call(hosts=[host(ip_addresses=["10.0.0.9"], certificate=new)])["hosts"]["one"]["reasons"][-1].startswith(
        "imported"
    )


def test_a_vm_that_lost_its_key_waits(directory, call, servers):
    old = enrolled(call, servers)
    lost = call(hosts=[host(csr=csr()[0], certificate=old)])
    entry = lost["hosts"]["one"]
    assert (codes(entry["reasons"]), entry["enrolled"], "error" in entry) == (["key_mismatch"], False, False)
    new = servers.sign(lost["pending"][0])
    assert call(hosts=[host(certificate=new)])["hosts"]["one"]["enrolled"]


def test_a_vm_that_was_asked_for_another_key_serves_on_meanwhile(directory, call, servers):
    old = enrolled(call, servers)
    given = {"leaf_key_type": "EC-P384"}
    asked = call(hosts=[host(certificate=old)], **given)
    entry = asked["hosts"]["one"]
    assert (asked["changed"], entry["enrolled"], asked["pending"]) == (False, True, [])
    assert len(entry["rekey"]) == 64
    answer = csr(ec.generate_private_key(ec.SECP384R1()))[0]
    answered = call(hosts=[host(csr=answer, certificate=old)], **given)
    for result in (answered, call(hosts=[host(certificate=old)], **given)):
        entry = result["hosts"]["one"]
        assert (entry["rekey"], entry["enrolled"], entry["certificate"]) == (None, True, old)
        assert codes(result["pending"][0]["reasons"]) == ["key_mismatch"]
    new = servers.sign(answered["pending"][0])
    done = call(hosts=[host(certificate=new)], **given)["hosts"]["one"]
    assert (done["certificate"], done["rekey"], done["enrolled"]) == (new, None, True)
    assert not call(hosts=[host(certificate=new)], **given)["changed"]


def test_a_vm_that_was_made_anew(directory, call, servers):
    old = enrolled(call, servers)
    anew = host(vm_id="vm-2", certificate=old)
    dropped = call(hosts=[anew])["hosts"]["one"]
    assert (dropped["changed"], dropped["enrolled"], dropped["certificate"]) == (True, False, None)
    assert os.listdir(str(directory / "servers" / "one")) == []
    call(hosts=[{**anew, "csr": csr()[0]}])
    again = call(hosts=[host(vm_id="vm-2")])
    assert codes(again["pending"][0]["reasons"]) == ["missing"]
    at_once = call(hosts=[host(vm_id="vm-3", csr=csr()[0])])
    assert codes(at_once["hosts"]["one"]["reasons"]) == ["vm_id_changed"]
    new = servers.sign(at_once["pending"][0])
    assert call(hosts=[host(vm_id="vm-3", certificate=new)])["hosts"]["one"]["enrolled"]


def test_a_new_runner_takes_what_hosts_have(directory, tmp_path, call, servers):
    old = enrolled(call, servers)
    shutil.rmtree(str(directory))
    result = call(hosts=[host(certificate=old)])["hosts"]["one"]
    assert (codes(result["reasons"]), result["enrolled"]) == (["missing", "no_request", "imported"], True)
    assert not call(hosts=[host(certificate=old)])["changed"]
    record = json.loads((directory / "servers" / "one" / "host.json").read_text())
    assert record["key_sha256"]


def fits(directory, room):
    key = load_pem_private_key((directory / room / "key.pem").read_bytes(), None)
    return key.public_key() == parsed((directory / room / "cert.pem").read_bytes()).public_key()


def test_clients_keep_their_pair_until_the_next_has_come(directory, call, clients):
    given = {"clients": [{"name": "alice"}]}
    first = call(**given)
    assert first["pending"][0]["csr_file"] == str(directory / "clients" / "alice" / "next-csr.pem")
    assert (first["pending"][0]["usage"], first["pending"][0]["names"]) == ("clientAuth", [])
    assert tree(directory / "clients" / "alice")["next-key.pem"][0] == 0o600
    assert not call(**given)["changed"]
    signed = clients.sign(first["pending"][0])
    with_it = {"clients": [{"name": "alice", "certificate": signed}]}
    done = call(**with_it)
    assert (codes(done["clients"]["alice"]["reasons"]), done["pending"]) == (["missing", "imported"], [])
    assert sorted(tree(directory / "clients" / "alice")) == ["ca.pem", "cert.pem", "key.pem"]
    assert fits(directory, "clients/alice")
    assert not call(**with_it)["changed"]
    # The renewal: a new key that waits beside the present pair.
    before = tree(directory / "clients" / "alice")
    due = call(at=NOW + 70 * DAY, **with_it)
    assert codes(due["clients"]["alice"]["reasons"]) == ["renew_window"]
    after = tree(directory / "clients" / "alice")
    assert {path: after[path] for path in before} == before
    new = clients.sign(due["pending"][0], since=NOW + 70 * DAY, until=NOW + 160 * DAY)
    call(at=NOW + 70 * DAY, clients=[{"name": "alice", "certificate": new}])
    assert fits(directory, "clients/alice")
    assert (directory / "clients" / "alice" / "key.pem").read_bytes() != before["key.pem"][1]


def test_a_clients_bad_certificate_is_its_own_error(call, clients, servers):
    first = call(clients=[{"name": "alice"}, {"name": "bob"}])
    bad = servers.sign(pending_of(first, "alice"))
    good = clients.sign(pending_of(first, "bob"))
    result = call(clients=[{"name": "alice", "certificate": bad}, {"name": "bob", "certificate": good}])
    error = result["clients"]["alice"]["error"]
    assert "The certificate given for the client alice is refused: issuer_differs" in error
    assert "signed by client-authorities/default" in error
    assert [entry["name"] for entry in result["pending"]] == ["alice"]
    assert "error" not in result["clients"]["bob"]


def test_a_key_of_the_controller_waits_beside_the_present_one(directory, call, servers):
    one = host(key_origin="controller")
    first = call(hosts=[one])
    signed = servers.sign(first["pending"][0])
    call(hosts=[{**one, "certificate": signed}])
    assert sorted(tree(directory / "servers" / "one")) == ["cert.pem", "csr.pem", "host.json", "key.pem"]
    assert fits(directory, "servers/one")
    assert not call(hosts=[one])["changed"]
    # A renewal is for the same key.
    due = call(hosts=[one], at=NOW + 70 * DAY)
    assert (due["changed"], due["pending"][0]["csr_file"]) == (False, str(directory / "servers" / "one" / "csr.pem"))
    # Another type is another key; the present one serves on.
    typed = {**one, "key_type": "EC-P384"}
    asked = call(hosts=[typed])
    assert asked["hosts"]["one"]["enrolled"]
    assert fits(directory, "servers/one")
    assert not call(hosts=[typed])["changed"]
    new = servers.sign(asked["pending"][0])
    done = call(hosts=[{**typed, "certificate": new}])["hosts"]["one"]
    assert (done["certificate"], done["enrolled"]) == (new, True)
    assert sorted(tree(directory / "servers" / "one")) == ["cert.pem", "csr.pem", "host.json", "key.pem"]
    assert fits(directory, "servers/one")
    assert not call(hosts=[typed])["changed"]


def killed_after(writes):
    """(unlink, replace) that do so many writes, and then the run is killed."""
    left = iter(range(writes))

    def counted(act):
        def write(*paths):
            if next(left, None) is None:
                raise KeyboardInterrupt
            act(*paths)

        return write

    return counted(os.remove), counted(os.rename)


@pytest.mark.parametrize("kind", ["host", "client"])
def test_an_import_that_is_killed_can_be_repeated(directory, tmp_path, call, servers, clients, monkeypatch, kind):
    first = call(hosts=[host(key_origin="controller")], clients=[{"name": "alice"}])
    signed = {"one": servers.sign(pending_of(first, "one")), "alice": clients.sign(pending_of(first, "alice"))}
    given = {
        "hosts": [host(key_origin="controller", certificate=signed["one"] if kind == "host" else None)],
        "clients": [{"name": "alice", "certificate": signed["alice"] if kind == "client" else None}],
    }
    room, name = ("servers/one", "one") if kind == "host" else ("clients/alice", "alice")
    shutil.copytree(str(directory), str(tmp_path / "before"))
    for writes in range(12):
        shutil.rmtree(str(directory))
        shutil.copytree(str(tmp_path / "before"), str(directory))
        unlink, replace = killed_after(writes)

        with monkeypatch.context() as patched:
            patched.setattr(os, "unlink", unlink)
            patched.setattr(os, "replace", replace)
            try:
                call(**given)
                killed = False
            except KeyboardInterrupt:
                killed = True
        result = call(**given)
        entry = result["hosts" if kind == "host" else "clients"][name]
        assert "error" not in entry
        assert fits(directory, room)
        assert entry["certificate_sha256"]
        assert not call(**given)["changed"]
        if not killed:
            break
    assert writes > 4


def test_authorities_must_be_there(directory):
    with pytest.raises(Failure) as caught:
        run(directory, signer="external")
    assert caught.value.code == "AuthorityAbsent"
    assert "The authority server-authority is absent and the signer is external" in str(caught.value)
    assert "authority_certificates[server-authority]" in caught.value.hint
    assert not directory.exists()


def test_an_authority_of_the_company_is_rotated_by_its_certificates(directory, call, root, servers, clients):
    old = enrolled(call, servers)
    successor = Company("servers", root)
    both = {
        SERVER: servers.pem + root.pem,
        SERVER + "/next": successor.pem + root.pem,
        CLIENT: clients.pem + root.pem,
    }
    given = {"hosts": [host()], "authority_certificates": both}
    begun = call(rotation=[{"authority": SERVER, "phase": "begin", "min_age_hours": 0}], **given)
    assert begun["authorities"][SERVER]["phase"] == "begun"
    assert begun["warnings"] == []
    given["authority_certificates"] = {}
    switched = call(rotation=[{"authority": SERVER, "phase": "switch"}], **given)
    assert switched["authorities"][SERVER]["phase"] == "switched"
    # What the predecessor signed is waiting to be replaced, and good until then.
    entry = switched["hosts"]["one"]
    assert (codes(entry["reasons"]), entry["enrolled"], entry["certificate"]) == (["issuer_differs"], True, old)
    new = successor.sign(switched["pending"][0])
    assert codes(call(hosts=[host(certificate=new)], authority_certificates={})["hosts"]["one"]["reasons"]) == [
        "issuer_differs",
        "imported",
    ]


def test_who_changes_to_an_external_signer_keeps_what_is_stored(directory, call, servers):
    run(directory, hosts=[host(csr=csr()[0])], clients=[{"name": "alice"}])
    certificates = {label: (directory / label / "ca.pem").read_text() for label in (SERVER, CLIENT)}
    result = call(hosts=[host()], clients=[{"name": "alice"}], authority_certificates=certificates)
    assert (result["changed"], result["pending"]) == (False, [])
    assert not call(hosts=[host()], authority_certificates={})["changed"]
