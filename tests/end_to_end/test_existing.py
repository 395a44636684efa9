# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs that exist already, and what belongs to others: Docker is added, nothing else is touched."""

from __future__ import annotations

import pytest

from .conftest import group, machine
from .portal import Portal
from .run import play, succeeded

FOREIGN_RULE = {
    "name": "other-team",
    "properties": {
        "protocol": "Tcp", "direction": "Inbound", "access": "Allow", "priority": 200, "sourcePortRange": "*",
        "destinationPortRange": "9100", "sourceAddressPrefix": "10.9.0.0/16", "destinationAddressPrefix": "*",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def existing(arm, make_site):
    """A site of one VM that a portal made in another subscription, with another team's extension and tags."""
    portal = Portal(arm, "portal", 20, subscription=1)
    site = make_site("existing", {"found1": {"azure_vms_id": portal.id("found1")}}, azure_vms_subscription_id="")
    vm = portal.vm(site, "found1", tags={"owner": "other-team"})
    extension = portal.extension(vm, "watch", "Contoso.Operations.Marker", "1.0", level="high")
    return site, portal, vm, extension


def test_existing_vm_gets_docker_by_the_same_playbook(existing, arm, guest):
    site, _portal, vm, extension = existing
    before = arm.get(vm)
    other = arm.get(extension)
    mark = guest(site, "found1").run("cat /var/lib/other-team; stat -c %Y /var/lib/other-team")
    run = succeeded(play(site))
    assert run.numbers("changed")["found1"] > 0
    after = arm.get(vm)
    assert after["tags"] == before["tags"]
    assert {**after["properties"], "instanceView": None} == {**before["properties"], "instanceView": None}
    assert arm.get(extension) == other
    assert guest(site, "found1").run("cat /var/lib/other-team; stat -c %Y /var/lib/other-team") == mark
    assert {entry["name"] for entry in after["resources"]} == {"watch", "bulwark-docker"}


def test_existing_vm_again_changes_nothing(existing, arm):
    site = existing[0]
    writes = len(arm.writes("portal"))
    assert succeeded(play(site)).numbers("changed") == {"found1": 0}
    assert arm.writes("portal")[writes:] == []


def test_foreign_rule_subnet_and_tag_survive_a_change_of_ours(arm, make_site):
    options = {"azure_vms_subnet_prefix": "10.42.21.0/24", "azure_vms_allowed_sources": ["10.42.0.0/16"]}
    site = make_site("shared", {"shared1": {}}, **options)
    succeeded(play(site))
    network = f"{group(site)}/providers/Microsoft.Network"
    rules = f"{network}/networkSecurityGroups/shared"
    document = arm.get(rules)
    document["properties"]["securityRules"].append(FOREIGN_RULE)
    document["tags"] = {"cost": "42"}
    arm.put(rules, document)
    arm.put(f"{network}/virtualNetworks/shared/subnets/other", {"properties": {"addressPrefix": "10.42.22.0/24"}})
    vm = arm.get(machine(site, "shared1"))
    vm["tags"]["owner"] = "other-team"
    arm.put(machine(site, "shared1"), {name: vm[name] for name in ("location", "tags")} | {"properties": writable(vm)})
    changed = make_site("shared", {"shared1": {}}, **{**options, "azure_vms_allowed_sources": ["10.42.0.0/17"]},
                        azure_vms_tags={"ours": "new"})  # fmt: skip
    assert succeeded(play(changed)).numbers("changed")["shared1"] > 0
    after = arm.get(rules)
    found = {rule["name"]: rule["properties"] for rule in after["properties"]["securityRules"]}
    assert found["other-team"]["destinationPortRange"] == "9100"
    assert found["ssh"]["sourceAddressPrefixes"] == ["10.42.0.0/17"]
    assert after["tags"]["cost"] == "42"
    subnets = arm.get(f"{network}/virtualNetworks/shared")["properties"]["subnets"]
    assert {subnet["name"] for subnet in subnets} == {"docker", "other"}
    tags = arm.get(machine(site, "shared1"))["tags"]
    assert tags["owner"] == "other-team"
    assert tags["ours"] == "new"
    assert succeeded(play(changed)).numbers("changed") == {"shared1": 0}


def writable(vm):
    names = ("hardwareProfile", "storageProfile", "networkProfile")
    return {name: vm["properties"][name] for name in names}
