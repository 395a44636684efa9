# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that runc would read in another way, the table of fields, the refusal's text, the log."""

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import documents, journal, oci
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import (
    LONGEST,
    Closed,
    Refusal,
    refusal_text,
)

from . import material

BAD = {
    "a key twice": b'{"process": {}, "process": {"noNewPrivileges": false}}',
    "a key twice inside": b'{"a": [{"b": 1, "b": 2}]}',
    "two documents": b'{"a": 1} {"a": 2}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "no UTF-8": b'{"a": "\xff"}',
    "half a pair": b'{"a": "/x\\ud800"}',
    "half a pair as key": b'{"\\uDc80": 1}',
    "infinity": b'{"a": Infinity}',
    "nothing": b"",
    "too deep": b"[" * 200000,
    "too long": b" " * (documents.LARGEST + 1),
}


@pytest.mark.parametrize("name", BAD)
def test_no_document(name: str) -> None:
    with pytest.raises(Closed, match=r"x\.json"):
        documents.parse(BAD[name], "x.json")


def test_document_and_back() -> None:
    data = '{"a":["\U0001f600","ä"],"n":18446744073709551615}'.encode()
    assert documents.text(documents.parse(data, "x")) == data
    assert documents.parse(b'{"a": "\\ud83d\\ude00"}', "x") == {"a": "\U0001f600"}


def test_every_field_has_one_treatment() -> None:
    known = {oci.ALLOW, oci.JUDGE, oci.CAP, oci.REFUSE, oci.INSIDE}
    for where, fields in oci.FIELDS.items():
        assert set(fields.values()) <= known, where
        for name, treatment in fields.items():
            inner = f"{where}.{name}".lstrip(".")
            assert (treatment == oci.INSIDE) == (inner in oci.FIELDS or f"{inner}[]" in oci.FIELDS), inner


def test_refusal_text() -> None:
    text = refusal_text([Refusal("binds", "bind:/etc", "/etc", "volumes"), Refusal("hooks", "", "a\nhook", "none")])
    assert text.startswith(
        "bulwark policy: binds: found /etc, allowed volumes; hooks: found a hook, allowed none; ask "
    )


@pytest.mark.parametrize(("count", "size"), [(1, 5000), (300, 40), (3, 900), (1000, 1)])
def test_refusal_text_is_short(count: int, size: int) -> None:
    text = refusal_text([Refusal(f"rule{one}", "", "x" * size, "none") for one in range(count)])
    assert len(text) <= LONGEST and "rule0" in text and "journalctl" in text
    assert (" more;" in text) is (count > 2)


def test_datagram() -> None:
    found = journal.datagram({"event": "refused", "text": "two\nlines ä"}, journal.WARNING).decode("ascii")
    lines = found.splitlines()
    assert json.loads(lines[0][len("MESSAGE=") :]) == {"event": "refused", "text": "two\nlines ä"}
    assert lines[1:] == ["PRIORITY=4", "SYSLOG_IDENTIFIER=bulwark-runc"]


def test_long_datagram() -> None:
    found = journal.datagram({"event": "refused", "refusals": ["x" * 99999]}, journal.WARNING)
    assert len(found) < journal.LONGEST + 200
    assert json.loads(found.decode().splitlines()[0][8:]) == {"event": "refused", "shortened": True}


def test_no_journald(tmp_path: object) -> None:
    journal.send({"event": "x"}, journal.INFO, f"{tmp_path}/socket")


def test_material_is_what_the_table_knows() -> None:
    json.dumps(material.docker_config())
