# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module host_files with real commands, on a part of a real disk."""

from __future__ import annotations

import json
import os

import pytest
from ansible.module_utils import basic

from ansible_collections.bulwark.azure_docker.plugins.modules import host_files

from ..module_utils._files import support

SECRET = "planted-S3cret"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    made = support.Machine(tmp_path)
    support.redirect(monkeypatch, made.top)
    return made


@pytest.fixture
def logged(monkeypatch):
    """What Ansible writes to the machine's log of the module's arguments."""
    lines = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: lines.append((msg, log_args)))
    return lines


def file(machine, name, content="one\n", **given):
    return {"path": machine.path(name), "content": content, **support.OWN, **given}


def test_present_again_and_absent(machine, run_module):
    given = {
        "name": "web",
        "files": [file(machine, "a"), file(machine, "d/b", mode="0600")],
        "validate": [{"command": ["cmp", "{file:%s}" % machine.path("a"), "{root}%s" % machine.path("d/b")]}],
        "after": [{"command": ["cp", machine.path("a"), machine.path("taken-over")]}],
    }
    checked = run_module(host_files, **given, _ansible_check_mode=True)
    assert (checked["changed"], machine.tree()) == (True, {})
    made = run_module(host_files, **given)
    assert (made["changes"], made["diff"]) == (checked["changes"], checked["diff"])
    assert [entry["after"] for entry in made["diff"]][1:] == ["one\n", "one\n"]
    assert (machine.text("taken-over"), machine.tree()["d/b"][0]) == ("one\n", 0o600)
    assert run_module(host_files, **given)["changed"] is False
    assert run_module(host_files, name="web", state="absent")["changed"] is True
    assert list(machine.tree()) == ["taken-over"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"files": []}, "name"),
        ({"name": "web"}, "state is present but all of the following are missing: files"),
        ({"name": "web", "files": [{}]}, "path"),
        ({"name": "web", "files": [{"path": "/etc/a", "content": {"a": 1}}]}, "content of /etc/a is a dict"),
        ({"name": "web", "files": [{"path": "/etc/a", "content": "x", "mode": 420}]}, "mode of /etc/a is '420'"),
        ({"name": "web", "files": [], "after": [{"about": "x"}]}, "command"),
    ],
)
def test_what_cannot_be_asked(machine, run_module, arguments, words):
    result = run_module(host_files, **arguments)
    assert result["failed"] is True
    assert words in result["msg"]
    assert result.get("error", {}).get("code") in (None, "InvalidOptions")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["sh", "-c", "echo it is wrong >&2; exit 4"], "ended with 4, expected 0; its last words:\nit is wrong"),
        (["no-such-program-here"], "could not be started"),
    ],
)
def test_a_command_that_fails(machine, run_module, command, words):
    result = run_module(host_files, name="web", files=[file(machine, "a")], after=[{"command": command}])
    assert (result["error"]["code"], words in result["msg"]) == ("RolledBack", True)
    assert machine.tree() == {}


@pytest.mark.parametrize("encoded", [False, True])
def test_a_secret_is_in_no_result_and_no_log(machine, run_module, logged, encoded):
    secret = {"content": None, "content_base64": "cGxhbnRlZC1TM2NyZXQ="} if encoded else {"content": SECRET}
    files = [file(machine, "key", **{**secret, "sensitive": True}), file(machine, "open", "shown-content\n")]
    files = [{name: value for name, value in entry.items() if value is not None} for entry in files]
    print_it = [{"command": ["sh", "-c", "cat %s; exit 1" % machine.path("key")]}]
    made = run_module(host_files, name="web", files=files)
    assert (machine.text("key"), machine.tree()["key"][0]) == (SECRET, 0o600)
    failed = run_module(host_files, name="web", files=[*files, file(machine, "x")], after=print_it)
    assert "its last words:\n(hidden)" in failed["msg"]
    machine.put("key", "edited")
    corrected = run_module(host_files, name="web", files=files)
    for text in (json.dumps([made, failed, corrected]), repr(logged)):
        assert SECRET not in text
        assert "cGxhbnRlZC1TM2NyZXQ=" not in text
    # The control: what may be shown is found by the same search, and the log was written.
    assert "shown-content" in json.dumps(made)
    assert machine.path("key") in repr(logged)


def test_short_contents_do_not_blank_the_result(machine, run_module):
    files = [file(machine, "e", "e", sensitive=True), file(machine, "one", "1")]
    result = run_module(host_files, name="web", files=files)
    assert [os.path.basename(path) for path in result["changed_paths"]] == ["e", "one"]
    assert result["diff"][1]["after"] == "1"
