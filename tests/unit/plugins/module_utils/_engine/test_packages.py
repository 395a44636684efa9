# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The back end of a machine, and what the ones that were never run would call."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    packages,
    packages_apt,
    packages_dnf,
    packages_zypper,
    rpm,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import Source

BACKENDS = {
    "debian": ("", packages_apt),
    "ubuntu": ("debian", packages_apt),
    "linuxmint": ("ubuntu debian", packages_apt),
    "rhel": ("fedora", packages_dnf),
    "ol": ("fedora", packages_dnf),
    "rocky": ("rhel centos fedora", packages_dnf),
    "azurelinux": ("mariner", packages_dnf),
    "sles": ("suse", packages_zypper),
    "opensuse-leap": ("suse opensuse", packages_zypper),
    "alpine": ("", None),
}


@pytest.mark.parametrize("name", BACKENDS)
def test_of(name):
    like, expected = BACKENDS[name]
    assert packages.of({"ID": name, "ID_LIKE": like}) is expected


def test_a_machine_without_back_end(machine):
    assert packages.current() is packages_apt
    machine.put("etc/os-release", "ID=alpine\nVERSION_ID=3.21\n")
    assert packages.places() == ()
    with pytest.raises(Refusal) as refused:
        packages.current()
    assert str(refused.value) == (
        "this machine runs alpine 3.21, supported are debian and ubuntu; choose an image of one of these"
    )


@pytest.mark.parametrize(
    ("os_id", "known", "allowed", "words"),
    [
        ("debian", True, False, None),
        ("ubuntu", True, False, None),
        ("rocky", True, True, None),
        ("rocky", True, False, "choose an image of one of these, or declare package source's allow_untested_platform"),
        ("alpine", False, True, "supported are debian and ubuntu; choose an image of one of these"),
    ],
)
def test_refuse(os_id, known, allowed, words):
    source = Source(allow_untested_platform=allowed)
    if words is None:
        packages.refuse(source, os_id, "9", known)
        return
    with pytest.raises(Refusal) as refused:
        packages.refuse(source, os_id, "9", known)
    assert words in str(refused.value)
    assert ("allow_untested_platform" in str(refused.value)) is known


def test_strangers(machine):
    assert packages.strangers(packages_apt, {"docker.io": "1"}) == ()
    machine.put(packages.SNAPS / "core_1.snap", "")
    assert packages.strangers(packages_apt, {"podman-docker": "1"}) == ("podman-docker",)
    machine.put(packages.SNAPS / "docker_2915.snap", "")
    assert packages.strangers(packages_apt, {}) == ("the snap docker (snap remove docker)",)


WANTED = {"docker-ce": "29.1.3-1.el9", "containerd.io": None}


@pytest.mark.parametrize(
    ("backend", "back", "expected"),
    [
        (packages_dnf, False, "--assumeyes install docker-ce-29.1.3-1.el9 containerd.io"),
        (packages_dnf, True, "--assumeyes downgrade docker-ce-29.1.3-1.el9 containerd.io"),
        (packages_zypper, False, "install --no-recommends docker-ce=29.1.3-1.el9 containerd.io"),
        (packages_zypper, True, "install --no-recommends --oldpackage docker-ce=29.1.3-1.el9 containerd.io"),
    ],
)
def test_command(backend, back, expected):
    assert " ".join(backend.command(WANTED, back)) == expected


@pytest.mark.parametrize(("version", "expected"), [("9.4", "9"), ("43", "43"), ("", "")])
def test_the_suite_of_an_rpm_distribution(version, expected):
    assert rpm.suite({"VERSION_ID": version}) == expected


@pytest.mark.parametrize("backend", [packages_dnf, packages_zypper])
def test_the_files_of_an_rpm_repository(backend):
    source = Source("docker", "https://mirror.example/rhel", "9", "stable", "", (), ("docker-ce", "containerd.io"))
    found = backend.texts(source, "KEY", "")
    assert list(found) == list(backend.PLACES)
    assert found[backend.KEY] == "KEY"
    text = found[backend.REPOSITORY]
    for line in (
        "baseurl=https://mirror.example/rhel/9/$basearch/stable",
        "gpgcheck=1",
        "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-bulwark-azure-docker",
        "includepkgs=docker-ce containerd.io",
    ):
        assert line in text.splitlines()
    assert backend.texts(Source(), None, "") == dict.fromkeys(backend.PLACES)
