# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the benchmark looks for the collection that it compares with."""

from __future__ import annotations

import pytest

from benchmarks import fleet_drift

PACKAGES = "lib/python3.13/site-packages"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], None),
        ([f"{PACKAGES}/ansible_collections/azure/other/requirements.txt"], None),
        ([f"{PACKAGES}/ansible_collections/azure/azcollection/requirements.txt"], PACKAGES),
    ],
)
def test_the_peer_is_found_in_a_virtual_environment(tmp_path, files, found):
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.touch()
    assert fleet_drift.peer_collections(tmp_path) == (found and tmp_path / found)
