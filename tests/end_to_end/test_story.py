# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of one site, from nothing to two Docker hosts and on: the tests build on each other."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest

from local_azure.site import Site

from .arm import Arm
from .conftest import machine
from .run import custom, play, site_play, succeeded

HOSTS = ("story1", "story2")
INTERPRETER = {"ansible_python_interpreter": sys.executable}


@pytest.fixture(scope="module")
def site(make_site) -> Site:
    return make_site("story", {host: {} for host in HOSTS}, skip_tags=(), azure_vms_subnet_prefix="10.42.1.0/24")


def test_check_on_an_empty_subscription_names_everything_to_come(site, arm):
    before = len(arm.writes("story"))
    run = succeeded(play(site, "playbooks/site.yml", "--check", "--diff"))
    assert run.numbers("unreachable") == {host: 0 for host in HOSTS}
    for host in HOSTS:
        assert f"create virtualMachines/{host}" in run.text
        assert f"create networkInterfaces/{host}" in run.text
        assert f"{host} has no VM yet" in run.text
    for name in ("resourceGroups/story", "virtualNetworks/story", "networkSecurityGroups/story", "extension Microsoft"):
        assert name in run.text
    assert len(arm.writes("story")) == before
    assert not site.certificates.exists()


def test_first_run_makes_both_hosts(site):
    run = succeeded(play(site))
    changed = run.numbers("changed")
    assert set(changed) == set(HOSTS)
    assert all(changed.values()), changed


def test_docker_answers_over_mutual_tls(site, guest):
    client = site.certificates / "clients" / "admin"
    for host in HOSTS:
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "10", "--cacert", client / "ca.pem",
             "--cert", client / "cert.pem", "--key", client / "key.pem",
             f"https://{guest(site, host).address}:2376/version"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        installed = guest(site, host).run("dpkg-query -W -f '${Version}' docker.io")
        assert installed.startswith(json.loads(done.stdout)["Version"])


def test_docker_command_takes_the_contexts(site, guest):
    """The docker command of one host asks the other one, by a context that the module made."""
    configuration = site.directory / "docker"
    task = {
        "bulwark.azure_docker.docker_context": {
            "config_directory": str(configuration),
            "client_directory": str(site.certificates / "clients" / "admin"),
            "contexts": [{"name": host, "host": f"tcp://{guest(site, host).address}:2376"} for host in HOSTS],
        }
    }
    play_of = [{"hosts": HOSTS[0], "gather_facts": False, "connection": "local", "tasks": [task], "vars": INTERPRETER}]
    assert succeeded(play(site, custom(site, "contexts", play_of))).numbers("changed") == {HOSTS[0]: 1}
    # with what the links lead to, as the certificate is not on that machine
    packed = subprocess.run(["tar", "-C", configuration, "-ch", "contexts"], capture_output=True, check=True).stdout
    encoded = base64.b64encode(packed).decode()
    found = guest(site, HOSTS[0]).run(
        f"mkdir -m 700 /run/contexts; echo {encoded} | base64 -d | tar -C /run/contexts -x; "
        f"docker --config /run/contexts --context {HOSTS[1]} info --format '{{{{.Name}}}}'; rm -r /run/contexts"
    )
    assert found.strip() == HOSTS[1]


def test_report_holds_every_check(site):
    report = json.loads(site.report.read_text())
    for host in HOSTS:
        checks = report["hosts"][host]["checks"]
        assert {name: check["verdict"] for name, check in checks.items()} == dict.fromkeys(checks, "pass")
        assert "certificate_required" in checks["no_certificate"]["reason"]
        assert "unknown_ca" in checks["foreign_authority"]["reason"]
        assert "Client sent an HTTP request to an HTTPS server" in checks["plain_http"]["reason"]


def test_second_run_changes_nothing_anywhere(site, arm, guest):
    before = {host: guest(site, host).footprint() for host in HOSTS}
    writes = len(arm.writes("story"))
    run = succeeded(play(site))
    assert run.numbers("changed") == {host: 0 for host in HOSTS}
    assert arm.writes("story")[writes:] == []
    assert {host: guest(site, host).footprint() for host in HOSTS} == before


def test_check_on_a_finished_site_finds_nothing(site, arm):
    writes = len(arm.writes("story"))
    run = succeeded(play(site, "playbooks/site.yml", "--check", "--diff"))
    assert run.numbers("changed") == {host: 0 for host in HOSTS}
    assert arm.writes("story")[writes:] == []


def same_bundle_play() -> dict:
    """The first roles, then docker_host as an asynchronous task of the user's own."""
    entry = {
        "name": "{{ inventory_hostname }}",
        "id": "{{ azure_vms_id }}",
        "address": "{{ azure_vms_host.private_address }}",
        "certificate": "{{ docker_tls_result.hosts[inventory_hostname].certificate }}",
        "vm_id": "{{ docker_tls_result.hosts[inventory_hostname].vm_id }}",
        "daemon_options": {"live-restore": True},
    }
    task = {
        "bulwark.azure_docker.docker_host": {
            "hosts": [entry],
            "client_authorities": "{{ docker_tls_result.client_bundle }}",
            "server_authority_sha256": "{{ docker_tls_result.server_authority_sha256 }}",
        },
        "delegate_to": "localhost",
        "async": 300,
        "poll": 1,
    }
    roles = [{"role": f"bulwark.azure_docker.{role}"} for role in ("azure_vms", "docker_tls")]
    return {**site_play(), "roles": roles, "tasks": [task]}


@pytest.mark.parametrize("pipelining", ["true", "false"])
def test_bundle_is_the_same_by_every_way_of_running(site, pipelining):
    """Asynchronous, with and without pipelining: another bundle would differ from what Azure holds, and be sent."""
    run = succeeded(play(site, custom(site, "async", [same_bundle_play()]), ANSIBLE_PIPELINING=pipelining))
    assert run.numbers("changed") == {host: 0 for host in HOSTS}


DROP_IN = "/etc/systemd/system/docker.service.d/50-bulwark-azure-docker.conf"


def test_hand_deleted_drop_in_is_announced_by_check(site, guest):
    guest(site, "story2").run(f"rm {DROP_IN}")
    run = play(site, "playbooks/site.yml", "--check", "--diff")
    # once more where the hardening sees that dockerd runs with another configuration now
    assert run.numbers("changed") == {"story1": 0, "story2": 2}, run.output[-3000:]
    assert "what looks inside found it changed" in run.text


def test_hand_deleted_drop_in_is_repaired_on_that_host_only(site, guest):
    untouched = guest(site, "story1").footprint()
    run = succeeded(play(site))
    assert run.numbers("changed") == {"story1": 0, "story2": 1}
    assert guest(site, "story1").footprint() == untouched
    assert "-H tcp://" in guest(site, "story2").run(f"cat {DROP_IN}")


@pytest.mark.parametrize("arguments", [["--limit", "story2"], ["--limit", "story1"]])
def test_limit_touches_that_host_only(site, arguments):
    run = succeeded(play(site, "playbooks/site.yml", *arguments))
    assert list(run.recap) == [arguments[1]]
    assert run.numbers("changed") == {arguments[1]: 0}


def test_serial_and_become_repair_the_right_host(site, guest):
    guest(site, "story1").run("systemctl stop docker.service docker.socket")
    run = succeeded(play(site, custom(site, "serial", [site_play(serial=1, become=True)])))
    assert run.numbers("changed") == {"story1": 1, "story2": 0}


def test_strategy_free_is_refused(site, arm):
    writes = len(arm.writes("story"))
    run = play(site, custom(site, "free", [site_play(strategy="free")]))
    assert run.code != 0
    assert "works on all hosts of a batch in one call. Found 'strategy: free'" in run.text
    assert arm.writes("story")[writes:] == []


def test_first_host_failing_leaves_the_others_alone(site, arm):
    arm.post(machine(site, "story1") + "/powerOff")
    try:
        run = play(site, "playbooks/site.yml", "-e", "azure_vms_power=unmanaged")  # else the VM would be started
        assert run.code != 0
        assert run.numbers("failed") == {"story1": 1, "story2": 0}, run.output[-3000:]
        assert run.numbers("unreachable") == {"story1": 0, "story2": 0}
        assert "stopped" in run.text
    finally:
        arm.post(machine(site, "story1") + "/start")
    run = succeeded(play(site))
    assert run.numbers("changed") == {host: 0 for host in HOSTS}


def test_two_inventories_make_one_group(site, arm, make_site):
    second = make_site("story-second", {"story3": {}}, azure_vms_resource_group="story", docker_site_name="story",
                       docker_tls_directory=str(site.certificates), azure_vms_subnet_prefix="10.42.1.0/24",
                       azure_vms_ssh_public_key=site.key.with_suffix(".pub").read_text().strip(),
                       ansible_ssh_private_key_file=str(site.key))  # fmt: skip
    run = succeeded(play(site, "playbooks/site.yml", "--inventory", str(second.inventory)))
    changed = run.numbers("changed")
    assert changed["story1"] == changed["story2"] == 0, run.output[-3000:]
    assert changed["story3"] > 0


def test_state_survives_in_azure_not_in_the_runner(site: Site, arm: Arm):
    names = {vm["name"] for vm in arm.get(f"{machine(site, 'x').rpartition('/')[0]}")["value"]}
    assert names == {"story1", "story2", "story3"}
