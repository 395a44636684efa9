# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter: what it is called, what it gives, and that its errors are Ansible's."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.filter.from_docker_extension import FilterModule

FILTER = FilterModule().filters()["from_docker_extension"]


def test_settings_become_variables():
    found = FILTER({"docker": {"port": "2376"}}, {"environment": {}})
    assert found == {"variables": {"docker_api_port": 2376}, "secret_variables": {}, "left": []}


def test_an_error_is_ansibles():
    with pytest.raises(AnsibleFilterError, match="have script, expected only"):
        FILTER({"script": "x"})
