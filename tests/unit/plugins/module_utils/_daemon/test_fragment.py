# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fragment of daemon.json in force: what is written, reloaded and restarted, and why."""

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._daemon import fragment
from ansible_collections.bulwark.azure_docker.plugins.module_utils._daemon.fragment import (
    ENGINE,
    RUNTIME,
    UNREAD,
    Service,
    Wanted,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import daemon_json, live, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .._engine.material import SERVE, seen

HARDENED = Wanted("hardening", {"icc": False})
RECORD = daemon_json.Record(None, {"hardening": {"icc": False}})
THERE = {"daemon_options": {"icc": False}, "daemon_record": RECORD, "live": live.of({"icc": False})}
NOT_READ = "the running daemon has not read what daemon.json says"
WRITES = [
    "write %s: icc differs" % daemon_json.PATH,
    "write %s: remembers what is ours in daemon.json" % daemon_json.RECORD,
]
STALE = Service(marks={"BULWARK_HARDENING": "2"}, read={"BULWARK_HARDENING": "1"})

# wanted, observed, services, changes, pending
PLANS = {
    "nothing was there": (HARDENED, seen(), {}, [*WRITES, f"restart {ENGINE}: {NOT_READ}"], None),
    "all is there": (HARDENED, seen(**THERE), {}, [], None),
    "somebody changed it": (
        HARDENED,
        seen(**{**THERE, "daemon_options": {"icc": True}}),
        {},
        WRITES[:1],
        None,
    ),
    "the process is older than the file": (
        HARDENED,
        seen(**{**THERE, "live": live.Live()}),
        {},
        [f"reload {ENGINE}: {NOT_READ}", f"restart {ENGINE}: {NOT_READ}"][1:],
        None,
    ),
    "left to somebody else": (
        Wanted("hardening", {"icc": False}, "deferred"),
        seen(),
        {},
        WRITES,
        f"{ENGINE}: {NOT_READ}",
    ),
    "a reload is enough": (
        Wanted("site", {"debug": True}, "never"),
        seen(),
        {},
        [WRITES[0].replace("icc", "debug"), WRITES[1], f"reload {ENGINE}: {NOT_READ}"],
        None,
    ),
    "live-restore comes first": (
        Wanted("hardening", {"icc": False, "live-restore": True}),
        seen(),
        {},
        [
            WRITES[0].replace("icc differs", "icc, live-restore differs"),
            WRITES[1],
            f"reload {ENGINE}: {NOT_READ}",
            f"restart {ENGINE}: {NOT_READ}",
        ],
        None,
    ),
    "drop-ins that nobody has read": (
        HARDENED,
        seen(**THERE),
        {RUNTIME: STALE, ENGINE: STALE},
        [f"runtime {RUNTIME}: {UNREAD}", f"restart {ENGINE}: {UNREAD}"],
        None,
    ),
    "drop-ins that not even systemd has read": (
        HARDENED,
        seen(**THERE),
        {ENGINE: Service(needs_reload=True)},
        ["read_units systemd: it has not read what the units' files say"],
        None,
    ),
    "no containerd of its own": (
        HARDENED,
        seen(**THERE),
        {RUNTIME: Service(active=False, marks={"BULWARK_X": "1"})},
        [],
        None,
    ),
    "stopped": (HARDENED, seen(**THERE, active=False), {}, [f"restart {ENGINE}: it is not running"], None),
    "upgraded": (HARDENED, seen(**THERE, replaced=True), {}, [f"restart {ENGINE}: {NOT_READ}"], None),
    "withdrawn": (
        Wanted("hardening", {}),
        seen(**THERE),
        {},
        [
            "remove %s: nobody declares any option" % daemon_json.PATH,
            "remove %s: nothing in daemon.json is ours" % daemon_json.RECORD,
            f"restart {ENGINE}: {NOT_READ}",
        ],
        None,
    ),
    "never declared": (Wanted("hardening", {}), seen(), {}, [], None),
}


@pytest.mark.parametrize("name", PLANS)
def test_plan(name):
    wanted, observed, services, changes, pending = PLANS[name]
    planned = fragment.plan_fragment(wanted, SERVE, observed, services)
    assert [str(change) for change in planned.changes] == changes
    assert planned.pending == pending


@pytest.mark.parametrize(
    ("observed", "options", "text"),
    [
        (seen(engines={}), {}, "found no Docker Engine on this machine"),
        (seen(), {"hosts": ["tcp://0.0.0.0"]}, "sets hosts, which the listener's flags would contradict"),
        (seen(in_swarm=True), {"live-restore": True}, "part of a swarm"),
    ],
)
def test_refusals(observed, options, text):
    with pytest.raises(Refusal, match=text):
        fragment.plan_fragment(Wanted("site", options), SERVE, observed, {})


@pytest.mark.parametrize(
    ("drop_in", "listener"),
    [
        (unit.drop_in(SERVE, "/usr/sbin/dockerd -H fd://", "k"), "tcp://10.0.0.4:2376"),
        ("ExecStart=dockerd -H tcp://[fd00::4]:2376", "tcp://[fd00::4]:2376"),
        (None, "tcp://:0"),
    ],
)
def test_the_listener_that_is_there(drop_in, listener):
    assert unit.listener(fragment.desired_of(drop_in)) == listener


@pytest.fixture
def running(machine, monkeypatch):
    machine.have_engine()
    machine.put("proc/uptime", "100.00 1.00")
    machine.put("/etc/docker/daemon.json", '{"proxies": {"http-proxy": "http://planted-S3cret@proxy"}, "debug": true}')
    machine.restart()
    monkeypatch.setattr(fragment, "DROP_INS", machine.path(fragment.DROP_INS))
    return machine


def test_from_nothing_to_in_force_and_back(running):
    found = fragment.declare(HARDENED, check=True)
    assert found["changed"]
    assert "icc" not in running.text("/etc/docker/daemon.json"), "check mode changed something"
    made = fragment.declare(HARDENED, check=False)
    assert made == found
    assert "planted-S3cret" not in json.dumps(made)
    assert json.loads(running.text("/etc/docker/daemon.json"))["icc"] is False
    assert "systemctl restart docker.service" in running.events
    assert not fragment.declare(HARDENED, check=False)["changed"]
    assert fragment.declare(Wanted("hardening", {}), check=False)["changed"]
    assert "icc" not in json.loads(running.text("/etc/docker/daemon.json"))
    assert not fragment.declare(Wanted("hardening", {}), check=False)["changed"]


def test_a_drop_in_that_nobody_has_read(running):
    fragment.declare(HARDENED, check=False)
    running.put("/etc/systemd/system/docker.service.d/90.conf", '[Service]\nEnvironment=A=1 "BULWARK_TEST=1 2"\n')
    result = fragment.declare(HARDENED, check=False)
    assert result["changes"] == [f"restart {ENGINE}: {UNREAD}"]
    running.environ["BULWARK_TEST"] = "1 2"
    assert fragment.declare(HARDENED, check=False)["changes"] == []


def test_what_is_pending_is_told(running):
    result = fragment.declare(Wanted("hardening", {"icc": False}, "deferred"), check=False)
    assert result["restart_pending"] == f"{ENGINE}: {NOT_READ}"
    assert "systemctl restart docker.service" not in running.events
