# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that lost their keys, or their sshd: access comes back through Azure, to the hosts that are meant."""

from __future__ import annotations

import pytest

from .portal import Portal
from .run import play, succeeded

PLAYBOOK = "playbooks/recover_access.yml"
KEYS = "/home/azureuser/.ssh/authorized_keys"


@pytest.fixture(scope="module")
def site(arm, make_site, guest):
    """Two VMs of somebody else, whose host keys are known; one has lost its administrator's key."""
    portal = Portal(arm, "recover", 70)
    names = ("recover1", "recover2")
    site = make_site("recover", {name: {"azure_vms_id": portal.id(name)} for name in names})
    known = site.certificates / "known_hosts"
    known.mkdir(parents=True)
    for name in names:
        portal.vm(site, name)
        (known / name).write_text(f"{name} {guest(site, name).run('cat /etc/ssh/ssh_host_ed25519_key.pub')}")
    guest(site, "recover1").run(f"rm {KEYS}")
    return site


@pytest.fixture
def writes(arm):
    """Counts the writes of one test."""
    before = len(arm.writes("recover"))
    return lambda: arm.writes("recover")[before:]


def logs_in(guest, site, name: str) -> bool:
    return guest(site, name).run("id -un", check=False).strip() == "root"


def test_the_whole_fleet_is_never_meant_by_accident(site, writes):
    run = play(site, PLAYBOOK)
    assert run.numbers("failed") == {"recover1": 1, "recover2": 1}
    assert "would change the access to all 2 hosts" in run.text
    assert "--limit recover1" in run.text
    assert writes() == []


def test_check_mode_says_what_would_come(site, guest, writes):
    run = succeeded(play(site, PLAYBOOK, "--check", "--diff", "--limit", "recover1"))
    assert run.numbers("changed") == {"recover1": 1}
    assert "A real run lets azureuser log in to recover1" in run.text
    assert writes() == []
    assert not logs_in(guest, site, "recover1")


def test_the_key_comes_back(site, guest, arm):
    run = succeeded(play(site, PLAYBOOK, "--limit", "recover1"))
    assert run.numbers("changed") == {"recover1": 1}
    assert "azureuser can log in to recover1" in run.text
    assert logs_in(guest, site, "recover1")
    assert "resources" not in arm.get(site.hosts["recover2"]["azure_vms_id"]), "the other host was left alone"


def test_another_user_on_all_hosts(site, guest):
    arguments = ("-e", "recover_access_all=true", "-e", "recover_access_username=ada")
    run = succeeded(play(site, PLAYBOOK, *arguments))
    assert run.numbers("changed") == {"recover1": 1, "recover2": 1}
    assert "ada can log in to recover2" in run.text
    assert guest(site, "recover2").run("cut -d: -f1 /etc/passwd | tail -1").strip() == "ada"


def test_users_that_differ_by_host(site, guest, make_site):
    hosts = {name: {**row, "azure_vms_admin_username": f"user{name[-1]}"} for name, row in site.hosts.items()}
    run = succeeded(play(make_site("recover", hosts), PLAYBOOK, "-e", "recover_access_all=true"))
    site.write()
    assert run.numbers("changed") == {"recover1": 1, "recover2": 1}
    for name, user in (("recover1", "user1"), ("recover2", "user2")):
        assert guest(site, name).run("ls /home | grep user[0-9]").split() == [user]


def test_sshd_that_does_not_start(site, guest):
    guest(site, "recover1").run("echo Nonsense >> /etc/ssh/sshd_config; systemctl restart ssh; true")
    run = play(site, PLAYBOOK, "--limit", "recover1")
    assert run.numbers("failed") == {"recover1": 1}
    assert "has taken the key, but azureuser cannot log in" in run.text, run.output[-3000:]
    assert "-e recover_access_reset_ssh=true" in run.text
    succeeded(play(site, PLAYBOOK, "--limit", "recover1", "-e", "recover_access_reset_ssh=true"))
    assert logs_in(guest, site, "recover1")


def test_host_keys_that_are_not_known(site):
    (site.certificates / "known_hosts" / "recover2").unlink()
    run = play(site, PLAYBOOK, "--limit", "recover2")
    assert run.numbers("failed") == {"recover2": 1}
    assert "its SSH host keys are not known" in run.text
