# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package files: each is checked before anything is installed, and none is brought twice."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import fetching, offline
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import File, Source

from . import web as webs

ENGINE, CLI = b"docker-ce 5:28.0.1-1", b"docker-ce-cli 5:28.0.1-1"
INSTALLED = {"docker-ce": "5:28.0.1-1", "docker-ce-cli": "5:28.0.1-1"}


def sha(content):
    return hashlib.sha256(content).hexdigest()


class Backend:
    """Takes a file's text for its package's name and version."""

    ENGINES = ("docker-ce", "docker.io")

    def __init__(self):
        self.packages = {}
        self.installed = []

    def everything(self):
        return dict(self.packages)

    def proxies(self):
        return {}

    def control(self, path):
        with open(path, encoding="ascii") as file:
            name, version = file.read().split(" ")
        return name, version

    def install_files(self, paths):
        for path in paths:
            name, version = self.control(path)
            self.installed.append(name)
            self.packages[name] = version


@pytest.fixture
def backend(machine):
    machine.put("/srv/docker-ce.deb", ENGINE.decode())
    machine.put("/srv/cli.deb", CLI.decode())
    return Backend()


@pytest.fixture
def files(machine):
    return (
        File(sha(ENGINE), path=str(machine.path("/srv/docker-ce.deb"))),
        File(sha(CLI), path=str(machine.path("/srv/cli.deb"))),
    )


def install(backend, files, wanted=None, identity=None):
    source = Source("offline", files=tuple(files), managed_identity=identity)
    offline.install(source, backend, wanted, lambda act: act())


def test_files_are_installed_together_and_remembered(machine, backend, files):
    assert offline.missing(files, backend, {}) == ("docker-ce.deb", "cli.deb")
    install(backend, files, "28.0")
    assert backend.packages == INSTALLED
    assert machine.text(offline.RECORD) == (
        "%s docker-ce 5:28.0.1-1\n%s docker-ce-cli 5:28.0.1-1\n" % (sha(ENGINE), sha(CLI))
    )
    assert offline.missing(files, backend, backend.packages) == ()
    assert [path.name for path in offline.RECORD.parent.iterdir()] == ["offline"], "no file is left"


def test_what_is_installed_already_is_neither_brought_nor_checked(machine, backend, files):
    install(backend, files)
    machine.path("/srv/docker-ce.deb").unlink()
    assert offline.missing(files, backend, backend.packages) == ()
    assert offline.missing(files, backend, {**INSTALLED, "docker-ce": "5:29.0"}) == ("docker-ce.deb",)


def test_a_file_at_hand_tells_itself_what_it_is(backend, files):
    assert offline.missing(files, backend, INSTALLED) == ()
    assert offline.missing(files, backend, {"docker-ce": "5:28.0.1-1"}) == ("cli.deb",)


def test_only_what_lacks_is_installed(backend, files):
    backend.packages = {"docker-ce": "5:28.0.1-1"}
    install(backend, files)
    assert backend.installed == ["docker-ce-cli"]


def test_one_wrong_checksum_and_nothing_is_installed(machine, backend, files):
    machine.put("/srv/cli.deb", "docker-ce-cli evil")
    with pytest.raises(Refusal) as refused:
        install(backend, files)
    path = machine.path("/srv/cli.deb")
    expected = "%s has the SHA-256 %s, expected %s; nothing was installed" % (
        path,
        sha(b"docker-ce-cli evil"),
        sha(CLI),
    )
    assert str(refused.value).startswith(expected)
    assert (backend.installed, machine.text(offline.RECORD)) == ([], None)


def test_a_file_that_is_not_there(machine, backend, files):
    machine.path("/srv/cli.deb").unlink()
    with pytest.raises(Refusal, match=r"cli\.deb cannot be read \(No such file or directory\); bring the file there"):
        install(backend, files)


def test_files_are_fetched(backend, monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE", 0)
    with webs.serving() as web:
        web.pages["/docker-ce.deb"] = (200, {}, ENGINE)
        file = File(sha(ENGINE), web.url + "/docker-ce.deb")
        install(backend, [file], identity="system")
        assert backend.installed == ["docker-ce"]
        assert "Authorization" not in web.asked[0][1], "this is no storage account"
        assert offline.missing([file], backend, backend.packages) == ()
        assert len(web.asked) == 1


def test_a_storage_account_gets_a_token(backend, monkeypatch):
    fetches = []

    def fetch(url, target, limit, proxies, token):
        fetches.append((url, token))
        target.write(ENGINE)
        return sha(ENGINE)

    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(fetching, "token_of", lambda identity: "token of " + identity)
    url = "https://packages.blob.core.windows.net/docker-ce.deb"
    install(backend, [File(sha(ENGINE), url)], identity="system")
    assert fetches == [(url, "token of system")]


REFUSALS = {
    "another engine": ({"docker.io": "26"}, None, "found the engine docker.io, the declared files hold docker-ce"),
    "another version": ({}, "29", "the declared files hold docker-ce 5:28.0.1-1, wanted version 29"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(backend, files, name):
    backend.packages, wanted, words = REFUSALS[name]
    with pytest.raises(Refusal, match=words):
        install(backend, files, wanted)
    assert backend.installed == []


def test_files_without_an_engine(backend, files):
    with pytest.raises(Refusal, match=r"hold no engine, expected one of docker-ce, docker\.io among them"):
        install(backend, files[1:])
    backend.packages = {"docker-ce": "5:28.0.1-1"}
    install(backend, files[1:])
    assert backend.installed == ["docker-ce-cli"]
