# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Compose's own words about a project amount to."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import compose_model
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.compose_model import Record, Service

TEXTS = {"/p/site.conf": "listen 80", "/p/compose.yaml": "x"}
MODEL = {
    "services": {
        "web": {
            "configs": [{"source": "inline"}, {"source": "file"}, {"source": "elsewhere"}],
            "secrets": [{"source": "token"}],
            "volumes": [
                {"type": "bind", "source": "/p/site.conf", "target": "/c"},
                {"type": "bind", "source": "/etc", "target": "/e"},
                {"type": "volume", "source": "data", "target": "/d"},
            ],
        },
        "plain": {},
    },
    "configs": {"inline": {"content": "a"}, "file": {"file": "/p/site.conf"}, "elsewhere": {"file": "/etc/hosts"}},
    "secrets": {"token": {"environment": "TOKEN"}},
}
INPUTS = [
    ("configs file", "listen 80"),
    ("configs inline", "a"),
    ("file /p/site.conf", "listen 80"),
    ("secrets token", "s"),
]


def test_inputs():
    assert compose_model.inputs(MODEL["services"]["web"], MODEL, TEXTS, {"TOKEN": "s"}) == INPUTS
    assert compose_model.inputs({}, MODEL, TEXTS, {}) == []


@pytest.mark.parametrize(
    ("service", "count"),
    [({}, 1), ({"scale": 3}, 3), ({"deploy": {"replicas": 2}, "scale": 3}, 2), ({"deploy": {}}, 1), ({"scale": 0}, 0)],
)
def test_replicas(service, count):
    assert compose_model.replicas(service) == count


def test_services():
    def services(token, salt="salt"):
        return compose_model.services("web aa\nplain bb\n", MODEL, TEXTS, {"TOKEN": token}, salt)

    found = services("planted-S3cret")
    assert found["plain"] == Service("bb")
    assert (found["web"].hash, len(found["web"].inputs)) == ("aa", 64)
    assert found == services("planted-S3cret")
    others = {services("other")["web"].inputs, services("planted-S3cret", "pepper")["web"].inputs, found["web"].inputs}
    assert len(others) == 3


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}"])
def test_no_record(text):
    assert compose_model.parse_record(text) is None


def test_record():
    record = Record(("compose.yaml",), {"web": ("a", "b")}, {"web": "c"}, "salt")
    assert compose_model.parse_record(compose_model.record_text(record)) == record
