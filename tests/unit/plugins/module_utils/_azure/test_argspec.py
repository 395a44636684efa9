# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
import yaml

from ansible_collections.bulwark.azure_docker.plugins.doc_fragments.azure import ModuleDocFragment
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.argspec import (
    azure_argument_spec,
    fleet_argument_spec,
)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (azure_argument_spec(), ModuleDocFragment.DOCUMENTATION),
        (fleet_argument_spec(), ModuleDocFragment.FLEET),
    ],
)
def test_options_are_documented_as_they_are(spec, text):
    documented = yaml.safe_load(text)["options"]
    assert {
        name: {key: option.get(key) for key in ("type", "default", "choices")} for name, option in documented.items()
    } == {name: {key: option.get(key) for key in ("type", "default", "choices")} for name, option in spec.items()}


def test_own_options_are_added():
    assert azure_argument_spec(vms={"type": "list"})["vms"] == {"type": "list"}


def test_the_secret_is_not_logged_and_each_variable_is_documented():
    spec = azure_argument_spec()
    assert spec["secret"]["no_log"] is True
    variables = {name: option["fallback"][1] for name, option in spec.items() if "fallback" in option}
    assert variables == {
        "ca_path": ["AZURE_CA_PATH"],
        "client_id": ["AZURE_CLIENT_ID"],
        "cloud": ["AZURE_CLOUD"],
        "secret": ["AZURE_CLIENT_SECRET"],
        "tenant": ["AZURE_TENANT_ID"],
    }
    assert all("E(%s)" % names[0] in ModuleDocFragment.DOCUMENTATION for names in variables.values())
