# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules docker_tls and docker_tls_info as Ansible runs them: arguments in, one JSON result out."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import docker_tls, docker_tls_info
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import csr, tree


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
