# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people declare for controls: layers, waivers, faults."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.overrides import Override, parse

from .hosts import TODAY

ICC = "daemon-icc"


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], {}),
        ([{}, {}], {}),
        ([{ICC: {"mode": "audit"}}], {ICC: Override("audit")}),
        ([{ICC: {"mode": "audit"}}, {ICC: {"mode": "enforce"}}], {ICC: Override("enforce")}),
        (  # by key: the host only gives another date
            [{ICC: {"mode": "waive", "reason": "old app", "expires": "2026-01-01"}}, {ICC: {"expires": "2027-01-01"}}],
            {ICC: Override("waive", "old app", datetime.date(2027, 1, 1))},
        ),
        (  # the group's waiver has expired, but this host does not use it
            [{ICC: {"mode": "waive", "reason": "old app", "expires": "2026-01-01"}}, {ICC: {"mode": "enforce"}}],
            {ICC: Override("enforce", "old app", datetime.date(2026, 1, 1))},
        ),
        (
            [{ICC: {"mode": "audit"}}, {"daemon-cdi": {"mode": "audit"}}],
            {ICC: Override("audit"), "daemon-cdi": Override("audit")},
        ),
        ([{ICC: {"ticket": 42, "mode": None}}], {ICC: Override(ticket="42")}),
    ],
)
def test_layers(layers, expected):
    assert parse(layers, TODAY) == expected


@pytest.mark.parametrize(
    "given",
    ["2027-03-31", datetime.date(2027, 3, 31), datetime.datetime(2027, 3, 31, 12, 0)],
)
def test_dates(given):
    waiver = {"mode": "waive", "reason": "x", "expires": given}
    assert parse([{ICC: waiver}], TODAY)[ICC].expires == datetime.date(2027, 3, 31)


def test_a_waiver_holds_on_its_last_day():
    waiver = {"mode": "waive", "reason": "x", "expires": TODAY}
    assert parse([{ICC: waiver}], TODAY)[ICC].mode == "waive"


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ({"daemon-iccc": {"mode": "audit"}}, "there is no control daemon-iccc, did you mean daemon-icc"),
        ({"qqqq": {"mode": "audit"}}, "there is no control qqqq."),
        ({ICC: {"mode": "off"}}, "daemon-icc.mode is 'off', expected one of enforce, audit, waive"),
        ({ICC: {"mode": "not_applicable"}}, "daemon-icc.mode is 'not_applicable', expected one of"),
        ({ICC: {"reasons": "x"}}, "daemon-icc.reasons is unknown, did you mean reason?"),
        ({ICC: {"q": "x"}}, "daemon-icc.q is unknown, expected mode, reason, expires, ticket"),
        ({ICC: "audit"}, "daemon-icc is 'audit', expected a dictionary such as {mode: audit}"),
        (["daemon-icc"], "found ['daemon-icc'], expected a dictionary of controls"),
        ({"daemon-log-level": {"mode": "enforce"}}, "expected audit or waive: this control is only ever audited"),
        ({ICC: {"mode": "waive"}}, "daemon-icc is waived without a reason"),
        ({ICC: {"mode": "waive", "reason": "  "}}, "daemon-icc is waived without a reason"),
        ({ICC: {"expires": "soon"}}, "daemon-icc.expires is 'soon', expected a date such as 2026-12-31"),
        ({ICC: {"expires": "2026-02-30"}}, "daemon-icc.expires is '2026-02-30', expected a date"),
        (
            {ICC: {"mode": "waive", "reason": "x", "expires": "2026-11-23", "ticket": "OPS-1"}},
            "the waiver of daemon-icc expired on 2026-11-23 (ticket OPS-1), expected a day not before 2026-11-24",
        ),
        (
            {ICC: {"mode": "waive", "reason": "x", "expires": "2026-11-23"}},
            "the waiver of daemon-icc expired on 2026-11-23 (no ticket)",
        ),
    ],
)
def test_faults(layer, text):
    with pytest.raises(Failure) as caught:
        parse([layer], TODAY)
    assert text in caught.value.message
    assert caught.value.hint


def test_all_faults_are_told_at_once():
    with pytest.raises(Failure) as caught:
        parse([{"x": {}, ICC: {"mode": "waive"}}], TODAY)
    assert "there is no control x" in caught.value.message and "without a reason" in caught.value.message
