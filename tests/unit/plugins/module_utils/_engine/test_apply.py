# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying plans out: the order of what is done, modes, and the way back."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import apply, keys, system, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.change import Change
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import BROUGHT, ENROL, SERVE, VM_ID, new_key, seen

RELOAD = ["systemctl daemon-reload", "systemctl reset-failed docker.service", "systemctl restart docker.service"]
RESTART = Change("restart", "docker.service", "why")
KEY_CHANGE = Change("key", str(keys.KEY), "why")


def writes(text="new"):
    """Changes that write all public files, and the restart."""
    paths = (unit.CERTIFICATE, unit.CLIENT_AUTHORITIES, unit.DROP_IN)
    return [*[Change("write", path, "why", text) for path in paths], RESTART]


@pytest.fixture
def running(machine):
    """A machine with an engine that runs and listens to nobody."""
    machine.have_engine()
    return machine


def test_a_key_is_private_from_the_start_and_gets_its_owner_last(machine):
    machine.put(keys.OWNER, "vm-0\n")
    apply.make_key(ENROL)
    assert machine.events == ["write server-key.pem", "write server-key.vm-id"]
    assert (machine.mode(keys.DIRECTORY), machine.mode(keys.KEY), machine.mode(keys.OWNER)) == (0o700, 0o600, 0o600)
    assert machine.text(keys.KEY).startswith("-----BEGIN PRIVATE KEY-----")
    assert machine.text(keys.OWNER) == VM_ID + "\n"


def test_a_crash_between_key_and_owner_leaves_a_key_that_nobody_owns(machine, monkeypatch):
    machine.put(keys.OWNER, "vm-0\n")
    write = system.write

    def crash(path, text, mode):
        write(path, text, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(system, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        apply.make_key(ENROL)
    assert machine.text(keys.KEY) is not None
    assert machine.text(keys.OWNER) is None


def test_a_key_that_was_brought_is_used_as_it_is(machine):
    apply.make_key(BROUGHT)
    assert machine.text(keys.KEY) == BROUGHT.tls.key
    assert machine.mode(keys.KEY) == 0o600


def test_a_leaf_without_a_key_of_its_own_makes_one(machine):
    apply.make_key(SERVE)
    assert machine.text(keys.KEY).startswith("-----BEGIN PRIVATE KEY-----")


def test_put(machine):
    apply.put(unit.CERTIFICATE, "text")
    assert (machine.text(unit.CERTIFICATE), machine.mode(unit.CERTIFICATE)) == ("text", 0o644)
    apply.put(unit.CERTIFICATE, None)
    assert machine.text(unit.CERTIFICATE) is None
    apply.put(unit.CERTIFICATE, None)
    assert machine.text(unit.CERTIFICATE) is None


def test_pings(machine, monkeypatch, docker_socket):
    assert not apply.pings()
    machine.active = True
    assert apply.pings()
    monkeypatch.setattr(apply, "SOCKET", docker_socket + ".no")
    assert not apply.pings()


def test_the_order_of_everything(machine):
    changes = [
        Change("install", "engine", "why"),
        Change("key", str(keys.KEY), "why"),
        Change("remove", unit.CLIENT_AUTHORITIES, "why"),
        Change("write", unit.DROP_IN, "why", "text"),
        RESTART,
    ]
    apply.apply(dataclasses.replace(SERVE, engine_version="26.1"), changes, seen(files={}))
    assert machine.events[0].endswith(" update")
    assert " docker.io=26.1.5+dfsg1-9 " in machine.events[1]
    assert machine.events[2:] == [
        "write packages",
        "write server-key.pem",
        "write server-key.vm-id",
        "write 50-bulwark-azure-docker.conf",
        *RELOAD,
    ]


def test_without_a_restart_the_daemon_is_left_alone(running):
    apply.apply(SERVE, [Change("key", str(keys.KEY), "why")], seen(files={}))
    assert running.events == ["write server-key.pem", "write server-key.vm-id"]


def test_files_are_complete_before_the_daemon_restarts(running):
    found = []
    running.dockerd_refuses = lambda: found.append([running.text(change.target) for change in writes()[:3]])
    apply.apply(SERVE, writes(), seen(files={}))
    assert found == [["new", "new", "new"]]
    assert {running.mode(change.target) for change in writes()[:3]} == {0o644}


def test_files_are_gone_before_the_daemon_restarts(running):
    running.put(unit.DROP_IN, "old")
    found = []
    running.dockerd_refuses = lambda: found.append(running.text(unit.DROP_IN))
    apply.apply(ENROL, [Change("remove", unit.DROP_IN, "why"), RESTART], seen(files={unit.DROP_IN: "old"}))
    assert found == [None]


def test_a_daemon_that_does_not_start_is_rolled_back(running):
    before = {unit.CERTIFICATE: "old", unit.CLIENT_AUTHORITIES: None, unit.DROP_IN: "old"}
    for path, text in before.items():
        apply.put(path, text)
    del running.events[:]
    running.dockerd_refuses = lambda: running.text(unit.DROP_IN) == "new"
    with pytest.raises(Refusal) as refused:
        apply.apply(SERVE, writes(), seen(files=before))
    assert str(refused.value) == (
        "dockerd did not start with the new configuration; its last words:\nfailed to load listeners\n"
        "The former configuration is in force again; mend the cause and run again."
    )
    assert {path: running.text(path) for path in before} == before
    names = ["write server-cert.pem", "write client-authorities.pem", "write 50-bulwark-azure-docker.conf"]
    assert running.events == [*names, *RELOAD, names[0], names[2], *RELOAD]
    assert running.active


def test_files_that_did_not_change_are_not_touched_on_the_way_back(running):
    running.put(unit.CERTIFICATE, "same")
    running.dockerd_refuses = lambda: running.text(unit.DROP_IN) is not None
    with pytest.raises(Refusal):
        apply.apply(SERVE, [writes()[2], RESTART], seen(files={unit.CERTIFICATE: "same"}))
    assert running.text(unit.CERTIFICATE) == "same"
    assert running.text(unit.DROP_IN) is None
    assert running.events.count("write server-cert.pem") == 0


def test_where_the_former_configuration_does_not_start_either_that_is_said(running):
    running.dockerd_refuses = lambda: True
    with pytest.raises(Refusal) as refused:
        apply.apply(SERVE, writes(), seen(files={unit.DROP_IN: "old"}))
    assert str(refused.value) == (
        "dockerd did not start with the new configuration; its last words:\nfailed to load listeners\n"
        "With the former configuration it does not start either (Job for docker.service failed.): "
        "look at journalctl -u docker.service."
    )
    assert running.text(unit.DROP_IN) == "old"
    assert running.events[-3:] == RELOAD
    assert not running.active


# the key and its owner before
FORMER_KEYS = {
    "a key of this machine": ("former", VM_ID + "\n"),
    "a clone": ("former", "vm-0\n"),
    "a key that nobody owns": ("former", None),
    "no key": (None, None),
}


@pytest.mark.parametrize("desired", [ENROL, BROUGHT])
@pytest.mark.parametrize("name", FORMER_KEYS)
def test_a_key_is_rolled_back_with_its_files(running, name, desired):
    before = dict(zip((keys.KEY, keys.OWNER), FORMER_KEYS[name]))
    for path, text in before.items():
        apply.put(str(path), text, 0o600)
    del running.events[:]
    running.put(unit.CERTIFICATE, "old")
    used = []
    running.dockerd_refuses = lambda: used.append(running.text(keys.KEY)) or len(used) == 1
    with pytest.raises(Refusal, match="The former configuration is in force again"):
        apply.apply(desired, [KEY_CHANGE, *writes()], seen(files={unit.CERTIFICATE: "old"}))
    assert used[0] not in ("former", None), "the control: there was a new key"
    assert used[1] == before[keys.KEY], "the former key is there before the daemon starts again"
    assert {path: running.text(path) for path in before} == before
    assert {running.mode(path) for path, text in before.items() if text is not None} <= {0o600}
    assert running.text(unit.CERTIFICATE) == "old"
    assert running.active


def test_a_key_that_did_not_change_is_not_touched_on_the_way_back(running):
    running.put(keys.KEY, "same")
    running.dockerd_refuses = lambda: running.text(unit.DROP_IN) is not None
    with pytest.raises(Refusal):
        apply.apply(SERVE, writes(), seen(files={}))
    assert running.text(keys.KEY) == "same"
    assert "write server-key.pem" not in running.events


def test_a_crash_on_the_way_back_leaves_a_key_that_nobody_owns(running, monkeypatch):
    running.put(keys.KEY, "former")
    running.put(keys.OWNER, "vm-0\n")
    running.dockerd_refuses = lambda: True
    write = system.write

    def crash(path, text, mode):
        write(path, text, mode)
        if text == "former":
            raise KeyboardInterrupt

    monkeypatch.setattr(system, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        apply.apply(ENROL, [KEY_CHANGE, RESTART], seen(files={}))
    assert (running.text(keys.KEY), running.text(keys.OWNER)) == ("former", None)


def test_a_removal_is_taken_back_too(running):
    running.put(unit.DROP_IN, "old")
    running.dockerd_refuses = lambda: running.text(unit.DROP_IN) is None
    with pytest.raises(Refusal):
        apply.apply(ENROL, [Change("remove", unit.DROP_IN, "why"), RESTART], seen(files={unit.DROP_IN: "old"}))
    assert running.text(unit.DROP_IN) == "old"


def test_a_daemon_that_starts_and_does_not_listen_is_rolled_back(running):
    running.deaf = True
    with pytest.raises(Refusal, match="did not start"):
        apply.apply(SERVE, writes(), seen(files={}))
    assert running.text(unit.DROP_IN) is None
    assert running.events[-3:] == RELOAD


def test_a_daemon_that_starts_and_does_not_answer_is_rolled_back(running, monkeypatch, docker_socket):
    monkeypatch.setattr(apply, "SOCKET", docker_socket + ".no")
    with pytest.raises(Refusal, match="did not start"):
        apply.apply(SERVE, writes(), seen(files={}))
    assert running.text(unit.DROP_IN) is None


def test_where_nothing_shall_listen_nothing_is_waited_for(running):
    running.deaf = True
    apply.apply(ENROL, [RESTART], seen(files={unit.DROP_IN: None}))
    assert running.events == RELOAD


def test_a_daemon_that_listens_already_shall_listen_again(running):
    running.put(unit.DROP_IN, "old")
    running.deaf = True
    with pytest.raises(Refusal, match="did not start"):
        apply.apply(SERVE, [RESTART], seen(files={unit.DROP_IN: "old"}))


def test_a_daemon_that_needs_a_moment_is_waited_for(running, monkeypatch):
    running.deaf = True
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        running.deaf = len(slept) < 3

    monkeypatch.setattr(running.clock, "sleep", sleep)
    apply.apply(SERVE, writes(), seen(files={}))
    assert slept == [0.2] * 3


def test_no_journal_no_last_words(running, monkeypatch):
    monkeypatch.setattr(running, "_journalctl", lambda command: None)
    running.dockerd_refuses = lambda: running.text(unit.DROP_IN) is not None
    with pytest.raises(Refusal, match="its last words:\n\nThe former configuration"):
        apply.apply(SERVE, writes(), seen(files={}))


def test_a_private_key_is_in_no_text(running):
    key, former = new_key()[1], new_key()[1]
    running.put(keys.KEY, former)
    desired = dataclasses.replace(BROUGHT, tls=dataclasses.replace(BROUGHT.tls, key=key))
    used = []
    running.dockerd_refuses = lambda: used.append(running.text(keys.KEY)) is None
    with pytest.raises(Refusal) as refused:
        apply.apply(desired, [KEY_CHANGE, *writes()], seen(files={}))
    assert used == [key, former], "the control: the key was used, and so was the former one"
    shown = str(refused.value) + repr(running.events)
    assert not any(line in shown for line in (key + former).splitlines() if "-----" not in line)
