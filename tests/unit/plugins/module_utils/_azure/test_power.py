# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.power import power_action, power_state


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (["ProvisioningState/succeeded", "PowerState/running"], "running"),
        (["powerstate/Deallocated"], "deallocated"),
        (["ProvisioningState/succeeded"], "unknown"),
        ([], "unknown"),
    ],
)
def test_power_state(codes, found):
    assert power_state({"properties": {"instanceView": {"statuses": [{"code": code} for code in codes]}}}) == found


def test_power_state_without_a_view():
    assert power_state({}) == "unknown"


def test_power_action():
    """The rest is in the tables of test_resource_plan.py."""
    assert power_action("running", "stopped") == "start"
    assert power_action("stopped", "deallocated") is None
