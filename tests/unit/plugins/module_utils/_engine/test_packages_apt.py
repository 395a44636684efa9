# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of Debian and Ubuntu."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import packages_apt, system
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

OPTIONS = "apt-get --quiet --yes -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "
INSTALL = " install --no-install-recommends --no-remove "


def test_everything(machine):
    machine.packages = {"docker-ce": "5:29.1", "bash": "5"}
    assert packages_apt.everything() == machine.packages


def test_removed_packages_whose_configuration_is_left_are_not_installed(machine, monkeypatch):
    monkeypatch.setattr(system, "output", lambda command: "config-files docker.io 26.1\nunpacked runc 1\n")
    assert packages_apt.everything() == {}


def test_versions(machine):
    assert packages_apt.versions("docker.io") == machine.available


@pytest.mark.parametrize(
    ("wanted", "back", "words"),
    [
        ({"docker.io": None, "iptables": None}, False, "docker.io iptables"),
        ({"docker-ce": "5:29.1", "containerd.io": None}, False, "docker-ce=5:29.1 containerd.io"),
        ({"docker-ce": "5:29.1"}, True, "--allow-downgrades docker-ce=5:29.1"),
    ],
)
def test_install(machine, wanted, back, words):
    packages_apt.install(wanted, "", back)
    (command,) = machine.events
    assert command.startswith(OPTIONS)
    assert command.endswith(INSTALL + words)


def test_a_companion_that_the_distribution_has_not_is_left_out(machine, monkeypatch):
    assert packages_apt.extras() == ("iptables", "ca-certificates", "docker-cli")
    monkeypatch.setattr(machine, "_apt_cache", lambda command: "")
    assert packages_apt.extras() == ("iptables", "ca-certificates")


def test_an_installation_that_fails(machine):
    machine.apt_code = 100
    with pytest.raises(Refusal) as refused:
        packages_apt.install({"docker.io": None}, packages_apt.refresh())
    text = str(refused.value)
    assert "apt-get install ended with 100, expected 0" in text
    assert "apt-get update said:\nE: the mirror is on fire" in text
    assert "Mend the package sources" in text


def test_files_are_installed_without_any_source(machine):
    packages_apt.install_files(["/tmp/00.deb", "/tmp/01.deb"])
    (command,) = machine.events
    assert "-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null -o Dir::Cache::pkgcache=" in command
    assert command.endswith(INSTALL + "--no-download /tmp/00.deb /tmp/01.deb")


def test_what_files_depend_on_is_named(monkeypatch):
    # as apt 3.0 of Debian 13 says it
    text = (
        "The following packages have unmet dependencies:\n"
        " docker-ce : PreDepends: tini but it is not installable\n"
        "             Depends: containerd.io (>= 1.7) but it is not installable\n"
        "E: Unable to correct problems, you have held broken packages.\n"
        "E: The following information from --solver 3.0 may provide additional context:\n"
        "   Unable to satisfy dependencies. Reached two conflicting decisions:"
    )
    monkeypatch.setattr(system, "logged", lambda *_arguments: (100, text))
    with pytest.raises(Refusal) as refused:
        packages_apt.install_files(["/tmp/00.deb"])
    assert "nor installed: containerd.io (>= 1.7), tini; declare" in str(refused.value)


def test_files_that_cannot_be_installed_for_another_reason(machine):
    machine.apt_code = 100
    with pytest.raises(Refusal, match="declared files ended with 100, expected 0; its last lines:\nE: the mirror"):
        packages_apt.install_files(["/tmp/00.deb"])


def test_control(machine, monkeypatch):
    asked = []
    monkeypatch.setattr(
        machine, "_dpkg_deb", lambda command: asked.append(command) or "docker-ce 5:29.1", raising=False
    )
    assert packages_apt.control("/tmp/00.deb") == ("docker-ce", "5:29.1")
    monkeypatch.setattr(machine, "_dpkg_deb", lambda command: None)
    with pytest.raises(Refusal, match=r"/tmp/00\.deb is no package that dpkg-deb can read"):
        packages_apt.control("/tmp/00.deb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("http='http://proxy:3128'\n", {"http": "http://proxy:3128", "https": "http://proxy:3128"}),
        (
            "http='http://proxy:3128'\nhttps='http://other:3128'\n",
            {"http": "http://proxy:3128", "https": "http://other:3128"},
        ),
        ("https='DIRECT'\n", None),
    ],
)
def test_proxies(machine, monkeypatch, text, expected):
    monkeypatch.setattr(machine, "_apt_config", lambda command: text)
    assert packages_apt.proxies() == expected
