# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions about package source, engine and version."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import plan, plan_supply
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import Source
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.supply import Supply

from .material import ENROL, bare, seen

CE = "5:28.0.1-1~debian.13~trixie"
DOCKER = dataclasses.replace(ENROL, source=Source("docker"))
MIRROR = dataclasses.replace(ENROL, source=Source("mirror", "https://mirror.example"))
OFFLINE = dataclasses.replace(ENROL, source=Source("offline"))
VENDOR = Supply(engines=("docker-ce",))
WANTED = {"/key": "KEY", "/pin": "PIN", "/source": "SOURCE"}
NONE = {"/key": None, "/pin": None, "/source": None}


def version(desired, wanted, restart="now"):
    return dataclasses.replace(desired, engine_version=wanted, restart=restart)


def with_(supply, **fields):
    return dataclasses.replace(supply, **fields)


# desired, observed, changes, pending
PLANS = {
    "a bare machine": (
        DOCKER,
        bare(supply=with_(VENDOR, wanted=WANTED, missing=("docker-ce",))),
        ["write /key: absent", "write /pin: absent", "write /source: absent", "install engine: not installed"],
        None,
    ),
    "as declared": (
        DOCKER,
        seen(engines={"docker-ce": CE}, supply=with_(VENDOR, wanted=WANTED), files=WANTED),
        [],
        None,
    ),
    "files that somebody changed": (
        DOCKER,
        seen(engines={"docker-ce": CE}, supply=with_(VENDOR, wanted=WANTED), files={**WANTED, "/pin": ""}),
        ["write /pin: content differs"],
        None,
    ),
    "files that are of no use any more": (
        ENROL,
        seen(supply=Supply(engines=("docker.io",), wanted=NONE), files=WANTED),
        ["remove %s: kind distribution needs none" % path for path in WANTED],
        None,
    ),
    "a plugin lacks": (
        DOCKER,
        seen(engines={"docker-ce": CE}, supply=with_(VENDOR, missing=("docker-compose-plugin",))),
        ["install engine: docker-compose-plugin not installed"],
        None,
    ),
    "a series that it is of": (version(DOCKER, "28.0"), seen(engines={"docker-ce": CE}, supply=VENDOR), [], None),
    "an upgrade": (
        version(DOCKER, "28.1"),
        seen(engines={"docker-ce": CE}, supply=VENDOR),
        ["install engine: version %s, wanted 28.1" % CE],
        None,
    ),
    "an upgrade while nothing may restart": (
        version(DOCKER, "28.1", "deferred"),
        seen(engines={"docker-ce": CE}, supply=VENDOR),
        [],
        "version %s, wanted 28.1 (an upgrade restarts the daemon)" % CE,
    ),
    "a plugin while nothing may restart": (
        version(DOCKER, None, "never"),
        seen(engines={"docker-ce": CE}, supply=with_(VENDOR, missing=("docker-compose-plugin",))),
        ["install engine: docker-compose-plugin not installed"],
        None,
    ),
    "the first installation while nothing may restart": (
        version(DOCKER, "28.1", "never"),
        bare(supply=VENDOR),
        ["install engine: not installed"],
        None,
    ),
    "package files": (
        OFFLINE,
        seen(engines={"docker-ce": CE}, supply=Supply(missing=("a.deb", "b.deb"))),
        ["install engine: not installed from the declared files: a.deb, b.deb"],
        None,
    ),
    "package files that are installed": (
        version(OFFLINE, "28"),
        seen(engines={"docker-ce": CE}, supply=Supply()),
        [],
        None,
    ),
    "somebody's engine with the distribution's source": (
        ENROL,
        seen(engines={"docker-ce": CE}, supply=Supply(engines=("docker.io",))),
        [],
        None,
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_changes(name):
    desired, observed, expected, pending = PLANS[name]
    found, waits = plan_supply.changes(desired, observed)
    assert ([str(change) for change in found], waits) == (expected, pending)


REFUSALS = {
    "another family": (
        DOCKER,
        {"engines": {"docker.io": "26.1.5"}, "supply": VENDOR},
        "found docker.io 26.1.5, installed by somebody else; wanted is docker-ce from kind docker, and an engine is "
        "never swapped for another silently: remove that engine yourself, or declare kind distribution",
    ),
    "another family that is ours": (
        MIRROR,
        {"engines": {"docker.io": "26.1.5"}, "supply": with_(VENDOR, ours=True)},
        "installed by this collection; wanted is docker-ce from kind mirror, and an engine is never swapped for "
        "another silently: declare the state absent first (images, containers and volumes stay on the disk)",
    ),
    "back to the distribution's": (
        ENROL,
        {"engines": {"docker-ce": CE}, "supply": Supply(engines=("docker.io",), ours=True)},
        "installed by this collection; wanted is docker.io from kind distribution",
    ),
    "an older version": (
        version(DOCKER, "27.5"),
        {"engines": {"docker-ce": CE}, "supply": VENDOR},
        "found docker-ce %s, wanted version 27.5, which is older; an engine is not downgraded over its data" % CE,
    ),
    "files of another version": (
        version(OFFLINE, "29"),
        {"engines": {"docker-ce": CE}, "supply": Supply()},
        "found docker-ce %s from the declared files, wanted version 29; declare the files of that version" % CE,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    desired, given, words = REFUSALS[name]
    with pytest.raises(Refusal) as refused:
        plan_supply.changes(desired, seen(**given))
    assert words in str(refused.value)


def test_both_reasons_are_pending():
    desired = version(DOCKER, "28.1", "deferred")
    observed = seen(engines={"docker-ce": CE}, supply=VENDOR, active=False, files={})
    assert plan.plan(desired, observed).pending == (
        "version %s, wanted 28.1 (an upgrade restarts the daemon); it is not running" % CE
    )
