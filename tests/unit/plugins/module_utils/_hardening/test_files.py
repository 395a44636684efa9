# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set of files of a host: which controls bring which files, and that it is one that host_files takes."""

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.document import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import files, places

from .test_policy import FACTS, chosen, policy

SETTINGS = {
    "ceiling_removed": ["CAP_SYS_MODULE"],
    "sysctl": {"net.ipv4.ip_forward": 1, "kernel.kptr_restrict": 2},
    "journal": {"interval": "30s", "burst": 1000, "system_max_use": "1G"},
    "firewall": {"published": [], "api_port": 2376, "api_sources": ["10.0.0.0/8"]},
}
HOST = {
    "data_root": "/var/lib/docker",
    "limits_processes": True,
    "units": {"docker.service": "/usr/lib/systemd/system/docker.service"},
    "modules": ["overlay"],
    "settings": ["net.ipv4.ip_forward", "kernel.kptr_restrict"],
    "audit_paths": ["/etc/docker"],
    "registry_certificates": ["/etc/docker/certs.d/x/ca.crt"],
}
DEFAULTS = {"state": "file", "owner": "root", "group": "root", "sensitive": False}


def declared(tier="hardened", facts=None, stale=(), settings=None, **modes):
    controls = {name.replace("_", "-"): {"mode": mode, "reason": "why"} for name, mode in modes.items()}
    selection = chosen(tier, [controls], {**FACTS, **(facts or {})}, {})
    document = policy.document(selection["controls"], {}, HOST)
    found = {"host": HOST, "selection": selection, "policy": document, "stale": list(stale)}
    return files.declare(found, {**SETTINGS, **(settings or {})})


def paths(made):
    return {one["path"] for one in made["files"]}


WRAPPER = {places.RUNC, places.POLICY, places.BREAK_GLASS, f"{places.GUARD}/start.py"}
WALL = {places.FIREWALL, f"{places.UNITS}/{places.FIREWALL_UNIT}", places.drop_in("nftables.service")}
PROFILES = {places.profile(name) for name in ("docker-default", "docker-hardened")}
EVERYWHERE = {
    places.SYSCTL,
    places.drop_in("docker.service"),
    places.drop_in("docker.socket"),
    "/etc/docker/daemon.json",
}
# arguments; paths that are declared, paths that are not
SETS = {
    "hardened": (
        {},
        {*EVERYWHERE, *WRAPPER, *WALL, *PROFILES, places.AUDIT_RULES, places.JOURNAL, places.MODULES},
        set(),
    ),
    "baseline": ({"tier": "baseline"}, {*EVERYWHERE, places.AUDIT_RULES, *WALL}, {*WRAPPER, *PROFILES, places.JOURNAL}),
    "a container of systemd": (
        {"facts": {"apparmor": False, "auditd": False, "nftables": False}},
        {*EVERYWHERE, *WRAPPER},
        {*WALL, *PROFILES, places.AUDIT_RULES},
    ),
    "a wrapper that audits is there too": ({"runtime_wrapper": "audit"}, {*EVERYWHERE, *WRAPPER}, set()),
    "waived": (
        {"host_sysctl": "waive", "profile_docker_default": "waive"},
        WRAPPER,
        {places.SYSCTL, places.profile("docker-default")},
    ),
    "somebody else's firewall": ({"facts": {"foreign_firewall": True}}, EVERYWHERE, WALL),
    "no sources and no published ports to judge": (
        {"settings": {"firewall": {**SETTINGS["firewall"], "api_sources": None}}, "network_firewall": "waive"},
        EVERYWHERE,
        WALL,
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_which_files_are_declared(name):
    arguments, there, absent = SETS[name]
    found = paths(declared(**arguments))
    assert there - found == set()
    assert absent & found == set()


@pytest.mark.parametrize("tier", ["baseline", "hardened", "lockdown"])
def test_host_files_takes_it(tier):
    made = declared(tier)
    given = [{**DEFAULTS, **one} for one in made["files"]]
    desired = parse({"name": places.SET, "state": "present", "exclusive": True, "force": False, **made, "files": given})
    assert {one.path for one in desired.files} == paths(made)
    assert json.loads(json.dumps(made)) == made


def test_only_stale_files_that_are_declared_are_told():
    made = declared(stale=[places.SYSCTL, places.MODULES], host_modules="waive")
    assert made["stale"] == [places.SYSCTL]


def test_systemd_reads_its_units_once():
    commands = [one["command"] for one in declared()["after"]]
    assert commands.count(["systemctl", "daemon-reload"]) == 1


def test_nothing_of_the_guard_is_left_out():
    """What the guard imports is all there: it would start nothing without it."""
    import pathlib

    from ansible_collections.bulwark.azure_docker.plugins.module_utils import _guard

    there = {path.name for path in pathlib.Path(_guard.__file__).parent.glob("*.py")}
    assert {
        one["path"].rpartition("/")[2] for one in declared()["files"] if one["path"].startswith(places.GUARD + "/")
    } == there
