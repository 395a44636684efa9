# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Version floors by where the packages come from."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import floors


@pytest.mark.parametrize(
    ("component", "version", "source", "severity"),
    [
        ("engine", "29.5.0", "docker", None),
        ("engine", "29.7.2", "mirror", None),
        ("engine", "30.0.0", "offline", None),
        ("engine", "5:29.5.0-1~debian.13~trixie", "docker", None),
        ("engine", "29.4.3", "docker", "high"),
        ("engine", "28.5.2", "mirror", "high"),
        ("engine", "28.5.2", "offline", "high"),
        ("engine", "26.1.5+dfsg1-9+b9", "distribution", "medium"),
        ("engine", "20.10.24+dfsg1-1", "distribution", "medium"),
        ("runc", "1.3.6", "docker", None),
        ("runc", "1.3.5", "docker", "high"),
        ("runc", "1.4.3", "docker", None),
        ("runc", "1.4.2", "docker", "high"),
        ("runc", "1.5.0", "docker", None),
        ("runc", "1.6.0", "docker", None),
        ("runc", "1.2.9", "docker", "high"),
        ("runc", "1.1.15+ds1-2+b4", "distribution", "medium"),
        ("runc", None, "docker", "high"),
        ("engine", "unknown", "distribution", "medium"),
    ],
)
def test_floor(component, version, source, severity):
    found = floors.judge(component, version, source)
    assert (found.severity if found else None) == severity
    assert found is None or found.control == f"host-{component}-floor"


def test_the_text_says_what_is_expected_and_what_to_do():
    found = floors.judge("runc", "1.3.5", "docker")
    assert found is not None and found.text.startswith(
        "runc 1.3.5 is lower than vendor's floor (1.3.6 or 1.4.3 or 1.5.0): upgrade it"
    )


def test_a_distribution_backports():
    found = floors.judge("engine", "26.1.5+dfsg1-9", "distribution")
    assert found is not None and "lower than vendor's floor; distribution backports" in found.text


def test_an_unknown_source_is_an_error():
    with pytest.raises(Failure, match="package_source is 'ppa', expected distribution, docker, mirror, offline"):
        floors.judge("engine", "29.7.2", "ppa")
