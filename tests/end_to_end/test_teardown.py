# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a site: what the collection made goes, only with a confirmation, and nothing of others does."""

from __future__ import annotations

import pytest

from .conftest import group, machine
from .run import custom, defaults, play, succeeded
from .test_secrets import decoded

TEARDOWN = "playbooks/teardown.yml"
SECRET = "planted-custom-data-S3cret"
OPTIONS = {
    "azure_vms_subnet_prefix": "10.42.61.0/24",
    "azure_vms_connect_via": "public",
    "azure_vms_allowed_sources": ["10.42.0.0/16"],
    "azure_vms_custom_data": f"#cloud-config\n# {SECRET}\n" + 5 * f"# {64 * '-'}\n",
    "azure_vms_identity": "system",
}
HOSTS = {
    "end1": {"azure_vms_data_disk_size_gb": 8, "azure_vms_data_disk_delete_with_vm": True},
    "end2": {"azure_vms_private_address": "10.42.61.20", "azure_vms_power": "deallocated"},
}


def vms_only(site) -> str:
    play_ = {"name": "VMs", "hosts": "docker_hosts", "gather_facts": False, "module_defaults": defaults()}
    return custom(site, "vms", [{**play_, "roles": [{"role": "bulwark.azure_docker.azure_vms"}]}])


@pytest.fixture(scope="module")
def ending(arm, make_site):
    """A site of two hosts, one of them deallocated, with a foreign group of rules beside them, and the run's log."""
    site = make_site("ending", HOSTS, **OPTIONS)
    run = succeeded(play(site, vms_only(site), "-vvv"))
    foreign = f"{group(site)}/providers/Microsoft.Network/networkSecurityGroups/foreign"
    copied = arm.get(machine(site, "end1"))["tags"]
    arm.put(foreign, {"location": "westeurope", "tags": copied})
    return site, foreign, run


def test_the_site_is_as_declared_and_a_second_run_changes_nothing(ending, arm):
    site, _foreign, _run = ending
    first = arm.get(machine(site, "end1"))
    assert first["identity"]["type"] == "SystemAssigned"
    assert first["properties"]["securityProfile"]["securityType"] == "TrustedLaunch"
    assert first["properties"]["storageProfile"]["dataDisks"][0]["diskSizeGB"] == 8
    view = arm.get(machine(site, "end2"), **{"$expand": "instanceView"})["properties"]["instanceView"]
    assert "PowerState/deallocated" in [status["code"] for status in view["statuses"]]
    writes = len(arm.writes("ending"))
    again = succeeded(play(site, vms_only(site)))
    assert again.numbers("changed") == {"end1": 0, "end2": 0}
    assert "azure_vms_power is deallocated" in again.text
    assert arm.writes("ending")[writes:] == []


def test_a_vm_that_somebody_stopped_is_started(ending, arm):
    site = ending[0]
    arm.post(machine(site, "end1") + "/powerOff")
    check = succeeded(play(site, vms_only(site), "--check"))
    assert check.numbers("changed") == {"end1": 1, "end2": 0}
    assert "power is stopped" in check.text
    assert "a real run starts it" in check.text
    assert succeeded(play(site, vms_only(site))).numbers("changed") == {"end1": 1, "end2": 0}
    view = arm.get(machine(site, "end1"), **{"$expand": "instanceView"})["properties"]["instanceView"]
    assert "PowerState/running" in [status["code"] for status in view["statuses"]]


def test_custom_data_is_in_the_requests_and_nowhere_else(ending, arm):
    """The requests are the positive control: they hold it, alone and as a part of a MIME archive."""
    found = {name: (arm.state / name).read_text() for name in ("bodies.jsonl", "arm.json", "requests.jsonl")}
    found["log"] = ending[2].output
    holding = {name: decoded(decoded(text)).count(SECRET) for name, text in found.items()}
    assert holding == {"bodies.jsonl": holding["bodies.jsonl"], "arm.json": 0, "requests.jsonl": 0, "log": 0}
    assert holding["bodies.jsonl"] >= 2


def test_without_confirmation_the_plan_is_printed_and_nothing_goes(ending, arm):
    site, foreign, _run = ending
    writes = len(arm.writes("ending"))
    run = play(site, TEARDOWN)
    assert run.code != 0
    for text in (f"delete {machine(site, 'end1')}", f"keep   {group(site)}: the group still holds {foreign}"):
        assert text.replace("   ", " ") in run.text, run.output[-3000:]
    assert "teardown_confirm is '', expected the name of the site, 'ending'" in run.text
    assert f"-i {site.inventory} -e teardown_confirm=ending" in run.text
    assert play(site, TEARDOWN, "-e", "teardown_confirm=endin").code != 0
    check = succeeded(play(site, TEARDOWN, "--check"))
    assert min(check.numbers("changed").values()) > 0
    assert arm.writes("ending")[writes:] == []


def test_a_limit_keeps_what_the_hosts_share(ending, arm):
    site, foreign, _run = ending
    disk = arm.get(machine(site, "end1"))["properties"]["storageProfile"]["dataDisks"][0]["managedDisk"]["id"]
    known = site.certificates / "known_hosts"
    known.mkdir(parents=True, exist_ok=True)
    for name in ("end1", "end2"):
        (known / name).touch()
    run = succeeded(play(site, TEARDOWN, "--limit", "end1", "-e", "teardown_confirm=ending"))
    network = f"{group(site)}/providers/Microsoft.Network"
    assert f"keep {network}/virtualNetworks/ending: --limit leaves out end2" in run.text
    gone = [machine(site, "end1"), f"{network}/networkInterfaces/end1", f"{network}/publicIPAddresses/end1", disk]
    assert [arm.call("GET", path)[0] for path in gone] == [404] * 4
    shared = [f"{network}/virtualNetworks/ending", f"{network}/networkSecurityGroups/ending", foreign]
    left = [machine(site, "end2"), f"{network}/networkInterfaces/end2"]
    assert [arm.call("GET", path)[0] for path in shared + left] == [200] * 5
    assert [path.name for path in known.iterdir()] == ["end2"], "the SSH host keys of the removed VM are forgotten"


def test_with_confirmation_ours_goes_and_theirs_stays(ending, arm):
    site, foreign, _run = ending
    succeeded(play(site, TEARDOWN, "-e", "teardown_confirm=ending"))
    left = arm.get(f"{group(site)}/resources")["value"]
    assert [item["id"] for item in left] == [foreign]


def test_again_nothing_is_left_to_remove(ending, arm):
    site, foreign, _run = ending
    writes = len(arm.writes("ending"))
    assert succeeded(play(site, TEARDOWN)).numbers("changed") == {"end1": 0, "end2": 0}
    assert arm.writes("ending")[writes:] == []
    arm.delete(foreign)
    succeeded(play(site, TEARDOWN, "-e", "teardown_confirm=ending"))
    assert arm.call("GET", group(site))[0] == 404
    assert succeeded(play(site, TEARDOWN)).numbers("changed") == {"end1": 0, "end2": 0}
