# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controls a host gets: tier, what is declared, what the host has."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import selection
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.catalogue import ALL, BY_ID

from .hosts import HOST, selected

WRAPPER = {"runtime-wrapper": {"mode": "waive", "reason": "a vendor's runtime", "expires": "2027-01-01", "ticket": "T"}}


@pytest.mark.parametrize(
    ("tier", "baseline", "hardened", "lockdown"),
    [
        ("baseline", "enforce", "not_applicable", "not_applicable"),
        ("hardened", "enforce", "enforce", "not_applicable"),
        ("lockdown", "enforce", "enforce", "enforce"),
    ],
)
def test_a_tier_holds_those_before_it(tier, baseline, hardened, lockdown):
    chosen = selected(tier).controls
    assert chosen["daemon-icc"].mode == baseline
    assert chosen["daemon-userland-proxy"].mode == hardened
    assert chosen["lockdown-userns-remap"].mode == lockdown
    assert list(chosen) == [control.id for control in ALL]


@pytest.mark.parametrize(
    ("control", "declared", "facts", "mode", "reason"),
    [
        ("daemon-log-level", {}, {}, "audit", ""),
        ("daemon-icc", {"mode": "audit", "reason": "trial"}, {}, "audit", "trial"),
        ("daemon-icc", {"mode": "waive", "reason": "old app"}, {}, "waive", "old app"),
        ("lockdown-userns-remap", {}, {}, "not_applicable", "the tier lockdown, and this host has hardened"),
        ("lockdown-userns-remap", {"mode": "enforce"}, {}, "enforce", ""),
        ("profile-docker-default", {}, {"apparmor": False}, "not_applicable", "AppArmor is not enabled"),
        ("profile-docker-default", {"mode": "enforce"}, {"apparmor": False}, "not_applicable", "AppArmor"),
        ("profile-docker-default", {"mode": "waive", "reason": "x"}, {"apparmor": False}, "not_applicable", "App"),
        ("runtime-mac-label", {}, {}, "enforce", ""),
        ("runtime-mac-label", {}, {"apparmor": False, "selinux": True}, "enforce", ""),
        ("runtime-mac-label", {}, {"apparmor": False}, "not_applicable", "SELinux is not enabled"),
        ("daemon-selinux", {}, {"selinux": True}, "enforce", ""),
        ("daemon-live-restore", {}, {"standalone": False}, "not_applicable", "part of a swarm"),
        ("evidence-audit-rules", {}, {"auditd": False}, "not_applicable", "audit daemon"),
        ("daemon-cdi", {}, {"engine_version": "24.0.9"}, "not_applicable", "is 24.0.9, and this takes 25.0.0"),
        ("daemon-cdi", {}, {"engine_version": None}, "not_applicable", "the engine has no known version"),
        ("daemon-cdi", {}, {"engine_version": "26.1.5+dfsg1-9"}, "enforce", ""),
        ("daemon-log-driver", {}, {"foreign_log_driver": True}, "audit", "somebody else declares a log-driver"),
        ("daemon-log-driver", {"mode": "enforce"}, {"foreign_log_driver": True}, "enforce", ""),
        ("network-firewall", {}, {"foreign_firewall": True}, "audit", "declare mode enforce to take it over"),
        ("daemon-default-bind-address", {}, {}, "audit", "only audited unless mode enforce is declared"),
        ("daemon-default-bind-address", {"mode": "enforce"}, {}, "enforce", ""),
        ("daemon-default-bind-address", {}, {"foreign_bind_address": True}, "audit", "somebody else declares ip"),
    ],
)
def test_mode(control, declared, facts, mode, reason):
    found = selected("hardened", {control: declared}, **facts).controls[control]
    assert found.mode == mode
    assert reason in found.reason and bool(reason) == bool(found.reason)


@pytest.mark.parametrize(
    ("layer", "facts", "mode", "reason"),
    [
        (WRAPPER, {}, "waive", "runtime-wrapper, which it needs, is waived: a vendor's runtime"),
        ({"runtime-wrapper": {"mode": "audit"}}, {}, "audit", "runtime-wrapper, which it needs, is only audited"),
        ({}, {"systemd": False}, "not_applicable", "runtime-wrapper, which it needs, is not applicable: systemd"),
    ],
)
def test_without_the_wrapper_nothing_of_it_is_enforced(layer, facts, mode, reason):
    chosen = selected("lockdown", layer, **facts)
    needing = [control.id for control in ALL if control.needs]
    assert len(needing) > 10
    assert set(needing) & set(chosen.enabled) == set()
    found = chosen.controls["runtime-pids"]
    assert found.mode == mode and found.reason.startswith(reason)


def test_a_waiver_of_the_wrapper_holds_for_what_needs_it():
    found = selected("hardened", WRAPPER).controls["runtime-binds"]
    assert (found.expires, found.ticket) == (datetime.date(2027, 1, 1), "T")


def test_what_is_declared_for_a_control_itself_is_not_lost():
    layer = {**WRAPPER, "runtime-pids": {"mode": "audit", "reason": "counted"}}
    assert selected("hardened", layer).controls["runtime-pids"] == selection.Choice("audit", "counted")


@pytest.mark.parametrize(
    ("declared", "facts", "found"),
    [
        ({"mode": "waive", "reason": "x", "expires": "2027-01-01"}, {}, None),
        ({"mode": "waive", "reason": "x"}, {}, ("low", "the waiver of profile-docker-default never expires")),
        ({"mode": "enforce"}, {"apparmor": False}, ("high", "but it is not_applicable: AppArmor is not enabled here")),
        ({"mode": "enforce"}, {}, None),
        ({}, {"apparmor": False}, None),
    ],
)
def test_findings(declared, facts, found):
    findings = selected("hardened", {"profile-docker-default": declared}, **facts).findings
    assert len(findings) == (1 if found else 0)
    if found:
        assert findings[0].severity == found[0] and found[1] in findings[0].text


def test_enabled_is_what_is_enforced():
    chosen = selected("hardened", {"daemon-icc": {"mode": "audit"}})
    assert "daemon-icc" not in chosen.enabled and "daemon-ulimits" in chosen.enabled
    assert all(BY_ID[name].kind == "enforce" for name in chosen.enabled)


def test_an_unknown_tier_is_an_error():
    with pytest.raises(Failure, match="docker_hardening_tier is 'paranoid', expected one of baseline, hardened"):
        selected("paranoid")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({name: value for name, value in HOST.items() if name != "apparmor"}, "apparmor is missing"),
        ({name: value for name, value in HOST.items() if name != "engine_version"}, "engine_version is missing"),
        ({**HOST, "app_armor": True}, "app_armor is unknown"),
        ({**HOST, "auditd": "false"}, "auditd is 'false', expected true or false"),
        ({**HOST, "engine_version": 29}, "engine_version is 29, expected a text or null"),
    ],
)
def test_facts_are_checked(data, text):
    with pytest.raises(Failure) as caught:
        selection.facts_of(data)
    assert text in caught.value.message
