# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import versions
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

INSTALLED = "26.1.5+dfsg1-9+b1"
CE = "5:29.1.3-1~debian.13~trixie"


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
    assert versions.matches(INSTALLED, wanted) is expected


@pytest.mark.parametrize(("version", "wanted"), [("27.0~rc1-1", "27.0"), ("27.0-1", "27.0")])
def test_a_series_ends_at_a_separator(version, wanted):
    assert versions.matches(version, wanted)


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
    assert versions.matches(CE, wanted) is expected


AVAILABLE = ["26.1.5+dfsg1-9", "26.1.4+dfsg1-9", "20.10.24"]


def test_newest():
    assert versions.newest("26.1", AVAILABLE) == "26.1.5+dfsg1-9", "the newest comes first"
    assert versions.newest("26.1.4", AVAILABLE) == "26.1.4+dfsg1-9"
    with pytest.raises(Refusal) as refused:
        versions.newest("29.1", AVAILABLE)
    assert "version 29.1 is not available, found: 26.1.5+dfsg1-9, 26.1.4+dfsg1-9, 20.10.24" in str(refused.value)
    with pytest.raises(Refusal, match="found: none; choose one of these or give no version"):
        versions.newest("26.1", [])


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [
        ("28", CE, True),
        ("29.0.9", CE, True),
        ("29.1.2", CE, True),
        ("29.1.3", CE, False),
        ("29.2", CE, False),
        ("30", CE, False),
        ("9.2", CE, True),
        ("5:28.0", CE, True),
        ("5:29.1.3-2~debian.13~trixie", CE, False),
        ("29.1.3.1", CE, False),
        ("26.1.4", INSTALLED, True),
        ("unknown", CE, False),
    ],
)
def test_is_older(wanted, version, expected):
    assert versions.is_older(wanted, version) is expected
