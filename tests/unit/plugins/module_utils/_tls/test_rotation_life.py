# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations on a real disk: from begin to finish, and killed at every write."""

from __future__ import annotations

import json
import os
import re
import shutil

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import store as stores
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
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
HOSTS = [host("one"), host("two")]
LATER = NOW + 2 * DAY
"""When the authorities are old enough to be rotated."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A certificate directory with two hosts, and two clients of which only one is declared later."""
    directory = tmp_path_factory.mktemp("site") / "certs"
    hosts = [host("one", csr=csr()[0]), host("two", csr=csr()[0])]
    run(directory, hosts=hosts, clients=[{"name": "alice"}, {"name": "robot"}])
    return directory


@pytest.fixture
def directory(site, tmp_path):
    shutil.copytree(str(site), str(tmp_path / "certs"))
    return tmp_path / "certs"


def turn(directory, label, phase, at=LATER, check=False, told=None, **given):
    """One phase of a rotation. told: the result of the call whose bundle all hosts have."""
    arguments = {"hosts": HOSTS, "clients": [{"name": "alice"}], **given}
    if told:
        arguments["trusted_authorities"] = [
            {
                "host": one["name"],
                "server_authority_sha256": told["server_authority_sha256"],
                "client_authority_sha256s": told["client_authority_sha256s"],
            }
            for one in HOSTS
        ]
    rotation = [{"authority": label, "phase": phase}] if phase else []
    return run(directory, at=at, check=check, rotation=rotation, **arguments)


def info(directory, at=LATER):
    return information({"directory": str(directory), "renew_before_days": 30}, at)


def read(directory, *parts):
    path = directory.joinpath(*parts)
    return path.read_bytes() if path.exists() else None


def issued_by(leaf, authority):
    """Whether a certificate was signed by an authority (PEM)."""
    try:
        parsed(leaf).verify_directly_issued_by(parsed(authority))
    except Exception:
        return False
    return True


def test_a_client_authority_from_begin_to_finish(directory):
    steady = turn(directory, CLIENT, None)
    old = read(directory, CLIENT, "ca.pem")
    predicted = turn(directory, CLIENT, "begin", check=True)
    assert sorted(tree(directory / CLIENT)) == ["ca-key.pem", "ca.pem"]
    begun = turn(directory, CLIENT, "begin")
    for result in (predicted, begun):
        entry = result["authorities"][CLIENT]
        assert (result["changed"], entry["changed"], entry["phase"]) == (True, True, "begun")
        assert codes(entry["reasons"]) == ["rotation_begun"]
        assert set(result["diff"]["after"]) == {CLIENT}
        assert result["diff"]["before"][CLIENT]["phase"] == "steady"
        assert result["diff"]["after"][CLIENT]["phase"] == "begun"
    assert predicted["authorities"][CLIENT]["next_sha256"] is None
    assert predicted["client_bundle"] == steady["client_bundle"]
    successor = read(directory, CLIENT, "next", "ca.pem")
    assert begun["client_bundle"].count("BEGIN") == 2
    assert begun["client_authority_sha256s"] == sorted(
        [steady["client_authority_sha256s"][0], begun["authorities"][CLIENT]["next_sha256"]]
    )
    assert {path: mode for path, (mode, _content) in tree(directory / CLIENT / "next").items()} == {
        "ca.pem": 0o644,
        "ca-key.pem": 0o600,
    }
    assert not turn(directory, CLIENT, "begin")["changed"]
    # Between the phases everything goes on, and the present authority signs.
    new = turn(directory, CLIENT, None, clients=[{"name": "alice"}, {"name": "carol"}])
    assert issued_by(read(directory, "clients", "carol", "cert.pem"), old)
    assert new["client_bundle"] == begun["client_bundle"]
    with pytest.raises(Failure) as caught:
        turn(directory, CLIENT, "switch", told=steady)
    assert "would cut off 2 host(s): one, two" in str(caught.value)
    before = tree(directory)
    predicted = turn(directory, CLIENT, "switch", told=begun, check=True)
    assert tree(directory) == before
    switched = turn(directory, CLIENT, "switch", told=begun)
    for result in (predicted, switched):
        assert result["client_bundle"] == begun["client_bundle"]
        assert codes(result["authorities"][CLIENT]["reasons"]) == ["rotation_switched"]
        assert codes(result["clients"]["alice"]["reasons"]) == ["issuer_differs"]
        assert result["authorities"][CLIENT]["phase"] == "switched"
        assert result["server_authority"] == steady["server_authority"]
    assert issued_by(read(directory, "clients", "alice", "cert.pem"), successor)
    assert read(directory, CLIENT, "ca.pem") == successor
    assert read(directory, CLIENT, "previous", "ca.pem") == old
    assert sorted(os.listdir(str(directory / CLIENT))) == ["ca-key.pem", "ca.pem", "previous"]
    assert not turn(directory, CLIENT, "switch", told=switched)["changed"]
    with pytest.raises(Failure) as caught:
        turn(directory, CLIENT, "finish", told=switched)
    assert "would cut off 2 client(s): carol, robot" in str(caught.value)
    turn(directory, CLIENT, None, clients=[{"name": "carol"}, {"name": "robot", "state": "absent"}])
    finished = turn(directory, CLIENT, "finish", told=switched)
    assert finished["authorities"][CLIENT]["phase"] == "steady"
    assert finished["client_bundle"].encode() == successor
    assert sorted(os.listdir(str(directory / CLIENT))) == ["ca-key.pem", "ca.pem", "retired.json"]
    # Hosts that are behind still trust the old one: that is no stranger's.
    behind = turn(directory, CLIENT, None, told=switched)
    assert (behind["changed"], behind["foreign_authorities"]) == (False, [])
    # The whole again, as by a playbook that was killed after its last phase: nothing but warnings.
    for phase in ("begin", "switch", "finish"):
        again = turn(directory, CLIENT, phase, told=finished)
        assert (again["changed"], bool(again["warnings"])) == (False, phase != "finish")


def test_the_server_authority_from_begin_to_finish(directory):
    steady = turn(directory, SERVER, None)
    old = read(directory, SERVER, "ca.pem")
    predicted = turn(directory, SERVER, "begin", check=True)
    begun = turn(directory, SERVER, "begin")
    successor = read(directory, SERVER, "next", "ca.pem")
    for result in (predicted, begun):
        assert codes(result["clients"]["alice"]["reasons"]) == ["ca_differs"]
        # Clients that are not in this call must not be cut off either.
        assert set(result["diff"]["after"]) == {SERVER, "clients/alice", "clients/robot"}
        assert codes(result["diff"]["after"]["clients/robot"]["reasons"]) == ["ca_differs"]
        assert result["server_authority"] == steady["server_authority"]
    assert predicted["server_bundle"] is None
    for name in ("alice", "robot"):
        text = read(directory, "clients", name, "ca.pem").decode()
        assert text == begun["server_bundle"]
        assert old.decode() in text
        assert successor.decode() in text
    assert not turn(directory, SERVER, "begin")["changed"]
    (directory / "clients" / "robot" / "ca.pem").write_bytes(old)
    with pytest.raises(Failure) as caught:
        turn(directory, SERVER, "switch")
    assert "would cut off 1 client(s): robot" in str(caught.value)
    mended = turn(directory, SERVER, "begin")
    assert (mended["changed"], set(mended["diff"]["after"])) == (True, {"clients/robot"})
    before = {name: read(directory, "clients", name, "ca.pem") for name in ("alice", "robot")}
    switched = turn(directory, SERVER, "switch", told=begun)
    assert {name: codes(entry["reasons"]) for name, entry in switched["hosts"].items()} == {
        "one": ["issuer_differs"],
        "two": ["issuer_differs"],
    }
    assert all(issued_by(entry["certificate"], successor) for entry in switched["hosts"].values())
    assert {name: read(directory, "clients", name, "ca.pem") for name in ("alice", "robot")} == before
    assert switched["server_bundle"] == begun["server_bundle"]
    assert switched["server_authority_sha256"] == begun["authorities"][SERVER]["next_sha256"]
    assert switched["server_authority_sha256s"] == begun["server_authority_sha256s"]
    with pytest.raises(Failure) as caught:
        turn(directory, SERVER, "finish", told=begun)
    assert "would cut off 2 host(s): one, two" in str(caught.value)
    finished = turn(directory, SERVER, "finish", told=switched)
    assert finished["server_bundle"].encode() == successor
    for name in ("alice", "robot"):
        assert read(directory, "clients", name, "ca.pem") == successor
    assert turn(directory, SERVER, None, told=begun)["foreign_authorities"] == []


def test_a_leaf_of_the_predecessor_serves_until_it_is_replaced(directory):
    begun = turn(directory, SERVER, "begin")
    turn(directory, SERVER, "switch", told=begun, hosts=[HOSTS[0]])
    found = info(directory)["hosts"]
    assert (codes(found["one"]["reasons"]), codes(found["two"]["reasons"])) == ([], ["issuer_differs"])
    assert found["two"]["enrolled"]
    assert "it was signed by server-authority/previous" in found["two"]["reasons"][0]
    # Refused, its leaf stands all the same.
    refused = turn(directory, SERVER, None, hosts=[host("two", csr="hello")])["hosts"]["two"]
    assert ("error" in refused, refused["enrolled"], refused["changed"]) == (True, True, False)


def test_what_information_shows(directory):
    def shown(label):
        entry = info(directory)["authorities"][label]
        return [entry["phase"]] + [bool(entry[key]) for key in ("next_sha256", "previous_sha256")]

    assert shown(CLIENT) == ["steady", False, False]
    begun = turn(directory, CLIENT, "begin")
    assert shown(CLIENT) == ["begun", True, False]
    turn(directory, CLIENT, "switch", told=begun)
    assert shown(CLIENT) == ["switched", False, True]
    found = info(directory)
    assert found["clients"]["robot"]["authority"] == "default"
    assert codes(found["clients"]["robot"]["reasons"]) == ["issuer_differs"]
    again = turn(directory, CLIENT, None, told=begun)
    for key in (
        "authorities",
        "client_bundle",
        "client_authority_sha256s",
        "server_authority_sha256s",
        "server_bundle",
    ):
        assert found[key] == again[key]


@pytest.mark.parametrize("label", [SERVER, CLIENT])
def test_cancelled_and_begun_again(directory, label):
    steady = turn(directory, label, None)
    begun = turn(directory, label, "begin")
    cancelled = turn(directory, label, "cancel")
    assert cancelled["authorities"][label]["phase"] == "steady"
    for key in ("client_bundle", "server_bundle"):
        assert cancelled[key] == steady[key]
    assert sorted(os.listdir(str(directory / label))) == ["ca-key.pem", "ca.pem", "retired.json"]
    assert turn(directory, label, None, told=begun)["foreign_authorities"] == []
    assert not turn(directory, label, "cancel")["changed"]
    anew = turn(directory, label, "begin")
    assert anew["authorities"][label]["next_sha256"] != begun["authorities"][label]["next_sha256"]


def test_a_new_type_of_key_comes_with_a_rotation(directory):
    given = {"server_authority": {"key_type": "Ed25519", "valid_days": 500}}
    begun = turn(directory, SERVER, "begin", **given)
    assert "Next step: rotate it" in begun["warnings"][0]
    switched = turn(directory, SERVER, "switch", told=begun, **given)
    entry = switched["authorities"][SERVER]
    assert (entry["key_type"], entry["days_left"], switched["warnings"]) == ("Ed25519", 500, [])


def test_a_switch_to_a_key_that_does_not_fit_writes_nothing(directory):
    begun = turn(directory, CLIENT, "begin")
    shutil.copy(str(directory / SERVER / "ca-key.pem"), str(directory / CLIENT / "next" / "ca-key.pem"))
    before = tree(directory)
    for check in (True, False):
        with pytest.raises(Failure) as caught:
            turn(directory, CLIENT, "switch", told=begun, check=check)
        assert caught.value.code == "AuthorityKeyMismatch"
        assert "next/ca-key.pem" in str(caught.value)
    assert tree(directory) == before


def test_an_authority_that_expired_can_still_be_switched(directory):
    run(directory, at=NOW, client_authorities=["default", "short"], client_authority_valid_days=10)
    label = "client-authorities/short"
    given = {"client_authorities": ["default", "short"]}
    begun = turn(directory, label, "begin", at=NOW + 9 * DAY, **given)
    with pytest.raises(Failure):
        turn(directory, label, None, at=NOW + 10 * DAY, **given)
    assert turn(directory, label, "switch", at=NOW + 10 * DAY, told=begun, **given)["authorities"][label]["changed"]


def test_half_a_backup_of_a_successor(directory):
    begun = turn(directory, CLIENT, "begin")
    os.unlink(str(directory / CLIENT / "next" / "ca-key.pem"))
    lame = turn(directory, CLIENT, None, told=begun)
    assert (lame["changed"], lame["client_bundle"]) == (False, begun["client_bundle"])
    assert "client-authorities/default/next has no key" in lame["warnings"][0]
    os.unlink(str(directory / CLIENT / "next" / "ca.pem"))
    with pytest.raises(Failure) as caught:
        turn(directory, CLIENT, "begin", told=begun)
    assert caught.value.code == "ForeignAuthority"


def test_a_lost_list_of_what_is_retired(directory):
    begun = turn(directory, CLIENT, "begin")
    turn(directory, CLIENT, "cancel", told=begun)
    (directory / CLIENT / "retired.json").write_text("{")
    for call in (lambda: turn(directory, CLIENT, None), lambda: info(directory)):
        with pytest.raises(Failure) as caught:
            call()
        assert "retired.json is not a readable list" in str(caught.value)
    os.unlink(str(directory / CLIENT / "retired.json"))
    with pytest.raises(Failure) as caught:
        turn(directory, CLIENT, None, told=begun)
    assert caught.value.code == "ForeignAuthority"


def test_secrets_of_a_rotation_stay_in_their_files(directory):
    results = [turn(directory, CLIENT, "begin")]
    planted = read(directory, CLIENT, "next", "ca-key.pem").splitlines()[1:3]
    planted += read(directory, CLIENT, "ca-key.pem").splitlines()[1:3]
    results.append(turn(directory, CLIENT, "switch", told=results[0]))
    results.append(info(directory))
    text = json.dumps(results).encode()
    # The control: what is public is found by the same search.
    assert read(directory, CLIENT, "ca.pem").splitlines()[1] in text
    assert not PRIVATE.search(text)
    assert [line for line in planted if line in text] == []
    # The predecessor's key is nowhere any more.
    assert [path for path, (_mode, content) in tree(directory).items() if content and planted[2] in content] == []


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches a SIGKILL."""


WRITES = ("replace", "unlink", "rmdir", "mkdir", "fsync", "open", "chmod")


class Axe:
    """Kills a run at its nth write, and at every one that its clean-up would try after that."""

    def __init__(self, monkeypatch, at):
        self.left = at
        for name in WRITES:
            monkeypatch.setattr(stores.os, name, self._wrapped(getattr(os, name), name))

    def _wrapped(self, real, name):
        def call(*arguments, **options):
            flags = arguments[1] if name == "open" and len(arguments) > 1 else os.O_WRONLY
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.left -= 1
                if self.left < 0:
                    raise Killed
            return real(*arguments, **options)

        return call


def killed(monkeypatch, at, call):
    """Whether the call was killed; False when it ended before its nth write."""
    with monkeypatch.context() as patched:
        Axe(patched, at)
        try:
            call()
        except Killed:
            return True
    return False


def authority_files(directory, label):
    """The files of an authority, without what a killed run left half-written."""
    found = tree(directory / label)
    return {path: entry for path, entry in found.items() if entry[1] is not None and not path.endswith(".tmp")}


def pairs(directory, label):
    """The certificates in an authority's directory whose keys are in it as well."""
    found = authority_files(directory, label)
    keys = [
        load_pem_private_key(content, None).public_key()
        for path, (_mode, content) in found.items()
        if path.endswith("ca-key.pem")
    ]
    certificates = {content for path, (_mode, content) in found.items() if path.endswith("ca.pem")}
    return {content for content in certificates if parsed(content).public_key() in keys}


def present(directory, label):
    """All certificates in an authority's directory."""
    return {content for path, (_mode, content) in authority_files(directory, label).items() if path.endswith("ca.pem")}


KILLS = [(label, phase) for label in (SERVER, CLIENT) for phase in ("begin", "switch", "finish", "cancel")]


@pytest.mark.parametrize(("label", "phase"), KILLS)
def test_killed_at_every_write(directory, tmp_path, monkeypatch, label, phase):
    told = turn(directory, label, None)
    for before in {"begin": (), "switch": ("begin",), "finish": ("begin", "switch"), "cancel": ("begin",)}[phase]:
        told = turn(directory, label, before, told=told, clients=[{"name": "alice"}, {"name": "robot"}])
    whole = tmp_path / "whole"
    shutil.copytree(str(directory), str(whole))
    expected = turn(whole, label, phase, told=told)
    start = present(directory, label)
    signing = read(directory, label, "ca.pem")
    at = 0
    while True:
        victim = tmp_path / str(at)
        shutil.copytree(str(directory), str(victim))
        was_killed = killed(monkeypatch, at, lambda there=victim: turn(there, label, phase, told=told))
        _check_after_kill(victim, label, phase, start, signing)
        _check_that_work_goes_on(victim, tmp_path / ("%d-on" % at), told)
        turn(victim, label, phase, told=told)
        again = turn(victim, label, phase, told=told)
        assert not again["changed"]
        assert again["authorities"][label]["phase"] == expected["authorities"][label]["phase"]
        files = authority_files(victim, label)
        if phase == "begin":
            # Its key is a new one each time.
            assert set(files) == set(authority_files(whole, label))
        else:
            assert files == authority_files(whole, label)
        # But for directories that are left empty, and what is half-written where nothing was written again.
        assert _files(victim) == _files(whole)
        shutil.rmtree(str(victim))
        if not was_killed:
            break
        at += 1
    # The control: the axe fell often enough to be of worth.
    assert at > {"begin": 6, "switch": 12, "finish": 5, "cancel": 6}[phase]


def _check_after_kill(directory, label, phase, start, signing):
    gone = start - present(directory, label)
    records = json.loads(read(directory, label, "retired.json") or b"[]")
    retired = {record["sha256"] for record in records}
    assert {_sha256(certificate) for certificate in gone} <= retired
    if phase in ("begin", "cancel", "finish"):
        assert signing in pairs(directory, label)
    else:
        assert len(pairs(directory, label)) >= 1
        assert present(directory, label) == start


def _check_that_work_goes_on(directory, copy, told):
    """The nightly job comes next, and knows nothing of a rotation: it signs, and everybody can verify."""
    shutil.copytree(str(directory), str(copy))
    result = turn(copy, SERVER, None, told=told, hosts=[*HOSTS, host("new", csr=csr()[0])], clients=[{"name": "dave"}])
    assert result["hosts"]["new"]["enrolled"]
    bundle = _blocks(result["server_bundle"])
    assert any(issued_by(result["hosts"]["new"]["certificate"], authority) for authority in bundle)
    assert _blocks(read(copy, "clients", "dave", "ca.pem").decode()) == bundle
    leaf = read(copy, "clients", "dave", "cert.pem")
    assert any(issued_by(leaf, authority) for authority in _blocks(result["client_bundle"]))
    shutil.rmtree(str(copy))


def _files(directory):
    return {path for path, (_mode, content) in tree(directory).items() if content is not None and path[-4:] != ".tmp"}


def _blocks(text):
    return [block + "-----END CERTIFICATE-----\n" for block in text.split("-----END CERTIFICATE-----\n")[:-1]]


def _sha256(pem):
    from cryptography.hazmat.primitives import hashes

    return parsed(pem).fingerprint(hashes.SHA256()).hex()
