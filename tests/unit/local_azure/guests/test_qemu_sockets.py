# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitor and agent of a virtual machine, against sockets that speak like them."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading

import pytest

from local_azure.guests import qemu_agent
from local_azure.guests.qemu_agent import GuestAgent
from local_azure.guests.qemu_command import agent_socket, monitor_socket
from local_azure.guests.qemu_monitor import Monitor
from local_azure.lab.launcher import LabError

MACHINE = f"vm-unit-{os.getpid()}"


class Peer:
    """Serves one connection after the other: a greeting, then `answer(request)`, a list of lines, to each request."""

    def __init__(self, name, answer, greeting=None):
        self.answer, self.greeting, self.asked = answer, greeting, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"\0{name}")
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with connection:
                if self.greeting:
                    connection.sendall(self.greeting)
                for line in connection.makefile("rb"):
                    request = json.loads(line.lstrip(b"\xff"))
                    self.asked.append((request["execute"], request.get("arguments")))
                    if (lines := self.answer(request)) is None:
                        break
                    connection.sendall(lines)


@pytest.fixture
def peer():
    peers = []

    def make(*given):
        peers.append(Peer(*given))
        return peers[-1]

    yield make
    for each in peers:
        each.listener.shutdown(socket.SHUT_RDWR)
        each.thread.join(10)
        each.listener.close()


def monitor(peer, text):
    def answer(request):
        if request["execute"] == "human-monitor-command":
            return b'{"event": "STOP"}\n' + json.dumps({"return": text}).encode() + b"\n"
        return b'{"return": {}}\n'

    return peer(monitor_socket(MACHINE), answer, b'{"QMP": {}}\n')


@pytest.mark.parametrize(("verb", "said"), [("snapshot", "savevm installed"), ("restore", "loadvm installed")])
def test_snapshots(peer, verb, said):
    found = monitor(peer, "")
    getattr(Monitor(MACHINE), verb)("installed")
    assert found.asked == [("qmp_capabilities", None), ("human-monitor-command", {"command-line": said})]


def test_what_the_monitor_says_is_an_error(peer):
    monitor(peer, "Error: Snapshot 'x' does not exist in one or more devices\r\n")
    with pytest.raises(LabError, match=r"loadvm x of vm-unit-.*does not exist"):
        Monitor(MACHINE).restore("x")


@pytest.mark.parametrize("name", ["", "a b", "-a", "a;quit", "A"])
def test_names_of_snapshots(name):
    with pytest.raises(LabError, match="expected lower case letters, digits and hyphens"):
        Monitor(MACHINE).snapshot(name)


def test_the_power_button(peer):
    found = monitor(peer, "")
    Monitor(MACHINE).power_button()
    assert found.asked[-1] == ("system_powerdown", {})


@pytest.mark.parametrize("call", [lambda: Monitor(MACHINE).power_button(), lambda: GuestAgent(MACHINE).run("true")])
def test_nobody_there(call):
    with pytest.raises(LabError, match="does not answer"):
        call()


def agent(peer, statuses, stale=b""):
    """An agent that first says what an earlier client did not read; its command ends when `statuses` do."""
    left = list(statuses)

    def answer(request):
        if request["execute"] == "guest-sync-delimited":
            return stale + b"\xff" + json.dumps({"return": request["arguments"]["id"]}).encode() + b"\n"
        if request["execute"] == "guest-exec":
            return b'{"return": {"pid": 7}}\n'
        return json.dumps({"return": left.pop(0)}).encode() + b"\n"

    return peer(agent_socket(MACHINE), answer)


@pytest.mark.parametrize("stale", [b"", b'{"return": {"pid": 3}}\n', b'{"return": {"pi', b'\xff{"return": 1}\n'])
@pytest.mark.parametrize(
    ("end", "code"), [({"exitcode": 0}, 0), ({"exitcode": 3}, 3), ({"signal": 9}, -9)]
)  # fmt: skip
def test_a_command_inside(peer, monkeypatch, stale, end, code):
    monkeypatch.setattr(qemu_agent.time, "sleep", lambda _seconds: None)
    output = {"out-data": base64.b64encode(b"out").decode(), "err-data": base64.b64encode(b"err").decode()}
    found = agent(peer, [{"exited": False}, {"exited": True, **end, **output}], stale)
    done = GuestAgent(MACHINE).run("sh", "-c", "true")
    assert (done.returncode, done.stdout, done.stderr) == (code, "out", "err")
    started = {"path": "sh", "arg": ["-c", "true"], "capture-output": True}
    assert [request for request in found.asked if request[0] != "guest-sync-delimited"] == [
        ("guest-exec", started), ("guest-exec-status", {"pid": 7}), ("guest-exec-status", {"pid": 7}),
    ]  # fmt: skip


def test_a_command_that_does_not_end(peer, monkeypatch):
    monkeypatch.setattr(qemu_agent, "RUN_SECONDS", -1)
    agent(peer, [{"exited": False}])
    with pytest.raises(LabError, match=r"sleep in vm-unit-.* did not end within -1 s"):
        GuestAgent(MACHINE).run("sleep", "9")


def test_a_monitor_that_hangs_up(peer):
    peer(monitor_socket(MACHINE), lambda _request: None, b'{"QMP": {}}\n')
    with pytest.raises(LabError, match="hung up"):
        Monitor(MACHINE).power_button()
