# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed for which source and version, and what is remembered of it."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    installation,
    offline,
    ownership,
    packages_apt,
    upgrade,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import VENDOR_PACKAGES, File, Source

from .material import ENROL

VENDOR = Source("docker", packages=VENDOR_PACKAGES)
CE = "5:28.0.1-1~debian.13~trixie"
NEWER = "5:28.1.0-1~debian.13~trixie"
HAVE = {"docker-ce": CE, "docker-ce-cli": CE, "containerd.io": "1.7"}
PLUGINS = {"docker-buildx-plugin": None, "docker-compose-plugin": None}
EXTRAS = {"iptables": None, "ca-certificates": None}

# source, engine, what is installed, wanted version, what is to be installed
SELECTIONS = {
    "the distribution's": (Source(), "docker.io", {}, None, {"docker.io": None, **EXTRAS, "docker-cli": None}),
    "a version of it": (
        Source(),
        "docker.io",
        {},
        "26.1.4",
        {"docker.io": "26.1.4+dfsg1-9", **EXTRAS, "docker-cli": "26.1.4+dfsg1-9"},
    ),
    "an upgrade of it": (
        Source(),
        "docker.io",
        {"docker.io": "20.10.24", "iptables": "1.8", "ca-certificates": "1"},
        "26.1",
        {"docker.io": "26.1.5+dfsg1-9", "docker-cli": "26.1.5+dfsg1-9"},
    ),
    "the vendor's": (VENDOR, "docker-ce", {}, None, dict.fromkeys(VENDOR_PACKAGES)),
    "what lacks of the vendor's": (VENDOR, "docker-ce", HAVE, None, PLUGINS),
    "what lacks of a version that is there": (VENDOR, "docker-ce", HAVE, "28.0", PLUGINS),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_selection(machine, name):
    source, engine, installed, wanted, expected = SELECTIONS[name]
    assert installation.selection(source, packages_apt, engine, installed, wanted) == expected


def test_the_command_line_comes_in_the_engines_version_and_the_rest_along(machine):
    machine.available = [NEWER, CE]
    assert installation.selection(VENDOR, packages_apt, "docker-ce", HAVE, "28.1") == {
        "docker-ce": NEWER,
        "docker-ce-cli": NEWER,
        "containerd.io": None,
        **PLUGINS,
    }


def test_a_command_line_that_cannot_be_had_in_that_version(machine, monkeypatch):
    monkeypatch.setattr(packages_apt, "versions", lambda name: [NEWER] if name == "docker-ce" else ["1"])
    found = installation.selection(VENDOR, packages_apt, "docker-ce", {}, "28.1")
    assert (found["docker-ce"], found["docker-ce-cli"]) == (NEWER, None)


def test_a_first_installation_is_not_waited_for(machine):
    installation.install(ENROL, lambda: False)
    assert machine.events[0].endswith(" update")
    assert machine.events[1].endswith(" docker.io iptables ca-certificates docker-cli")
    assert machine.events[2:] == ["write packages"]
    assert ownership.recorded() == {"containerd", "docker-cli", "docker.io", "runc"}


def test_what_came_before_a_failure_is_remembered(machine, monkeypatch):
    def install(*_arguments):
        machine.packages["docker.io"] = "26"
        raise Refusal("no space left")

    monkeypatch.setattr(packages_apt, "install", install)
    with pytest.raises(Refusal, match="no space left"):
        installation.install(ENROL, lambda: True)
    assert ownership.recorded() == {"docker.io"}


def test_an_upgrade_is_waited_for_and_rolled_back(machine):
    machine.have_engine("26.1.4+dfsg1-9")
    desired = dataclasses.replace(ENROL, engine_version="26.1.5")
    with pytest.raises(Refusal, match=r"The old versions \(docker\.io 26\.1\.4\+dfsg1-9\) are in force again"):
        installation.install(desired, lambda: machine.packages["docker.io"] == "26.1.4+dfsg1-9")
    assert machine.packages["docker.io"] == "26.1.4+dfsg1-9"
    assert "--allow-downgrades docker.io=26.1.4+dfsg1-9" in machine.events[-2]
    assert machine.events[-1] == "write packages", "what came along stays, and is ours"
    assert machine.text(upgrade.RECORD) is None


def test_package_files(machine, monkeypatch):
    machine.put("/srv/a.deb", "x")
    monkeypatch.setattr(machine, "_dpkg_deb", lambda command: "docker-ce 5:28.0", raising=False)
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    source = Source("offline", files=(File(sha256, path=str(machine.path("/srv/a.deb"))),))
    installation.install(dataclasses.replace(ENROL, source=source), lambda: True)
    assert "--no-download" in machine.events[0]
    assert machine.text(offline.RECORD) == "%s docker-ce 5:28.0\n" % sha256


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        ({"docker-compose-plugin": ["5.0"], "docker-compose": ["2.26"]}, "docker-compose-plugin"),
        ({"docker-compose": ["2.26.1-4"]}, "docker-compose"),
        ({"docker-compose-v2": ["2.24"], "docker-compose": ["1.29"]}, "docker-compose-v2"),
        ({"docker-compose": ["1.29.2-3"]}, None),
        ({}, None),
    ],
)
def test_the_compose_plugin(machine, monkeypatch, have, expected):
    monkeypatch.setattr(packages_apt, "versions", lambda name: have.get(name, []))
    if expected is None:
        with pytest.raises(Refusal, match="have no Compose plugin of version 2 or later, looked for docker-compose-pl"):
            installation.install_compose()
        return
    machine.have_engine()
    installation.install_compose()
    assert machine.events[1].endswith(" --no-remove " + expected)
    assert expected in ownership.recorded()
