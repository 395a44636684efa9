# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CIS Docker Benchmark: each statement of 1.6 and 1.8 once, with what is done. Numbers are written again here."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import cis
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.catalogue import ALL, BY_ID

STATEMENTS = cis.statements()


def numbers(prefix, last):
    return ["%s.%d" % (prefix, number) for number in range(1, last + 1)]


def expected(daemon):
    """All numbers of a version, which differ in the count of section 2 only."""
    sections = (("1.1", 18), ("1.2", 2), ("2", daemon), ("3", 24), ("4", 12), ("5", 32), ("6", 2), ("7", 9))
    return [number for prefix, last in sections for number in numbers(prefix, last)] + ["8"]


def test_every_statement_of_1_6_is_there_once():
    assert [one.cis_1_6 for one in STATEMENTS if one.cis_1_6] == expected(18)


def test_every_statement_of_1_8_is_there_once():
    assert [one.cis_1_8 for one in STATEMENTS if one.cis_1_8] == expected(19)


@pytest.mark.parametrize(
    ("old", "new", "control"),
    [
        ("2.6", "2.6", None),
        ("2.7", "2.8", "daemon-tls"),
        ("2.8", "2.9", "daemon-ulimits"),
        ("2.9", "2.10", "lockdown-userns-remap"),
        ("2.10", "2.11", "daemon-cgroup-parent"),
        ("2.11", "2.12", None),
        ("2.12", "2.13", None),
        ("2.13", "2.14", "daemon-log-driver"),
        ("2.14", "2.15", "daemon-no-new-privileges"),
        ("2.15", "2.16", "daemon-live-restore"),
        ("2.16", "2.17", "daemon-userland-proxy"),
        ("2.17", "2.18", "daemon-seccomp-profile"),
        ("2.18", "2.19", "daemon-experimental"),
        ("5.18", "5.18", "runtime-devices"),
    ],
)
def test_statements_that_moved(old, new, control):
    (found,) = [one for one in STATEMENTS if one.cis_1_6 == old]
    assert found.cis_1_8 == new
    assert control is None or control in found.controls
    assert control is None or new in BY_ID[control].cis_1_8


def test_the_statement_that_only_1_8_has():
    (found,) = [one for one in STATEMENTS if one.cis_1_6 is None]
    assert (found.cis_1_8, found.treatment, found.controls) == ("2.7", "excluded", ())


def test_each_statement_has_controls_or_a_reason():
    wrong = [
        one.cis_1_8
        for one in STATEMENTS
        if one.treatment not in cis.TREATMENTS
        or (one.treatment in (cis.ENFORCED, cis.AUDITED)) != bool(one.controls)
        or not (one.controls or one.reason)
    ]
    assert wrong == []


def test_controls_and_statements_name_each_other():
    named = {(one.cis_1_6, name) for one in STATEMENTS for name in one.controls}
    assert named == {(number, control.id) for control in ALL for number in control.cis_1_6}


@pytest.mark.parametrize(
    ("number", "treatment"),
    [("2.2", "enforced"), ("2.3", "audited"), ("1.2.2", "audited"), ("4.2", "manual"), ("2.12", "excluded")],
)
def test_what_is_done(number, treatment):
    assert [one.treatment for one in STATEMENTS if one.cis_1_6 == number] == [treatment]


def test_nobody_claims_to_follow_a_standard():
    assert [one for one in STATEMENTS if "complian" in " ".join((one.title, one.reason)).lower()] == []
