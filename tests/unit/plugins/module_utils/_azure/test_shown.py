# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.shown import sides

OLD, NEW = {"team": "a"}, {"team": "b"}

# tags there, tags sent (None: no document), what is shown of them before and after
TAGS = {
    "changed": (OLD, NEW, {"tags": OLD}, {"tags": NEW}),
    "the same": (OLD, dict(OLD), {}, {}),
    "none at all": ({}, {}, {}, {}),
    "the first ones": ({}, NEW, {}, {"tags": NEW}),
    "created": (None, NEW, {}, {"tags": NEW}),
    "deleted": (OLD, None, {"tags": OLD}, {}),
    "created without": (None, {}, {}, {}),
}


def public(document):
    return {"a": document["properties"]["a"]} if document else {}


@pytest.mark.parametrize("name", TAGS)
def test_tags_are_shown_where_they_change(name):
    there, sent, before, after = TAGS[name]
    documents = [
        None if tags is None else {"properties": {"a": number, "secret": "s"}, **({"tags": tags} if tags else {})}
        for number, tags in enumerate((there, sent))
    ]
    shown = sides(public, *documents)
    assert shown == ({**public(documents[0]), **before}, {**public(documents[1]), **after})
