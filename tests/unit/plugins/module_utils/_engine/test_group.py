# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of the group docker."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import group
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.change import Change
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Group
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.group import Members
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

EXTRA = "the group docker has members that are not declared (each is as good as root): %s"


@pytest.mark.parametrize(
    ("declared", "found", "changes", "findings"),
    [
        (Group(), (), [], []),
        (Group(), ("ada",), [], [EXTRA % "ada"]),
        (Group(exclusive=True), ("ada",), ["leave ada"], []),
        (Group(("ada",)), (), ["join ada"], []),
        (Group(("ada",)), ("ada",), [], []),
        (Group(("ada",)), ("bob", "cyd"), ["join ada"], [EXTRA % "bob, cyd"]),
        (Group(("ada",), True), ("bob",), ["join ada", "leave bob"], []),
    ],
)
def test_plan(declared, found, changes, findings):
    seen = Members(found)
    assert [str(change).partition(":")[0] for change in group.changes(declared, seen)] == changes
    assert list(group.findings(declared, seen)) == findings


def test_a_user_who_does_not_exist():
    with pytest.raises(Refusal, match="names eve, expected users of this machine; create them first"):
        group.changes(Group(("eve",)), Members((), ("eve",)))


def test_look_and_carry_out(machine):
    machine.groups["docker"] = ["bob"]
    assert group.look(Group(("ada", "eve"))) == Members((), ("eve",)), "without the engine there is no group"
    machine.have_engine()
    assert group.look(Group(("ada", "eve"))) == Members(("bob",), ("eve",))
    group.carry_out(Change("join", "ada", ""))
    group.carry_out(Change("leave", "bob", ""))
    assert group.look(Group()) == Members(("ada",))


def test_a_refusal_of_gpasswd(machine, monkeypatch):
    monkeypatch.setattr(group.system, "logged", lambda command: (3, "gpasswd: permission denied"))
    with pytest.raises(Refusal, match=r"gpasswd --add ada docker ended with 3, expected 0: gpasswd: permission denied"):
        group.carry_out(Change("join", "ada", ""))
