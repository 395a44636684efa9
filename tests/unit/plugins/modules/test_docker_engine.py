# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module docker_engine on the scripted machine of the engine program's tests."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes
from cryptography.hazmat.primitives import serialization

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import keys, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.modules import docker_engine

from ..module_utils._engine import machine as machines
from ..module_utils._engine.material import VM_ID, leaf
from ..module_utils._host.documents import AUTHORITY

machine, docker_socket = machines.machine, machines.docker_socket  # fixtures
HOST = {"host": "docker1", "vm_id": VM_ID, "address": "10.0.0.4"}


@pytest.fixture
def module(monkeypatch, capsys, tmp_path):
    """Runs the module: module(**arguments)."""

    def call(**arguments):
        internal = {"_ansible_remote_tmp": str(tmp_path), "_ansible_keep_remote_files": False}
        given = to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": {**internal, **arguments}}))
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as ended:
            docker_engine.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(result.get("failed")) is bool(ended.value.code)
        assert "PRIVATE KEY" not in repr(result)
        return result

    return call


def signed(machine):
    """The arguments that a leaf for the machine's key adds."""
    key = serialization.load_pem_private_key(machine.text(keys.KEY).encode("ascii"), None)
    return {"certificate": leaf(key), "client_authorities": AUTHORITY, "server_authority_sha256": "ab" * 32}


def test_enrol_serve_and_again(machine, module):
    enrolled = module(**HOST)
    assert (enrolled["changed"], enrolled["state"]) == (True, "enrolled")
    assert enrolled["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    leaf_of_it = signed(machine)
    checked = module(**HOST, **leaf_of_it, _ansible_check_mode=True)
    assert (checked["changed"], machine.text(unit.DROP_IN)) == (True, None)
    served = module(**HOST, **leaf_of_it)
    assert (served["changes"], served["diff"]) == (checked["changes"], checked["diff"])
    assert (served["state"], "csr" in served) == ("serving", False)
    assert " -H tcp://10.0.0.4:2376 " in machine.text(unit.DROP_IN)
    again = module(**HOST, **leaf_of_it)
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], [])


def test_a_refusal_fails(machine, module):
    machine.put("etc/os-release", "ID=alpine\nVERSION_ID=3.22\n")
    result = module(**HOST)
    assert result["failed"] is True
    assert "this machine runs alpine 3.22" in result["msg"]
    assert machine.events == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"host": "docker1"}, "state is present but all of the following are missing: vm_id, address"),
        ({**HOST, "certificate": "x"}, "client_authorities"),
        ({**HOST, "address": "0.0.0.0"}, "means every address"),
        ({**HOST, "port": 70000}, "port is 70000"),
        ({**HOST, "certificate": "x", "client_authorities": "y"}, "tls.certificate holds no PEM certificate"),
    ],
)
def test_what_cannot_be_asked(machine, module, arguments, words):
    result = module(**arguments)
    assert result["failed"] is True
    assert words in result["msg"]
    assert machine.events == []


@pytest.mark.parametrize(
    ("given", "tls"),
    [
        ({}, None),
        ({"certificate": "", "client_authorities": ""}, None),
        (
            {"certificate": AUTHORITY, "client_authorities": AUTHORITY},
            {"certificate": AUTHORITY, "client_authorities": AUTHORITY, "server_authority_sha256": None},
        ),
    ],
)
def test_desired_state(given, tls):
    params = {
        **dict.fromkeys(docker_engine.SPEC),
        **HOST,
        "state": "present",
        "port": 2376,
        "engine_version": "",
        **given,
    }
    state = docker_engine.desired_state(params)
    assert (state["tls"], state["engine"]) == (tls, {"version": None})
    assert parse(state).host == "docker1"


SECRET, PASSWORD = "planted-S3cret", "planted-P4ssword"
PROJECT = {
    "compose_projects": [{"name": "shop", "files": {"compose.yaml": '{"services": {"web": {"image": "w:$TOKEN"}}}'}}],
    "compose_secret_environment": {"shop": {"TOKEN": SECRET, "SHORT": "true"}},
    "registry_logins": [{"registry": "registry.example", "username": "ada", "password": PASSWORD}],
}


def test_a_compose_project_with_secrets_that_nobody_is_told(machine, module):
    done = module(**HOST, **PROJECT, remote_access="none")
    assert done["changed"] is True
    assert done["changes"][-1] == "up Compose project shop: it is not there"
    assert [entry["after"] for entry in done["diff"] if entry["after_header"].endswith("compose.yaml")] == [
        PROJECT["compose_projects"][0]["files"]["compose.yaml"]
    ]
    assert any(environment.get("TOKEN") == SECRET for environment in machine.docker.environments), "it was used"
    machine.docker.answer = (1, "", "no such image w:%s at registry.example, %s" % (SECRET, PASSWORD))
    machine.docker.containers.clear()
    failed = module(**HOST, **PROJECT, remote_access="none")
    assert "no such image w:(hidden) at registry.example, (hidden)" in failed["msg"]
    for result in (done, failed):
        assert SECRET not in repr(result)
        assert PASSWORD not in repr(result)
    again = module(**HOST, **PROJECT, remote_access="none", _ansible_check_mode=True)
    assert (again["changed"], again["state"]) == (False, "local")
