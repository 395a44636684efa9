# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.waiting import (
    finish,
    is_retryable,
    with_patience,
)

from .wire import Clock


class Poller:
    def __init__(self, done):
        self._done = done
        self.waited = None

    def polling_method(self):
        return None

    def wait(self, timeout):
        self.waited = timeout

    def done(self):
        return self._done

    def status(self):
        return "InProgress"

    def result(self):
        return "result"


def test_finish_waits_for_pollers_only():
    poller = Poller(True)
    assert finish(poller, 7, "PUT x") == "result"
    assert poller.waited == 7
    assert finish({"a": 1}, 7, "PUT x") == {"a": 1}


def test_a_timeout_says_what_is_still_under_way():
    with pytest.raises(Failure) as caught:
        finish(Poller(False), 7, "PUT x")
    assert caught.value.code == "OperationTimedOut"
    assert caught.value.message == "PUT x was still under way after 7 seconds (status: InProgress)."
    assert "timeout" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "message", "retryable"),
    [
        ("Conflict", "", True),
        ("AnotherOperationInProgress", "", True),
        ("OperationPreempted", "", True),
        ("OperationNotAllowed", "not allowed since another operation is in progress", True),
        ("OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.", False),
        ("PreconditionFailed", "", False),
        (None, "", False),
    ],
)
def test_is_retryable(code, message, retryable):
    assert is_retryable(Failure(message, code=code)) is retryable


def attempts(*outcomes):
    """An attempt that ends with each of the outcomes in turn, and the seconds left that it was given."""
    left, given = list(outcomes), []

    def attempt(seconds):
        given.append(seconds)
        outcome = left.pop(0)
        if isinstance(outcome, Failure):
            raise outcome
        return outcome

    return attempt, given


BUSY = Failure("busy", code="Conflict")


def test_patience_tries_again_after_a_pause():
    clock = Clock()
    attempt, given = attempts(BUSY, BUSY, "done")
    assert with_patience(attempt, 100, clock, clock.sleep) == "done"
    assert clock.slept == [10, 10]
    assert given == [100, 90, 80]


@pytest.mark.parametrize(
    ("timeout", "outcomes", "tries"),
    [
        (1000, [BUSY] * 9, 6),
        (15, [BUSY] * 9, 2),
        (5, [BUSY] * 9, 1),
        (1000, [Failure("refused", code="ScopeLocked")], 1),
    ],
)
def test_patience_ends(timeout, outcomes, tries):
    clock = Clock()
    attempt, given = attempts(*outcomes)
    with pytest.raises(Failure) as caught:
        with_patience(attempt, timeout, clock, clock.sleep)
    assert caught.value is outcomes[0]
    assert len(given) == tries
