# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection as a role reads it: plain data."""

from __future__ import annotations

import datetime
import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.catalogue import ALL
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.chosen import chosen

from .hosts import HOST, TODAY

FACTS = {**HOST, "package_source": "docker", "runc_version": "1.4.3"}
WAIVER = {"mode": "waive", "reason": "old app", "expires": datetime.date(2027, 1, 1), "ticket": "OPS-1"}


def test_shape():
    found = chosen("hardened", [{"daemon-icc": WAIVER}], FACTS, {}, "2026-11-24")
    assert sorted(found) == ["controls", "daemon_options", "enabled", "findings", "tier"]
    assert list(found["controls"]) == [control.id for control in ALL]
    assert found["controls"]["daemon-icc"] == {
        "mode": "waive",
        "reason": "old app",
        "expires": "2027-01-01",
        "ticket": "OPS-1",
        "title": "Containers on the default bridge do not reach each other",
        "layer": "L1",
        "tier": "baseline",
        "severity": "medium",
        "variable": None,
        "cis_1_6": ["2.2"],
        "cis_1_8": ["2.2"],
    }
    assert json.loads(json.dumps(found)) == found


def test_daemon_options_are_those_of_the_enabled_controls():
    found = chosen("baseline", [{"daemon-icc": WAIVER}], FACTS, {"nofile_soft": 2048}, TODAY)
    assert found["daemon_options"] == {
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 2048, "Hard": 65536}},
        "insecure-registries": [],
        "live-restore": True,
        "no-new-privileges": True,
    }


@pytest.mark.parametrize(
    ("layer", "facts", "expected"),
    [
        ({}, {}, []),
        ({}, {"engine_version": "29.0.0"}, [("host-engine-floor", "high")]),
        (
            {},
            {"engine_version": "26.1.5", "runc_version": "1.1.15", "package_source": "distribution"},
            [("host-engine-floor", "medium"), ("host-runc-floor", "medium")],
        ),
        ({"host-runc-floor": WAIVER}, {"runc_version": "1.4.2"}, []),
        ({"daemon-icc": {"mode": "waive", "reason": "x"}}, {}, [("daemon-icc", "low")]),
    ],
)
def test_findings(layer, facts, expected):
    found = chosen("hardened", [layer], {**FACTS, **facts}, {}, TODAY)["findings"]
    assert [(one["control"], one["severity"]) for one in found] == expected
    assert all(sorted(one) == ["control", "severity", "text"] for one in found)


@pytest.mark.parametrize("today", [TODAY, datetime.datetime(2026, 11, 24, 8, 0), "2026-11-24"])
def test_the_day_decides_on_waivers(today):
    expired = {**WAIVER, "expires": "2026-11-23"}
    with pytest.raises(Failure, match="expired on 2026-11-23"):
        chosen("hardened", [{"daemon-icc": expired}], FACTS, {}, today)


def test_the_present_day_is_the_default():
    with pytest.raises(Failure, match="expired on 2001-01-01"):
        chosen("hardened", [{"daemon-icc": {**WAIVER, "expires": "2001-01-01"}}], FACTS, {})


@pytest.mark.parametrize(
    ("layers", "facts", "settings", "today", "text"),
    [
        ({}, FACTS, {}, TODAY, "of the types dict, dict and dict, expected a list and two dictionaries"),
        ([], [], {}, TODAY, "of the types list, list and dict"),
        ([], FACTS, "x", TODAY, "of the types list, dict and str"),
        ([], HOST, {}, TODAY, "The facts of this host lack package_source and runc_version"),
        ([], FACTS, {}, "today", "today is 'today', expected a date such as"),
    ],
)
def test_arguments_are_checked(layers, facts, settings, today, text):
    with pytest.raises(Failure, match=text):
        chosen("hardened", layers, facts, settings, today)
