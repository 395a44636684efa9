# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured is what users get."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.argspec import CONCURRENCY
from benchmarks import first_install

from ..house import checkout


def test_the_default_of_the_modules_is_measured():
    assert first_install.CONCURRENCY == CONCURRENCY > first_install.NARROW


@pytest.mark.parametrize("role", ["azure_vms", "docker_engine"])
def test_roles_leave_it_at_the_modules_default(role):
    defaults = yaml.safe_load((checkout.ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    assert defaults[f"{role}_concurrency"] == CONCURRENCY
