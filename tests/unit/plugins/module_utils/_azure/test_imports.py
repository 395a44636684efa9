# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.imports import require


def test_modules_come_in_order():
    json, re = require("json", "re")
    assert json.dumps([]) == "[]"
    assert re.escape("a") == "a"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("azure.mgmt.compute.nonsense", "azure-mgmt-compute"),
        ("azure.mgmt.core.nonsense", "azure-mgmt-core"),
        ("azure.core.nonsense", "azure-core"),
        ("nonsense_of_ours", "nonsense_of_ours"),
    ],
)
def test_a_missing_package_is_named_with_its_interpreter(name, package):
    with pytest.raises(Failure) as caught:
        require("json", name)
    assert caught.value.code == "MissingPackage"
    assert "package %s is missing" % package in caught.value.message
    assert sys.executable in caught.value.message
    assert "-m pip install %s" % package in caught.value.hint
