# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import threading

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import store as stores
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import ModeFault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import FileWrite, Store
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import tree


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "certs"))


def test_a_swap_makes_private_directories_and_exact_modes(store, tmp_path):
    before = os.umask(0)
    try:
        store.swap("servers/one", [FileWrite("key.pem", b"k", 0o600), FileWrite("cert.pem", b"c")])
    finally:
        os.umask(before)
    assert tree(tmp_path) == {
        "certs": (0o700, None),
        "certs/servers": (0o700, None),
        "certs/servers/one": (0o700, None),
        "certs/servers/one/key.pem": (0o600, b"k"),
        "certs/servers/one/cert.pem": (0o644, b"c"),
    }


def test_a_key_is_never_readable_by_others_not_even_while_it_is_written(store, monkeypatch):
    modes = []
    sync = os.fsync

    def watch(descriptor):
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        sync(descriptor)

    monkeypatch.setattr(stores.os, "fsync", watch)
    store.swap("x", [FileWrite("key.pem", b"k", 0o600)])
    assert modes == [0o600]


def test_a_swap_replaces_removes_and_leaves_the_rest(store):
    store.swap("x", [FileWrite("a", b"1"), FileWrite("b", b"1"), FileWrite("c", b"1")])
    store.swap("x", [FileWrite("a", b"2")], ["b", "not there"])
    assert [store.read("x", name) for name in "abc"] == [b"2", None, b"1"]
    assert sorted(os.listdir(store.path("x"))) == ["a", "c"]


def test_removing_from_an_absent_directory_makes_nothing(store):
    store.swap("x", [], ["a"])
    assert not store.exists()


def test_what_is_inside_a_directory(store):
    assert store.entries("x") is None
    store.swap("x", [FileWrite("b", b"1"), FileWrite("a", b"1")])
    os.makedirs(store.path("x", "empty"))
    assert store.entries("x") == {"a": False, "b": False, "empty": True}
    assert store.entries("x", "empty") == {}


@pytest.mark.parametrize(("names", "left"), [(["a", "b", "not there"], None), (["b"], {"a": False})])
def test_a_removed_directory_goes_unless_something_else_is_in_it(store, names, left):
    store.swap("x/y", [FileWrite("a", b"1"), FileWrite("b", b"1")])
    store.remove("x/y", names)
    assert store.entries("x", "y") == left
    assert store.exists("x")
    store.remove("x/gone", ["a"])


def test_a_removal_that_breaks_off_looks_incomplete_not_wrong(store, monkeypatch):
    store.swap("x", [FileWrite("key.pem", b"1"), FileWrite("cert.pem", b"1")])
    unlink = os.unlink

    def crash(path):
        if path.endswith("key.pem"):
            raise OSError(5, "Input/output error")
        unlink(path)

    monkeypatch.setattr(stores.os, "unlink", crash)
    with pytest.raises(Failure):
        store.remove("x", ["cert.pem", "key.pem"])
    assert os.listdir(store.path("x")) == ["key.pem"]


def test_a_directory_that_cannot_be_removed(store):
    store.swap("x", [FileWrite("a", b"1")])
    os.symlink(store.path("x"), store.path("link"))
    with pytest.raises(Failure) as caught:
        store.remove("link", [])
    assert "Could not remove %s" % store.path("link") in str(caught.value)


def test_a_swap_that_cannot_be_prepared_changes_nothing(store, monkeypatch):
    store.swap("x", [FileWrite("a", b"1"), FileWrite("b", b"1")])
    done = []

    def full(descriptor):
        done.append(descriptor)
        if len(done) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(stores.os, "fsync", full)
    with pytest.raises(Failure) as caught:
        store.swap("x", [FileWrite("a", b"2"), FileWrite("b", b"2")], ["b"])
    assert "Could not write" in str(caught.value)
    assert "No space left on device" in str(caught.value)
    assert [store.read("x", "a"), store.read("x", "b")] == [b"1", b"1"]
    assert sorted(os.listdir(store.path("x"))) == ["a", "b"]


def test_a_swap_that_breaks_off_looks_incomplete_not_wrong(store, monkeypatch):
    store.swap("x", [FileWrite("key.pem", b"1"), FileWrite("cert.pem", b"1")])
    replace = os.replace

    def crash(source, target):
        if target.endswith("cert.pem"):
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(stores.os, "replace", crash)
    with pytest.raises(Failure):
        store.swap("x", [FileWrite("key.pem", b"2"), FileWrite("cert.pem", b"2")], ["cert.pem"])
    assert [store.read("x", "key.pem"), store.read("x", "cert.pem")] == [b"2", None]
    assert os.listdir(store.path("x")) == ["key.pem"]


def test_the_beginning_of_a_file(store):
    assert store.head(2, "x", "a") is None
    store.swap("x", [FileWrite("a", b"123")])
    assert (store.head(2, "x", "a"), store.head(-1, "x", "a")) == (b"12", b"123")


def test_what_reaches_the_disk(store):
    store.swap("x", [FileWrite("a", b"1")])
    store.settle("x")
    with pytest.raises(Failure) as caught:
        store.settle("gone")
    assert "Could not write" in str(caught.value)


LEFT = (".ca-key.pem.x1_y2z3.tmp", ".key.pem.abcdefgh.tmp", ".digest.key.abcdefgh.tmp")
KEPT = (".notes.tmp", ".ca-key.pem.tmp", "ca-key.pem.abcdefgh.tmp", ".other.pem.abcdefgh.tmp", ".key.pem.abcdefgh.tmp~")


def test_what_a_killed_run_left_half_written_is_taken_away_by_the_next_write(store):
    store.swap("x", [FileWrite("a", b"1")])
    for name in LEFT + KEPT:
        with open(store.path("x", name), "w") as stream:
            stream.write("x")
    assert sorted(store.entries("x")) == sorted(["a", *KEPT])
    store.swap("x", [FileWrite("b", b"1")])
    assert sorted(os.listdir(store.path("x"))) == sorted(["a", "b", *KEPT])
    store.swap("y", [FileWrite("a", b"1")])
    with open(store.path("y", LEFT[0]), "w") as stream:
        stream.write("x")
    store.remove("y", ["a"])
    assert not store.exists("y")


def test_what_is_absent_and_what_cannot_be_read(store, tmp_path):
    assert store.read("x") is None
    assert store.size("x") is None
    assert store.directories("x") == []
    assert store.mode_faults() == ()
    store.swap("d", [FileWrite("f", b"123")])
    assert store.size("d", "f") == 3
    assert store.directories() == ["d"]
    for broken in (lambda: store.read("d"), lambda: store.directories("d", "f"), lambda: store.size("d", "f", "x")):
        with pytest.raises(Failure) as caught:
            broken()
        assert str(tmp_path) in str(caught.value)
        assert caught.value.code == "CertificateDirectoryUnusable"


def test_modes_that_grant_too_much_are_found_and_taken_away(store):
    wanted = {
        "server-authority/ca-key.pem": (0o600, 0o640),
        "server-authority/ca.pem": (0o644, 0o664),
        "servers/one/key.pem": (0o600, 0o644),
        "servers/one/cert.pem": (0o644, 0o600),
        "servers/one/csr.pem": (0o644, 0o644),
        "clients/alice/key.pem": (0o600, 0o400),
        "clients/alice/notes.txt": (0o666, 0o666),
        "digest.key": (0o600, 0o604),
    }
    for path, (mode, found) in wanted.items():
        directory, name = os.path.split(path)
        store.swap(directory, [FileWrite(name, b"x", mode)])
        os.chmod(store.path(path), found)
    os.makedirs(store.path("not-ours", "deep"))
    os.chmod(store.path("not-ours"), 0o777)
    os.symlink("/etc/hostname", store.path("servers", "one", "host.json"))
    os.symlink(store.path("not-ours"), store.path("servers", "elsewhere"))
    os.chmod(store.path("clients"), 0o755)
    os.chmod(store.root, 0o711)
    faults = store.mode_faults()
    assert faults == (
        ModeFault(".", 0o711, 0o700),
        ModeFault("clients", 0o755, 0o700),
        ModeFault("digest.key", 0o604, 0o600),
        ModeFault("server-authority/ca-key.pem", 0o640, 0o600),
        ModeFault("server-authority/ca.pem", 0o664, 0o644),
        ModeFault("servers/one/key.pem", 0o644, 0o600),
    )
    for fault in faults:
        store.restrict(fault)
    assert store.mode_faults() == ()
    assert tree(store.root)["server-authority/ca.pem"] == (0o644, b"x")
    assert tree(store.root)["clients/alice/key.pem"] == (0o400, b"x")
    with pytest.raises(Failure):
        store.restrict(ModeFault("gone", 0o777, 0o700))


def test_writers_exclude_everybody_and_readers_only_writers(store):
    with store.lock(exclusive=True):
        for exclusive in (True, False):
            with pytest.raises(Failure) as caught, Store(store.root).lock(exclusive, wait=0.05):
                pytest.fail("two at once")
            assert caught.value.code == "CertificateDirectoryLocked"
    with store.lock(exclusive=False), Store(store.root).lock(exclusive=False, wait=0.05):
        with pytest.raises(Failure), Store(store.root).lock(exclusive=True, wait=0.05):
            pytest.fail("a writer beside readers")


def test_a_waiting_run_gets_its_turn(store):
    entered = threading.Event()

    def other():
        with Store(store.root).lock(exclusive=True, wait=10):
            entered.set()

    with store.lock(exclusive=True):
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.15)
    thread.join(10)
    assert entered.is_set()


def test_a_reader_writes_nothing(store):
    with store.lock(exclusive=False):
        pass
    assert not store.exists()
    store.swap("", [FileWrite("digest.key", b"x")])
    with store.lock(exclusive=False):
        pass
    assert os.listdir(store.root) == ["digest.key"]


def test_the_lock_file_is_private_and_stays(store):
    with store.lock(exclusive=True):
        pass
    assert tree(store.root) == {".lock": (0o600, b"")}


def test_a_directory_that_cannot_be_locked(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure) as caught, Store(str(tmp_path / "file" / "certs")).lock(exclusive=True):
        pytest.fail("locked a file")
    assert "Could not lock" in str(caught.value)
