# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.pacing import (
    Bucket,
    Governor,
    Governors,
    policy,
)

from .wire import Clock


def test_the_burst_is_free_and_the_rest_is_spaced():
    clock = Clock()
    bucket = Bucket(10, 3, clock, clock.sleep)
    assert [round(bucket.take(), 6) for _turn in range(6)] == [0, 0, 0, 0.1, 0.1, 0.1]


def test_tokens_refill_up_to_the_burst():
    clock = Clock()
    bucket = Bucket(10, 3, clock, clock.sleep)
    for _turn in range(3):
        bucket.take()
    clock.now += 1000
    assert [bucket.take() for _turn in range(3)] == [0, 0, 0]
    assert bucket.take() > 0


def test_waiting_callers_queue_one_behind_the_other():
    clock = Clock()
    bucket = Bucket(10, 1, clock, lambda seconds: None)
    assert [round(bucket.take(), 6) for _turn in range(4)] == [0, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("method", "burst", "rate"), [("GET", 200, 25), ("head", 200, 25), ("PUT", 200, 10), ("POST", 200, 10)]
)
def test_reads_and_writes_have_their_own_limits(method, burst, rate):
    clock = Clock()
    governor = Governor(clock, clock.sleep)
    assert sum(governor.before(method) for _turn in range(burst)) == 0
    assert round(governor.before(method), 6) == round(1 / rate, 6)
    other = "PUT" if method.upper() in ("GET", "HEAD") else "GET"
    assert governor.before(other) == 0


def test_one_governor_per_subscription():
    governors = Governors()
    assert governors.of("S") is governors.of("s")
    assert governors.of("s") is not governors.of("t")


def test_the_policy_asks_before_each_request():
    asked = []
    policy(SimpleNamespace(before=asked.append)).on_request(SimpleNamespace(http_request=SimpleNamespace(method="PUT")))
    assert asked == ["PUT"]
