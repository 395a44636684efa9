# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules docker_tls and docker_tls_info as Ansible runs them: arguments in, one JSON result out."""

from __future__ import annotations

import json
import os

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

from ansible_collections.bulwark.azure_docker.plugins.modules import docker_tls, docker_tls_info
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import csr, tree


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a module on tmp_path/certs; its result with "failed" always there."""

    def run(module=docker_tls, check=False, **arguments):
        given = {
            "directory": str(tmp_path / "certs"),
            "_ansible_check_mode": check,
            "_ansible_remote_tmp": str(tmp_path),
            "_ansible_keep_remote_files": False,
            **arguments,
        }
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": given})))
        # Exists since ansible-core 2.19; older ones always read the old form.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as ended:
            module.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(result.get("failed")) is bool(ended.value.code)
        return {"failed": False, **result}

    return run


def host(name="one", **given):
    return {"name": name, "dns_names": ["%s.example.com" % name], "vm_id": name, **given}


def test_missing_and_bad_arguments(call):
    assert "missing required arguments: name found in hosts" in call(hosts=[{}])["msg"]
    assert "value of state must be one of: present" in call(state="absent")["msg"]
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
