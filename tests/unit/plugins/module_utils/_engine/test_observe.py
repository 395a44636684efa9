# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    daemon_json,
    keys,
    live,
    observe,
    packages_apt,
    unit,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Tls
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.supply import Supply

from .machine import UNIT
from .material import COMMAND, ENROL, VM_ID, leaf, new_key, sha256_of


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ('ID=debian\nVERSION_ID="13"\n', {"ID": "debian", "VERSION_ID": "13"}),
        ("ID='ubuntu'\r\n", {"ID": "ubuntu"}),
        ("  ID = debian", {"ID ": "debian"}),
        ("# ID=rhel\n\nno assignment\nID=debian", {"ID": "debian"}),
        ('HOME_URL="https://x/?a=b"', {"HOME_URL": "https://x/?a=b"}),
        ('EMPTY=""', {"EMPTY": ""}),
    ],
)
def test_os_release(text, fields):
    assert observe.os_release(text) == fields


def test_the_start_command_is_the_vendors_and_not_ours(machine):
    machine.have_engine()
    machine.put(unit.DROP_IN, "[Service]\nExecStart=\nExecStart=ours\n")
    shown = {"FragmentPath": str(machine.path(UNIT)), "DropInPaths": unit.DROP_IN}
    assert observe.start_command(shown) == COMMAND


def test_a_drop_in_of_somebody_else_counts(machine):
    machine.have_engine()
    theirs = machine.path("etc/systemd/system/docker.service.d/10-theirs.conf")
    machine.put(theirs, "[Service]\nExecStart=\nExecStart=theirs\n")
    shown = {"FragmentPath": str(machine.path(UNIT)), "DropInPaths": "%s %s" % (theirs, unit.DROP_IN)}
    assert observe.start_command(shown) == "theirs"
    machine.put(theirs, "[Service]\nExecStart=theirs\n")
    with pytest.raises(Refusal, match="2 ExecStart commands"):
        observe.start_command(shown)


@pytest.mark.parametrize("shown", [{}, {"FragmentPath": "", "DropInPaths": ""}, {"FragmentPath": "/gone"}])
def test_no_unit_no_command(machine, shown):
    assert observe.start_command(shown) is None


BARE = "/usr/sbin/dockerd -H fd:// "
OPTIONS = BARE + "$DOCKER_OPTS"
HAND_MADE = "-H tcp://0.0.0.0:2375"

# start command, the unit's variables as `systemctl show` prints them, texts of environment files, the result
FILLED_IN = {
    "no unit": (None, "DOCKER_OPTS=y", ["DOCKER_OPTS=x"], None),
    "no variable": (COMMAND, "DOCKER_OPTS=y", ["DOCKER_OPTS=x"], COMMAND),
    "no file": (OPTIONS, "", [], BARE),
    "a file that is not there": (OPTIONS, "", [None], BARE),
    "commented out": (OPTIONS, "", ["#DOCKER_OPTS=" + HAND_MADE], BARE),
    "set": (OPTIONS, "", ["A=b\nDOCKER_OPTS=%s\n" % HAND_MADE], BARE + HAND_MADE),
    "quoted": (OPTIONS, "", ['DOCKER_OPTS="%s"' % HAND_MADE], BARE + HAND_MADE),
    "in braces": ("dockerd ${A}${B}c", "", ["A=a\nB=b"], "dockerd abc"),
    "in the first of two files": (OPTIONS, "", ["DOCKER_OPTS=%s" % HAND_MADE, ""], BARE + HAND_MADE),
    "the last of two files wins": (OPTIONS, "", ["DOCKER_OPTS=first", "DOCKER_OPTS=x"], BARE + "x"),
    "by the unit": (OPTIONS, 'BULWARK_TLS=abc "DOCKER_OPTS=%s"' % HAND_MADE, [], BARE + HAND_MADE),
    "a file overrides the unit": (OPTIONS, '"DOCKER_OPTS=%s"' % HAND_MADE, ["DOCKER_OPTS=x"], BARE + "x"),
    "a file without it does not": (OPTIONS, "DOCKER_OPTS=y", ["A=b", None], BARE + "y"),
    "one by the unit, one by a file": ("dockerd $A $B", "A=a", ["B=b"], "dockerd a b"),
}


@pytest.mark.parametrize("name", FILLED_IN)
def test_variables_of_the_unit_and_its_environment_files_are_filled_in(machine, name):
    command, environment, texts, expected = FILLED_IN[name]
    if command is not None:
        machine.have_engine()
        machine.put(UNIT, "[Service]\nExecStart=%s\n" % command)
    machine.environment = environment
    for number, text in enumerate(texts):
        machine.environment_files.append("/etc/default/docker%d" % number)
        if text is not None:
            machine.put(machine.environment_files[-1], text)
    found = observe.observe(ENROL)
    assert (found.effective_start, found.exec_start) == (expected, command)


# a unit's variables as `systemctl show` prints them (seen with systemd 252 and 257), and what they are
VARIABLES = {
    "": {},
    "A=b D=e": {"A": "b", "D": "e"},
    '"A=b c" D=e': {"A": "b c", "D": "e"},
    "EMPTY= EQ=a=b": {"EMPTY": "", "EQ": "a=b"},
    "U=ü€ PCT=100%": {"U": "ü€", "PCT": "100%"},
    r'''"Q=say \"hi\" it's \$HOME \`x\` back\\slash *"''': {"Q": 'say "hi" it\'s $HOME `x` back\\slash *'},
    r'"T=a\tb\nc" "S=back\\tell"': {"T": "a\tb\nc", "S": r"back\tell"},
    r'"LAST=a \\" N=1': {"LAST": "a \\", "N": "1"},
}


@pytest.mark.parametrize("shown", VARIABLES)
def test_variables_of_the_unit(shown):
    assert observe.variables(shown) == VARIABLES[shown]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (None, None),
        (" \n", {}),
        ("{}", {}),
        ('{"hosts": [], "log-driver": "local"}', {"hosts": [], "log-driver": "local"}),
    ],
)
def test_daemon_file(machine, text, options):
    if text is not None:
        machine.put(daemon_json.PATH, text)
    assert observe.daemon_file(None) == (options, False)


def test_a_broken_daemon_json(machine):
    for text in ("{", "[]"):
        machine.put(daemon_json.PATH, text)
        with pytest.raises(Refusal, match=r"daemon.json is no JSON object \(.*\); dockerd would not start with it"):
            observe.daemon_file(None)


def test_a_broken_daemon_json_of_ours_is_what_we_wrote(machine):
    machine.put(daemon_json.PATH, "{")
    record = daemon_json.Record({"debug": True}, {"engine": {"icc": False}})
    assert observe.daemon_file(record) == ({"debug": True, "icc": False}, True)


@pytest.mark.parametrize("pid", ["", "0", "4712"])
def test_no_daemon_no_mark(machine, pid):
    assert observe.live_mark(pid) is None


def test_live_mark(machine):
    assert observe.live_mark("4711") is None, "started without our drop-in"
    machine.environ = {"BULWARK_TLS": "abc", "OTHER": "a=b"}
    assert observe.live_mark("4711") == "abc"


# a line of `ss`, whether dockerd listens where it shall
LINES = {
    "LISTEN 0 4096 10.0.0.4:2376 0.0.0.0:*": True,
    "LISTEN 0 4096 10.0.0.4:23760 0.0.0.0:*": False,
    "LISTEN 0 4096 110.0.0.4:2376 0.0.0.0:*": False,
    "LISTEN 0 4096 0.0.0.0:2376 0.0.0.0:*": False,
    "": False,
}


@pytest.mark.parametrize("line", LINES)
def test_is_listening(machine, monkeypatch, line):
    monkeypatch.setattr(machine, "_ss", lambda command: "LISTEN 0 4096 127.0.0.1:53 0.0.0.0:*\n" + line)
    assert observe.is_listening(ENROL) is LINES[line]


def test_is_listening_on_ipv6(machine, monkeypatch):
    monkeypatch.setattr(machine, "_ss", lambda command: "LISTEN 0 4096 [fd00::4]:2376 [::]:*\n")
    assert observe.is_listening(dataclasses.replace(ENROL, address="fd00::4"))


def test_without_ss_nothing_is_known_to_listen(machine, monkeypatch):
    monkeypatch.setattr(machine, "_ss", lambda command: None)
    assert not observe.is_listening(ENROL)


def test_a_bare_machine(machine):
    assert observe.observe(ENROL) == observe.Observed(
        os_id="debian",
        os_version="13",
        engines={},
        strangers=(),
        exec_start=None,
        key_exists=False,
        key_sha256=None,
        key_owner=None,
        certificate_key_sha256=None,
        certificate_expired=False,
        files=dict.fromkeys(observe.owned_files()),
        data_root=observe.DATA_ROOT,
        default_data_root=observe.DATA_ROOT,
        active=False,
        live_mark=None,
        listening=False,
        supply=Supply(engines=("docker.io",), wanted=dict.fromkeys(packages_apt.PLACES)),
    )
    assert observe.observe(ENROL).engine_version is None


def test_a_machine_without_os_release(machine):
    machine.path("etc/os-release").unlink()
    found = observe.observe(ENROL)
    assert (found.os_id, found.os_version) == ("unknown", "")


@pytest.mark.parametrize("days", [90, -1])
def test_a_machine_that_serves(machine, days):
    key, text = new_key()
    other, _text = new_key()
    machine.have_engine()
    machine.packages["podman-docker"] = "5.4"
    machine.put(keys.KEY, text)
    machine.put(keys.OWNER, VM_ID + "\n")
    machine.put(unit.DROP_IN, "[Service]\nEnvironment=BULWARK_TLS=abc\n")
    machine.put(daemon_json.PATH, '{"hosts": []}')
    machine.restart()
    found = observe.observe(dataclasses.replace(ENROL, tls=Tls(leaf(other, days), "")))
    assert found == observe.Observed(
        os_id="debian",
        os_version="13",
        engines={"docker.io": "26.1.5+dfsg1-9"},
        strangers=("podman-docker",),
        exec_start=COMMAND,
        daemon_options={"hosts": []},
        live=live.of({"hosts": []}),
        data_root=observe.DATA_ROOT,
        default_data_root=observe.DATA_ROOT,
        key_exists=True,
        key_sha256=sha256_of(key),
        key_owner=VM_ID,
        certificate_key_sha256=sha256_of(other),
        certificate_expired=days < 0,
        files={
            **dict.fromkeys(observe.owned_files()),
            daemon_json.PATH: '{"hosts": []}',
            unit.DROP_IN: "[Service]\nEnvironment=BULWARK_TLS=abc\n",
        },
        active=True,
        live_mark="abc",
        listening=True,
        effective_start=COMMAND,
        supply=Supply(engines=("docker.io",), wanted=dict.fromkeys(packages_apt.PLACES)),
    )
    assert found.engine_version == "26.1.5+dfsg1-9"
