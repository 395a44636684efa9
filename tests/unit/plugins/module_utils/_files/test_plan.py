# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is changed, why and in which order; what is refused. No disk is involved."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.document import Desired, Wanted, parents
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.observe import Seen
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.plan import plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.record import Entry, Record
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.state import NOTHING, State

ETC = {"/etc": State("directory", None, 0o755)}
OLD, NEW, EDITED = (State("file", content, 0o644) for content in (b"old\n", b"new\n", b"edited\n"))
FOLDER = State("directory", None, 0o755)
LINK = State("symbolic link", b"/dev/null", 0o777)
SPECIAL = State("special file", None, 0o600)
A, B, D = "/etc/a", "/etc/b", "/etc/d"
FILE = Wanted(A, "file", b"new\n", 0o644)
BELOW = Wanted("/etc/d/f", "file", b"new\n", 0o644)


def entry(original=NOTHING, *written, sensitive=False):
    states = written or (NEW,)
    content = None if sensitive else states[-1].content
    return Entry(original, tuple(state.fingerprint for state in states), sensitive, content)


def seen(states=None, record=None, **given):
    """``states``: by path; directories above them and what is declared of B are there without being told."""
    found = {**ETC, **(states or {})}
    paths = [A, B, D, "/etc/d/f", *found, *(record.files if record else ()), *(record.made if record else ())]
    everything = {path: found.get(path, NOTHING) for each in paths for path in (*parents(each), each)}
    entries = {
        directory: frozenset(
            path[len(directory) + 1 :]
            for path, state in everything.items()
            if path.startswith(directory + "/") and "/" not in path[len(directory) + 1 :] and state != NOTHING
        )
        for directory, state in everything.items()
        if state.kind == "directory"
    }
    defaults = {"real": {}, "users": {"root": 0}, "groups": {"root": 0}, "taken": {}, "own": (0, 0)}
    return Seen(states=everything, entries=entries, record=record, **{**defaults, **given})


def steps(planned):
    return [(change.action, change.path) for change in planned.changes]


def one_reason(planned):
    (change,) = planned.changes
    return change.action, list(change.reasons)


@pytest.mark.parametrize(
    ("wanted", "there", "record", "expected"),
    [
        (FILE, NOTHING, None, ("create", ["absent"])),
        (FILE, OLD, None, ("change", ["content differs"])),
        (FILE, NEW._replace(mode=0o600), None, ("change", ["mode is 0600, expected 0644"])),
        (FILE, NEW._replace(mode=0o4644), None, ("change", ["mode is 4644, expected 0644"])),
        (FILE, NEW._replace(uid=5), None, ("change", ["owner is 5, expected 0"])),
        (FILE, NEW._replace(gid=6), None, ("change", ["group is 6, expected 0"])),
        (FILE, OLD, entry(NOTHING, OLD), ("change", ["content differs"])),
        (FILE, EDITED, entry(NOTHING, NEW), ("change", ["content differs", "edited by somebody since"])),
        (FILE, OLD, entry(OLD, NEW), ("change", ["content differs", "edited by somebody since"])),
        (FILE, NOTHING, entry(NOTHING, NEW), ("create", ["absent", "edited by somebody since"])),
        (FILE, NEW._replace(mode=0o666), entry(NOTHING, NEW), ("change", ["mode is 0666, expected 0644"])),
        (FILE, LINK, entry(), ("change", ["is a symbolic link", "edited by somebody since"])),
        (Wanted(A, "absent"), OLD, None, ("remove", ["present"])),
        (Wanted(A, "absent"), LINK, entry(OLD, NOTHING), ("remove", ["present", "edited by somebody since"])),
        (Wanted(A, "absent"), FOLDER, None, ("remove", ["present"])),
        (Wanted(A, "directory", None, 0o755), NOTHING, None, ("create", ["absent"])),
        (Wanted(A, "directory", None, 0o700), FOLDER, None, ("change", ["mode is 0755, expected 0700"])),
    ],
)
def test_one_path(wanted, there, record, expected):
    known = Record({A: record}) if record else None
    planned = plan(Desired("web", files=(wanted,)), seen({A: there}, known))
    assert one_reason(planned) == expected
    assert planned.during.pending == (A,)
    assert planned.final.pending == ()


@pytest.mark.parametrize(
    ("wanted", "there"),
    [(FILE, NEW), (Wanted(A, "absent"), NOTHING), (Wanted(A, "directory", None, 0o755), FOLDER)],
)
def test_nothing_to_do_is_remembered_all_the_same(wanted, there):
    planned = plan(Desired("web", files=(wanted,)), seen({A: there}))
    assert planned.changes == ()
    assert planned.final.files[A].original == there


@pytest.mark.parametrize(
    ("original", "there", "expected"),
    [
        (NOTHING, NEW, ("remove", A)),
        (OLD, NEW, ("restore", A)),
        (OLD, NOTHING, ("restore", A)),
        (OLD, NEW._replace(mode=0o600), ("restore", A)),
        (OLD, OLD._replace(uid=7), ("restore", A)),
        (OLD, OLD, None),
        (NOTHING, NOTHING, None),
    ],
)
@pytest.mark.parametrize("present", [True, False])
def test_what_is_not_declared_any_more(original, there, expected, present):
    record = Record({A: entry(original), B: entry()})
    declared = (Wanted(B, "file", b"new\n", 0o644),)
    planned = plan(Desired("web", present, declared), seen({A: there, B: NEW}, record))
    assert [step for step in steps(planned) if step[1] == A] == [expected] * bool(expected)
    assert (("remove", B) in steps(planned)) is not present
    assert (list(planned.final.files) if planned.final else None) == ([B] if present else None)
    reasons = {reason for change in planned.changes for reason in change.reasons}
    assert reasons <= {"no longer declared" if present else "declared absent"}


def test_not_exclusive_means_others_stay():
    record = Record({A: entry(OLD)})
    planned = plan(Desired("web", files=(Wanted(B, "absent"),), exclusive=False), seen({A: EDITED}, record))
    assert planned.changes == ()
    assert planned.final.files[A] == record.files[A]


def test_the_order():
    """Directories from the top, files, removals, directories from the bottom."""
    record = Record({"/etc/x": entry(), "/etc/y/z": entry()}, ("/etc/y",))
    files = (FILE, Wanted("/etc/d/e/f", "file", b"", 0o600), Wanted("/etc/d", "directory", None, 0o700))
    states = {"/etc/x": NEW, "/etc/y": FOLDER, "/etc/y/z": NEW, "/etc/d/e": NOTHING, "/etc/d/e/f": NOTHING}
    planned = plan(Desired("web", files=files), seen(states, record))
    assert steps(planned) == [
        ("create", "/etc/d"),
        ("create", "/etc/d/e"),
        ("create", A),
        ("create", "/etc/d/e/f"),
        ("remove", "/etc/x"),
        ("remove", "/etc/y/z"),
        ("remove", "/etc/y"),
    ]
    assert planned.during.made == ("/etc/d/e", "/etc/y")
    assert planned.final.made == ("/etc/d/e",)


@pytest.mark.parametrize(
    ("others", "expected"),
    [({}, [("remove", "/etc/d/f"), ("remove", D)]), ({"/etc/d/theirs": OLD}, [("remove", "/etc/d/f")])],
)
@pytest.mark.parametrize("was_declared", [True, False])
def test_directories_go_when_they_are_empty(others, expected, was_declared):
    files = {"/etc/d/f": entry(), **({D: entry(NOTHING, FOLDER)} if was_declared else {})}
    record = Record(files, () if was_declared else (D,))
    planned = plan(Desired("web", False), seen({D: FOLDER, "/etc/d/f": NEW, **others}, record))
    assert steps(planned) == expected
    assert planned.final is None


def test_a_directory_that_is_still_needed_becomes_one_that_we_made():
    record = Record({D: entry(NOTHING, FOLDER), "/etc/d/f": entry()})
    planned = plan(Desired("web", files=(BELOW,)), seen({D: FOLDER, "/etc/d/f": NEW}, record))
    assert (planned.changes, planned.final.made, list(planned.final.files)) == ((), (D,), ["/etc/d/f"])


def test_a_directory_that_we_made_is_declared():
    record = Record({"/etc/d/f": entry()}, (D,))
    wanted = Wanted(D, "directory", None, 0o700)
    planned = plan(Desired("web", files=(wanted, BELOW)), seen({D: FOLDER, "/etc/d/f": NEW}, record))
    assert steps(planned) == [("change", D)]
    assert (planned.final.files[D].original, planned.final.made) == (NOTHING, ())


def test_a_directory_is_made_again_to_restore_what_was_in_it():
    record = Record({"/etc/d/f": entry(OLD)})
    planned = plan(Desired("web", False), seen({}, record))
    assert steps(planned) == [("create", D), ("restore", "/etc/d/f")]


def test_a_run_that_was_cut_off():
    record = Record({A: entry(OLD, NEW), B: entry(OLD, OLD, NEW)}, (), (A, B, "/etc/gone"))
    files = (FILE, Wanted(B, "file", b"new\n", 0o644))
    planned = plan(Desired("web", files=files), seen({A: NEW, B: OLD}, record))
    assert [(change.action, change.path, change.reasons[0]) for change in planned.changes] == [
        ("change", B, "content differs"),
        ("finish", A, "a run that was cut off has not run the commands for it"),
        ("finish", "/etc/gone", "a run that was cut off has not run the commands for it"),
    ]
    assert planned.changes[0].reasons == ("content differs",), "nobody edited it"
    assert planned.final.files[B].written == (NEW.fingerprint,)


def test_the_record_between_knows_both():
    planned = plan(Desired("web", files=(FILE,)), seen({A: EDITED}, Record({A: entry(OLD, NEW)})))
    assert planned.during.files[A] == Entry(OLD, (NEW.fingerprint,), False, b"new\n")
    changed = plan(Desired("web", files=(FILE._replace(content=b"x"),)), seen({A: NEW}, Record({A: entry(OLD, NEW)})))
    assert changed.during.files[A].written == (NEW.fingerprint, State("file", b"x").fingerprint)


def test_sensitive_contents_are_not_remembered():
    planned = plan(Desired("web", files=(FILE._replace(sensitive=True),)), seen({A: OLD}))
    assert (planned.final.files[A].content, planned.changes[0].sensitive) == (None, True)
    record = Record({A: entry(OLD, sensitive=True)})
    for desired in (Desired("web", False), Desired("web", files=(FILE._replace(content=b"x"),))):
        (change,) = plan(desired, seen({A: NEW}, record)).changes
        assert change.sensitive is True


@pytest.mark.parametrize(
    ("wanted", "given", "words"),
    [
        (FILE, {"states": {A: LINK}}, "/etc/a is a symbolic link, expected a file"),
        (FILE, {"states": {A: FOLDER}}, "/etc/a is a directory, expected a file"),
        (FILE, {"states": {A: SPECIAL}}, "/etc/a is a special file, expected a file"),
        (FILE, {"states": {A: FOLDER}, "record": Record({A: entry()})}, "/etc/a is a directory, expected a file"),
        (Wanted(A, "directory"), {"states": {A: OLD}}, "/etc/a is a file, expected a directory"),
        (
            Wanted(A, "directory"),
            {"states": {A: LINK}, "record": Record({A: entry(NOTHING, FOLDER)})},
            "/etc/a is a symbolic link, expected a directory",
        ),
        (Wanted(A, "absent"), {"states": {A: LINK}}, "/etc/a is a symbolic link, expected a file"),
        (Wanted(A, "absent"), {"states": {A: SPECIAL}}, "/etc/a is a special file, expected a file"),
        (
            Wanted(D, "absent"),
            {"states": {D: FOLDER, "/etc/d/f": OLD}},
            "/etc/d shall be absent and holds f, expected an empty directory",
        ),
        (
            BELOW,
            {"states": {D: LINK}, "real": {D: "/usr/d"}},
            "/etc/d above /etc/d/f is a symbolic link, expected the path below /usr/d",
        ),
        (BELOW, {"states": {D: OLD}}, "/etc/d above /etc/d/f is a file, expected a directory"),
        (BELOW, {"states": {D: SPECIAL}}, "/etc/d above /etc/d/f is a special file"),
        (FILE, {"taken": {A: "other"}}, "/etc/a belongs to the set other, expected one set for each path"),
    ],
)
def test_paths_that_are_refused(wanted, given, words):
    with pytest.raises(Failure) as caught:
        plan(Desired("web", files=(wanted,)), seen(**given))
    assert (caught.value.code, words in str(caught.value)) == ("PathRefused", True), str(caught.value)


def test_what_is_gone_with_its_directory_is_refused_by_nobody():
    planned = plan(Desired("web", False), seen({D: OLD}, Record({"/etc/d/f": entry()})))
    assert planned.changes == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"users": {"ada": None}}, "belong to user ada, which"),
        ({"groups": {"root": 0, "wheel": None}}, "group wheel"),
    ],
)
def test_unknown_owners(given, words):
    with pytest.raises(Failure) as caught:
        plan(Desired("web", files=(FILE,)), seen(**given))
    assert (caught.value.code, words in str(caught.value)) == ("OwnerUnknown", True)


@pytest.mark.parametrize(
    ("there", "known", "shown"),
    [
        (EDITED, entry(OLD), ["-new", "+edited", "(as written)"]),
        (EDITED, entry(OLD, sensitive=True), ["/etc/a is a file now; its content is not shown"]),
        (SPECIAL, entry(NOTHING), ["special file"]),
        (LINK, entry(NOTHING), ["/etc/a is a symbolic link now"]),
        (OLD, entry(NOTHING), ["-new", "+old"]),
        (State("file", b"".join(b"%d\n" % at for at in range(99)), 0o644), entry(OLD), ["... and 43 lines more"]),
    ],
)
@pytest.mark.parametrize("present", [True, False])
def test_edited_since(there, known, shown, present):
    desired, found = Desired("web", present), seen({A: there}, Record({A: known}))
    code = "PathRefused" if there == SPECIAL else "EditedSince"
    with pytest.raises(Failure) as caught:
        plan(desired, found)
    assert caught.value.code == code
    assert [words for words in shown if words not in caught.value.text()] == []
    assert ("edited" in str(caught.value.details)) is ("+edited" in shown)
    if code == "EditedSince":
        forced = plan(desired._replace(force=True), found)
        assert steps(forced) == [("restore" if known.original == OLD else "remove", A)]


def test_a_directory_in_place_of_our_file_is_no_file_to_remove():
    found = seen({A: FOLDER, "/etc/a/x": OLD}, Record({A: entry()}))
    with pytest.raises(Failure):
        plan(Desired("web", False), found)
    assert plan(Desired("web", False, force=True), found).changes == ()


ATTRIBUTES = Wanted(A, "attributes", None, 0o640)
BARE = State("file", None, 0o666, 1000, 1000)
OURS = State("file", None, 0o640)
# what is at the path; what it becomes, None for no change
AT_MOST = [
    (NOTHING, None),
    (BARE, OURS),
    (State("file", None, 0o600), None),
    (State("special file", None, 0o777), State("special file", None, 0o640)),
    (State("directory", None, 0o755), State("directory", None, 0o640)),
]


@pytest.mark.parametrize(("found", "expected"), AT_MOST)
def test_attributes_are_at_most_what_is_declared(found, expected):
    planned = plan(Desired("x", files=(ATTRIBUTES,)), seen({A: found}))
    assert [change.after for change in planned.changes] == ([expected] if expected else [])
    assert (planned.final is None) is (found == NOTHING)
    assert {state.kind for state in planned.target.values()} <= {"directory"}


def test_attributes_of_a_link_are_refused():
    with pytest.raises(Failure) as caught:
        plan(Desired("x", files=(ATTRIBUTES,)), seen({A: LINK}, real={A: "/dev/null"}))
    assert "/etc/a is a symbolic link, expected the path where it leads" in caught.value.text()


@pytest.mark.parametrize(
    ("found", "expected"),
    [(OURS, [BARE]), (NOTHING, []), (State("directory", None, 0o755), [])],
)
def test_attributes_come_back_only_on_what_had_them(found, expected):
    record = Record({A: Entry(BARE, (OURS.fingerprint,), False, None)}, (), ())
    planned = plan(Desired("x", present=False), seen({A: found}, record))
    assert [change.after for change in planned.changes] == expected
    assert planned.final is None


def test_what_is_stale_is_refreshed_once():
    record = Record({A: entry()}, (), ())
    desired = Desired("x", files=(FILE,), stale=frozenset((A,)))
    assert steps(plan(desired, seen({A: NEW}, record))) == [("refresh", A)]
    assert steps(plan(desired, seen({A: OLD}, record))) == [("change", A)]
    assert plan(desired._replace(present=False, files=()), seen({A: NEW}, record)).changes[0].action == "remove"
