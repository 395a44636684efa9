# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What controls set in daemon.json, by control and by the engine's version."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import values
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.catalogue import BY_ID

DEFAULTS = values.Settings()
NOFILE = {"Name": "nofile", "Soft": 1024, "Hard": 65536}
BUILDS = {"network-host": False, "security-insecure": False}
NEVER_BLOCK = {"mode": "non-blocking", "max-buffer-size": "4m"}
BINDING = {"bridge": {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"}}


@pytest.mark.parametrize(
    ("control", "engine", "expected"),
    [
        ("daemon-no-new-privileges", "20.10.24", {"no-new-privileges": True}),
        ("daemon-icc", None, {"icc": False}),
        ("daemon-live-restore", "29.7.2", {"live-restore": True}),
        ("daemon-userland-proxy", "29.7.2", {"userland-proxy": False}),
        ("daemon-ulimits", "29.7.2", {"default-ulimits": {"nofile": NOFILE}}),
        ("daemon-insecure-registries", "29.7.2", {"insecure-registries": []}),
        ("daemon-log-driver", "29.7.2", {"log-driver": "journald", "log-opts": NEVER_BLOCK}),
        ("daemon-builder-entitlements", "28.5.2", {"builder": {"entitlements": BUILDS}}),
        ("daemon-builder-entitlements", "29.0.0", {"builder": {"entitlements": {**BUILDS, "device": False}}}),
        ("daemon-builder-entitlements", None, {"builder": {"entitlements": BUILDS}}),
        ("daemon-cdi", "24.0.9", {}),
        ("daemon-cdi", "26.1.5+dfsg1-9", {"features": {"cdi": False}}),
        ("daemon-cdi", "5:28.5.2-1~debian.13~trixie", {"features": {"cdi": False}}),
        ("daemon-cdi", None, {}),
        ("daemon-default-bind-address", "20.10.24", {}),
        ("daemon-default-bind-address", "26.1.5", {"ip": "127.0.0.1", "default-network-opts": BINDING}),
        ("daemon-selinux", "29.7.2", {"selinux-enabled": True}),
        ("lockdown-userns-remap", "29.7.2", {"userns-remap": "default"}),
        ("daemon-log-level", "29.7.2", {}),
    ],
)
def test_fragment(control, engine, expected):
    assert values.fragment(control, DEFAULTS, engine) == expected


def test_values_are_for_controls_that_exist():
    assert set(values.PARTS) <= set(BY_ID)


@pytest.mark.parametrize("control", sorted(values.PARTS))
def test_the_catalogue_knows_the_engine_without_which_nothing_is_set(control):
    oldest = BY_ID[control].minimum_engine
    assert values.fragment(control, DEFAULTS, oldest or "20.10.24") != {}
    assert oldest is None or values.fragment(control, DEFAULTS, None) == {}


def test_the_fragment_is_made_of_the_enabled_controls():
    enabled = ("daemon-icc", "runtime-wrapper", "daemon-cdi")
    assert values.daemon_options(enabled, DEFAULTS, "29.7.2") == {"icc": False, "features": {"cdi": False}}
    assert values.daemon_options((), DEFAULTS, "29.7.2") == {}


def test_a_caller_cannot_change_the_data():
    first = values.fragment("daemon-insecure-registries", DEFAULTS, "29.7.2")
    first["insecure-registries"].append("registry.example.com")
    assert values.fragment("daemon-insecure-registries", DEFAULTS, "29.7.2") == {"insecure-registries": []}


@pytest.mark.parametrize(
    ("given", "control", "expected"),
    [
        (
            {"nofile_soft": 4096, "nofile_hard": 8192},
            "daemon-ulimits",
            {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 4096, "Hard": 8192}}},
        ),
        ({"log_driver": "local"}, "daemon-log-driver", {"log-driver": "local", "log-opts": NEVER_BLOCK}),
        (
            {"log_driver": "json-file", "log_options": {"max-size": "5m"}},
            "daemon-log-driver",
            {"log-driver": "json-file", "log-opts": {**NEVER_BLOCK, "max-size": "5m", "max-file": "5"}},
        ),
        ({"userns_remap": "containers"}, "lockdown-userns-remap", {"userns-remap": "containers"}),
    ],
)
def test_settings_tune(given, control, expected):
    assert values.fragment(control, values.settings_of(given), "29.7.2") == expected


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"nofile": 1}, "nofile is unknown, expected nofile_soft, nofile_hard, log_driver"),
        ({"nofile_soft": "1024"}, "nofile_soft is '1024', expected a value like 1024"),
        ({"nofile_soft": True}, "nofile_soft is True, expected a value like 1024"),
        ({"nofile_soft": 0}, "nofile_soft is 0 and nofile_hard is 65536, expected 0 <"),
        ({"nofile_soft": 9, "nofile_hard": 8}, "nofile_soft is 9 and nofile_hard is 8, expected"),
        ({"log_driver": "none"}, "log_driver is 'none', expected a driver that keeps logs"),
        ({"log_options": "x"}, "log_options is 'x', expected a value like {}"),
        ({"log_options": {"max-file": 5}}, "log_options.max-file is 5, expected a text"),
        ({"log_options": {"mode": "blocking"}}, "log_options.mode is 'blocking', expected 'non-blocking'"),
    ],
)
def test_settings_are_checked(given, text):
    with pytest.raises(Failure) as caught:
        values.settings_of(given)
    assert text in caught.value.message
