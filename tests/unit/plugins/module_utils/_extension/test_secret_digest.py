# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import hmac

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import secret_digest as digest

KEY = "a key of the user"
SECRET = {"b": "planted-S3cret", "a": {"y": 1, "x": "\u00e9"}}
MARK = hmac.new(KEY.encode(), b'{"a":{"x":"\xc3\xa9","y":1},"b":"planted-S3cret"}', hashlib.sha256).hexdigest()[:16]


def test_the_mark_is_a_keyed_digest_of_canonical_json():
    assert digest.mark_of(SECRET, KEY) == MARK
    assert digest.mark_of({"a": {"x": "\u00e9", "y": 1}, "b": "planted-S3cret"}, KEY) == MARK
    assert digest.mark_of(SECRET, KEY + "x") != MARK
    assert digest.mark_of({**SECRET, "b": "planted-S3creT"}, KEY) != MARK


@pytest.mark.parametrize(
    ("protected", "key", "mark"),
    [(None, KEY, "none"), ({}, KEY, "none"), (None, None, "none"), (SECRET, None, "unkeyed"), (SECRET, "", "unkeyed")],
)
def test_marks_without_a_digest(protected, key, mark):
    assert digest.mark_of(protected, key) == mark


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("bulwark1:" + MARK, (MARK, None)),
        ("bulwark1:%s:0af3" % MARK, (MARK, "0af3")),
        ("bulwark1:none", ("none", None)),
        ("bulwark1:unkeyed:1", ("unkeyed", "1")),
        (None, None),
        ("", None),
        ("2024-01-01", None),
        ("bulwark2:" + MARK, None),
        ("bulwark1:" + MARK[:15], None),
        ("bulwark1:%s:" % MARK, None),
        ("xbulwark1:" + MARK, None),
    ],
)
def test_read_tag(text, tag):
    found = digest.read_tag(text)
    assert found == tag
    assert found is None or found.text() == text


# stored tag, wanted protected settings, key, how they compare
STATES = [
    ("bulwark1:" + MARK, SECRET, KEY, "same"),
    ("bulwark1:%s:9" % MARK, SECRET, KEY, "same"),
    ("bulwark1:" + MARK, {"b": "other"}, KEY, "differs"),
    ("bulwark1:" + MARK, SECRET, "another key", "differs"),
    ("bulwark1:" + MARK, {}, KEY, "differs"),
    ("bulwark1:" + MARK, {}, None, "differs"),
    ("bulwark1:none", {}, None, "same"),
    ("bulwark1:none", SECRET, KEY, "differs"),
    ("bulwark1:none", SECRET, None, "unknown"),
    ("bulwark1:unkeyed", SECRET, KEY, "unknown"),
    ("bulwark1:" + MARK, SECRET, None, "unknown"),
    ("foreign", SECRET, KEY, "unknown"),
    (None, SECRET, KEY, "unknown"),
]


@pytest.mark.parametrize(("stored", "protected", "key", "state"), STATES)
def test_secret_state(stored, protected, key, state):
    assert digest.secret_state(stored, digest.mark_of(protected, key)) == state


@pytest.mark.parametrize(
    ("stored", "protected", "key", "nonce", "tag"),
    [
        (None, SECRET, KEY, None, "bulwark1:" + MARK),
        ("foreign", SECRET, KEY, None, "bulwark1:" + MARK),
        ("bulwark1:" + MARK, SECRET, KEY, None, "bulwark1:" + MARK),
        ("bulwark1:%s:9" % MARK, SECRET, KEY, None, "bulwark1:%s:9" % MARK),
        ("bulwark1:%s:9" % MARK, SECRET, KEY, "a", "bulwark1:%s:a" % MARK),
        ("bulwark1:none:9", SECRET, KEY, None, "bulwark1:" + MARK),
        ("bulwark1:" + MARK, None, KEY, None, "bulwark1:none"),
        ("bulwark1:" + MARK, SECRET, None, "a", "bulwark1:unkeyed:a"),
    ],
)
def test_next_tag(stored, protected, key, nonce, tag):
    made = digest.next_tag(stored, digest.mark_of(protected, key), nonce)
    assert made == tag
    assert digest.read_tag(made).text() == made
    assert "S3cret" not in made


@pytest.mark.parametrize(
    ("stored", "wanted", "is_it", "nonce", "sent"),
    [
        ("v1", "v1", True, None, "v1"),
        ("v1", "v1", True, "a", "v1~bulwark-a"),
        ("v1~bulwark-a", "v1", True, None, "v1"),
        ("v1~bulwark-a", "v1", True, "b", "v1~bulwark-b"),
        ("v0", "v1", False, "a", "v1"),
        (None, "v1", False, None, "v1"),
        (None, "", True, None, ""),
    ],
)
def test_a_tag_of_the_users_own(stored, wanted, is_it, nonce, sent):
    assert digest.is_users_tag(stored, wanted) is is_it
    assert digest.users_tag(stored, wanted, nonce) == sent
    assert digest.is_users_tag(sent, wanted)
