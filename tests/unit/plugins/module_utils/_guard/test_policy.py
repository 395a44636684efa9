# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy document: what it must hold."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import policy
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed

from . import material
from .test_exemption import EXEMPTION


def test_the_whole_document() -> None:
    found = material.rules(exemptions=[EXEMPTION])
    assert found.binds[1] == policy.Bind("/srv/tree", read_only=False, below=True)
    assert found.exemptions[0].mounts[0] == policy.ExemptMount("/run/docker.sock", "/docker.sock", True)
    assert "bind:/run/docker.sock" in found.exemptions[0].relax
    assert found.selinux_types is None


@pytest.mark.parametrize("key", material.DOCUMENT)
def test_each_key_is_needed(key: str) -> None:
    document = {name: value for name, value in material.DOCUMENT.items() if name != key}
    with pytest.raises(Closed, match=f"no \\['{key}'\\]"):
        policy.parse(document)


@pytest.mark.parametrize("key", sorted(set(EXEMPTION) - {"commands"}))
def test_each_key_of_an_exemption_is_needed(key: str) -> None:
    with pytest.raises(Closed, match=key):
        material.rules(exemptions=[{name: value for name, value in EXEMPTION.items() if name != key}])


# what is changed, what the text names
WRONG: t.Dict[str, t.Tuple[t.Dict[str, t.Any], str]] = {
    "an unknown key": ({"privileged": True}, "privileged"),
    "another version": ({"version": 2}, "version"),
    "a truth as version": ({"version": True}, "version"),
    "another mode": ({"mode": "off"}, "mode"),
    "a relative path": ({"data_root": "docker"}, "data_root"),
    "a path that climbs": ({"data_root": "/var/../etc"}, "data_root"),
    "a path with a slash at its end": ({"data_root": "/var/lib/docker/"}, "data_root"),
    "a capability without CAP_": ({"capabilities": ["CHOWN"]}, "capabilities"),
    "one capability": ({"capabilities": "CAP_CHOWN"}, "capabilities"),
    "a number as switch": ({"seccomp": 1}, "seccomp"),
    "no processes": ({"pids_limit": 0}, "pids_limit"),
    "a truth as limit": ({"pids_limit": True}, "pids_limit"),
    "an empty profile": ({"apparmor_profile": ""}, "apparmor_profile"),
    "a bind without its mode": ({"binds": [{"path": "/x", "below": False}]}, "read_only"),
    "a bind as text": ({"binds": ["/x"]}, "binds"),
    "no object": ({"exemptions": {}}, "exemptions"),
    "two of one name": ({"exemptions": [EXEMPTION, EXEMPTION]}, "exemptions"),
    "an image by its name": ({"exemptions": [{**EXEMPTION, "image": "nginx:latest"}]}, "exemptions.image"),
    "privileged as a whole": ({"exemptions": [{**EXEMPTION, "relax": ["privileged"]}]}, "exemptions.relax"),
    "all devices": ({"exemptions": [{**EXEMPTION, "relax": ["devices"]}]}, "exemptions.relax"),
    "all binds": ({"exemptions": [{**EXEMPTION, "relax": ["binds"]}]}, "exemptions.relax"),
    "the mount namespace": ({"exemptions": [{**EXEMPTION, "relax": ["namespaces.mount"]}]}, "exemptions.relax"),
    "a bind of no path": ({"exemptions": [{**EXEMPTION, "relax": ["bind:"]}]}, "exemptions.relax"),
    "any arguments": ({"exemptions": [{**EXEMPTION, "args": []}]}, "exemptions.args"),
    "an unknown rule": ({"audited": ["privileged"]}, "'privileged'"),
    "a rule as text": ({"audited": "binds"}, "audited"),
    "commands as no list": ({"exemptions": [{**EXEMPTION, "commands": "sh"}]}, "commands"),
    "commands as text": ({"exemptions": [{**EXEMPTION, "commands": ["sh"]}]}, "exemptions.commands"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    changes, named = WRONG[name]
    with pytest.raises(Closed) as raised:
        policy.parse({**copy.deepcopy(material.DOCUMENT), **changes})
    text = str(raised.value)
    assert named in text and "expected" in text and "run the role" in text


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_no_object(document: t.Any) -> None:
    with pytest.raises(Closed, match="an object"):
        policy.parse(document)
