# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions about Compose projects."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import compose_plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.change import Change
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.compose import Container, Seen, State
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.compose_model import Record, Service
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.projects import Project
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

SHOP = Project("shop", files={"compose.yaml": "x"})
GONE = Project("shop", state="absent")
(PATH,) = SHOP.contents
WEB, JOB = Container("1", "shop-web-1", "web", "w"), Container("2", "shop-job-1", "job", "j", "exited")
RUNS = State(
    files={PATH: "x"},
    record=Record(("compose.yaml",)),
    containers=(WEB, JOB),
    services={"web": Service("w"), "job": Service("j")},
)
PLUGIN = "install compose: the Compose plugin is not installed"


def runs(*containers, **given):
    return dataclasses.replace(RUNS, **({"containers": containers} if containers else {}), **given)


def web(**given):
    return runs(WEB._replace(**given), JOB)


def seen(state=None, plugin="2.26.1", active=True, **given):
    return Seen(plugin, active, states={} if state is None else {"shop": state}, **given)


def changes(project, found, installed=True, restarting=False):
    return [str(change) for change in compose_plan.changes((project,), found, installed, restarting)]


def up(reason):
    return ["up Compose project shop: " + reason]


PLACE = "place %s: " % PATH
NONE = "service %s has 0 containers, declared are 1"
DOWN = "down Compose project shop: declared absent"
NEW = [PLACE + "absent", *up("it is not there")]
WITH_INPUTS = {"services": {"web": Service("w", inputs="new"), "job": Service("j")}}

# what is seen, the changes
PRESENT = {
    "as declared": (RUNS, []),
    "new": (State({PATH: None}), NEW),
    "files": (runs(files={PATH: "y"}, services=None), [PLACE + "content differs", *up("its files differ")]),
    "a file less": (
        runs(files={PATH: "x", PATH + ".old": "y"}),
        ["drop %s.old: not declared any more" % PATH, *up("its files differ")],
    ),
    "an open file": (runs(open_paths={PATH: "its mode is 0644"}), ["protect %s: its mode is 0644" % PATH]),
    "configuration": (web(hash="v"), up("service web has another configuration")),
    "stopped by hand": (web(status="exited", exit_code=137, restarts=True), up("service web: shop-web-1 exited (137)")),
    "ended, but shall be kept running": (web(status="exited", restarts=True), up("service web: shop-web-1 exited (0)")),
    "restarts again and again": (web(status="restarting", exit_code=1), up("service web: shop-web-1 restarting (1)")),
    "never started": (web(status="created"), up("service web: shop-web-1 created")),
    "nothing runs": (runs(containers=()), up("%s; %s" % (NONE % "job", NONE % "web"))),
    "too many": (runs(WEB, WEB, JOB), up("service web has 2 containers, declared are 1")),
    "an orphan": (runs(WEB, JOB, WEB._replace(service="old")), up("service old is not declared")),
    "a service of another profile": (runs(WEB, JOB, WEB._replace(service="debug"), disabled=("debug",)), []),
    "unhealthy": (web(health="unhealthy"), []),
    "paused": (web(status="paused"), []),
    "other contents": (
        runs(record=Record(("compose.yaml",), inputs={"web": "old"}), **WITH_INPUTS),
        up("service web was given other configs, secrets or files"),
    ),
    "the same contents": (runs(record=Record(("compose.yaml",), inputs={"web": "new"}), **WITH_INPUTS), []),
    "files not known before": (runs(**WITH_INPUTS), []),
    "several": (
        web(hash="v", status="dead"),
        up("service web has another configuration; service web: shop-web-1 dead (0)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRESENT)
def test_present(name):
    state, expected = PRESENT[name]
    assert changes(SHOP, seen(state)) == expected


def test_a_hash_that_compose_itself_tells_otherwise():
    state = web(hash="label")
    known = dataclasses.replace(state, record=Record(("compose.yaml",), {"web": ("w", "label")}))
    assert changes(SHOP, seen(known)) == []
    other = dataclasses.replace(known, services={**RUNS.services, "web": Service("x")})
    assert changes(SHOP, seen(other)) == up("service web has another configuration")


@pytest.mark.parametrize(
    ("project", "state", "expected"),
    [
        (GONE, State(), []),
        (GONE, RUNS, [DOWN]),
        (GONE, State(record=Record(("compose.yaml",))), [DOWN]),
        (GONE, State(volumes=True), [DOWN]),
        (
            dataclasses.replace(GONE, remove_volumes=True),
            RUNS,
            [DOWN + " with its volumes"],
        ),
        (
            dataclasses.replace(GONE, adopt=True),
            State(containers=(WEB,)),
            [DOWN],
        ),
    ],
)
def test_absent(project, state, expected):
    assert changes(project, seen(state)) == expected


@pytest.mark.parametrize("project", [SHOP, GONE])
def test_somebody_elses_project(project):
    theirs = State({PATH: None}, containers=(WEB._replace(directory="/srv/shop"),))
    with pytest.raises(Refusal, match=r"shop is there already \(shop-web-1 running; its files are in /srv/shop\)"):
        changes(project, seen(theirs))


def test_an_adopted_project():
    theirs = State({PATH: None}, containers=(WEB,))
    adopt = dataclasses.replace(SHOP, adopt=True)
    assert changes(adopt, seen(theirs)) == [PLACE + "absent", *up("its files differ; this collection did not make it")]


def test_files_that_compose_refuses():
    with pytest.raises(Refusal, match="docker compose refuses the files of the project shop: line 3"):
        changes(SHOP, seen(runs(complaint="line 3")))


@pytest.mark.parametrize(
    ("found", "installed", "restarting", "expected"),
    [
        (seen(State({PATH: None}), None, False), False, False, [PLUGIN, *NEW]),
        (seen(RUNS, None), True, False, [PLUGIN]),
        (seen(runs(services=None, containers=()), None), True, False, [PLUGIN]),
        (seen(web(status="exited", exit_code=1), active=False), True, True, []),
        (seen(State({PATH: None}), active=False), True, True, NEW),
        (seen(RUNS, problem="it hangs"), True, True, []),
    ],
)
def test_before_the_engine_runs(found, installed, restarting, expected):
    assert changes(SHOP, found, installed, restarting) == expected


def test_an_engine_that_does_not_tell():
    with pytest.raises(Refusal, match="its containers cannot be listed: it hangs; mend that"):
        changes(SHOP, seen(RUNS, problem="it hangs"))


def test_no_plugin_for_what_is_absent_already():
    assert changes(GONE, seen(State(), None)) == []
    assert changes(GONE, seen(RUNS, None)) == [PLUGIN, DOWN]


@pytest.mark.parametrize(
    ("project", "found", "expected"),
    [
        (SHOP, seen(RUNS), []),
        (SHOP, seen(web(health="starting")), []),
        (SHOP, seen(web(health="unhealthy")), ["Compose project shop: shop-web-1 running, unhealthy"]),
        (SHOP, seen(web(status="paused")), ["Compose project shop: shop-web-1 paused"]),
        (GONE, seen(web(status="paused")), []),
        (
            SHOP,
            seen(RUNS, left=("old",)),
            ["Compose project old is not declared any more and runs on; declare it with state absent to take it down"],
        ),
    ],
)
def test_findings(project, found, expected):
    assert list(compose_plan.findings((project,), found)) == expected


@pytest.mark.parametrize(
    "target", [compose_plan.title("shop"), PATH, str(SHOP.directory), str(SHOP.directory / ".env")]
)
def test_name_of(target):
    assert compose_plan.name_of(Change("up", target, "")) == "shop"
