# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.renewal import (
    Spread,
    key_age_limit,
    renew_before,
)
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    run,
)

NONE = Spread("site", 0)
WEEK = Spread("site", 7)
FLEET = ["host-%03d" % number for number in range(500)]


@pytest.mark.parametrize(
    ("valid", "before", "hours"), [(90, 30, 720), (31, 30, 720), (30, 30, 240), (7, 30, 56), (1, 30, 8), (90, 0, 0)]
)
def test_without_a_spread(valid, before, hours):
    assert renew_before(valid, before, NONE, "one") == datetime.timedelta(hours=hours)


# valid, before, spread -> days by which names may be early
ROOM = {
    "a week": (90, 30, 7, 7),
    "as much as half of the time before": (90, 30, 100, 30),
    "little room": (35, 30, 7, 2),
    "no room": (31, 30, 7, 0),
    "renewed in its last third": (7, 30, 7, 0),
}


@pytest.mark.parametrize(("valid", "before", "days", "most"), ROOM.values(), ids=ROOM)
def test_the_spread_leaves_room(valid, before, days, most):
    spread = Spread("site", days)
    base = renew_before(valid, before, NONE, "x")
    early = {(renew_before(valid, before, spread, name) - base).days for name in FLEET}
    assert early == set(range(most + 1))
    assert max(renew_before(valid, before, spread, name) for name in FLEET) < valid * DAY


def test_a_fleet_falls_due_evenly_and_always_on_the_same_days():
    days = [WEEK.of(name, 60) for name in FLEET]
    assert days == [WEEK.of(name, 60) for name in FLEET]
    assert max(days.count(day) for day in range(8)) < 2 * len(FLEET) / 8
    assert days != [Spread("other", 7).of(name, 60) for name in FLEET]
    # Pinned: a new version must not move a fleet's days.
    assert [WEEK.of(name, 60) for name in ("docker-01", "docker-02", "docker-03")] == PINNED


PINNED = [7, 1, 0]


@pytest.mark.parametrize(("most", "days", "least"), [(0, 7, 0), (365, 0, 365), (365, 7, 358), (4, 7, 2), (1, 7, 1)])
def test_keys_are_replaced_early_never_late(most, days, least):
    limits = {key_age_limit(most, Spread("site", days), name) for name in FLEET}
    assert limits == set(range(least, most + 1))


def test_the_same_day_in_every_run(tmp_path):
    hosts = [host("h%d" % number, csr=csr()[0]) for number in range(12)]
    given = {"hosts": [{**one, "csr": None} for one in hosts], "renew_jitter_days": 7}
    run(tmp_path / "certs", hosts=hosts, renew_jitter_days=7)
    due = {}
    for day in range(50, 61):
        predicted = run(tmp_path / "certs", at=NOW + day * DAY, check=True, **given)
        again = run(tmp_path / "certs", at=NOW + day * DAY, check=True, **given)
        assert predicted == again
        done = run(tmp_path / "certs", at=NOW + day * DAY, **given)
        assert predicted["changed"] is done["changed"]
        for name, entry in done["hosts"].items():
            if entry["changed"]:
                assert codes(entry["reasons"]) == ["renew_window"]
                due.setdefault(name, []).append(day)
        assert not run(tmp_path / "certs", at=NOW + day * DAY, **given)["changed"]
    assert {name: days for name, days in due.items() if len(days) != 1} == {}
    assert due == {name: [60 - WEEK.of(name, 60)] for name in due}
    assert len(due) == 12
    assert len({days[0] for days in due.values()}) > 3
