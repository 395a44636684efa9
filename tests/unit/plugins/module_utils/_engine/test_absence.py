# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker host that shall be none any more: what goes, what stays, and in which order."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    absence,
    keys,
    live,
    ownership,
    packages_apt,
    program,
    system,
    unit,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .test_program import STATE, key_of, serving

GONE = {"schema": 1, "state": "absent"}
PURGED = {**GONE, "purge_data": True}
NOTHING = absence.Remains({}, (), frozenset(), None, False, False, ())
LISTENING = {unit.DROP_IN: "[Service]\n", unit.CERTIFICATE: "c", unit.CLIENT_AUTHORITIES: None}
OURS = dataclasses.replace(
    NOTHING,
    files=LISTENING,
    private=("key",),
    packages=frozenset(("docker.io", "runc")),
    engine="26.1",
    engine_ours=True,
)
THEIRS = dataclasses.replace(NOTHING, files=LISTENING, private=("key",), engine="29.0", active=True)
DATA = ("/var/lib/docker",)
OPTIONS = {"icc": False}


@pytest.mark.parametrize(
    ("seen", "state", "words"),
    [
        (NOTHING, GONE, []),
        (NOTHING, PURGED, []),
        (OURS, GONE, ["remove", "remove", "uninstall docker.io runc", "erase key"]),
        (dataclasses.replace(OURS, data=DATA), GONE, ["remove", "remove", "uninstall", "erase"]),
        (dataclasses.replace(OURS, data=DATA), PURGED, ["remove", "remove", "uninstall", "purge /var", "erase"]),
        (THEIRS, GONE, ["remove", "remove", "restart docker.service", "erase"]),
        (dataclasses.replace(THEIRS, active=False), GONE, ["remove", "remove", "erase"]),
        (dataclasses.replace(THEIRS, files={}), GONE, ["erase"]),
        # an engine that was there before us, with packages that came by an upgrade of ours
        (dataclasses.replace(THEIRS, packages=frozenset(("runc",))), GONE, ["remove", "remove", "restart", "erase"]),
        (dataclasses.replace(NOTHING, data=DATA), PURGED, ["purge"]),
        # with live-restore, containers outlive their engine
        (dataclasses.replace(OURS, containers=True), GONE, ["remove", "remove", "stop", "uninstall", "erase"]),
        # daemon.json as it was: there was none, there was one, it is none of ours
        (dataclasses.replace(NOTHING, daemon_options=OPTIONS), GONE, ["remove /etc/docker/daemon.json"]),
        (
            dataclasses.replace(THEIRS, files={}, private=(), daemon_options=OPTIONS, others_options={"debug": True}),
            GONE,
            ["write /etc/docker/daemon.json: our options go", "restart docker.service"],
        ),
        (dataclasses.replace(NOTHING, daemon_options=OPTIONS, others_options=OPTIONS), GONE, []),
    ],
)  # fmt: skip
def test_plan(seen, state, words):
    changes = [str(change) for change in absence.plan(parse(state), seen)]
    assert len(changes) == len(words)
    assert all(change.startswith(word) for change, word in zip(changes, words))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (THEIRS, "engine (version 29.0) was not installed by this collection and stays"),
        (
            dataclasses.replace(OURS, others_options={"data-root": "/data"}),
            "puts the data into /data, which",
        ),
    ],
)
def test_data_that_is_not_ours_is_not_purged(seen, words):
    with pytest.raises(Refusal, match=words.replace("(", r"\(").replace(")", r"\)")):
        absence.plan(parse(PURGED), seen)


def converge(state, check=False):
    return program.locked(parse(state), check)


@pytest.fixture
def served(machine):
    """A machine whose engine we installed, and which serves."""
    converge(STATE)
    converge(serving(key_of(machine)))
    machine.put("/var/lib/docker/volumes/one", "data")
    machine.put("/var/lib/docker/a-file", "data")
    machine.put(system.LOG, "noise")
    del machine.events[:]
    return machine


def test_what_we_installed_goes_and_data_stays(served):
    predicted = converge(GONE, check=True)
    assert served.events == []
    outcome = converge(GONE)
    assert outcome.changes == predicted.changes
    assert (outcome.state, outcome.engine_version) == ("absent", None)
    assert served.packages == {}
    for path in (keys.KEY, keys.OWNER, unit.DROP_IN, unit.CERTIFICATE, ownership.RECORD, system.LOG):
        assert served.text(path) is None
    assert not served.path(keys.DIRECTORY).exists()
    assert served.text("/var/lib/docker/volumes/one") == "data"
    assert converge(GONE).changes == ()
    assert [change.action for change in converge(PURGED).changes] == ["purge"]
    assert not served.path("/var/lib/docker").exists()
    assert converge(PURGED).changes == ()
    report = program.report(parse(GONE), outcome)
    assert (report["state"], "csr" in report) == ("absent", False)


def test_an_engine_that_was_there_stays_and_runs_without_the_listener(machine):
    machine.have_engine("26.1.4+dfsg1-9")
    converge(STATE)
    converge(serving(key_of(machine)))
    outcome = converge(GONE)
    assert (outcome.state, outcome.engine_version) == ("absent", "26.1.4+dfsg1-9")
    assert machine.packages == {"docker.io": "26.1.4+dfsg1-9"}
    assert machine.active
    assert machine.environ == {}
    assert machine.text(unit.DROP_IN) is None


def test_the_daemon_that_stays_is_known_to_have_read_what_others_wrote(machine):
    machine.have_engine("26.1.4+dfsg1-9")
    machine.put("/etc/docker/daemon.json", '{"icc": false}')
    converge(STATE)
    converge(serving(key_of(machine)))
    converge(GONE)
    assert live.look("4711", {"icc": False}) == live.of({"icc": False})


def test_what_others_need_stays(served):
    served.dependents = ["kubelet"]
    with pytest.raises(Refusal, match="kubelet would be removed with the engine"):
        converge(GONE)
    assert "docker.io" in served.packages
    assert served.text(unit.DROP_IN) is None, "the listener goes first"
    served.dependents = []
    converge(GONE)
    assert served.packages == {}


def test_a_shared_runtime_stays(machine, monkeypatch):
    def simulate(command):
        shared = "Remv kubelet [1]\n" if "containerd" in command else ""
        return "Remv docker.io [1]\n" + shared

    monkeypatch.setattr(machine, "_apt_get", simulate)
    found = packages_apt.removable({"docker.io", "containerd"})
    assert found == {"docker.io"}


def test_a_removal_that_fails_says_so(served):
    served.apt_code = 100
    with pytest.raises(Refusal, match="apt-get remove ended with 100"):
        converge(GONE)
    assert served.text(ownership.RECORD) is not None, "the next run goes on from there"


def test_others_files_beside_ours_stay(served):
    served.put("%s/theirs.pem" % keys.DIRECTORY, "theirs")
    converge(GONE)
    assert served.text("%s/theirs.pem" % keys.DIRECTORY) == "theirs"


def test_containers_are_stopped_and_daemon_json_is_as_it_was(machine):
    machine.put("/etc/docker/daemon.json", '{"debug": true}')
    converge({**STATE, "daemon": {"options": {"debug": False, "live-restore": True}}})
    assert json.loads(machine.text("/etc/docker/daemon.json")) == {"debug": False, "live-restore": True}
    machine.containers = ["one", "two"]
    outcome = converge(GONE)
    assert [change.action for change in outcome.changes][:3] == ["write", "stop", "uninstall"]
    assert "docker container stop one two" in machine.events
    assert json.loads(machine.text("/etc/docker/daemon.json")) == {"debug": True}
    assert machine.text("/var/lib/bulwark-azure-docker/daemon.json") is None
    assert converge(GONE).changes == ()


def test_containers_that_do_not_stop(machine, monkeypatch):
    machine.have_engine()
    machine.containers = ["one"]
    monkeypatch.setattr(system, "logged", lambda command, *_more: (1, "cannot stop container one"))
    with pytest.raises(Refusal, match=r"stop ended with 1, expected 0: cannot stop container one"):
        absence.stop_containers()
