# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of one batch are of one site: run by Ansible, which alone knows a role's defaults."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ..house import checkout

ROLE = {"name": "bulwark.azure_docker.azure_vms", "tasks_from": "one_site"}
AFTER = {"ansible.builtin.debug": {"msg": "WENT-ON-WITH {{ inventory_hostname }}"}}

# {host: its variables}, what is said; None: the play goes on
BATCHES: dict[str, tuple[dict[str, dict[str, str]], str | None]] = {
    "the default, given and not": ({"h1": {}, "h2": {"docker_site_name": "docker"}}, None),
    "one directory in two spellings": (
        {"h1": {"docker_tls_directory": "~/x"}, "h2": {"docker_tls_directory": "{{ '~' | expanduser }}/x/"}},
        None,
    ),
    "two sites": (
        {"h1": {"docker_site_name": "a"}, "h2": {}, "h3": {"docker_site_name": "a"}},
        "Found docker_site_name 'a' on h1 h3, 'docker' on h2; docker_tls_directory ",
    ),
    "two directories": (
        {"h1": {}, "h2": {"docker_tls_directory": "/elsewhere"}},
        "expected one value of docker_tls_directory for all of them",
    ),
}


def play(directory: pathlib.Path, hosts: t.Mapping[str, t.Any]) -> tuple[int, str]:
    """(exit code, output without line breaks) of the check on these hosts."""
    inventory = {"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}
    (directory / "inventory.json").write_text(json.dumps(inventory))
    tasks = [{"ansible.builtin.include_role": ROLE}, AFTER]
    (directory / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    done = checkout.ansible(directory, "playbook", "-i", "inventory.json", "play.yml")
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_is_of_one_site(tmp_path: pathlib.Path, name: str) -> None:
    hosts, told = BATCHES[name]
    code, output = play(tmp_path, hosts)
    went_on = [host for host in hosts if f"WENT-ON-WITH {host}" in output]
    if told is None:
        assert (code, went_on) == (0, list(hosts)), output
        return
    assert (code != 0, went_on) == (True, []), "no host goes on, not even those of the first one's site"
    assert told in output
