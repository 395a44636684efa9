# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter: what it is called, what it gives, and that its errors are Ansible's."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.filter import hardening_selection as plugin

FILTER = plugin.FilterModule().filters()["hardening_selection"]
(_TASK,) = yaml.safe_load(plugin.EXAMPLES)
FACTS = _TASK["vars"]["found"]
TODAY = "2026-11-24"


def test_the_example_works():
    found = FILTER("hardened", controls=_TASK["vars"]["declared"], facts=FACTS, today=TODAY)
    assert found["controls"]["daemon-userland-proxy"]["mode"] == "waive"
    assert "daemon-icc" in found["enabled"] and found["daemon_options"]["icc"] is False
    assert found["findings"] == []
    json.dumps(found)


def test_the_sample_is_of_the_shape_that_is_returned():
    sample = yaml.safe_load(plugin.RETURN)["_value"]["sample"]
    found = FILTER("baseline", facts=FACTS, today=TODAY)
    assert sorted(sample) == sorted(found)
    assert sample["controls"]["daemon-icc"] == found["controls"]["daemon-icc"]


def test_an_error_is_ansibles_and_says_what_to_do():
    with pytest.raises(AnsibleFilterError, match=r"no control daemon-ic, did you mean daemon-icc.* Next step: "):
        FILTER("hardened", controls=[{"daemon-ic": {"mode": "audit"}}], facts=FACTS, today=TODAY)


def test_facts_are_needed():
    with pytest.raises(AnsibleFilterError, match="The facts of this host lack"):
        FILTER("hardened")
