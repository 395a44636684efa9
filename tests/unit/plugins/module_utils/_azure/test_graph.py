# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource Graph on a scripted network: what is asked page by page, and how long we wait."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure import graph
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.graph import query, text_literal

from .wire import SUB, Clock, Reply, Wire, error, make_session

PATH = "/providers/Microsoft.ResourceGraph/resources"
TEXT = "Resources | project id | order by id asc"
QUOTA = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:03"}


def page(*ids, headers=None, **more):
    """One page of rows."""
    rows = [{"id": row} for row in ids]
    return Reply("POST", PATH, 200, {"totalRecords": 9, "count": len(rows), "data": rows, **more}, headers or {})


def ids(rows):
    return [row["id"] for row in rows]


def test_one_query_over_the_subscriptions():
    wire = Wire(page("a", "b", resultTruncated="false"))
    assert ids(query(make_session(wire), [SUB, "s2"], TEXT)) == ["a", "b"]
    sent = wire.only("POST")
    assert (sent.path, sent.query) == (PATH, "api-version=2022-10-01")
    assert sent.body == {
        "subscriptions": [SUB, "s2"],
        "query": TEXT,
        "options": {"$top": 1000, "resultFormat": "objectArray"},
    }


def test_without_subscriptions_all_are_meant():
    wire = Wire(page())
    assert query(make_session(wire), [], TEXT) == []
    assert "subscriptions" not in wire.only("POST").body


def test_pages():
    wire = Wire(page("a", **{"$skipToken": "t1"}), page("b", **{"$skipToken": "t2"}), page("c"))
    assert ids(query(make_session(wire), [SUB], TEXT)) == ["a", "b", "c"]
    assert [sent.body["options"].get("$skipToken") for sent in wire.sent] == [None, "t1", "t2"]
    assert {sent.body["query"] for sent in wire.sent} == {TEXT}


def test_more_subscriptions_than_one_request_takes(monkeypatch):
    monkeypatch.setattr(graph, "SUBSCRIPTIONS", 2)
    wire = Wire(page("a"), page("b"))
    assert ids(query(make_session(wire), ["1", "2", "3"], TEXT)) == ["a", "b"]
    assert [sent.body["subscriptions"] for sent in wire.sent] == [["1", "2"], ["3"]]


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({}, []),
        ({**QUOTA, "x-ms-user-quota-remaining": "1"}, []),
        (QUOTA, [3]),
        ({**QUOTA, "x-ms-user-quota-resets-after": "00:01:05"}, [65]),
        ({**QUOTA, "x-ms-user-quota-resets-after": "soon"}, [5]),
        ({**QUOTA, "x-ms-user-quota-resets-after": "00:00:00"}, [1]),
        ({"x-ms-user-quota-remaining": "0"}, [5]),
    ],
)
def test_the_quota_is_kept(headers, slept):
    clock = Clock()
    wire = Wire(page("a", headers=headers, **{"$skipToken": "t1"}), page("b"))
    assert ids(query(make_session(wire, clock), [], TEXT)) == ["a", "b"]
    assert clock.slept == slept


def test_nobody_waits_longer_than_the_timeout():
    clock = Clock()
    wire = Wire(page("a", headers={**QUOTA, "x-ms-user-quota-resets-after": "01:00:00"}, **{"$skipToken": "t1"}))
    with pytest.raises(Failure) as caught:
        query(make_session(wire, clock, timeout=300), [], TEXT)
    assert caught.value.code == "QuotaExhausted"
    assert "in 3600 seconds, expected one within 300" in caught.value.message
    assert clock.slept == []


def test_a_throttled_query_is_sent_again():
    wire = Wire(Reply("POST", PATH, 429, error("RateLimiting"), {"Retry-After": "2"}), page("a"))
    assert ids(query(make_session(wire), [], TEXT)) == ["a"]
    assert wire.slept == [2]


def test_a_throttled_query_without_retry_after_waits_for_the_quota():
    clock = Clock()
    wire = Wire(*[Reply("POST", PATH, 429, error("RateLimiting"), QUOTA)] * 2, page("a"))
    assert ids(query(make_session(wire, clock), [], TEXT)) == ["a"]
    assert (clock.slept, len(wire.sent)) == ([3, 3], 3)


def test_throttling_has_an_end():
    clock = Clock()
    wire = Wire(*[Reply("POST", PATH, 429, error("RateLimiting"), QUOTA)] * 4)
    with pytest.raises(Failure) as caught:
        query(make_session(wire, clock, timeout=10), [], TEXT)
    assert (caught.value.code, clock.slept) == ("QuotaExhausted", [3, 3, 3])


def test_rows_that_azure_keeps_back_are_no_result():
    with pytest.raises(Failure) as caught:
        query(make_session(Wire(page("a", resultTruncated="true"))), [], TEXT)
    assert caught.value.code == "ResultTruncated"
    assert "found 9 rows and gave 1" in caught.value.message


@pytest.mark.parametrize("code", ["AuthorizationFailed", "InvalidQuery"])
def test_a_refusal_is_a_failure(code):
    with pytest.raises(Failure) as caught:
        query(make_session(Wire(Reply("POST", PATH, 403, error(code)))), [], TEXT)
    assert (caught.value.code, caught.value.request_id) == (code, "req-1")
    assert "POST " + PATH in caught.value.message


@pytest.mark.parametrize(
    ("value", "literal"),
    [("build", "'build'"), ("", "''"), ("o'x", r"'o\'x'"), ("a\\", r"'a\\'"), ("' or 1", r"'\' or 1'")],
)
def test_text_literal(value, literal):
    assert text_literal(value) == literal
