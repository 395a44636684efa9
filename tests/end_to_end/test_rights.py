# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped roles hold what the playbooks do in Azure, and nothing else. The tests build on each other.

The site is in a tenant of its own, where the client has one role at a time: other tests keep all their rights.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterable

import pytest

from local_azure.__main__ import CHECKOUT
from local_azure.arm.messages import Caller

from .arm import Arm
from .portal import Portal
from .run import custom, play, site_play, succeeded

ROLES = CHECKOUT / "playbooks" / "files" / "azure_roles"
AUTHORIZATION = "providers/Microsoft.Authorization"
# Azure asks for it when a VM that exists is changed, whose document names its disks; nothing here changes one.
UNUSED = {"microsoft.compute/disks/write"}
SITE, VM_CHANGED = "rights", '{"azure_vms_tags": {"team": "another"}}'


class Client:
    """The client in the tenant of the third subscription."""

    def __init__(self) -> None:
        self.arm = Arm()
        self.scope = f"/subscriptions/{self.arm.subscriptions[2]}"
        self.assignment = f"{self.scope}/{AUTHORIZATION}/roleAssignments/only"
        self.start = 0

    def take(self, name: str) -> set[str]:
        """Have this role over the subscription from now on, and no other; its actions."""
        role = json.loads((ROLES / f"docker_site_{name}.json").read_text())
        permissions = [{"actions": role["Actions"], "notActions": role["NotActions"]}]
        definition = f"{self.scope}/{AUTHORIZATION}/roleDefinitions/{name}"
        self.arm.put(definition, {"properties": {"roleName": role["Name"], "permissions": permissions}})
        caller = Caller(os.environ["LOCAL_AZURE_TENANT"], os.environ["LOCAL_AZURE_CLIENT_ID"])
        properties = {"principalId": caller.object_id, "roleDefinitionId": definition}
        self.arm.put(self.assignment, {"properties": properties})
        self.start = len(self.arm.requests())
        return lowered(role["Actions"])

    def used(self) -> set[str]:
        """The actions of all requests since then, refused ones too, with those on what their bodies name."""
        entries = [entry for entry in self.arm.requests()[self.start :] if self.scope in entry["path"].lower()]
        return lowered(action for entry in entries for action in (entry["action"], *entry.get("links", [])))


def lowered(actions: Iterable[str]) -> set[str]:
    """Azure compares actions without their case."""
    return {action.lower() for action in actions}


@pytest.fixture(scope="module")
def client():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AZURE_TENANT", os.environ["LOCAL_AZURE_TENANTS"].split(",")[2])
        it = Client()
        yield it
        it.arm.delete(it.assignment)


@pytest.fixture(scope="module")
def site(client, make_site):
    """One VM to create, one of others whose CustomScript slot is taken, one with what is optional of the network."""
    portal = Portal(client.arm, "rights-theirs", 80, subscription=2)
    optional = {
        "azure_vms_connect_via": "public",
        "azure_vms_allowed_sources": ["10.42.0.0/16"],
        "azure_vms_subnet_id": portal.subnet,
    }
    hosts = {"rights1": {}, "rights2": {"azure_vms_id": portal.id("rights2")}, "rights3": optional}
    variables = {
        "azure_vms_subscription_id": client.arm.subscriptions[2],
        "azure_vms_subnet_prefix": "10.42.81.0/24",
        "docker_engine_carrier": "auto",
    }
    made = make_site(SITE, hosts, **variables)
    portal.vm(made, "rights2")
    script = {"script": "ZXhpdCAwCg=="}  # "exit 0"
    portal.extension(portal.id("rights2"), "theirs", "Microsoft.Azure.Extensions.CustomScript", "2.1", **script)
    return made


def run_site(site, *arguments: str):
    return play(site, "playbooks/site.yml", "--limit", "rights1,rights2", *arguments)


def run_vms(site, *arguments: str):
    """What the site does of the third VM; its public address leads nowhere here."""
    playbook = custom(site, "vms", [{**site_play(), "roles": [{"role": "bulwark.azure_docker.azure_vms"}]}])
    return play(site, playbook, "--limit", "rights3", *arguments)


def test_operator_makes_and_keeps_a_site(client, site):
    actions = client.take("operator")
    first = succeeded(run_site(site))
    assert min(first.numbers("changed").values()) > 0
    assert succeeded(run_site(site)).numbers("changed") == {"rights1": 0, "rights2": 0}
    for power in ("stopped", "deallocated", "running"):
        assert succeeded(run_vms(site, "-e", f"azure_vms_power={power}")).numbers("changed") == {"rights3": 1}
    assert client.used() == actions - UNUSED


def test_verifier_checks_a_site(client, site):
    actions = client.take("verifier")
    assert {action.rpartition("/")[2] for action in actions} == {"read"}
    check = succeeded(run_site(site, "--check", "--diff"))
    assert check.numbers("changed") == {"rights1": 0, "rights2": 0}
    assert succeeded(run_vms(site, "--check")).numbers("changed") == {"rights3": 0}
    assert client.used() == actions


def test_verifier_reads_the_inventory(client, site, tmp_path):
    client.take("verifier")
    source = tmp_path / "rights.azure_docker.yml"
    options = {"plugin": "bulwark.azure_docker.docker_hosts", "site": [SITE], "connect_via": "public"}
    login = {"cloud": os.environ["LOCAL_AZURE_CLOUD"], "ca_path": os.environ["LOCAL_AZURE_CA"]}
    source.write_text(json.dumps({**options, **login}))
    tool = pathlib.Path(sys.executable).parent / "ansible-inventory"
    done = subprocess.run(
        [tool, "-i", source, "--list"], env=site.environment(), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert sorted(found["docker_hosts"]["hosts"]) == ["rights1", "rights3"]
    assert "203.0.113." in json.dumps(found["_meta"]["hostvars"]["rights3"])


def test_verifier_changes_nothing(client, site):
    client.take("verifier")
    run = play(site, "playbooks/site.yml", "--limit", "rights1", "-e", VM_CHANGED)
    assert run.numbers("failed") == {"rights1": 1}
    assert "does not have authorization to perform action 'Microsoft.Compute/virtualMachines/write'" in run.text
    assert "Give the identity a role with that action on that scope" in run.text


def test_recoverer_gives_access_back(client, site):
    actions = client.take("recoverer")
    run = succeeded(play(site, "playbooks/recover_access.yml", "--limit", "rights1,rights2"))
    assert run.numbers("changed") == {"rights1": 1, "rights2": 1}
    public = {"microsoft.network/publicipaddresses/read"}
    assert client.used() == actions - public
    assert succeeded(play(site, "playbooks/recover_access.yml", "--limit", "rights3", "--check"))
    assert client.used() == actions


def test_remover_removes_the_site(client, site):
    actions = client.take("remover")
    succeeded(play(site, "playbooks/teardown.yml", "-e", f"teardown_confirm={SITE}"))
    status, _document, _headers = client.arm.call("GET", f"{client.scope}/resourceGroups/{SITE}")
    assert status == 404
    assert client.used() == actions
