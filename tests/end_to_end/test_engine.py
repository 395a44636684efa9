# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of one engine, told three times: the same program by an extension, by a run command and over SSH."""

from __future__ import annotations

import json

import pytest

from .portal import Portal
from .run import Run, play, succeeded

CARRIERS = ("custom_script", "run_command", "ssh")
DAEMON_JSON = "/etc/docker/daemon.json"
NUMBERS = {"custom_script": 92, "run_command": 93, "ssh": 94}


class Engine:
    """One host of one carrier, and what was declared for it so far."""

    def __init__(self, site, vm, guest, name):
        self.site, self.vm, self.guest, self.name = site, vm, guest, name
        self.options = {}

    def declare(self, *arguments, **options) -> Run:
        """Run the site's playbook with these options of the role, and those declared before."""
        self.options.update(options)
        given = {f"docker_engine_{name}": value for name, value in self.options.items()}
        return play(self.site, "playbooks/site.yml", "-e", json.dumps(given), *arguments)

    def run(self, command: str) -> str:
        return self.guest.run(command)

    def daemon_json(self):
        return json.loads(self.run(f"cat {DAEMON_JSON}"))

    def started(self) -> str:
        return self.run("systemctl show docker.service -p ExecMainStartTimestampMonotonic")


@pytest.fixture(scope="module", params=CARRIERS)
def engine(request, arm, make_site, guest):
    name = request.param.replace("_", "")
    portal = Portal(arm, name, NUMBERS[request.param])
    site = make_site(
        name,
        {name: {"azure_vms_id": portal.id(name)}},
        azure_vms_subscription_id="",
        docker_engine_carrier=request.param,
    )
    vm = portal.vm(site, name)
    found = guest(site, name)
    if request.param == "ssh":
        keys = found.run("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2]
        known = site.certificates / "known_hosts" / name
        known.parent.mkdir(parents=True)
        known.write_text(" ".join([name, *keys]) + "\n")
    # what somebody wrote before us, and is not ours to lose
    found.run(f'mkdir -p /etc/docker && echo \'{{"max-concurrent-downloads": 5, "icc": true}}\' > {DAEMON_JSON}')
    found.run("useradd --create-home ada; useradd --create-home eve")
    return Engine(site, vm, found, name)


def test_from_nothing_to_serving_beside_what_others_wrote(engine):
    assert succeeded(engine.declare()).numbers("changed")[engine.name] > 0
    assert engine.daemon_json() == {"max-concurrent-downloads": 5, "icc": True, "live-restore": True}
    assert "LiveRestoreEnabled=true" in engine.run("docker info --format LiveRestoreEnabled={{.LiveRestoreEnabled}}")


def test_again_nothing_changes(engine, arm):
    before, writes = engine.started(), len(arm.writes(engine.name))
    assert succeeded(engine.declare()).numbers("changed") == {engine.name: 0}
    assert (engine.started(), len(arm.writes(engine.name))) == (before, writes)


def test_what_can_be_reloaded_is_and_a_user_joins_the_group(engine):
    before = engine.started()
    run = succeeded(engine.declare("--diff", daemon_options={"debug": True}, group_members=["ada"]))
    assert run.numbers("changed")[engine.name] > 0
    assert engine.started() == before
    assert "true" in engine.run("docker info --format {{.Debug}}")
    assert "docker:" in engine.run("getent group docker")
    assert engine.run("getent group docker").strip().endswith(":ada")


def test_what_needs_a_restart_gets_one(engine):
    before = engine.started()
    succeeded(engine.declare(daemon_options={"debug": True, "icc": False}))
    assert engine.started() != before
    assert engine.daemon_json()["icc"] is False


def test_drift_is_mended_and_what_others_add_stays(engine):
    engine.run(f'sed -i \'s/"icc": false/"icc": true, "shutdown-timeout": 20/\' {DAEMON_JSON}; gpasswd -a eve docker')
    checked = engine.declare("--check", "--diff")
    assert checked.numbers("changed")[engine.name] > 0
    assert succeeded(engine.declare()).numbers("changed")[engine.name] > 0
    assert engine.daemon_json()["icc"] is False
    assert engine.daemon_json()["shutdown-timeout"] == 20
    assert sorted(engine.run("getent group docker").strip().rpartition(":")[2].split(",")) == ["ada", "eve"]
    assert succeeded(engine.declare()).numbers("changed") == {engine.name: 0}


def test_options_that_the_daemon_refuses_change_nothing(engine):
    before, text = engine.started(), engine.daemon_json()
    run = engine.declare(daemon_options={"debug": True, "icc": False, "no-such-option": 1})
    assert run.code != 0
    assert "dockerd refuses the wanted /etc/docker/daemon.json" in run.text
    assert (engine.started(), engine.daemon_json()) == (before, text)
    succeeded(engine.declare(daemon_options={"debug": True, "icc": False}))


def test_a_restart_that_is_deferred_is_made_later(engine):
    before = engine.started()
    run = engine.declare(
        daemon_options={"icc": False, "userland-proxy": False}, restart="deferred", group_exclusive=True
    )
    assert "the running daemon has not read what daemon.json says" in run.text
    assert (engine.started(), engine.daemon_json()["userland-proxy"]) == (before, False)
    succeeded(engine.declare(restart="now"))
    assert engine.started() != before
    assert engine.run("getent group docker").strip().endswith(":ada")


def test_what_is_withdrawn_gives_back_what_was_there(engine):
    succeeded(engine.declare(daemon_options={}, live_restore=False))
    assert engine.daemon_json() == {
        "max-concurrent-downloads": 5, "icc": True, "live-restore": False, "shutdown-timeout": 20,
    }  # fmt: skip


def test_without_tls_there_is_no_listener_and_no_key(engine):
    succeeded(engine.declare(remote_access="ssh"))
    assert ":2376" not in engine.run("ss -tln")
    assert engine.run("ls /etc/docker/tls 2> /dev/null || true").split() == []
    assert succeeded(engine.declare()).numbers("changed") == {engine.name: 0}


def test_the_engine_outlives_what_brought_it(engine, arm):
    """Which the extension of 2014 did not allow: its upgrade purged the engine."""
    before = engine.started()
    for kind in ("extensions", "runCommands"):
        for found in arm.get(f"{engine.vm}/{kind}")["value"]:
            arm.delete(f"{engine.vm}/{kind}/{found['name']}")
    assert engine.started() == before
    assert "Server Version" in engine.run("docker info")
