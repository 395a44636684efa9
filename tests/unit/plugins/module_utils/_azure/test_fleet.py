# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.fleet import each, in_order


def test_one_failure_never_stops_the_others():
    def work(item):
        if item == "b":
            raise Failure("no")
        return item.upper()

    results = each(["c", "b", "a"], work, 2)
    assert list(results) == ["c", "b", "a"]
    assert (results["a"], results["c"], results["b"].message) == ("A", "C", "no")


def test_no_items():
    assert each([], lambda item: item, 4) == {}


def test_items_run_at_the_same_time_but_not_too_many():
    running, most, lock, two = 0, 0, threading.Lock(), threading.Barrier(2, timeout=10)

    def work(_item):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        two.wait()
        with lock:
            running -= 1

    each(range(4), work, 2)
    assert most == 2


def test_dependencies_come_first():
    done = []
    in_order({"vm": ["nic"], "nic": ["vnet", "nsg"], "vnet": ["nsg"], "nsg": []}, done.append, 4)
    assert done == ["nsg", "vnet", "nic", "vm"]


def test_what_needs_a_failed_one_is_skipped_and_the_rest_is_done():
    def work(item):
        if item == "nsg":
            raise Failure("refused")
        return item

    results = in_order({"vm": ["nic"], "nic": ["nsg"], "nsg": [], "address": []}, work, 4)
    assert results["nsg"].message == "refused"
    assert (results["nic"].message, results["nic"].code) == ("skipped because nsg failed", "Skipped")
    assert results["vm"].message == "skipped because nic failed"
    assert results["address"] == "address"


def test_a_circle_is_named():
    with pytest.raises(Failure) as caught:
        in_order({"a": ["b"], "b": ["a"]}, lambda item: item, 1)
    assert caught.value.code == "DependencyCycle"
    assert "a -> b" in caught.value.message or "b -> a" in caught.value.message


def test_defects_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        each([1], lambda item: item / 0, 1)
