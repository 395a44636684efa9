# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the command ssh: its shared connection is a file with its process id, its forwarding a relay."""

from __future__ import annotations

import os
import sys
import tempfile
import time

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import handshake, tunnel
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import good_context, stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.handshake import Endpoint, observe
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.tunnel import (
    Ssh,
    command,
    settings,
    tunnels,
)
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import docker_api

FAKE = """\
#!%s
import os, select, signal, socket, sys, time

arguments = sys.argv[1:]
host = arguments[-1]
control = arguments[arguments.index("-S") + 1]
with open(os.environ["FAKE_SSH_LOG"], "a") as log:
    log.write(" ".join(arguments) + "\\n")


def fail(text):
    sys.stderr.write("a banner\\n%%s\\n\\n" %% text)
    sys.exit(255)


if host == "hanging":
    time.sleep(60)
if host == "mute":
    sys.exit(255)
if host == "unknown":
    fail("Host key verification failed.")
if "-O" in arguments:
    with open(control) as file:
        os.kill(int(file.read()), signal.SIGTERM)
    os.unlink(control)
elif "-f" in arguments:
    master = os.fork()
    if master:
        with open(control, "w") as file:
            file.write(str(master))
        os._exit(0)
    os.setsid()
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    time.sleep(60)
else:
    if not os.path.exists(control):
        fail("there is no shared connection")
    address, port = arguments[arguments.index("-W") + 1].replace("[", "").split("]:")
    try:
        far = socket.create_connection((address, int(port)))
    except OSError:
        fail("Stdio forwarding request failed: Session open refused by peer")
    if host == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    other = {0: far.fileno(), far.fileno(): 1}
    waiting = list(other)
    while far.fileno() in waiting:
        for ready in select.select(waiting, [], [])[0]:
            try:
                data = os.read(ready, 65536)
            except OSError:
                data = b""
            if not data:
                waiting.remove(ready)
                continue
            os.write(other[ready], data)
    if host == "stubborn":
        time.sleep(60)
"""


@pytest.fixture(autouse=True)
def short_wait(monkeypatch):
    monkeypatch.setattr(handshake, "REFUSAL_WAIT", 0.6)


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """What reads the calls of the stand-in so far, by their arguments."""
    script = tmp_path / "bin" / "ssh"
    script.parent.mkdir()
    script.write_text(FAKE % sys.executable)
    script.chmod(0o700)
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("PATH", str(script.parent))
    monkeypatch.setenv("FAKE_SSH_LOG", str(log))
    return lambda: log.read_text().splitlines()


def kinds(calls):
    """The calls in short."""
    words = {"-f": "open", "-W": "connect", "-O": "close"}
    return [next(words[word] for word in arguments.split() if word in words) for arguments in calls()]


def remaining(place):
    """Processes of the stand-in that still run, the shared connection among them."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % process, "rb") as file:
                found += [process] if os.fsencode(place / "bin" / "ssh") in file.read() else []
        except OSError:
            continue
    return found


def all_ended(place):
    """Whether none runs any more. The shared connection ends a moment after it was told to."""
    give_up = time.monotonic() + 5
    while remaining(place) and time.monotonic() < give_up:
        time.sleep(0.02)
    return not remaining(place)


def look(opened, ssh, port, check="good_client", context=None, timeout=5.0):
    found = opened.get(ssh)
    with found.held():
        return observe(check, Endpoint("127.0.0.1", port, "localhost", timeout), context, found.connect)


def test_the_command_line():
    ssh = Ssh("bastion", 2222, "me", "/keys/id", "/keys/known hosts", ("-J", "gate", "-o", "BatchMode=no"))
    line = command(ssh, "/tmp/x/0", 2.5, "-W", "[10.0.0.4]:2376")
    assert line == [
        *("ssh", "-T", "-S", "/tmp/x/0", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"),
        *("-o", "ConnectTimeout=3", "-o", 'UserKnownHostsFile="/keys/known hosts"', "-o", "IdentitiesOnly=yes"),
        *("-p", "2222", "-l", "me", "-i", "/keys/id", "-J", "gate", "-o", "BatchMode=no"),
        *("-W", "[10.0.0.4]:2376", "--", "bastion"),
    ]
    least = command(Ssh("bastion"), "/tmp/x/0", 0.1)
    assert least[-4:] == ["-o", "ConnectTimeout=1", "--", "bastion"]


@pytest.mark.parametrize(
    ("shared", "own", "expected"),
    [
        (None, None, None),
        ({"host": "a", "port": None, "extra_args": None}, None, Ssh("a")),
        ({"host": "a", "user": "me"}, {"host": None, "user": "you"}, Ssh("a", user="you")),
        ({"user": "me"}, {"host": "b", "extra_args": ["-v"]}, Ssh("b", user="me", extra_args=("-v",))),
        ({"host": "a"}, {"host": ""}, None),
        ({"user": "me"}, None, None),
    ],
)
def test_settings(shared, own, expected):
    assert settings(shared, own) == expected


def test_many_connections_share_one(fleet, calls, tmp_path):
    ssh = Ssh("bastion")
    with docker_api(fleet) as port, tunnels([ssh, ssh], 5.0) as opened:
        context = good_context(fleet.client)
        good = look(opened, ssh, port, context=context)
        refused = look(opened, ssh, port, "no_certificate", stranger_context())
        assert kinds(calls) == ["open", "connect", "connect", "close"]
    assert (good.kind, good.status, good.version) == ("http", 200, "TLSv1.3")
    assert (refused.kind, refused.alert) == ("alert", "CERTIFICATE_REQUIRED")
    assert len(calls()) == 4
    assert all_ended(tmp_path)


@pytest.mark.parametrize(
    ("check", "mode", "expected"),
    [
        ("plain_http", "strict", ("http", "")),
        ("tls_1_1", "strict", ("alert", "PROTOCOL_VERSION")),
        # Who hangs up has been reached.
        ("plain_http", "closing", ("closed", "")),
        ("tls_1_1", "closing", ("closed", "")),
    ],
)
def test_other_checks_through_it(fleet, calls, check, mode, expected):
    with docker_api(fleet, mode) as port, tunnels([Ssh("bastion")], 5.0) as opened:
        seen = look(opened, Ssh("bastion"), port, check)
    assert (seen.kind, seen.alert) == expected
    assert seen.connected


@pytest.mark.parametrize("check", ["good_client", "plain_http", "tls_1_1"])
def test_what_the_ssh_host_cannot_reach_is_unreachable(fleet, calls, check):
    context = good_context(fleet.client) if check == "good_client" else None
    with tunnels([Ssh("bastion")], 5.0) as opened:
        seen = look(opened, Ssh("bastion"), 1, check, context)
    assert (seen.kind, seen.connected) == ("unreachable", False)
    assert seen.text == (
        "127.0.0.1 port 1 cannot be reached: ssh bastion: Stdio forwarding request failed: Session open refused by peer"
    )


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("unknown", "ssh unknown: Host key verification failed."),
        ("mute", "ssh mute: failed without a word"),
        ("hanging", "ssh hanging was not connected in 0.3 s"),
    ],
)
def test_an_ssh_host_that_cannot_be_used(calls, host, text, tmp_path):
    with tunnels([Ssh(host), Ssh(host)], 0.3 if host == "hanging" else 60) as opened:
        for _target in range(2):
            seen = look(opened, Ssh(host), 1)
            assert (seen.kind, seen.connected) == ("unreachable", False)
            assert seen.text == "127.0.0.1 port 1 cannot be reached: %s" % text
    assert len(calls()) == 1
    assert all_ended(tmp_path)


def test_without_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with tunnels([Ssh("bastion")], 1.0) as opened:
        seen = look(opened, Ssh("bastion"), 1)
    assert seen.text.endswith("cannot be reached: the command ssh cannot be run: No such file or directory")


def test_an_error_in_between_leaves_no_process(fleet, calls, tmp_path):
    with docker_api(fleet, "mute") as port:
        with pytest.raises(ZeroDivisionError):
            with tunnels([Ssh("bastion"), Ssh("bastion")], 5.0) as opened:
                found = opened.get(Ssh("bastion"))
                with found.held(), found.connect("127.0.0.1", port, 5.0):
                    assert remaining(tmp_path)
                    raise ZeroDivisionError
    assert [kind for kind in kinds(calls) if kind != "connect"] == ["open", "close"]
    assert all_ended(tmp_path)


def test_one_that_does_not_want_to_end_is_killed(fleet, calls, monkeypatch, tmp_path):
    monkeypatch.setattr(tunnel, "_ENDING", 0.2)
    with docker_api(fleet) as port, tunnels([Ssh("stubborn")], 5.0) as opened:
        assert look(opened, Ssh("stubborn"), port, "tls_1_1").kind == "alert"
    assert all_ended(tmp_path)


def test_a_path_that_is_too_long_for_a_socket(calls, monkeypatch, tmp_path):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with tunnels([Ssh("bastion")], 5.0) as opened:
        look(opened, Ssh("bastion"), 1, "plain_http")
    control = calls()[0].split()[2]
    assert control.startswith("/tmp/dtp-")
    assert not os.path.exists(os.path.dirname(control))


def test_nothing_is_made_where_nothing_is_wanted(calls):
    with tunnels([None, None], 5.0):
        assert calls() == []
