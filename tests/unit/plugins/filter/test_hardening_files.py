# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter as templates see it; what it declares is the business of the tests of _hardening."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.filter.hardening_files import FilterModule

from ...plugins.module_utils._hardening.test_files import HOST, SETTINGS, chosen, policy
from ...plugins.module_utils._hardening.test_policy import FACTS

declare = FilterModule().filters()["hardening_files"]


def found():
    selection = chosen("hardened", [], FACTS, {})
    return {
        "host": HOST, "selection": selection, "policy": policy.document(selection["controls"], {}, HOST), "stale": [],
    }  # fmt: skip


def test_what_host_files_takes():
    assert set(declare(found(), SETTINGS)) == {"files", "validate", "after", "stale"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {**SETTINGS, "firewall": {**SETTINGS["firewall"], "published": [{"port": 0}]}},
            "found port 0, expected a number",
        ),
        ({}, "'firewall' is missing, see the documentation of its settings"),
    ],
)
def test_what_is_wrong_is_an_error_of_the_template(settings, words):
    with pytest.raises(AnsibleFilterError) as caught:
        declare(found(), settings)
    assert words in str(caught.value)
