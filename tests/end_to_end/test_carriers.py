# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine program as a run command, where somebody else has the VM's one CustomScript extension."""

from __future__ import annotations

import pytest

from .portal import Portal
from .run import play, succeeded
from .test_secrets import body, in_guest, places

SCRIPT = "Microsoft.Azure.Extensions.CustomScript"


@pytest.fixture(scope="module")
def carried(arm, make_site):
    """A site of one VM on which another team's script runs."""
    portal = Portal(arm, "beside", 62)
    variables = {"azure_vms_subscription_id": "", "docker_engine_carrier": "auto"}
    site = make_site("beside", {"beside1": {"azure_vms_id": portal.id("beside1")}}, **variables)
    vm = portal.vm(site, "beside1")
    extension = portal.extension(vm, "theirs", SCRIPT, "2.1", commandToExecute="date > /var/lib/theirs")
    return site, vm, extension


def test_run_command_brings_docker_beside_somebody_elses_script(carried, arm, guest):
    site, vm, extension = carried
    theirs, mark = arm.get(extension), guest(site, "beside1").run("cat /var/lib/theirs")
    assert succeeded(play(site)).numbers("changed")["beside1"] > 0
    assert arm.get(extension) == theirs
    assert guest(site, "beside1").run("cat /var/lib/theirs") == mark
    command = arm.get(f"{vm}/runCommands/bulwark-docker")
    assert command["properties"]["provisioningState"] == "Succeeded"


def test_second_run_sends_nothing(carried, arm, guest):
    site, _vm, _extension = carried
    before, writes = guest(site, "beside1").footprint(), len(arm.writes("beside"))
    assert succeeded(play(site)).numbers("changed") == {"beside1": 0}
    assert arm.writes("beside")[writes:] == []
    assert guest(site, "beside1").footprint() == before


def test_what_was_changed_by_hand_is_repaired_by_the_same_carrier(carried, arm, guest):
    site, _vm, _extension = carried
    drop_in = "/etc/systemd/system/docker.service.d/50-bulwark-azure-docker.conf"
    guest(site, "beside1").run(f"rm {drop_in}")
    assert succeeded(play(site)).numbers("changed")["beside1"] > 0
    assert "--tlsverify" in guest(site, "beside1").run(f"cat {drop_in}")
    assert {path.rsplit("/", 2)[-2] for path in arm.writes("beside")[-1:]} == {"runCommands"}


def test_a_key_of_the_controller_is_in_no_script(carried, arm, guest):
    site, _vm, _extension = carried
    run = succeeded(play(site, "playbooks/site.yml", "-vvv", "-e", "docker_engine_key_origin=controller"))
    key = body((site.certificates / "servers/beside1/key.pem").read_text())
    assert key in guest(site, "beside1").run("cat /etc/docker/tls/server-key.pem")
    found = places(arm, site, run.output)
    assert [name for name, text in found.items() if key in text] == ["bodies.jsonl"], "the control: it did travel"
    assert in_guest(guest(site, "beside1"), key) == ["/etc/docker/tls/server-key.pem"]
