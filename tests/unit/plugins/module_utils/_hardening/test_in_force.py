# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in force against what our files say, of readings that are given."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import in_force, places

SYSCTL = {places.SYSCTL: "# head\nnet.ipv4.ip_forward = 1\nnet.ipv4.ip_local_port_range = 1024 65000\n"}
SETTINGS = {"net.ipv4.ip_forward": "1\n", "net.ipv4.ip_local_port_range": "1024\t65000\n"}
MODULES = {places.MODULES: "# head\noverlay\nip-tables\n"}
DATA = "-a always,exit -F dir=/var/lib/docker -F perm=wa -F key=docker"
RULES = {places.AUDIT_RULES: f"# head\n-w /etc/docker -p wa -k docker\n{DATA}\n"}
LISTED = "-w /etc/docker -p wa -k docker\n-a always,exit -S all -F dir=/var/lib/docker -F perm=wa -F key=docker\n"
NEWER = "-a always,exit -S all -F dir=/etc/docker -F perm=wa -F key=docker\n"
WALL = {places.FIREWALL: "table\n"}
PROFILE = places.profile("docker-hardened")

CASES = {
    "no files of ours": (in_force.Readings({}), []),
    "settings as declared": (in_force.Readings(SYSCTL, settings=SETTINGS), []),
    "another setting": (
        in_force.Readings(SYSCTL, settings={**SETTINGS, "net.ipv4.ip_forward": "0\n"}),
        [places.SYSCTL],
    ),
    "a setting that the kernel lacks": (
        in_force.Readings(SYSCTL, settings={**SETTINGS, "net.ipv4.ip_forward": None}),
        [],
    ),
    "modules are there": (in_force.Readings(MODULES, modules={"overlay", "ip_tables"}), []),
    "a module is not": (in_force.Readings(MODULES, modules={"overlay"}), [places.MODULES]),
    "audit rules are loaded": (in_force.Readings(RULES, audit=LISTED), []),
    "in the words of newer tools": (in_force.Readings(RULES, audit=NEWER + LISTED.splitlines()[1]), []),
    "with those of others": (in_force.Readings(RULES, audit=f"-w /etc/passwd -p wa -k other\n{LISTED}"), []),
    "one audit rule is gone": (in_force.Readings(RULES, audit=LISTED.splitlines()[0]), [places.AUDIT_RULES]),
    "no audit rules": (in_force.Readings(RULES, audit="No rules\n"), [places.AUDIT_RULES]),
    "audit cannot tell": (in_force.Readings(RULES, audit=None), []),
    "the table is as it was loaded": (in_force.Readings(WALL, firewall="a\n", loaded="a\n"), []),
    "it was flushed": (in_force.Readings(WALL, firewall=None, loaded="a\n"), [places.FIREWALL]),
    "somebody changed it": (in_force.Readings(WALL, firewall="b\n", loaded="a\n"), [places.FIREWALL]),
    "it was never loaded": (in_force.Readings(WALL), [places.FIREWALL]),
    "the profile is ours": (
        in_force.Readings({PROFILE: ""}, profiles={"docker-hardened": "1"}, compiled={"docker-hardened": "1"}),
        [],
    ),
    "the profile is another": (
        in_force.Readings({PROFILE: ""}, profiles={"docker-hardened": "2"}, compiled={"docker-hardened": "1"}),
        [PROFILE],
    ),
    "the profile is not loaded": (in_force.Readings({PROFILE: ""}, compiled={"docker-hardened": "1"}), [PROFILE]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_stale(name):
    readings, expected = CASES[name]
    assert in_force.stale(readings) == expected
