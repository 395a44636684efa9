# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: every row is complete, and speaks of things that exist."""

from __future__ import annotations

import re

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import control as words
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.catalogue import ALL, BY_ID
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.values import PARTS

# What the role enforces, by the ids that it uses.
ENFORCED = (
    *("daemon-no-new-privileges", "daemon-icc", "daemon-live-restore", "daemon-userland-proxy", "daemon-ulimits"),
    *("daemon-insecure-registries", "daemon-log-driver", "daemon-builder-entitlements", "daemon-cdi"),
    *("daemon-default-bind-address", "ceiling-capabilities", "runtime-wrapper", "runtime-capabilities"),
    *("runtime-no-new-privileges", "runtime-seccomp", "runtime-mac-label", "runtime-pids", "runtime-privileged"),
    *("runtime-host-namespaces", "runtime-devices", "runtime-binds", "runtime-volumes", "runtime-propagation"),
    *("runtime-annotations", "profile-docker-default", "profile-docker-hardened", "access-docker-group"),
    *("access-docker-socket", "network-firewall", "network-docker-port", "evidence-audit-rules"),
    *("evidence-journal-limits", "host-sysctl", "host-modules", "lockdown-userns-remap", "lockdown-read-only-roots"),
)
AUDITED = ("host-engine-floor", "host-runc-floor")
FACTS = {*words.FACTS, *words.FOREIGN}


def test_ids_are_unique():
    assert len(BY_ID) == len(ALL)


def test_the_controls_that_the_role_knows_exist():
    assert {name: BY_ID[name].kind for name in ENFORCED} == dict.fromkeys(ENFORCED, "enforce")
    assert {name: BY_ID[name].kind for name in AUDITED} == dict.fromkeys(AUDITED, "audit")


@pytest.mark.parametrize("control", ALL, ids=lambda control: control.id)
def test_a_row_is_complete(control):
    assert re.match(r"[a-z0-9]+(-[a-z0-9]+)+\Z", control.id)
    assert control.layer in words.LAYERS
    assert control.tier in words.TIERS
    assert control.severity in words.SEVERITIES
    assert control.kind in words.KINDS
    assert control.default_mode in (None, "audit")
    assert control.yields_to is None or control.yields_to in words.FOREIGN
    assert {name for requirement in control.requires for name in requirement.split(" or ")} <= set(words.FACTS)
    assert all((control.title, control.why, control.breaks, control.source))
    assert control.title[-1] != "." and all(text[-1] == "." for text in (control.why, control.breaks, control.source))
    assert control.variable is None or re.match(r"(docker_(hardening|engine)|azure_vms)_\w+\Z", control.variable)


def test_what_a_control_needs_comes_before_it():
    """Selection goes through the catalogue once."""
    order = [control.id for control in ALL]
    late = [
        (control.id, name) for control in ALL for name in control.needs if order.index(name) > order.index(control.id)
    ]
    assert late == []


def test_what_is_only_audited_sets_nothing():
    assert set(PARTS) <= {control.id for control in ALL if control.kind == "enforce"}


def test_each_fact_is_used():
    required = {name for control in ALL for requirement in control.requires for name in requirement.split(" or ")}
    assert required | {control.yields_to for control in ALL if control.yields_to} == FACTS


def test_nobody_claims_to_follow_a_standard():
    texts = [text for control in ALL for text in control if isinstance(text, str)]
    assert [text for text in texts if "complian" in text.lower()] == []
