# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing packages of an engine that runs, on a back end that does as it is told."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import upgrade
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

OLD = {"docker-ce": "28.0", "docker-ce-cli": "28.0", "bash": "5"}
NEW = {"docker-ce": "29.0", "docker-ce-cli": "29.0", "bash": "5", "plugin": "1"}


class Backend:
    """``answers``: whether dockerd does, by its version; ``gone``: whether old versions cannot be had any more."""

    def __init__(self, packages=None, broken=(), gone=False):
        self.packages = dict(packages or OLD)
        self.broken = broken
        self.gone = gone
        self.put_back = []

    def everything(self):
        return dict(self.packages)

    def answers(self):
        return self.packages["docker-ce"] not in self.broken

    def install(self, wanted, _complaints, back=False):
        self.put_back.append((dict(wanted), back))
        if self.gone:
            raise Refusal("E: Version '28.0' for 'docker-ce' was not found")
        self.packages.update(wanted)

    def upgrade(self):
        self.packages = dict(NEW)


def carry_out(backend, act=None):
    upgrade.carry_out(backend, act or backend.upgrade, backend.answers)


def refused(backend, act=None):
    with pytest.raises(Refusal) as found:
        carry_out(backend, act)
    return str(found.value)


def test_an_upgrade(machine):
    backend = Backend()
    before = []
    carry_out(backend, lambda: before.append(machine.text(upgrade.RECORD)) or backend.upgrade())
    assert backend.packages == NEW
    assert before == ["docker-ce 28.0\ndocker-ce-cli 28.0\nbash 5\n"], "the old versions are recorded before"
    assert machine.text(upgrade.RECORD) is None
    assert backend.put_back == []


@pytest.mark.parametrize(("executable", "restarts"), [("/usr/bin/dockerd (deleted)", 1), ("/usr/bin/dockerd", 0)])
def test_a_daemon_that_its_package_does_not_restart_is_restarted(machine, executable, restarts):
    machine.have_engine()
    machine.path("proc/4711/exe").symlink_to(executable)
    carry_out(Backend())
    assert machine.events.count("systemctl restart docker.service") == restarts


def test_a_version_that_does_not_start_is_rolled_back(machine):
    backend = Backend(broken=("29.0",))
    text = refused(backend)
    assert backend.put_back == [({"docker-ce": "28.0", "docker-ce-cli": "28.0"}, True)], "and nothing else"
    assert backend.packages["docker-ce"] == "28.0"
    assert text == (
        "dockerd does not answer after the upgrade; its last words:\nfailed to load listeners\n"
        "The old versions (docker-ce 28.0, docker-ce-cli 28.0) are in force again; mend the cause, or declare a "
        "version that works."
    )
    assert machine.text(upgrade.RECORD) is None


def test_an_old_version_that_cannot_be_had_any_more(machine):
    text = refused(Backend(broken=("29.0",), gone=True))
    assert "The old versions (docker-ce 28.0, docker-ce-cli 28.0) cannot be put back: E: Version '28.0'" in text


def test_an_old_version_that_does_not_start_either(machine):
    backend = Backend(broken=("29.0",))

    def act():
        backend.upgrade()
        backend.broken = ("28.0", "29.0")

    assert "are back, and dockerd does not answer: look at journalctl" in refused(backend, act)
    assert machine.events[-2:] == ["systemctl reset-failed docker.service", "systemctl restart docker.service"]


def test_a_daemon_that_systemd_has_given_up_is_not_waited_for(machine, monkeypatch):
    monkeypatch.setattr(machine, "_systemctl", lambda command: "ActiveState=failed\n")
    assert "are in force again" in refused(Backend(broken=("29.0",)))
    assert machine.clock.now < upgrade.START_SECONDS


def fail():
    raise Refusal("the mirror is on fire")


def test_a_failure_that_changed_nothing(machine):
    backend = Backend()
    assert refused(backend, fail) == "the mirror is on fire"
    assert backend.put_back == []
    assert machine.text(upgrade.RECORD) is None


def test_a_failure_half_way_is_rolled_back(machine):
    backend = Backend()

    def act():
        del backend.packages["docker-ce-cli"]
        fail()

    assert refused(backend, act).startswith("the mirror is on fire\nThe old versions (docker-ce-cli 28.0) are in force")
    assert backend.packages == OLD


def test_an_engine_that_did_not_answer_before_is_not_waited_for(machine):
    backend = Backend(broken=("28.0", "29.0"))
    carry_out(backend)
    assert backend.packages == NEW


def test_an_upgrade_that_was_cut_off_is_rolled_back_to_where_it_began(machine):
    machine.put(upgrade.RECORD, "docker-ce 28.0\ndocker-ce-cli 28.0\nbash 5\n")
    backend = Backend({**OLD, "docker-ce-cli": "29.0"}, broken=("29.0",))
    refused(backend)
    assert backend.put_back == [({"docker-ce": "28.0", "docker-ce-cli": "28.0"}, True)]
    assert machine.text(upgrade.RECORD) is None
