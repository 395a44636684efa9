# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy document: what the controls and the role's variables make of it. The guard's own parser judges it."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.chosen import chosen
from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import policy

from .._controls.hosts import HOST

FACTS = {**HOST, "runc_version": "1.4.3", "package_source": "docker"}


def made(tier="hardened", runtime=None, facts=None, limits=True, **modes):
    controls = {name.replace("_", "-"): {"mode": mode, "reason": "why"} for name, mode in modes.items()}
    selection = chosen(tier, [controls], {**FACTS, **(facts or {})}, {})
    return policy.document(
        selection["controls"], runtime or {}, {"data_root": "/var/lib/docker", "limits_processes": limits}
    )


# what is chosen; what of the document it makes
DOCUMENTS = [
    (made, {"mode": "enforce", "audited": [], "apparmor_profile": "docker-hardened", "selinux_types": None}),
    (made, {"pids_limit": 4096, "read_only_root": False, "user_namespace": False, "data_root": "/var/lib/docker"}),
    (lambda: made(facts={"apparmor": False}), {"apparmor_profile": None, "mode": "enforce"}),
    (lambda: made(facts={"apparmor": False, "selinux": True}), {"selinux_types": ["container_t"]}),
    (lambda: made(limits=False), {"pids_limit": None}),
    (lambda: made("lockdown"), {"read_only_root": True, "user_namespace": True}),
    (lambda: made(runtime_wrapper="audit"), {"mode": "audit", "audited": []}),
    (lambda: made(runtime={"mode": "audit"}), {"mode": "audit"}),
    (lambda: made(runtime_binds="audit"), {"mode": "enforce", "audited": ["bind-protected", "binds"]}),
    (lambda: made(runtime_privileged="waive"), {"audited": ["masked-paths", "mount-type"]}),
    (
        lambda: made(runtime={"binds": [{"path": "/srv"}]}),
        {"binds": [{"path": "/srv", "read_only": False, "below": False}]},
    ),
    (lambda: made(runtime={"capabilities": []}), {"capabilities": []}),
    (lambda: made(runtime={"capabilities": None, "pids_limit": 10}), {"pids_limit": 10}),
]


@pytest.mark.parametrize(("make", "expected"), DOCUMENTS)
def test_the_document(make, expected):
    found = make()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("make", [lambda: made("baseline"), lambda: made(runtime_wrapper="waive")])
def test_without_a_wrapper_there_is_no_document(make):
    assert make() is None


@pytest.mark.parametrize(
    ("runtime", "words"),
    [
        ({"binds": [{"path": "srv"}]}, "binds.path is 'srv'"),
        ({"capabilities": ["CHOWN"]}, "capabilities is 'CHOWN', expected names like CAP_CHOWN"),
        ({"exemptions": [{"name": "x"}]}, "exemptions"),
    ],
)
def test_what_the_guard_would_not_take_is_refused_before(runtime, words):
    with pytest.raises(Failure) as caught:
        made(runtime=runtime)
    assert words in caught.value.text()
    assert "docker_hardening_runtime_" in caught.value.text()


def test_the_profiles_allow_what_the_policy_does():
    exemption = {"relax": ["capability:CAP_NET_ADMIN", "namespaces.network"]}
    document = {"capabilities": ["CAP_CHOWN"], "build_capabilities": ["CAP_SETFCAP"], "exemptions": [exemption]}
    assert policy.capabilities(document) == ["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_SETFCAP"]
