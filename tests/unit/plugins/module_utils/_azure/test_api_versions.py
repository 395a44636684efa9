# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.api_versions import (
    api_version,
    api_version_of_path,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("Microsoft.Compute/virtualMachines", "2024-07-01"),
        ("Microsoft.Compute/virtualMachines/extensions", "2024-07-01"),
        ("microsoft.compute/DISKS", "2024-03-02"),
        ("Microsoft.Network/networkSecurityGroups/securityRules", "2024-01-01"),
        ("Microsoft.Network/privateDnsZones/A", "2020-06-01"),
        ("Microsoft.Resources/resourceGroups", "2024-07-01"),
    ],
)
def test_the_longest_entry_wins(kind, version):
    assert api_version(kind) == version


def test_an_unknown_namespace_is_an_error():
    with pytest.raises(Failure) as caught:
        api_version("Contoso.Things/things")
    assert "Contoso.Things/things" in caught.value.message
    assert "api_version" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/subscriptions/s/resourceGroups/g/resources", "2024-07-01"),
        ("/subscriptions/s/providers/Microsoft.Network/virtualNetworks?x=y", "2024-01-01"),
        ("/subscriptions/s/providers/Microsoft.Compute/disks", "2024-03-02"),
        ("/subscriptions/s/providers/Microsoft.Network/virtualNetworks/v/subnets", "2024-01-01"),
    ],
)
def test_collections(path, version):
    assert api_version_of_path(path) == version
