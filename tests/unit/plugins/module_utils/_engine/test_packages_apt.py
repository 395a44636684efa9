# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import packages_apt
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Refusal

INSTALLED = "26.1.5+dfsg1-9+b1"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, True),
        (INSTALLED, True),
        ("26", True),
        ("26.1", True),
        ("26.1.5", True),
        ("26.1.5+dfsg1", True),
        ("26.1.5+dfsg1-9", True),
        ("2", False),
        ("26.", False),
        ("26.1.50", False),
        ("6.1", False),
        (INSTALLED + ".1", False),
    ],
)
def test_matches(wanted, expected):
    assert packages_apt.matches(INSTALLED, wanted) is expected


@pytest.mark.parametrize(("version", "wanted"), [("27.0~rc1-1", "27.0"), ("27.0-1", "27.0")])
def test_a_series_ends_at_a_separator(version, wanted):
    assert packages_apt.matches(version, wanted)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("29", True),
        ("29.1", True),
        ("29.1.3", True),
        ("29.1.3-1~debian.13~trixie", True),
        ("5:29.1", True),
        ("5:29.1.3-1~debian.13~trixie", True),
        ("5", False),
        ("5:", False),
        ("28", False),
        ("29.2", False),
        ("9.1", False),
        ("4:29.1", False),
    ],
)
def test_the_version_of_docker_ce(wanted, expected):
    assert packages_apt.matches("5:29.1.3-1~debian.13~trixie", wanted) is expected


def test_version_of(machine):
    assert packages_apt.version_of("26.1") == "26.1.5+dfsg1-9", "the newest comes first"
    assert packages_apt.version_of("26.1.4") == "26.1.4+dfsg1-9"
    with pytest.raises(Refusal) as refused:
        packages_apt.version_of("29.1")
    assert "version 29.1 is not available, found: 26.1.5+dfsg1-9, 26.1.4+dfsg1-9, 20.10.24" in str(refused.value)
    machine.available = []
    with pytest.raises(Refusal, match="found: none; choose one of these or give no version"):
        packages_apt.version_of("26.1")


def test_installed(machine):
    machine.packages = {"docker-ce": "5:29.1", "bash": "5"}
    assert packages_apt.installed(packages_apt.ENGINES) == {"docker-ce": "5:29.1"}
    assert packages_apt.installed(packages_apt.STRANGERS) == {}


def test_removed_packages_whose_configuration_is_left_are_not_installed(machine, monkeypatch):
    monkeypatch.setattr(packages_apt.system, "output", lambda command: "config-files 26.1")
    assert packages_apt.installed(packages_apt.ENGINES) == {}


@pytest.mark.parametrize(("version", "package"), [(None, "docker.io"), ("26.1.4", "docker.io=26.1.4+dfsg1-9")])
def test_install(machine, version, package):
    packages_apt.install(version)
    update, install = machine.events
    assert update.endswith(" update")
    assert install.endswith(" install --no-install-recommends %s iptables ca-certificates docker-cli" % package)
    for command in (update, install):
        assert command.startswith("apt-get --quiet --yes -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 ")


def test_a_companion_that_the_distribution_has_not_is_left_out(machine, monkeypatch):
    monkeypatch.setattr(machine, "_apt_cache", lambda command: "")
    packages_apt.install(None)
    assert machine.events[1].endswith(" docker.io iptables ca-certificates")


def test_an_installation_that_fails(machine):
    machine.apt_code = 100
    with pytest.raises(Refusal) as refused:
        packages_apt.install(None)
    text = str(refused.value)
    assert "apt-get install ended with 100, expected 0" in text
    assert "E: the mirror is on fire" in text
    assert "Mend the package sources" in text
