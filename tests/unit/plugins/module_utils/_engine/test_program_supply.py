# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole program with a package source of its own, on a scripted machine: the source's files, engine, upgrades."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    fetching,
    packages_apt,
    program,
    repository_apt,
    unit,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from . import web as webs
from .public_keys import FIRST, FIRST_KEY, SECOND
from .test_program import STATE, key_of, serving

FILES = ["bulwark-azure-docker.asc", "bulwark-azure-docker", "bulwark-azure-docker.sources"]
WRITES = ["write " + name for name in FILES]
# of a scripted machine: its engine's package is docker.io, whatever the source
NAMES = ["docker.io", "docker-cli"]


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE", 0)
    monkeypatch.delenv("http_proxy", raising=False)
    with webs.serving() as web:
        web.pages["/gpg"] = (200, {}, FIRST_KEY.encode("ascii"))
        yield {"kind": "mirror", "url": web.url, "key_fingerprint": FIRST, "packages": NAMES}


def state(source, version=None, base=None):
    return {**(base or STATE), "engine": {"version": version, "source": source}}


def declare(*arguments, check=False, **more):
    result = program.declare(parse(state(*arguments, **more)), check)
    return result["changes"]


def test_from_nothing(machine, source):
    predicted = declare(source, check=True)
    assert machine.events == []
    changes = declare(source)
    assert changes == predicted
    assert [change.split()[0] for change in changes] == ["write", "write", "write", "install", "key"]
    assert machine.events[:3] == WRITES, "the source is there before anything is installed, and its pin before it"
    assert machine.events[3].endswith(" update")
    assert machine.events[4].endswith(" docker.io docker-cli")
    assert {machine.mode(path) for path in packages_apt.PLACES} == {0o644}
    assert machine.mode(repository_apt.APT / "keyrings") == 0o755
    del machine.events[:]
    assert (declare(source), machine.events) == ([], [])


@pytest.fixture
def installed(machine, source):
    """(machine that serves with an engine from a mirror, its desired state)."""
    declare(source)
    serves = serving(key_of(machine))
    declare(source, base=serves)
    del machine.events[:]
    return machine, serves


def test_drift_in_the_sources_files_is_mended_and_nothing_else(installed, source):
    machine, serves = installed
    for path, name in zip(packages_apt.PLACES, WRITES):
        machine.put(path, "somebody's")
        found = declare(source, base=serves, check=True)
        assert [change.split(":")[0] for change in found] == ["write %s" % path]
        assert declare(source, base=serves) == found
        assert machine.events == [name], "and nothing is restarted"
        del machine.events[:]


def test_a_wrong_fingerprint_is_refused_before_anything_is_written(machine, source):
    for check in (True, False):
        with pytest.raises(Refusal, match="has the fingerprint %s, expected %s" % (FIRST, SECOND)):
            declare({**source, "key_fingerprint": SECOND}, check=check)
    assert machine.events == []


def test_an_upgrade_leaves_files_and_listener(installed, source):
    machine, serves = installed
    machine.packages.update(dict.fromkeys(NAMES, "26.1.4+dfsg1-9"))
    before = machine.text(unit.DROP_IN)
    changes = declare(source, "26.1.5", base=serves)
    assert changes == ["install engine: version 26.1.4+dfsg1-9, wanted 26.1.5"]
    assert machine.packages["docker.io"] == machine.packages["docker-cli"] == "26.1.5+dfsg1-9"
    assert machine.text(unit.DROP_IN) == before


def test_absence_takes_the_source_along(installed):
    machine = installed[0]
    changes = program.declare(parse({"schema": 1, "state": "absent"}), False)["changes"]
    assert ["remove %s: declared absent" % path in changes for path in packages_apt.PLACES] == [True] * 3
    assert [machine.text(path) for path in packages_apt.PLACES] == [None] * 3
    assert machine.packages == {}


def test_back_to_the_distributions_source(installed):
    changes = declare({}, base=installed[1])
    assert changes == ["remove %s: kind distribution needs none" % path for path in packages_apt.PLACES]
