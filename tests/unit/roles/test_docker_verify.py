# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handshakes the role docker_verify makes, and through which SSH host: its variables, evaluated by Ansible."""

from __future__ import annotations

import base64
import json
import re
import typing as t

import pytest
import yaml

from ..house import checkout

ROLE = checkout.ROOT / "roles" / "docker_verify"
EVERY = [
    *("good_client", "no_certificate", "foreign_authority", "expired_client", "wrong_usage", "revoked_authority"),
    *("plain_http", "tls_1_1", "served_certificate"),
]
UNSIGNED = [check for check in EVERY if check not in ("expired_client", "wrong_usage")]
NAMES = ("default", "ci", "old")
RESULT = {
    "clients": {"admin": {"authority": "default"}},
    "undeclared_client_authorities": ["ci", "old"],
    "authorities": {label: {} for label in ("server-authority", *(f"client-authorities/{name}" for name in NAMES))},
}
BASTION = {"azure_vms_connect_via": "bastion"}

# host -> (variables, authorities with a key in its directory, checks, revoked authorities, way)
HOSTS: dict[str, tuple[dict[str, t.Any], tuple[str, ...], list[str], list[str], dict[str, t.Any]]] = {
    "every": ({}, NAMES, EVERY, ["ci", "old"], {}),
    "some": ({}, ("default", "old"), EVERY, ["old"], {}),
    "none": ({}, (), UNSIGNED, [], {}),
    "given": (
        {"docker_tls_authority_keys": {"client-authorities/default": "PEM", "server-authority": "PEM"}},
        (),
        EVERY,
        [],
        {},
    ),
    "own": ({"docker_verify_authority_keys": {"client-authorities/ci": "PEM"}}, (), UNSIGNED, ["ci"], {}),
    "another": ({"docker_verify_client": "bob"}, NAMES, UNSIGNED, ["ci", "old"], {}),
    "early": ({"docker_tls_result": {}}, NAMES, UNSIGNED, [], {}),
    "private": ({"azure_vms_connect_via": "private", "azure_vms_bastion": "x"}, (), UNSIGNED, [], {}),
    "bastion": (
        {**BASTION, "azure_vms_bastion": "ops@bastion.example.com"},
        (),
        UNSIGNED,
        [],
        {"user": "ops", "host": "bastion.example.com", "port": None},
    ),
    "bare": (
        {**BASTION, "azure_vms_bastion": "10.0.0.4"},
        (),
        UNSIGNED,
        [],
        {"user": None, "host": "10.0.0.4", "port": None},
    ),
    "gate": (
        {**BASTION, "azure_vms_bastion": "x", "docker_verify_ssh": {"host": "gate"}},
        (),
        UNSIGNED,
        [],
        {"host": "gate"},
    ),
    "ungated": (
        {**BASTION, "azure_vms_bastion": "x", "docker_verify_ssh": {"host": ""}},
        (),
        UNSIGNED,
        [],
        {"host": ""},
    ),
    "port": (
        {**BASTION, "azure_vms_bastion": "ops@[2001:db8::1]:2222"},
        (),
        UNSIGNED,
        [],
        {"user": "ops", "host": "2001:db8::1", "port": "2222"},
    ),
}
SAID = "{'checks': docker_verify_checks, 'revoked': docker_verify_revoked_authorities, 'ssh': __docker_verify_route}"
# On one line, and in base64, so that no wrapping or quoting of the output matters.
TASKS = [
    {
        "name": "Say what is verified",
        "ansible.builtin.debug": {"msg": "SAID:{{ inventory_hostname }}:{{ (" + SAID + ") | to_json | b64encode }}:"},
    }
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, t.Any]]:
    """{host: what the role's variables say}. A role with other tasks, but with the variables of docker_verify."""
    directory = tmp_path_factory.mktemp("docker_verify")
    role = directory / "roles" / "verified"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").write_text(json.dumps(TASKS))
    for name in ("defaults", "vars"):
        (role / name).symlink_to(ROLE / name)
    hosts = {}
    for host, (variables, keys, *_expected) in HOSTS.items():
        for name in keys:
            key = directory / host / "client-authorities" / name / "ca-key.pem"
            key.parent.mkdir(parents=True)
            key.touch()
        hosts[host] = {"docker_tls_result": RESULT, "docker_tls_directory": str(directory / host), **variables}
    inventory = {"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}
    (directory / "inventory.json").write_text(json.dumps(inventory))
    (directory / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": ["verified"]}]))
    done = checkout.ansible(directory, "playbook", "-i", "inventory.json", "play.yml", "--forks=2")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"SAID:([^:]+):([^:]+):", done.stdout)
    return {host: json.loads(base64.b64decode(text)) for host, text in found}


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_verified(said: dict[str, dict[str, t.Any]], host: str) -> None:
    _variables, _keys, checks, revoked, ssh = HOSTS[host]
    assert said[host] == {"checks": checks, "revoked": revoked, "ssh": ssh}


def test_the_role_offers_all_checks_of_the_module() -> None:
    options = checkout.load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    module = checkout.ROOT / "plugins" / "modules" / "docker_tls_probe.py"
    documented = yaml.safe_load(checkout.constant(module, "DOCUMENTATION"))["options"]
    assert options["docker_verify_checks"]["choices"] == documented["checks"]["choices"] == EVERY
