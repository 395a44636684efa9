# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules docker_tls and docker_tls_info as Ansible runs them: arguments in, one JSON result out."""

from __future__ import annotations

import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.bulwark.azure_docker.plugins.modules import docker_tls, docker_tls_info
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    csr,
    private_pem,
    tree,
)


@pytest.fixture
def call(run_module, tmp_path):
    """Run a module on tmp_path/certs."""

    def run(module=docker_tls, check=False, **arguments):
        return run_module(module, directory=str(tmp_path / "certs"), _ansible_check_mode=check, **arguments)

    return run


def host(name="one", **given):
    return {"name": name, "dns_names": ["%s.example.com" % name], "vm_id": name, **given}


def test_missing_and_bad_arguments(call):
    assert "missing required arguments: name found in hosts" in call(hosts=[{}])["msg"]
    assert "state must be one of: present, absent" in call(hosts=[host(state="gone")])["msg"]
    assert "state must be one of: present, absent" in call(clients=[{"name": "x", "state": "gone"}])["msg"]
    assert "key_origin must be one of: vm, controller" in call(hosts=[host(key_origin="hsm")])["msg"]
    result = call(renew_before_days=100)
    assert "renew_before_days is 100" in result["msg"]
    assert result["error"]["code"] == "InvalidOptions"


def test_the_defaults_make_two_authorities(call, tmp_path):
    result = call()
    assert (result["failed"], result["changed"], result["failed_hosts"]) == (False, True, [])
    assert set(result["authorities"]) == {"server-authority", "client-authorities/default"}
    assert "warnings" not in result
    assert not call()["changed"]


def test_check_mode(call, tmp_path):
    result = call(check=True, hosts=[host(csr=csr()[0])])
    assert result["changed"]
    assert result["hosts"]["one"]["certificate"] is None
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize("on_partial", ["fail", "report"])
def test_one_bad_host_among_good_ones(call, tmp_path, on_partial):
    hosts = [host("one", csr=csr()[0]), host("two", csr="hello"), host("three", ip_addresses=["ten"])]
    result = call(hosts=hosts, on_partial=on_partial)
    assert result["failed"] is (on_partial == "fail")
    assert result["failed_hosts"] == ["three", "two"]
    assert result["hosts"]["one"]["enrolled"]
    assert result["changed"]
    assert sorted(os.listdir(str(tmp_path / "certs" / "servers"))) == ["one"]
    if on_partial == "fail":
        assert "2 of 3 hosts could not be served (three, two); the others were." in result["msg"]
        assert "'ten' in ip_addresses" in result["msg"]


def test_a_host_and_a_client_that_are_declared_absent(call, tmp_path):
    call(hosts=[host(csr=csr()[0]), host("two", csr=csr()[0])], clients=[{"name": "x"}])
    (tmp_path / "certs" / "servers" / "one" / "notes.txt").write_text("hello")
    gone = {"hosts": [{"name": "one", "state": "absent"}], "clients": [{"name": "x", "state": "absent"}]}
    predicted, done, again = (call(check=check, **gone) for check in (True, False, False))
    for result in (predicted, done):
        assert (result["failed"], result["changed"]) == (False, True)
        assert result["hosts"]["one"]["reasons"] == ["absent_declared: declared absent"]
        assert (result["hosts"]["one"]["enrolled"], result["hosts"]["one"]["certificate"]) == (False, None)
    assert predicted["diff"] == done["diff"]
    assert not again["changed"]
    for result in (predicted, done, again):
        assert "it holds notes.txt, expected only" in json.dumps(result["warnings"])


CHOICES = "EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519"
REFUSED = {
    "key_type must be one of: %s" % CHOICES: {"server_authority": {"key_type": "RSA-1024"}},
    "client_authority_key_type must be one of: %s" % CHOICES: {"client_authority_key_type": "x"},
    "leaf_key_type must be one of: %s" % CHOICES: {"leaf_key_type": "x"},
    "found in hosts": {"hosts": [host(key_type="x")]},
    "found in clients": {"clients": [{"name": "x", "key_type": "x"}]},
    "phase must be one of: begin, switch, finish, cancel": {"rotation": [{"authority": "x", "phase": "end"}]},
    "missing required arguments: authority": {"rotation": [{"phase": "begin"}]},
    "rotation names x, expected one of server-authority": {"rotation": [{"authority": "x", "phase": "begin"}]},
    "signer must be one of: internal, external": {"signer": "hsm"},
    "renew_jitter_days is -1": {"renew_jitter_days": -1},
}


@pytest.mark.parametrize("text", REFUSED)
def test_arguments_that_are_refused(call, tmp_path, text):
    result = call(**REFUSED[text])
    assert result["failed"]
    assert text in result["msg"]
    assert not (tmp_path / "certs").exists()


def test_a_key_is_asked_for_and_an_authority_is_rotated(call):
    call(hosts=[host(csr=csr()[0])])
    given = {"hosts": [host()], "leaf_key_type": "EC-P384"}
    asked = call(**given)
    assert (asked["changed"], len(asked["hosts"]["one"]["rekey"])) == (False, 64)
    rotation = {"authority": "client-authorities/default", "phase": "begin"}
    young = call(**given, rotation=[rotation])
    assert not young["changed"]
    assert "expected at least min_age_hours (24)" in json.dumps(young["warnings"])
    begun = call(**given, rotation=[{**rotation, "min_age_hours": 0}])
    assert begun["authorities"]["client-authorities/default"]["phase"] == "begun"
    refused = call(**given, rotation=[{**rotation, "phase": "switch"}])
    assert refused["error"]["code"] == "RotationRefused"
    assert "would cut off 1 host(s): one. Nothing was written." in refused["msg"]
    assert call(docker_tls_info)["authorities"]["client-authorities/default"]["phase"] == "begun"


@pytest.mark.parametrize("on_partial", ["fail", "report"])
def test_one_bad_client_among_good_ones(call, on_partial):
    certificates = call()["server_authority"]
    bundle = call()["client_bundle"]
    given = {
        "signer": "external",
        "authority_certificates": {"server-authority": certificates, "client-authorities/default": bundle},
        "hosts": [host(csr="hello")],
        "clients": [{"name": "alice", "certificate": "hello"}, {"name": "bob"}],
        "on_partial": on_partial,
    }
    result = call(**given)
    assert (result["failed"], result["failed_hosts"], result["failed_clients"]) == (
        on_partial == "fail",
        ["one"],
        ["alice"],
    )
    assert [entry["name"] for entry in result["pending"]] == ["alice", "bob"]
    if on_partial == "fail":
        assert "1 of 1 hosts could not be served (one)" in result["msg"]
        assert "1 of 2 clients could not be served (alice)" in result["msg"]


def test_secrets_that_are_given_do_not_come_back(call):
    key = private_pem(ec.generate_private_key(ec.SECP256R1())).decode()
    given = {
        "authority_passphrase": "planted-passphrase",
        "authority_keys": {"server-authority": key},
        "clients": [{"name": "planted-client-name"}],
    }
    results = [call(check=True, **given), call(**given), call(**{**given, "authority_passphrase": "another-planted"})]
    results.append(call(**{**given, "authority_keys": {"server-authority": key[:120]}}))
    results.append(call(docker_tls_info))
    assert [result["failed"] for result in results] == [False, False, False, True, False]
    text = json.dumps(results)
    assert "planted-client-name" in text
    assert [word for word in ("planted-passphrase", "another-planted", *key.splitlines()[1:3]) if word in text] == []


def test_a_failure_as_a_whole(call, tmp_path):
    result = call(trusted_authorities=[{"host": "one", "server_authority_sha256": "ff"}])
    assert result["failed"]
    assert result["error"]["code"] == "ForeignAuthority"
    assert "on_foreign_authority=replace" in result["msg"]
    assert tree(tmp_path) == {}


def test_warnings(call):
    result = call(server_authority={"valid_days": 60})
    assert not result["failed"]
    result = call(server_authority={"valid_days": 60})
    # As a text in old ansible-core, as a dictionary in new.
    assert "days, expected at least leaf_valid_days (90)" in json.dumps(result["warnings"])


def test_information(call, tmp_path):
    assert call(docker_tls_info)["hosts"] == {}
    assert not (tmp_path / "certs").exists()
    done = call(hosts=[host(csr=csr()[0])], client_authorities=["a", "b"], clients=[{"name": "x", "authority": "a"}])
    found = call(docker_tls_info, client_authorities=["b"])
    assert not found["changed"]
    assert found["hosts"]["one"]["certificate"] == done["hosts"]["one"]["certificate"]
    assert found["clients"]["x"]["authority"] == "a"
    assert done["client_bundle"].endswith(found["client_bundle"])
    (tmp_path / "certs" / "server-authority" / "ca.pem").write_text("hello")
    assert call(docker_tls_info)["error"]["code"] == "AuthorityUnusable"


def test_no_private_key_in_any_output(call, tmp_path, capsys):
    arguments = {"hosts": [host(key_origin="controller")], "clients": [{"name": "x"}], "_ansible_diff": True}
    results = [call(**arguments), call(**arguments), call(docker_tls_info)]
    text = json.dumps(results)
    assert "BEGIN CERTIFICATE" in text
    assert "PRIVATE KEY" not in text
    keys = [content for path, (mode, content) in tree(tmp_path / "certs").items() if path.endswith("key.pem")]
    assert len(keys) == 4
    assert [key for key in keys if key.decode().splitlines()[1] in text] == []


def test_the_planted_name_would_be_found(call):
    # The control of the test above: what is meant to be in the result is found by the same search.
    result = call(clients=[{"name": "planted-client-name"}])
    assert "planted-client-name" in json.dumps(result)
