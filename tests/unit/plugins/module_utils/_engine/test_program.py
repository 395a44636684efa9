# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole program on a scripted machine: from nothing to a listener, and what is told of it."""

from __future__ import annotations

import base64
import dataclasses
import fcntl
import io
import json
import os
import sys
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    daemon_json,
    keys,
    lock,
    program,
    unit,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.change import Change
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .._tls import support
from .material import VM_ID, bare, leaf, new_key, seen, sha256_of

STATE = {
    "schema": 1,
    "host": "docker1",
    "vm_id": VM_ID,
    "address": "10.0.0.4",
    "port": 2376,
    "engine": {"version": None},
    "tls": None,
}
RELOAD = ["systemctl daemon-reload", "systemctl reset-failed docker.service", "systemctl restart docker.service"]
FILES = ["write server-cert.pem", "write client-authorities.pem", "write 50-bulwark-azure-docker.conf"]
AUTHORITY = support.self_signed()[0].decode("ascii")


def serving(pair, **tls):
    """A desired state with a leaf for a private key."""
    return {**STATE, "tls": {"certificate": leaf(pair), "client_authorities": AUTHORITY, **tls}}


def key_of(machine):
    """The private key that the machine holds."""
    return serialization.load_pem_private_key(machine.text(keys.KEY).encode("ascii"), None)


@pytest.fixture
def run(capsys):
    """Runs the program: its report."""

    def call(state):
        code = program.run(state)
        printed = capsys.readouterr()
        assert (code, printed.err) == (0, "")
        prefix, text = printed.out[: len(program.PREFIX)], printed.out[len(program.PREFIX) :]
        assert prefix == program.PREFIX
        assert text.count("\n") == 1
        assert "PRIVATE KEY" not in text
        return json.loads(text)

    return call


def test_from_nothing_to_a_listener(machine, run):
    report = run(STATE)
    assert machine.events[0].endswith(" update")
    assert " install " in machine.events[1]
    assert machine.events[2:] == ["write packages", "write server-key.pem", "write server-key.vm-id"]
    csr = x509.load_pem_x509_csr(report.pop("csr").encode("ascii"))
    assert report == {
        "schema": 1,
        "state": "enrolled",
        "vm_id": VM_ID,
        "engine_version": "26.1.5+dfsg1-9",
        "os": "debian 13",
        "changes": ["install engine: not installed", "key %s: there is none" % keys.KEY],
        "ssh_host_keys": [],
    }
    assert csr.public_key().public_numbers() == key_of(machine).public_key().public_numbers()

    del machine.events[:]
    state = serving(key_of(machine))
    report = run(state)
    assert (report["state"], len(report["changes"]), "csr" in report) == ("serving", 4, False)
    assert machine.events == [*FILES, *RELOAD]
    assert machine.text(unit.CERTIFICATE) == state["tls"]["certificate"]
    assert machine.text(unit.CLIENT_AUTHORITIES) == AUTHORITY

    del machine.events[:]
    report = run(state)
    assert (report["state"], report["changes"], machine.events) == ("serving", [], [])


@pytest.fixture
def served(machine, run):
    """(machine that serves, its desired state); nothing was done to it yet."""
    run(STATE)
    state = serving(key_of(machine))
    run(state)
    del machine.events[:]
    return machine, state


def by_hand(path, text):
    return lambda machine: machine.put(path(), text)


# what somebody did, the first words of what is then done
DRIFT = {
    "certificate": (by_hand(lambda: unit.CERTIFICATE, "x"), ["write", "restart"]),
    "authorities": (by_hand(lambda: unit.CLIENT_AUTHORITIES, "x"), ["write", "restart"]),
    "drop-in": (by_hand(lambda: unit.DROP_IN, "[Service]\n"), ["write", "restart"]),
    "stopped": (lambda machine: setattr(machine, "active", False), ["restart"]),
    "started otherwise": (lambda machine: machine.environ.clear(), ["restart"]),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_found_in_check_mode_and_corrected_without(served, name):
    machine, state = served
    spoil, expected = DRIFT[name]
    spoil(machine)
    checked = program.declare(parse(state), True)
    assert machine.events == []
    assert [change.split()[0] for change in checked["changes"]] == expected
    done = program.declare(parse(state), False)
    assert (done["changes"], done["diff"], done["changed"]) == (checked["changes"], checked["diff"], True)
    again = program.declare(parse(state), False)
    assert (again["changes"], again["diff"], again["changed"]) == ([], [], False)


def test_a_clone_stops_listening_and_enrols(served, run):
    machine, state = served
    former = sha256_of(key_of(machine))
    report = run({**state, "vm_id": "vm-2"})
    assert report["state"] == "key_mismatch"
    assert sha256_of(key_of(machine)) != former
    csr = x509.load_pem_x509_csr(report["csr"].encode("ascii"))
    assert csr.public_key().public_numbers() == key_of(machine).public_key().public_numbers()
    assert [machine.text(path) for path in (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)] == [None] * 3
    assert machine.events == ["write server-key.pem", "write server-key.vm-id", *RELOAD]
    assert machine.text(keys.OWNER) == "vm-2\n"


def test_a_key_comes_in_a_variable_where_the_script_can_be_read(machine, capsys, monkeypatch):
    key, text = new_key()
    monkeypatch.setenv(program.SECRETS_VARIABLE, base64.b64encode(json.dumps({"tls": {"key": text}}).encode()).decode())
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(serving(key))))
    assert program.main() == 0
    assert "PRIVATE KEY" not in "".join(capsys.readouterr())
    assert machine.text(keys.KEY) == text
    assert program.SECRETS_VARIABLE not in os.environ, "no process that is started inherits it"
    monkeypatch.setenv(program.SECRETS_VARIABLE, base64.b64encode(b'{"tls": {"key": "x"}}').decode())
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(STATE)))
    assert program.main() == 0, "without TLS there is nothing to use a key for"


def test_a_key_that_was_brought_serves_at_once_and_is_told_to_nobody(machine, capsys):
    key, text = new_key()
    state = serving(key, key=text)
    assert program.run(state) == 0
    assert machine.events[2:] == ["write packages", "write server-key.pem", "write server-key.vm-id", *FILES, *RELOAD]
    assert machine.text(keys.KEY) == text, "the control: the key was used"
    declared = program.declare(parse(state), False)
    assert (declared["state"], declared["changed"]) == ("serving", False)
    other, text_of_other = new_key()
    shown = program.declare(parse(serving(other, key=text_of_other)), True)
    told = "".join(capsys.readouterr()) + repr(declared) + repr(shown)
    for line in text.splitlines()[1:-1] + text_of_other.splitlines()[1:-1]:
        assert line not in told


def test_check_mode_on_a_bare_machine(machine):
    result = program.declare(parse(STATE), True)
    assert (machine.events, machine.path("etc/docker").exists()) == ([], False)
    assert (result["state"], result["changed"], result["engine_version"]) == ("enrolled", True, None)
    assert "csr" not in result
    assert [entry["after"] for entry in result["diff"]] == [change + "\n" for change in result["changes"]]


def test_the_start_command_is_looked_up_after_the_installation(machine, run):
    key, text = new_key()
    run(serving(key, key=text))
    assert "ExecStart=/usr/sbin/dockerd -H fd://" in machine.text(unit.DROP_IN)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({**STATE, "schema": 2}, "schema 2, this program knows 1"),
        ({**STATE, "engine": {"version": "29"}}, "engine version 29 is not available"),
    ],
)
def test_a_refusal(machine, capsys, state, words):
    assert program.run(state) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("bulwark.azure_docker: ")
    assert words in printed.err


def test_main_reads_the_desired_state_from_standard_input(machine, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(STATE)))
    assert program.main() == 0
    assert capsys.readouterr().out.startswith(program.PREFIX)


def test_one_run_at_a_time(machine):
    done = threading.Event()

    def work():
        program.locked(parse(STATE), True)
        done.set()

    with open(lock.PATH, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.2)
    assert done.wait(10)
    thread.join()


def test_the_lock_is_private_and_free_after_a_refusal(machine):
    machine.put(daemon_json.PATH, "{")
    for _turn in range(2):
        with pytest.raises(Refusal, match="is no JSON"):
            program.locked(parse(STATE), False)
    assert machine.mode(lock.PATH) == 0o600


def test_ssh_host_keys(machine):
    machine.put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAC3 root@docker1\n")
    machine.put("etc/ssh/ssh_host_ecdsa_key.pub", "ecdsa-sha2-nistp256 AAAAE2 root@docker1\n")
    machine.put("etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAAB3 root@docker1\n")
    assert program.ssh_host_keys() == ["ssh-ed25519 AAAAC3", "ecdsa-sha2-nistp256 AAAAE2"]


def outcome(state="serving", changes=(), observed=None, before=None, **planned):
    return program.outcome(Plan(state, (), **planned), tuple(changes), observed or seen(), before or {})


@pytest.mark.parametrize("state", ["enrolled", "key_mismatch"])
def test_the_longest_report_has_at_most_3_kb(machine, state):
    machine.put(keys.KEY, new_key()[1])
    machine.put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 %s root@%s" % ("A" * 68, "h" * 64))
    machine.put("etc/ssh/ssh_host_ecdsa_key.pub", "ecdsa-sha2-nistp521 %s root@%s" % ("A" * 232, "h" * 64))
    desired = dataclasses.replace(parse(STATE), host="h" * 300)
    changes = [Change("write", "/" + "p" * 200, "r" * 200, "c" * 9000)] * 20
    observed = seen(engines={"docker-ce": "5:29.1.3-1~ubuntu.24.04~noble" + "x" * 40}, os_id="ubuntu")
    report = program.report(desired, outcome(state, changes, observed))
    assert report["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert len(report["changes"]) == 8
    assert {len(change) for change in report["changes"]} == {160}
    assert 2000 < len(program.PREFIX) + len(json.dumps(report, separators=(",", ":"))) <= 3072


def test_no_request_without_a_key(machine):
    assert "csr" not in program.report(parse(STATE), outcome("enrolled", observed=bare()))


def test_no_request_from_a_machine_that_serves(machine):
    machine.put(keys.KEY, new_key()[1])
    assert "csr" not in program.report(parse(STATE), outcome("serving"))


def test_difference():
    changes = [
        Change("key", "/k", "there is none"),
        Change("write", "/a", "absent", "new\n"),
        Change("write", "/b", "content differs", "new\n"),
        Change("remove", "/c", "its key is replaced"),
        Change("restart", "docker.service", "it is not running"),
    ]
    shown = program.difference(
        parse(STATE), outcome(changes=changes, before={"/a": None, "/b": "old\n", "/c": "old\n"})
    )
    assert [(entry["before"], entry["after"]) for entry in shown] == [
        ("", "key /k: there is none\n"),
        ("", "new\n"),
        ("old\n", "new\n"),
        ("old\n", ""),
        ("", "restart docker.service: it is not running\n"),
    ]
    for entry, change in zip(shown, changes):
        assert entry["before_header"] == entry["after_header"] == change.target
