# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.ids import (
    distinct,
    normal_location,
    parse_id,
    same_id,
)

S = "/subscriptions/s"
G = S + "/resourceGroups/g"


@pytest.mark.parametrize(
    ("text", "subscription", "group", "kind", "names"),
    [
        (S, "s", None, "Microsoft.Resources/subscriptions", ("s",)),
        (G, "s", "g", "Microsoft.Resources/resourceGroups", ("g",)),
        ("/SUBSCRIPTIONS/s/resourcegroups/g/", "s", "g", "Microsoft.Resources/resourceGroups", ("g",)),
        (
            G + "/providers/Microsoft.Compute/virtualMachines/vm/extensions/x",
            "s",
            "g",
            "Microsoft.Compute/virtualMachines/extensions",
            ("vm", "x"),
        ),
        (
            S + "/providers/Microsoft.Authorization/policyAssignments/p",
            "s",
            None,
            "Microsoft.Authorization/policyAssignments",
            ("p",),
        ),
        (
            G + "/providers/Microsoft.Compute/virtualMachines/vm/providers/Microsoft.Authorization/locks/l",
            "s",
            "g",
            "Microsoft.Authorization/locks",
            ("l",),
        ),
    ],
)
def test_parse_id(text, subscription, group, kind, names):
    parsed = parse_id(text)
    assert (parsed.subscription, parsed.group, parsed.type, parsed.names) == (subscription, group, kind, names)
    assert parsed.name == names[-1]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "vm1",
        "/",
        "/subscriptions",
        "/subscriptions//x",
        "subscriptions/s",
        "/groups/g",
        S + "/resourceGroups",
        G + "/virtualMachines/vm",
        G + "/providers/Microsoft.Compute",
        G + "/providers/Microsoft.Compute/virtualMachines",
        G + "/providers/Microsoft.Compute/virtualMachines/vm/extensions",
    ],
)
def test_parse_id_refuses(text):
    with pytest.raises(Failure) as caught:
        parse_id(text)
    assert caught.value.code == "InvalidResourceId"
    assert repr(text) in caught.value.message
    assert "/subscriptions/SUBSCRIPTION" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (G, "/subscriptions/S/resourcegroups/G", True),
        (G, G + "/", True),
        (G, G + "x", False),
        (None, "", True),
        (None, G, False),
    ],
)
def test_same_id(one, other, same):
    assert same_id(one, other) is same


def test_distinct_keeps_the_first_spelling():
    assert distinct([G, S, G.upper().replace("SUBSCRIPTIONS", "subscriptions"), S]) == [G, S]


def test_distinct_refuses_what_is_no_id():
    with pytest.raises(Failure):
        distinct([G, "vm1"])


@pytest.mark.parametrize(("text", "normal"), [("East US", "eastus"), ("westeurope", "westeurope"), ("", "")])
def test_normal_location(text, normal):
    assert normal_location(text) == normal
