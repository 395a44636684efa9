# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.settling import in_progress, settled

from .wire import Clock


class Session:
    """What settled() uses of a session."""

    def __init__(self, timeout):
        self.timeout = timeout
        self.clock = Clock()
        self.sleep = self.clock.sleep


def wait(first, *later, timeout=100):
    session, states = Session(timeout), list(later)
    found = settled(session, "The VM x", {"s": first}, lambda it: (it or {}).get("s"), lambda: states.pop(0))
    return found, session.clock.slept


@pytest.mark.parametrize("state", ["Succeeded", "Failed", "Canceled", None, ""])
def test_what_has_ended_is_not_waited_for(state):
    assert wait(state) == ({"s": state}, [])


def test_the_end_is_waited_for():
    assert wait("Updating", {"s": "Updating"}, {"s": "Failed"}) == ({"s": "Failed"}, [10.0, 10.0])


def test_what_goes_is_waited_for():
    assert wait("Deleting", None) == (None, [10.0])


def test_it_ends_with_the_timeout():
    with pytest.raises(Failure) as caught:
        wait("Creating", {"s": "Creating"}, {"s": "Creating"}, timeout=25)
    assert caught.value.code == "OperationInProgress"
    assert "The VM x is still Creating after 25 seconds" in caught.value.message


@pytest.mark.parametrize(
    ("state", "busy"), [("creating", True), ("Migrating", True), ("Succeeded", False), (None, False)]
)
def test_states(state, busy):
    assert in_progress(state) is busy
