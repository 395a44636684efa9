# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as what is declared, and what cannot be declared."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.document import Command, parents, parse

A = {"path": "/etc/a", "state": "file", "content": "x", "owner": "root", "group": "root", "sensitive": False}
DIRECTORY = {**A, "content": None, "state": "directory"}
ABSENT = {**A, "content": None, "state": "absent"}


def options(*files, **given):
    return {"name": "web", "state": "present", "exclusive": True, "force": False, "files": list(files), **given}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, ("file", b"x", 0o644)),
        ({"content": ""}, ("file", b"", 0o644)),
        ({"content": "\u00fc\udcff"}, ("file", b"\xc3\xbc\xff", 0o644)),
        ({"content": None, "content_base64": "AAH/\n"}, ("file", b"\0\1\xff", 0o644)),
        ({"content": None, "content_base64": ""}, ("file", b"", 0o644)),
        ({"sensitive": True}, ("file", b"x", 0o600)),
        ({"sensitive": True, "mode": "0640"}, ("file", b"x", 0o640)),
        ({"mode": "04755"}, ("file", b"x", 0o4755)),
        ({"state": "directory", "content": None}, ("directory", None, 0o755)),
        ({"state": "absent", "content": None, "mode": "0600"}, ("absent", None, 0)),
    ],
)
def test_a_file(entry, expected):
    one = parse(options({**A, **entry})).files[0]
    assert (one.kind, one.content, one.mode) == expected


@pytest.mark.parametrize(
    ("files", "given", "words"),
    [
        ([A], {"name": "Web"}, "name is 'Web'"),
        ([A], {"name": "../x"}, "name is '../x'"),
        ([A], {"name": "a" * 65}, "expected a-z, 0-9, _ and - only"),
        ([{**A, "path": "etc/a"}], {}, "path is 'etc/a', expected an absolute path"),
        ([{**A, "path": "/etc/../a"}], {}, "path is '/etc/../a'"),
        ([{**A, "path": "/etc/a/"}], {}, "path is '/etc/a/'"),
        ([{**A, "path": "//etc/a"}], {}, "path is '//etc/a'"),
        ([{**A, "path": "/"}], {}, "path is '/'"),
        ([{**A, "path": "/a\0"}], {}, "expected an absolute path"),
        ([{**A, "mode": "644"}], {}, "mode of /etc/a is '644', expected octal digits with a leading 0"),
        ([{**A, "mode": "1517"}], {}, "mode of /etc/a is '1517'"),
        ([{**A, "mode": "u=rw"}], {}, "mode of /etc/a is 'u=rw'"),
        ([{**A, "content": None}], {}, "state file and no content, expected one of content and content_base64"),
        ([{**A, "content_base64": "eA=="}], {}, "state file and content and content_base64, expected one of"),
        ([{**A, "state": "absent"}], {}, "state absent and content, expected no content"),
        ([{**A, "content": {"a": 1}}], {}, "content of /etc/a is a dict, expected a text"),
        ([{**A, "content": None, "content_base64": "x"}], {}, "content_base64 of /etc/a is no base64"),
        ([A, DIRECTORY], {}, "/etc/a is listed twice"),
        ([A, {**A, "path": "/etc/a/b"}], {}, "/etc/a/b is to be below /etc/a, which has state file"),
        ([ABSENT, {**A, "path": "/etc/a/b"}], {}, "/etc/a/b is to be below /etc/a, which has state absent"),
        ([A], {"after": [{"command": [], "about": "load"}]}, "a command (load) is empty"),
        ([A], {"validate": [{"command": [""]}]}, "a command is empty"),
        ([A], {"validate": [{"command": ["x", "{file:/etc/b}"]}]}, "{file:/etc/b} of a command to validate names no"),
        ([DIRECTORY], {"validate": [{"command": ["x", "{file:/etc/a}"]}]}, "names no file of this set"),
    ],
)
def test_what_cannot_be_declared(files, given, words):
    with pytest.raises(Failure) as caught:
        parse(options(*files, **given))
    assert words in str(caught.value)
    assert caught.value.code == "InvalidOptions"
    assert caught.value.hint


def test_all_that_is_wrong_is_named_at_once():
    with pytest.raises(Failure) as caught:
        parse(options({**A, "mode": "9"}, {**A, "path": "b"}))
    assert "mode of /etc/a" in str(caught.value)
    assert "path is 'b'" in str(caught.value)


def test_what_fits_together():
    below = {**ABSENT, "path": "/etc/a/b"}
    desired = parse(
        options(
            ABSENT,
            below,
            {**DIRECTORY, "path": "/etc/d"},
            {**A, "path": "/etc/d/f"},
            validate=[{"command": ["x", "{root}", "{file:/etc/d/f}", "{other}"], "about": None}],
            after=[{"command": ["y"], "about": "why", "when_changed": ["/etc/*"]}],
        )
    )
    assert list(desired.declared) == ["/etc/a", "/etc/a/b", "/etc/d", "/etc/d/f"]
    assert desired.after == (Command(("y",), "why", ("/etc/*",)),)
    assert desired._replace(present=False).declared == {}


def test_a_set_that_goes_needs_no_files():
    assert parse({**options(), "state": "absent", "files": None}).present is False


@pytest.mark.parametrize(("path", "expected"), [("/a", []), ("/a/b", ["/a"]), ("/a/b/c", ["/a", "/a/b"])])
def test_parents(path, expected):
    assert parents(path) == expected
