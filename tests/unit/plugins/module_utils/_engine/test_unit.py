# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import COMMAND, SERVE, TLS

VENDOR = (
    "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/sbin/dockerd -H fd:// \\\n    --debug\nExecReload=/bin/kill\n"
)
RESET = "[Service]\nExecStart=\nExecStart=/opt/dockerd\n"

# unit files in systemd's order, what they amount to
EXEC_STARTS = {
    "no file": ([], None),
    "no command": (["[Service]\nType=notify\n"], None),
    "one": (["[Service]\nExecStart=/usr/sbin/dockerd\n"], "/usr/sbin/dockerd"),
    "spaces around": (["  ExecStart =  /usr/sbin/dockerd  \n"], "/usr/sbin/dockerd"),
    "equals signs in it": (["ExecStart=/d --host=fd://"], "/d --host=fd://"),
    "a comment": (["#ExecStart=/other\n; ExecStart=/other\nExecStart=/d\n"], "/d"),
    "other commands": (["ExecStartPre=/a\nExecStart=/d\nExecStartPost=/b\n"], "/d"),
    "a drop-in that resets": ([VENDOR, RESET], "/opt/dockerd"),
    "a reset without a command": ([VENDOR, "ExecStart=\n"], None),
    "twice reset": ([VENDOR, RESET, "ExecStart=\nExecStart=/third\n"], "/third"),
    "a drop-in about something else": (["ExecStart=/d", "[Service]\nLimitNOFILE=5\n"], "/d"),
}


@pytest.mark.parametrize("name", EXEC_STARTS)
def test_exec_start(name):
    texts, command = EXEC_STARTS[name]
    assert unit.exec_start(texts) == command


@pytest.mark.parametrize("text", [VENDOR, VENDOR.replace("\n", "\r\n")])
def test_a_command_over_several_lines(text):
    assert unit.exec_start([text]).split() == ["/usr/sbin/dockerd", "-H", "fd://", "--debug"]


@pytest.mark.parametrize("texts", [["ExecStart=/a\nExecStart=/b\n"], [VENDOR, "ExecStart=/b\n"]])
def test_several_commands_are_refused(texts):
    with pytest.raises(Refusal, match="has 2 ExecStart commands, expected one; look for a stray drop-in"):
        unit.exec_start(texts)


# start command, the foreign listener in it
LISTENERS = {
    "/usr/sbin/dockerd": None,
    COMMAND: None,
    "dockerd -H unix:///run/docker.sock": None,
    "dockerd --host=unix:///run/docker.sock --host fd://": None,
    "dockerd --host-gateway-ip=10.0.0.1": None,
    "dockerd -H": None,
    "dockerd -H fd:// -H tcp://0.0.0.0:2375": "-H tcp://0.0.0.0:2375",
    "dockerd -H=tcp://0.0.0.0:2375": "-H tcp://0.0.0.0:2375",
    "dockerd -Htcp://0.0.0.0:2375": "-H tcp://0.0.0.0:2375",
    "dockerd --host tcp://10.0.0.4": "--host tcp://10.0.0.4",
    "dockerd --host=tcp://10.0.0.4": "--host tcp://10.0.0.4",
    "dockerd '--host=tcp://10.0.0.4'": "--host tcp://10.0.0.4",
    "dockerd -H 0.0.0.0:2375": "-H 0.0.0.0:2375",
    "dockerd -H :2375": "-H :2375",
    "dockerd --label owner=O'Brien": None,
    "dockerd --label owner=O'Brien -H tcp://0.0.0.0:2375": "-H tcp://0.0.0.0:2375",
    "dockerd --tls": "--tls",
    "dockerd --tlsverify": "--tlsverify",
    "dockerd --tlscacert=/etc/ca.pem": "--tlscacert=/etc/ca.pem",
    "dockerd --tlskey /etc/key.pem": "--tlskey",
}


@pytest.mark.parametrize("command", LISTENERS)
def test_foreign_listener(command):
    assert unit.foreign_listener(command) == LISTENERS[command]


def test_the_drop_in_adds_a_listener_with_complete_tls_and_nothing_else():
    directory = unit.CERTIFICATE.rpartition("/")[0]
    assert unit.drop_in(SERVE, COMMAND, "k").splitlines() == [
        "# Managed by bulwark.azure_docker: changes here are overwritten.",
        "[Service]",
        "Environment=BULWARK_TLS=" + unit.mark(SERVE, COMMAND, "k"),
        "ExecStart=",
        "ExecStart={0} -H tcp://10.0.0.4:2376 --tlsverify --tlscacert={1}/client-authorities.pem "
        "--tlscert={1}/server-cert.pem --tlskey={1}/server-key.pem".format(COMMAND, directory),
    ]


def test_the_drop_in_amounts_to_one_command_and_is_a_listener():
    command = unit.exec_start([VENDOR, unit.drop_in(SERVE, COMMAND, "k")])
    assert command.startswith(COMMAND + " -H tcp://")
    assert unit.foreign_listener(command) == "-H tcp://10.0.0.4:2376"


def test_ipv6():
    desired = dataclasses.replace(SERVE, address="fd00::4")
    assert unit.listener(desired) == "tcp://[fd00::4]:2376"
    assert " -H tcp://[fd00::4]:2376 --tlsverify " in unit.drop_in(desired, COMMAND, "k")


# each differs in one thing that dockerd reads at its start
CHANGED = {
    "command": (SERVE, COMMAND + " --debug", "k"),
    "key": (SERVE, COMMAND, "other"),
    "address": (dataclasses.replace(SERVE, address="10.0.0.5"), COMMAND, "k"),
    "port": (dataclasses.replace(SERVE, port=2377), COMMAND, "k"),
    "certificate": (dataclasses.replace(SERVE, tls=dataclasses.replace(TLS, certificate="x")), COMMAND, "k"),
    "authorities": (dataclasses.replace(SERVE, tls=dataclasses.replace(TLS, client_authorities="x")), COMMAND, "k"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_mark_changes_with_all_that_is_read_at_the_start(name):
    mark = unit.mark(SERVE, COMMAND, "k")
    assert len(mark) == 32
    assert mark == unit.mark(SERVE, COMMAND, "k")
    assert mark != unit.mark(*CHANGED[name])


def test_the_mark_does_not_change_with_what_a_running_daemon_does_not_read():
    other = dataclasses.replace(
        SERVE,
        host="x",
        vm_id="x",
        engine_version="1",
        tls=dataclasses.replace(TLS, server_authority_sha256="x", key="planted-S3cret"),
    )
    assert unit.mark(other, COMMAND, "k") == unit.mark(SERVE, COMMAND, "k")


def test_no_private_key_in_the_drop_in():
    brought = dataclasses.replace(SERVE, tls=dataclasses.replace(TLS, key="planted-S3cret"))
    assert "S3cret" not in unit.drop_in(brought, COMMAND, "k")
