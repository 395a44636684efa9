# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that make a repository known to apt, and confine it to the engine."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import repository_apt
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import Source

MIRROR = Source(
    "mirror", "https://mirror.example:8443/docker", "trixie", "stable", "", (), ("docker-ce", "containerd.io")
)
DEBIAN = "deb http://debian.example/debian trixie main\n"
SHARED = "Types: deb\nURIs: https://Mirror.example/debian\nSuites: stable-updates\nComponents: main\n"

ORIGINS = {
    "a host of its own": (DEBIAN, 'origin "mirror.example"'),
    "no other source": ("", 'origin "mirror.example"'),
    "a host that begins alike": ("deb https://mirror.example.org/debian trixie main", 'origin "mirror.example"'),
    "a host with other sources": (SHARED, "release c=stable"),
    "on another port": ("deb http://mirror.example:80 trixie main", "release c=stable"),
    "with a user": ("deb https://me:x@mirror.example/debian trixie main", "release c=stable"),
    "at the end of a line": ("URIs: https://mirror.example", "release c=stable"),
}


@pytest.mark.parametrize("name", ORIGINS)
def test_origin(name):
    others, expected = ORIGINS[name]
    assert repository_apt.origin(MIRROR, others) == expected


@pytest.mark.parametrize(
    "line",
    [
        "deb [signed-by=/x] https://mirror.example:8443/docker trixie stable",
        "URIs: https://mirror.example:8443/docker/",
        "URIs: https://mirror.example:8443/docker",
    ],
)
def test_the_same_repository_in_somebodys_file(line):
    with pytest.raises(Refusal, match=r"another file below \S+ names https://mirror\.example:8443/docker already"):
        repository_apt.origin(MIRROR, DEBIAN + line)


def test_what_apt_cannot_tell_apart():
    with pytest.raises(Refusal) as refused:
        repository_apt.origin(MIRROR, "deb https://mirror.example/tools any stable\n")
    assert str(refused.value).startswith("mirror.example serves other package sources of this machine, too")
    assert "a host name of its own" in str(refused.value)


def test_texts():
    found = repository_apt.texts(MIRROR, "KEY", DEBIAN)
    assert list(found) == list(repository_apt.PLACES)
    assert found[repository_apt.KEY] == "KEY"
    assert found[repository_apt.SOURCES] == (
        "# Managed by bulwark.azure_docker: changes here are overwritten.\n"
        "Types: deb\n"
        "URIs: https://mirror.example:8443/docker\n"
        "Suites: trixie\n"
        "Components: stable\n"
        "Signed-By: %s\n" % repository_apt.KEY
    )
    assert found[repository_apt.PREFERENCES] == (
        "Explanation: Managed by bulwark.azure_docker: changes here are overwritten.\n"
        "Explanation: From there comes the engine and nothing else.\n"
        'Package: *\nPin: origin "mirror.example"\nPin-Priority: -1\n'
        '\nPackage: docker-ce containerd.io\nPin: origin "mirror.example"\nPin-Priority: 500\n'
    )


@pytest.mark.parametrize("kind", ["distribution", "offline"])
def test_without_a_repository_there_are_no_files(kind):
    assert repository_apt.texts(Source(kind), None, "") == dict.fromkeys(repository_apt.PLACES)


def test_the_other_sources(machine):
    machine.put(repository_apt.APT / "sources.list", "# deb http://old any main\n" + DEBIAN)
    machine.put(repository_apt.APT / "sources.list.d/a.list", "deb http://a any main")
    machine.put(repository_apt.APT / "sources.list.d/b.sources", "URIs: http://b\n  # x")
    machine.put(repository_apt.APT / "mirrors/debian.list", "http://c")
    machine.put(repository_apt.SOURCES, "URIs: http://ours")
    assert repository_apt.others() == DEBIAN + "deb http://a any main\nURIs: http://b\nhttp://c"
