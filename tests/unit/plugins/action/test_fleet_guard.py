# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.bulwark.azure_docker.plugins.action import fleet_guard

from .playbook import ACTION, run, task_in_play

GUARD = {"role": "azure_vms"}


def guarded(blocks=0, **play):
    return run(fleet_guard, task_in_play(GUARD, blocks, **play))


@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize("strategy", ["linear", "debug", "ansible.builtin.linear", "ansible.builtin.debug"])
def test_strategies_that_know_run_once(strategy, blocks):
    assert guarded(blocks, strategy=strategy) == {"changed": False}


@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize("strategy", ["free", "host_pinned", "ansible.builtin.free", "somebody.elses.strategy"])
def test_strategies_that_do_not(strategy, blocks):
    result = guarded(blocks, strategy=strategy)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "The role azure_vms works on all hosts of a batch in one call. Found 'strategy: %s', under which every host "
        "would make that call by itself; expected 'strategy: linear' (the default). Put this role into a play without "
        "a strategy." % strategy
    )


def test_a_play_without_a_strategy():
    assert guarded() == {"changed": False}


@pytest.mark.parametrize("section", ["pre_tasks", "post_tasks", "handlers"])
def test_every_section_of_a_play(section):
    task = task_in_play({}, strategy="free", **{section: [{"name": "x", ACTION: GUARD}]})
    play = fleet_guard.play_of(task)
    assert (play.get_name(), play.strategy) == ("test", "free")
    [block] = getattr(play, section)
    [found] = block.block
    assert run(fleet_guard, found)["failed"] is True


def test_the_play_is_looked_for_in_the_blocks_outside():
    play = SimpleNamespace(strategy="free")
    included = SimpleNamespace(_play=None, _parent=SimpleNamespace(_parent=SimpleNamespace(_play=play)))
    assert fleet_guard.play_of(SimpleNamespace(_parent=included)) is play


SITE_A, SITE_B = {"site": "a", "directory": "/a"}, {"site": "b", "directory": "/b"}

# {host: the fact}, the differences that are told; None: all is well
SHARED = {
    "one host": ({"h1": SITE_A}, None),
    "one site": ({"h1": SITE_A, "h2": dict(SITE_A)}, None),
    "a host without the fact": ({"h1": SITE_A, "h2": None}, None),
    "nobody has the fact": ({"h1": None}, None),
    "two sites": (
        {"h1": SITE_A, "h2": SITE_B, "h3": SITE_A},
        "site 'a' on h1 h3, 'b' on h2; directory '/a' on h1 h3, '/b' on h2; expected one value of site",
    ),
    "two directories of one site": (
        {"h1": SITE_A, "h2": {**SITE_A, "directory": "/b"}},
        "directory '/a' on h1, '/b' on h2; expected one value of directory for",
    ),
    "many hosts": (
        {**{"h%d" % number: SITE_A for number in range(8)}, "other": SITE_B},
        "site 'a' on h0 h1 h2 h3 h4 and 3 more, 'b' on other; directory",
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_hosts_of_a_batch_share_their_site(name):
    facts, told = SHARED[name]
    hostvars = {host: {} if fact is None else {"__site": fact} for host, fact in facts.items()}
    hostvars["not in the batch"] = {"__site": {"site": "c"}}
    task = task_in_play({**GUARD, "shared": "__site"})
    result = run(fleet_guard, task, hostvars=hostvars, ansible_play_batch=list(facts))
    if told is None:
        assert result == {"changed": False}
        return
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(
        "The role azure_vms works on all hosts of a batch in one call, which is for one site. "
    )
    assert "Found " + told in result["msg"]


def test_the_strategy_comes_first():
    task = task_in_play({**GUARD, "shared": "__site"}, strategy="free")
    assert "strategy: free" in run(fleet_guard, task)["msg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({}, "missing required arguments: role"), ({"role": "x", "strategy": "free"}, "strategy")],
)
def test_wrong_arguments(arguments, words):
    task = task_in_play(arguments)
    with pytest.raises(AnsibleActionFail, match=words):
        run(fleet_guard, task)
