# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets on a real disk: from nothing to nothing, validated, rolled back, edited since."""

from __future__ import annotations

import json
import os
import stat

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import program
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files import converge, disk, record

LOAD = {"command": ["load"], "about": "take it over"}
SECRET = "planted-S3cret-line"


def steps(result):
    return [(change["action"], os.path.basename(change["path"])) for change in result["changes"]]


def failure(call):
    with pytest.raises(Failure) as caught:
        call()
    assert caught.value.hint
    return caught.value


def test_from_nothing_to_nothing(machine):
    machine.put("theirs", "vendor\n", 0o640)
    before = machine.tree()
    files = [machine.file("d/one"), machine.file("theirs", "ours\n"), machine.directory("e", mode="0700")]
    predicted = machine.declare(*files, check=True, after=[LOAD])
    assert (machine.tree(), machine.record(), machine.commands) == (before, None, [])
    made = machine.declare(*files, after=[LOAD])
    assert made == predicted
    assert steps(made) == [("create", "d"), ("create", "e"), ("create", "one"), ("change", "theirs")]
    assert made["changed_paths"] == [machine.path(name) for name in ("d", "e", "d/one", "theirs")]
    assert machine.tree() == {
        "d": (0o755, None),
        "d/one": (0o644, b"one\n"),
        "e": (0o700, None),
        "theirs": (0o644, b"ours\n"),
    }
    assert machine.loaded == machine.tree()
    assert stat.S_IMODE(os.stat(record.path_of("web")).st_mode) == 0o600
    again = machine.declare(*files, after=[LOAD])
    assert (again["changed"], again["changes"], again["diff"], len(machine.commands)) == (False, [], [], 1)
    predicted = machine.leave(check=True, after=[LOAD])
    left = machine.leave(after=[LOAD])
    assert left == predicted
    assert steps(left) == [("restore", "theirs"), ("remove", "one"), ("remove", "d"), ("remove", "e")]
    assert machine.tree() == before == machine.loaded
    assert not record.DIRECTORY.parent.exists()
    assert machine.leave()["changed"] is False


def test_the_difference(machine):
    machine.put("a", "old\n", 0o600)
    machine.put("b", "same\n", 0o600)
    result = machine.declare(
        machine.file("a", "new\n"),
        machine.file("b", "same\n"),
        machine.directory("c"),
        machine.file("d", None, content_base64="AAE="),
        machine.file("e", None, content_base64="/w=="),
    )
    shown = {entry["after_header"]: (entry["before"], entry["after"]) for entry in result["diff"]}
    owner = "owner %d, group %d\n" % (os.geteuid(), os.getegid())
    assert shown[machine.path("a")] == ("old\n", "new\n")
    assert shown[machine.path("b")] == ("file, mode 0600, " + owner, "file, mode 0644, " + owner)
    assert shown[machine.path("c")] == ("", "directory, mode 0755, " + owner)
    assert shown[machine.path("d")][1].startswith("(binary, sha256 b413f47d13ee2fe6")
    assert shown[machine.path("e")][1].startswith("(binary, sha256 a8100ae6aa1940d0")
    assert {entry["before_header"] for entry in result["diff"]} == set(result["changed_paths"])


def test_drift_is_corrected(machine):
    files = [machine.file("a"), machine.file("b"), machine.directory("c"), machine.absent("d")]
    machine.declare(*files)
    wanted = machine.tree()
    machine.put("a", "mine\n")
    os.unlink(machine.path("b"))
    os.symlink("/dev/null", machine.path("b"))
    os.chmod(machine.path("c"), 0o777)
    machine.put("d", "back\n")
    result = machine.declare(*files)
    assert {change["path"][-1]: change["reasons"] for change in result["changes"]} == {
        "a": ["content differs", "edited by somebody since"],
        "b": ["is a symbolic link", "edited by somebody since"],
        "c": ["mode is 0777, expected 0755"],
        "d": ["present", "edited by somebody since"],
    }
    assert machine.tree() == wanted


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_file_that_is_not_listed_any_more(machine, exclusive):
    machine.put("b", "vendor\n")
    machine.declare(machine.file("a"), machine.file("b"), machine.file("d/c"))
    result = machine.declare(machine.file("a"), exclusive=exclusive)
    assert result["changed"] is exclusive
    assert (machine.text("b"), machine.text("d/c")) == (("vendor\n", None) if exclusive else ("one\n", "one\n"))
    assert ("d" in machine.tree()) is not exclusive
    machine.leave()
    assert machine.tree() == {"b": (0o644, b"vendor\n")}


def test_a_set_without_files_is_none(machine):
    machine.declare(machine.file("a"))
    assert machine.declare()["changed"] is True
    assert (machine.tree(), machine.record()) == ({}, None)


def test_what_was_there_already_is_remembered(machine):
    machine.put("a", "one\n")
    assert machine.declare(machine.file("a"), check=True)["changed"] is False
    assert machine.record() is None
    assert machine.declare(machine.file("a"))["changed"] is False
    assert machine.record() is not None
    machine.declare(machine.file("a", "two\n"))
    machine.leave()
    assert machine.text("a") == "one\n"


def test_edited_since(machine):
    machine.declare(machine.file("a", "one\ntwo\n"))
    machine.put("a", "one\nthree\n")
    refused = failure(machine.leave)
    assert refused.code == "EditedSince"
    assert "-two\n+three" in refused.text()
    assert "force: true" in refused.text()
    assert failure(machine.declare).code == "EditedSince"
    assert machine.text("a") == "one\nthree\n"
    assert machine.leave(force=True)["changed"] is True
    assert machine.tree() == {}


def test_one_set_for_each_path(machine):
    machine.declare(machine.file("a"), name="other")
    assert "belongs to the set other" in failure(lambda: machine.declare(machine.file("a"))).message
    machine.declare(machine.file("b"))
    machine.leave(name="other")
    machine.declare(machine.file("a"), machine.file("b"))


def test_validated_before_anything_is_swapped(machine):
    """What is staged is what will be there, and only its owner reads it."""
    seen = {}

    def judge(argv):
        with open(argv[1]) as file:
            seen.update(argv=argv[1:], text=file.read(), now=machine.text("d/a"))
        seen["mode"] = stat.S_IMODE(os.stat(argv[2]).st_mode)
        seen["modes"] = [stat.S_IMODE(os.stat(path).st_mode) for path in (argv[1], argv[2] + machine.path("e"))]
        return (0, "", "")

    machine.answers["judge"] = judge
    given = {"validate": [{"command": ["judge", "{file:%s}" % machine.path("d/a"), "{root}"]}]}
    files = [machine.file("d/a", mode="0640"), machine.directory("e", mode="0750"), machine.absent("x")]
    machine.declare(*files, check=True, **given)
    assert (seen["text"], seen["now"], seen["mode"], seen["modes"]) == ("one\n", None, 0o700, [0o640, 0o750])
    assert seen["argv"][0] == seen["argv"][1] + machine.path("d/a")
    machine.declare(*files, **given)
    assert not os.path.exists(seen["argv"][1])
    machine.commands.clear()
    machine.declare(*files, **given)
    machine.leave(**given)
    assert machine.commands == []


@pytest.mark.parametrize("check", [True, False])
def test_what_is_not_valid_changes_nothing(machine, check):
    machine.put("a", "old\n")
    before = machine.tree()
    machine.answers["judge"] = lambda argv: (3, "hm\n", "%s:1: syntax error\n" % argv[1])
    given = {"validate": [{"command": ["judge", "{file:%s}" % machine.path("a")], "about": "the rules are valid"}]}
    refused = failure(lambda: machine.declare(machine.file("a"), check=check, after=[LOAD], **given))
    assert refused.code == "ValidationFailed"
    assert "(the rules are valid) ended with 3, expected 0; its last words:\nhm\n%s:1: syntax" % machine.path("a") in (
        refused.message
    )
    assert (machine.tree(), machine.record(), machine.loaded) == (before, None, None)
    assert os.listdir(machine.top / "run") == ["lock"]


def test_after_commands_are_chosen_by_what_changed(machine):
    after = [
        {"command": ["any"]},
        {"command": ["a"], "when_changed": [machine.path("a")]},
        {"command": ["d"], "when_changed": ["/nowhere", machine.path("d/*")]},
    ]
    machine.declare(machine.file("a"), machine.file("d/b"), after=after)
    assert machine.commands == [["any"], ["a"], ["d"]]
    machine.commands.clear()
    machine.declare(machine.file("a"), machine.file("d/b", "two\n"), after=after)
    assert machine.commands == [["any"], ["d"]]


def test_rolled_back_when_a_command_fails(machine):
    machine.put("b", "vendor\n", 0o600)
    machine.declare(machine.file("a"), machine.file("gone"), after=[LOAD])
    before, remembered = machine.tree(), machine.record()
    answers = iter([(1, "", "x\n" * 20 + "no such option\n"), (0, "", "")])
    machine.answers["restart"] = lambda argv: next(answers)
    machine.commands.clear()
    files = [machine.file("a", "bad\n"), machine.file("b", "bad\n"), machine.file("d/c"), machine.absent("x")]
    after = [LOAD, {"command": ["restart"], "about": "the daemon"}, {"command": ["never"]}]
    refused = failure(lambda: machine.declare(*files, after=after))
    assert refused.code == "RolledBack"
    assert "restart (the daemon) ended with 1, expected 0; its last words:\n" in refused.message
    assert refused.message.count("x\n") == 11
    assert "All of it was rolled back, and the commands ran again." in refused.text()
    assert machine.commands == [["load"], ["restart"], ["load"], ["restart"]]
    assert (machine.tree(), machine.record(), machine.loaded) == (before, remembered, before)


def test_a_roll_back_whose_commands_fail_is_finished_by_the_next_run(machine):
    machine.answers["restart"] = (1, "", "")
    after = [{"command": ["restart"]}]
    refused = failure(lambda: machine.declare(machine.file("a"), after=after))
    assert "the next run goes on from there: run again, restart ended with 1" in refused.text()
    assert machine.tree() == {}
    machine.answers.clear()
    machine.commands.clear()
    result = machine.leave(after=after)
    assert (steps(result), machine.commands, machine.record()) == ([("finish", "a")], [["restart"]], None)


@pytest.mark.parametrize("program", ["judge", "restart"])
def test_a_program_that_does_not_exist(machine, program):
    key = "validate" if program == "judge" else "after"
    refused = failure(lambda: machine.declare(machine.file("a"), **{key: [{"command": ["missing"]}]}))
    assert "missing could not be started (No such file or directory), expected a command that runs." in refused.message
    assert machine.tree() == {}


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("name", ["prepare", "commit"])
def test_rolled_back_when_the_disk_fails(machine, monkeypatch, name, at):
    machine.put("b", "vendor\n")
    machine.declare(machine.file("x"), machine.file("gone/y"))
    before, remembered = machine.tree(), machine.record()
    real, calls = getattr(disk, name), []

    def fail(path, state):
        if str(machine.etc) in path:
            calls.append(path)
            if len(calls) == at + 1:
                raise OSError(28, "No space left on device", path)
        real(path, state)

    with monkeypatch.context() as patched:
        patched.setattr(disk, name, fail)
        files = [machine.file("d/a"), machine.file("b"), machine.file("x", "two\n")]
        refused = failure(lambda: machine.declare(*files, after=[LOAD]))
    assert "%s: No space left on device." % calls[at] in refused.message
    assert "All of it was rolled back." in refused.text()
    assert (machine.tree(), machine.record(), machine.commands) == (before, remembered, [])


def test_a_link_in_place_of_our_file_is_rolled_back_too(machine):
    machine.declare(machine.file("a"))
    os.unlink(machine.path("a"))
    os.symlink("/dev/null", machine.path("a"))
    before = machine.tree()
    machine.answers["restart"] = (1, "", "")
    assert failure(lambda: machine.declare(machine.file("a"), after=[{"command": ["restart"]}])).code == "RolledBack"
    assert machine.tree() == before
    assert os.readlink(machine.path("a")) == "/dev/null"


def test_what_cannot_be_put_back_is_named(machine, monkeypatch):
    machine.put("a", "vendor\n")
    machine.answers["restart"] = (1, "", "")
    real = disk.put

    def fail(path, state):
        if path == machine.path("a"):
            raise OSError(30, "Read-only file system", path)
        real(path, state)

    with monkeypatch.context() as patched:
        patched.setattr(disk, "put", fail)
        refused = failure(lambda: machine.declare(machine.file("a"), after=[{"command": ["restart"]}]))
    assert "the next run goes on from there: %s: Read-only file system" % machine.path("a") in refused.text()
    machine.leave()
    assert machine.text("a") == "vendor\n"


def test_sensitive_contents_are_nowhere(machine):
    machine.put("key", "old-%s\n" % SECRET, 0o600)
    machine.answers["judge"] = lambda argv: (1, "", "bad line: token=%s\n" % SECRET)
    file = machine.file("key", "token=%s\n" % SECRET, sensitive=True)
    told = [machine.declare(file)]
    machine.put("key", "edited %s\n" % SECRET)
    told.append(failure(machine.leave).as_result())
    told.append(machine.declare(file, check=True))
    refused = failure(lambda: machine.declare(file, validate=[{"command": ["judge"]}]))
    assert "bad line: (hidden)" in refused.message
    told.append(refused.as_result())
    told.append(failure(lambda: machine.declare(file, after=[{"command": ["judge"]}])).as_result())
    told.append(machine.leave(force=True))
    assert [result for result in told if SECRET in json.dumps(result)] == []
    assert told[0]["diff"][0]["before"] != told[0]["diff"][0]["after"]
    # The control: what is not sensitive is found by the same search.
    machine.leave(name="other")
    shown = machine.declare(machine.file("other", SECRET + "\n"), name="other")
    assert SECRET in json.dumps(shown)


def test_short_sensitive_contents(machine):
    result = machine.declare(machine.file("key", "k\n", sensitive=True))
    assert [(entry["before"], entry["after"]) for entry in result["diff"]] == [("", "(hidden content)\n")]
    assert machine.tree()["key"][0] == 0o600


def test_only_root_reads_what_is_remembered(machine):
    machine.put("a", "vendor\n", 0o600)
    machine.declare(machine.file("a", SECRET, sensitive=True))
    stored = json.loads(machine.record())["files"][machine.path("a")]
    assert (stored["original"]["mode"], "content" in stored) == ("0600", False)
    assert stat.S_IMODE(os.stat(record.DIRECTORY).st_mode) == 0o700


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 2}', '{"schema": 1, "files": {"/a": {}}}', "\udcff"])
def test_a_record_that_cannot_be_read(machine, text):
    machine.declare(machine.file("a"))
    record.path_of("web").write_bytes(text.encode("utf-8", "surrogateescape"))
    refused = failure(lambda: machine.declare(machine.file("a")))
    assert (refused.code, str(record.path_of("web")) in refused.message) == ("RecordUnreadable", True)


def test_a_link_above_a_file(machine):
    os.mkdir(machine.path("real"))
    os.symlink("real", machine.path("link"))
    refused = failure(lambda: machine.declare(machine.file("link/a")))
    assert "expected the path below %s" % machine.path("real") in refused.message


def test_unreadable(machine, monkeypatch):
    def fail(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "lstat", fail)
    refused = failure(lambda: machine.declare(machine.file("a")))
    assert "could not be looked at: /" in refused.message


def test_a_place_that_cannot_be_used(machine, monkeypatch):
    monkeypatch.setattr(converge.lock, "PATH", str(machine.top / "no" / "lock"))
    refused = failure(lambda: machine.declare(machine.file("a")))
    assert (refused.code, "No such file or directory" in refused.message) == ("FilesUnusable", True)


def test_unknown_owner(machine):
    refused = failure(lambda: machine.declare(machine.file("a", owner="nobody-here", group="no-group-here")))
    assert "user nobody-here, group no-group-here, which this machine does not have" in refused.message


def test_a_special_file(machine):
    os.mkfifo(machine.path("a"))
    assert "is a special file" in failure(lambda: machine.declare(machine.file("a"))).message


def test_what_somebody_left_in_our_directories_stays(machine):
    machine.declare(machine.file("d/e/a"))
    machine.put("d/theirs", "x")
    machine.leave()
    assert machine.tree() == {"d": (0o755, None), "d/theirs": (0o644, b"x")}


def test_the_lock_is_the_engine_programs():
    assert program.lock.PATH == "/run/bulwark-azure-docker.lock" == converge.lock.PATH
