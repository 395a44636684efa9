# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped Azure roles are what Azure takes, hold no more than their name says, and are told in the guide."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ..house import checkout

ROLES = checkout.ROOT / "playbooks" / "files" / "azure_roles"
GUIDE = checkout.ROOT / "docs" / "guides" / "azure_rights.md"
# role -> the verbs that its actions may end with
VERBS = {
    "verifier": {"read"},
    "operator": {"read", "write", "action"},
    "recoverer": {"read", "write"},
    "remover": {"read", "delete"},
}
ACTION = re.compile(r"Microsoft\.(Compute|Network|Resources)(/[A-Za-z]+)+/(read|write|delete|action)")
PLACEHOLDER = "/subscriptions/00000000-0000-0000-0000-000000000000"


def role(name: str) -> dict[str, t.Any]:
    return json.loads((ROLES / f"docker_site_{name}.json").read_text())


def told() -> dict[str, set[str]]:
    """Role -> its actions by the guide's table."""
    rows = [[cell.strip() for cell in line.split("|")] for line in GUIDE.read_text().splitlines() if line[:1] == "|"]
    names = next(row for row in rows if row[1] == "action")
    rights = [row for row in rows if row[1].startswith("`Microsoft.") and len(row) == len(names)]
    assert all(row[-2] for row in rights), "every action has a reason"
    return {name: {row[1].strip("`") for row in rights if row[names.index(name)] == "x"} for name in VERBS}


def test_there_are_these_roles() -> None:
    assert sorted(path.name for path in ROLES.iterdir()) == sorted(f"docker_site_{name}.json" for name in VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_role_is_what_azure_takes(name: str) -> None:
    document = role(name)
    assert list(document) == ["Name", "IsCustom", "Description", "Actions", "NotActions", "AssignableScopes"]
    assert document["Name"] == f"Docker site {name}"
    assert document["IsCustom"] is True
    assert document["NotActions"] == []
    assert document["AssignableScopes"] == [PLACEHOLDER]


@pytest.mark.parametrize("name", VERBS)
def test_actions_are_few_and_plain(name: str) -> None:
    actions = role(name)["Actions"]
    assert [action for action in actions if not ACTION.fullmatch(action)] == []
    assert {action.rpartition("/")[2] for action in actions} == VERBS[name]
    assert actions == sorted(set(actions), key=str.lower)


@pytest.mark.parametrize("name", VERBS)
def test_guide_tells_every_action(name: str) -> None:
    assert told()[name] == set(role(name)["Actions"])


def test_whoever_runs_the_site_may_check_it() -> None:
    assert set(role("verifier")["Actions"]) <= set(role("operator")["Actions"])
