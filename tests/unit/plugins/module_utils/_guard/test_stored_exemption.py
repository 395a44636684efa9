# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exemptions of containers that do not run."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec

from . import material
from .material import VOLUME
from .stored_material import config_of, judged, point, refused, volume

EXEMPTION: t.Dict[str, t.Any] = {
    "name": "agent",
    "image": material.IMAGE,
    "args": ["/sbin/docker-init", "--", "nginx", "-g", "daemon off;"],
    "cwd": "/",
    "user": "0:0,4,20",
    "environment": ["VERSION=1", "HOSTNAME=a1a1a1a1a1a1", "TERM=xterm"],
    "mounts": [
        {"source": VOLUME, "destination": "/data"},
        {"source": "/run/docker.sock", "destination": "/x", "read_only": True},
        {"source": "tmpfs", "destination": "/tmp"},
    ],
    "relax": ["bind:/run/docker.sock", "namespaces.network", "volume:data"],
}
# what is asked besides, what of the container is another, why the exemption does not hold
EXEMPT: t.Dict[str, t.Tuple[Spec, Spec, t.List[str]]] = {
    "the exempt one": ({}, {}, []),
    "a group of the exemption": ({"GroupAdd": ["20", "staff"]}, {}, []),
    "a further group": ({"GroupAdd": ["999"]}, {}, ["user"]),
    "another user": ({}, {"User": "5"}, ["user"]),
    "a user by name, who can be that one": ({}, {"User": "agent"}, []),
    "without its init": ({"Init": None}, {}, ["args"]),
    "with a writable root": ({"ReadonlyRootfs": False}, {}, ["the root file system is not read-only"]),
    "another variable": ({}, {"Env": ["VERSION=2"]}, ["environment"]),
}


@pytest.mark.parametrize("name", EXEMPT)
def test_exemption(name: str) -> None:
    asked, config, near = EXEMPT[name]
    host = material.FakeHost()
    host.volumes["data"] = {"MountType": "none", "MountOpts": "bind", "MountDevice": "/srv"}
    points = {**volume("data", "/data"), **point("/var/run/docker.sock", "/x", RW=False)}
    asked = {"Init": True, "ReadonlyRootfs": True, "NetworkMode": "host", "Tmpfs": {"/tmp": ""}, **asked}
    config = {**config_of()["Config"], "Env": ["VERSION=1"], "Tty": True, **config}
    found = judged(asked, config_of(MountPoints=points, Config=config), host, exemptions=[EXEMPTION])
    if near:
        assert (found["exemption"], found["exemptions_not_met"]) == (None, {"agent": near})
        assert refused(found) == ["bind-protected", "namespaces.network", "volumes.backed"]
    else:
        assert (found["exemption"], found["refused"]) == ("agent", [])
    assert found["proposal"] is None
