# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking where the engine comes from; the key is fetched from a real server on loopback."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    fetching,
    ownership,
    packages_apt,
    repository_apt,
    supply,
    system,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import VENDOR_PACKAGES, File, Source

from . import web as webs
from .public_keys import BOTH_KEYS, FIRST, FIRST_KEY, SECOND, SECOND_KEY

RELEASE = {"ID": "ubuntu", "VERSION_CODENAME": "noble"}


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE", 0)
    monkeypatch.delenv("http_proxy", raising=False)
    with webs.serving() as found:
        found.pages["/gpg"] = (200, {}, FIRST_KEY.encode("ascii"))
        yield found


def mirror(web, *pins):
    return Source("mirror", web.url, key_fingerprints=pins or (FIRST,))


def test_complete():
    found = supply.complete(Source("docker"), packages_apt, RELEASE)
    assert (found.url, found.suite) == ("https://download.docker.com/linux/ubuntu", "noble")
    assert found.key_fingerprints == ("9DC858229FC7DD38854AE2D88D81803C0EBFCD88",)
    derived = supply.complete(Source("docker"), packages_apt, {"ID": "x", "ID_LIKE": "debian", "VERSION_CODENAME": "y"})
    assert derived.url == "https://download.docker.com/linux/debian"


def test_a_bare_machine(machine, web):
    found = supply.look(mirror(web))
    assert found["engines"] == {}
    assert found["strangers"] == ()
    assert found["supply"].engines == ("docker-ce",)
    assert found["supply"].missing == VENDOR_PACKAGES
    assert found["supply"].ours is False
    assert found["supply"].wanted[repository_apt.KEY] == FIRST_KEY
    assert "Suites: trixie\nComponents: stable\n" in found["supply"].wanted[repository_apt.SOURCES]
    assert machine.events == [], "nothing is changed"


def test_the_distributions_source(machine):
    machine.have_engine()
    machine.put(ownership.RECORD, "docker.io\n")
    found = supply.look(Source())
    assert found["engines"] == {"docker.io": "26.1.5+dfsg1-9"}
    assert found["supply"] == supply.Supply(
        engines=("docker.io",), wanted=dict.fromkeys(repository_apt.PLACES), ours=True
    )


def test_package_files(machine, monkeypatch):
    machine.put("/srv/a.deb", "x")
    monkeypatch.setattr(machine, "_dpkg_deb", lambda command: "docker-ce 5:28.0", raising=False)
    source = Source("offline", files=(File("a" * 64, path=str(machine.path("/srv/a.deb"))),))
    assert supply.look(source)["supply"] == supply.Supply(
        wanted=dict.fromkeys(repository_apt.PLACES), missing=("a.deb",)
    )
    machine.packages["docker-ce"] = "5:28.0"
    assert supply.look(source)["supply"].missing == ()


def test_a_key_that_is_right_is_not_fetched_again(machine, web):
    machine.put(repository_apt.KEY, FIRST_KEY)
    assert supply.look(mirror(web))["supply"].wanted[repository_apt.KEY] == FIRST_KEY
    assert web.asked == []


@pytest.mark.parametrize("stored", ["", "x", SECOND_KEY, BOTH_KEYS, FIRST_KEY + "\n"])
def test_a_key_that_is_not_right_is_fetched(machine, web, stored):
    machine.put(repository_apt.KEY, stored)
    assert supply.look(mirror(web))["supply"].wanted[repository_apt.KEY] == FIRST_KEY
    assert [path for path, _headers in web.asked] == ["/gpg"]


def test_a_key_that_is_not_pinned_is_refused(machine, web):
    with pytest.raises(Refusal) as refused:
        supply.look(mirror(web, SECOND))
    text = "the key at %s/gpg has the fingerprint %s, expected %s" % (web.url, FIRST, SECOND)
    assert str(refused.value).startswith(text)
    assert machine.events == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("containerd.io",), "engine.source.packages has no engine, expected just one of docker.io, docker-ce"),
        (("docker-ce", "moby-engine"), "engine.source.packages has docker-ce and moby-engine, expected just one"),
    ],
)
def test_a_source_has_one_engine(machine, web, names, words):
    source = Source("mirror", web.url, key_fingerprints=(FIRST,), packages=names)
    with pytest.raises(Refusal, match=words):
        supply.look(source)


def test_a_distribution_without_an_engine_of_its_own(machine, monkeypatch):
    machine.put("etc/os-release", "ID=rocky\nVERSION_ID=9.4\nID_LIKE=rhel\n")
    monkeypatch.setattr(system, "output", lambda command, stdin="": "")
    with pytest.raises(Refusal, match=r"engine\.source\.kind distribution on rocky has no engine"):
        supply.look(Source())


def test_a_machine_without_back_end(machine):
    machine.put("etc/os-release", "ID=alpine\n")
    assert supply.look(Source()) == {"engines": {}, "strangers": (), "supply": supply.Supply(known=False)}
