# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json of fragments: whose a key is, and what comes back when ours goes."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import daemon_json
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.daemon_json import NO_RECORD, Record

OURS = {"live-restore": True, "log-opts": {"max-size": "10m"}}
THEIRS = {"debug": True, "log-opts": {"max-file": "3"}}
BOTH = {"debug": True, "live-restore": True, "log-opts": {"max-size": "10m", "max-file": "3"}}
RECORD = Record(THEIRS, {"engine": OURS})

# what the file holds, the record, what "engine" declares, what the file shall hold, the record then
DECLARED = {
    "nothing, nowhere": (None, None, {}, None, NO_RECORD),
    "the first option": (None, None, OURS, OURS, Record(None, {"engine": OURS})),
    "ours only, withdrawn": (OURS, Record(None, {"engine": OURS}), {}, None, NO_RECORD),
    "an empty file of theirs stays": ({}, None, {}, {}, Record({}, {})),
    "theirs, nothing of ours": (THEIRS, None, {}, THEIRS, Record(THEIRS, {})),
    "ours beside theirs": (THEIRS, None, OURS, BOTH, RECORD),
    "again": (BOTH, RECORD, OURS, BOTH, RECORD),
    "withdrawn": (BOTH, RECORD, {}, THEIRS, Record(THEIRS, {})),
    "ours covers theirs": (
        {"debug": True},
        None,
        {"debug": False},
        {"debug": False},
        Record({"debug": True}, {"engine": {"debug": False}}),
    ),
    "what we covered comes back": (
        {"debug": False},
        Record({"debug": True}, {"engine": {"debug": False}}),
        {},
        {"debug": True},
        Record({"debug": True}, {}),
    ),
    "drift of ours": ({**BOTH, "live-restore": False}, RECORD, OURS, BOTH, RECORD),
    "ours deleted": (THEIRS, RECORD, OURS, BOTH, RECORD),
    "theirs changed": (
        {**BOTH, "debug": False},
        RECORD,
        OURS,
        {**BOTH, "debug": False},
        Record({**THEIRS, "debug": False}, {"engine": OURS}),
    ),
    "theirs added": (
        {**BOTH, "icc": False},
        RECORD,
        OURS,
        {**BOTH, "icc": False},
        Record({**THEIRS, "icc": False}, {"engine": OURS}),
    ),
    "theirs deleted": (
        {key: BOTH[key] for key in BOTH if key != "debug"},
        RECORD,
        OURS,
        {key: BOTH[key] for key in BOTH if key != "debug"},
        Record({"log-opts": {"max-file": "3"}}, {"engine": OURS}),
    ),
    "the file deleted": (None, RECORD, OURS, OURS, Record({}, {"engine": OURS})),
    "another option of ours": (
        BOTH,
        RECORD,
        {"live-restore": True},
        {"debug": True, "live-restore": True, "log-opts": {"max-file": "3"}},
        Record(THEIRS, {"engine": {"live-restore": True}}),
    ),
    "lists are replaced": (
        {"dns": ["1"]},
        None,
        {"dns": ["2"]},
        {"dns": ["2"]},
        Record({"dns": ["1"]}, {"engine": {"dns": ["2"]}}),
    ),
    "another shape than theirs": (
        {"dns": 1},
        None,
        {"dns": {"a": 1}},
        {"dns": {"a": 1}},
        Record({"dns": 1}, {"engine": {"dns": {"a": 1}}}),
    ),
    "a later fragment wins and stays": (
        {"icc": False},
        Record(None, {"hardening": {"icc": False}}),
        {"icc": True},
        {"icc": False},
        Record(None, {"hardening": {"icc": False}, "engine": {"icc": True}}),
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_declare(name):
    current, record, declared, options, kept = DECLARED[name]
    assert daemon_json.declare(current, record, "engine", declared) == (options, kept)


@pytest.mark.parametrize("name", DECLARED)
def test_declared_again_nothing_changes(name):
    current, record, declared, _options, _kept = DECLARED[name]
    options, kept = daemon_json.declare(current, record, "engine", declared)
    assert daemon_json.declare(options, kept, "engine", declared) == (options, kept)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("dockerd", []),
        ("dockerd -H fd:// --containerd=/run/c.sock", ["containerd", "hosts"]),
        ("dockerd --host=fd:// -D --label a=b", ["debug", "hosts", "labels"]),
        ("dockerd -Hfd:// --log-opt=max-size=1 --data-root /d", ["data-root", "hosts", "log-opts"]),
        ("dockerd -x -", ["-x"]),
    ],
)
def test_keys_of_flags(words, keys):
    assert sorted(daemon_json.keys_of(words.split())) == keys


def test_a_key_that_is_set_twice():
    words = ["dockerd", "-H", "fd://", "--log-driver=local"]
    assert daemon_json.twice({"log-driver": "journald", "icc": False}, words) == ("log-driver",)


def test_the_two_parts_are_the_whole():
    options = {"live-restore": True, "debug": True, "icc": False}
    assert daemon_json.restart_part(options) == {"icc": False}
    assert daemon_json.reload_part(options) == {"live-restore": True, "debug": True}


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"fragments": 1}', '{"found": {}}'])
def test_no_record(text):
    assert daemon_json.parse_record(text) is None


@pytest.mark.parametrize("record", [RECORD, NO_RECORD])
def test_a_record_is_read_back(record):
    assert daemon_json.parse_record(daemon_json.record_text(record)) == record


def test_what_is_shown():
    content = daemon_json.text({"proxies": {"http-proxy": "planted-S3cret"}, "icc": False, "a": {"b": "other-S3cret"}})
    shown = daemon_json.shown(content, {"a": {"b": "new-S3cret"}})
    assert "S3cret" not in shown
    assert '"icc": false' in shown
    assert (daemon_json.shown(None, {}), daemon_json.shown("{", {})) == ("", "(no JSON)\n")
