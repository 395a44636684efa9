# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions about daemon.json, restarts, the next key, access without TLS, and the group."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import daemon_json, keys, live, plan, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.daemon_json import Record
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Group
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.group import Members
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import ABSENT, COMMAND, ENROL, SERVE, bare, files, seen

ABSENT_FIRST = (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)
KEEP, ICC = {"live-restore": True}, {"icc": False}
UNREAD = "docker.service: the running daemon has not read what daemon.json says"
RELOAD, RESTART = "reload " + UNREAD, "restart " + UNREAD
CHANGED = "restart docker.service: files that are read at its start changed"


def declares(options, **given):
    return dataclasses.replace(SERVE, daemon_options=options, **given)


def holds(options, **given):
    """A machine whose daemon.json is ours and says this, as its daemon does."""
    return seen(daemon_options=options, daemon_record=Record(None, {"engine": options}), live=live.of(options), **given)


def write(keys):
    return "write %s: %s differs" % (daemon_json.PATH, keys)


KEPT = "write %s: remembers what is ours in daemon.json" % daemon_json.RECORD
GONE = [
    "remove %s: nobody declares any option" % daemon_json.PATH,
    "remove %s: nothing in daemon.json is ours" % daemon_json.RECORD,
]
DEFERRED = {"restart": "deferred"}
SWAPPED = {"next_key_sha256": "n", "certificate_key_sha256": "n"}
PROMOTED = "promote %s: the leaf for the next key has come" % keys.NEXT
NEXT_GOES = "erase %s: nobody asks for it any more" % keys.NEXT
CLOSED = ["remove %s: remote access is declared ssh" % path for path in ABSENT_FIRST]
SSH = dataclasses.replace(ENROL, remote_access="ssh")

# desired, observed, state, changes, why a restart is pending
PLANS = {
    "what can be reloaded is": (declares(KEEP), seen(), "serving", [write("live-restore"), KEPT, RELOAD], None),
    "what cannot needs a restart": (declares(ICC), seen(), "serving", [write("icc"), KEPT, RESTART], None),
    "live-restore comes before the restart": (
        declares({**KEEP, **ICC}),
        seen(),
        "serving",
        [write("icc, live-restore"), KEPT, RELOAD, RESTART],
        None,
    ),
    "again": (declares(KEEP), holds(KEEP), "serving", [], None),
    "drift of a value": (
        declares(ICC),
        dataclasses.replace(holds(ICC), daemon_options={"icc": True}),
        "serving",
        [write("icc")],
        None,
    ),
    "a broken file": (
        declares(ICC),
        holds(ICC, daemon_broken=True),
        "serving",
        ["write %s: content differs" % daemon_json.PATH],
        None,
    ),
    "configured but not live": (
        declares(ICC),
        dataclasses.replace(holds(ICC), live=live.Live()),
        "serving",
        [RESTART],
        None,
    ),
    "not reloaded": (
        declares(KEEP),
        dataclasses.replace(holds(KEEP), live=live.of({})),
        "serving",
        [RELOAD],
        None,
    ),
    "withdrawn": (SERVE, holds(ICC), "serving", [*GONE, RESTART], None),
    "what others wrote is none of ours": (SERVE, seen(daemon_options=ICC, live=live.Live()), "serving", [], None),
    "a restart that is left to somebody else": (
        declares(ICC, **DEFERRED),
        seen(),
        "serving",
        [write("icc"), KEPT],
        UNREAD.partition(": ")[2],
    ),
    "a reload is not left": (
        declares(KEEP, restart="never"),
        seen(),
        "serving",
        [write("live-restore"), KEPT, RELOAD],
        None,
    ),
    "not made now, and still due": (
        declares(ICC, **DEFERRED),
        dataclasses.replace(holds(ICC), live=live.of({})),
        "serving",
        [],
        UNREAD.partition(": ")[2],
    ),
    "a bare machine": (
        dataclasses.replace(ENROL, daemon_options=ICC),
        bare(live=live.Live()),
        "enrolled",
        ["install engine: not installed", "key %s: there is none" % keys.KEY, write("icc"), KEPT],
        None,
    ),
    "a key that is to be replaced": (
        dataclasses.replace(SERVE, rekey="k"),
        seen(),
        "serving",
        ["next_key %s: the present key is to be replaced" % keys.NEXT],
        None,
    ),
    "the next key waits for its leaf": (
        dataclasses.replace(SERVE, rekey="k"),
        seen(next_key_sha256="n"),
        "serving",
        [],
        None,
    ),
    "the leaf for the next key": (
        SERVE,
        seen(**SWAPPED),
        "serving",
        [PROMOTED, "write %s: content differs" % unit.DROP_IN, CHANGED],
        None,
    ),
    "a key that was replaced already": (dataclasses.replace(SERVE, rekey="older"), seen(), "serving", [], None),
    "nobody asks for the next key": (SERVE, seen(next_key_sha256="n"), "serving", [NEXT_GOES], None),
    "another machine's next key goes with its key": (
        SERVE,
        seen(next_key_sha256="n", key_owner="vm-0"),
        "key_mismatch",
        None,
        None,
    ),
    "remote access by ssh": (
        SSH,
        seen(),
        "local",
        [*CLOSED, *["erase %s: remote access is declared ssh" % path for path in (keys.KEY, keys.OWNER)], CHANGED],
        None,
    ),
    "remote access by ssh, again": (
        SSH,
        seen(files=ABSENT, key_exists=False, key_sha256=None, key_owner=None, live_mark=None, listening=False),
        "local",
        [],
        None,
    ),
    "a user joins": (
        dataclasses.replace(SERVE, group=Group(("ada",))),
        seen(),
        "serving",
        ["join ada: not a member of the group docker"],
        None,
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_plan(name):
    desired, observed, state, changes, pending = PLANS[name]
    planned = plan.plan(desired, observed)
    assert (planned.state, planned.pending) == (state, pending)
    if changes is not None:
        assert [str(change) for change in planned.changes] == changes


def test_a_next_key_of_another_machine_is_never_promoted():
    planned = plan.plan(SERVE, seen(**SWAPPED, key_owner="vm-0"))
    assert planned.state == "key_mismatch"
    actions = [change.action for change in planned.changes]
    assert "promote" not in actions
    assert actions.count("erase") == 1
    assert "key" in actions


REFUSALS = {
    "the listener's keys": (declares({"hosts": []}), seen(), "daemon.json sets hosts, which the listener's flags"),
    "flag and key": (
        declares({"log-driver": "local"}),
        seen(effective_start=COMMAND + " --log-driver=journald"),
        "log-driver would be set by /etc/docker/daemon.json and by a flag",
    ),
    "another configuration file": (
        declares(ICC),
        seen(effective_start=COMMAND + " --config-file /etc/other.json"),
        "starts with --config-file /etc/other.json, expected none",
    ),
    "a swarm": (declares(KEEP), seen(in_swarm=True), "part of a swarm, and dockerd refuses to start with live-restore"),
    "data elsewhere": (
        declares({"data-root": "/data"}),
        seen(holdings=("containers", "images")),
        r"the engine's data is in /var/lib/docker \(containers, images\), wanted is /data, where there is none",
    ),
    "back to the default place": (
        SERVE,
        dataclasses.replace(holds({"data-root": "/data"}), holdings=("images",), data_root="/data"),
        "wanted is /var/lib/docker, where there is none",
    ),
    "unknown user": (
        dataclasses.replace(SERVE, group=Group(("eve",))),
        seen(members=Members((), ("eve",))),
        "names eve, expected users of this machine",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name):
    desired, observed, words = REFUSALS[name]
    with pytest.raises(Refusal, match=words):
        plan.plan(desired, observed)


@pytest.mark.parametrize("given", [{"wanted_root_holds": True}, {"holdings": ()}])
def test_data_that_was_moved_by_hand_or_is_not_there(given):
    observed = seen(**{"holdings": ("images",), **given})
    planned = plan.plan(declares({"data-root": "/data"}), observed)
    assert [change.action for change in planned.changes] == ["write", "write", "restart"]
    assert files()
