# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts and clients that are declared absent: first what is decided, then what happens on a real disk."""

from __future__ import annotations

import os

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.absence import (
    Forget,
    forget,
    labels,
    reasons,
    warnings,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import Remains
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    options,
    run,
    tree,
)

# what is in the directory -> what is removed (None: the directory counts as absent), names in the warning
ROOMS = {
    "a host": ("servers/x", ("cert.pem", "csr.pem", "host.json"), ("cert.pem", "csr.pem", "host.json"), ""),
    "a host with its key": ("servers/x", ("cert.pem", "key.pem"), ("cert.pem", "key.pem"), ""),
    "a client, its certificate first": (
        "clients/x",
        ("ca.pem", "cert.pem", "key.pem"),
        ("cert.pem", "key.pem", "ca.pem"),
        "",
    ),
    "what a crash left": ("clients/x", ("ca.pem", "key.pem"), ("key.pem", "ca.pem"), ""),
    "an empty directory": ("servers/x", (), (), ""),
    "a host with others' files": ("servers/x", ("cert.pem", "notes", "old"), ("cert.pem",), "notes, old"),
    "others' files only": ("servers/x", ("notes",), None, "notes"),
    "a file that is ours elsewhere": ("servers/x", ("ca.pem",), None, "ca.pem"),
}


@pytest.mark.parametrize(("label", "names", "files", "others"), ROOMS.values(), ids=ROOMS)
def test_what_is_forgotten(label, names, files, others):
    remains = [Remains(label, names)]
    forgotten = () if files is None else (Forget(label, files),)
    assert forget(remains) == forgotten
    room, _slash, name = label.partition("/")
    assert codes(reasons(forgotten, room, name)) == ([] if files is None else ["absent_declared"])
    assert reasons(forgotten, room, "other") == ()
    texts = warnings(remains)
    assert len(texts) == bool(others)
    for text in texts:
        assert "The directory servers/x stays" in text
        assert "it holds %s, expected only cert.pem" % others in text
        assert "Next step: " in text


def test_labels():
    absent = [{"name": "x", "state": "absent"}]
    desired = parse(options("/unused", hosts=[*absent, host()], clients=[*absent, {"name": "y"}]))
    assert labels(desired) == ["servers/x", "clients/x"]


@pytest.fixture
def directory(tmp_path):
    """A certificate directory with three hosts and two clients."""
    here = tmp_path / "certs"
    hosts = [host("one", csr=csr()[0]), host("two", csr=csr()[0]), host("three", key_origin="controller")]
    run(here, hosts=hosts, clients=[{"name": "alice"}, {"name": "bot", "authority": "ci"}], **AUTHORITIES)
    return here


AUTHORITIES = {"client_authorities": ["default", "ci"]}
GONE = {
    "hosts": [{"name": "one", "state": "absent"}, {"name": "three", "state": "absent"}],
    "clients": [{"name": "bot", "state": "absent", "authority": "never declared"}],
}


def test_absent_in_check_mode_absent_and_absent_again(directory):
    before = tree(directory)
    predicted = run(directory, check=True, **GONE)
    assert tree(directory) == before
    done = run(directory, **GONE)
    gone = ("servers/one", "servers/three", "clients/bot")
    assert tree(directory) == {path: found for path, found in before.items() if not path.startswith(gone)}
    assert predicted == done
    again = run(directory, at=NOW + 200 * DAY, **GONE)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"] == {}
    assert [entry["reasons"] for entry in again["hosts"].values()] == [[], []]


def test_the_result(directory):
    stored = run(directory, hosts=[host("one")], **AUTHORITIES)["hosts"]["one"]
    done = run(directory, **GONE)
    reason = ["absent_declared: declared absent"]
    nothing = {"certificate_sha256": None, "not_after": None, "days_left": None, "reasons": reason, "changed": True}
    entry = {**nothing, "certificate": None, "vm_id": None, "enrolled": False, "rekey": None}
    assert done["changed"]
    assert done["hosts"] == {"one": entry, "three": entry}
    assert set(stored) == set(entry)
    assert done["clients"] == {"bot": {**nothing, "authority": None, "directory": str(directory / "clients" / "bot")}}
    assert done["diff"]["before"]["servers/one"]["certificate_sha256"] == stored["certificate_sha256"]
    assert done["diff"]["after"]["servers/one"] == {
        "certificate_sha256": None,
        "not_after": None,
        "enrolled": False,
        "reasons": reason,
    }
    assert done["undeclared_client_authorities"] == ["ci"]


def test_what_was_never_there_is_absent(directory):
    before = tree(directory)
    result = run(directory, hosts=[{"name": "no", "state": "absent"}], clients=[{"name": "no", "state": "absent"}])
    assert (result["changed"], result["hosts"]["no"]["changed"], result["clients"]["no"]["reasons"]) == (
        False,
        False,
        [],
    )
    assert tree(directory) == before


def test_files_of_others_stay_and_are_named(directory):
    notes = directory / "servers" / "one" / "notes.txt"
    notes.write_text("hello")
    predicted, done, again = (run(directory, check=check, **GONE) for check in (True, False, False))
    assert os.listdir(str(notes.parent)) == ["notes.txt"]
    assert (predicted["changed"], done["changed"], again["changed"]) == (True, True, False)
    for result in (predicted, done, again):
        assert len(result["warnings"]) == 1
        assert "servers/one stays although it is declared absent: it holds notes.txt" in result["warnings"][0]


def test_a_key_comes_under_a_new_name_in_the_call_that_forgets_the_old_one(directory):
    pem = csr()[0]
    run(directory, hosts=[host("old", csr=pem)])
    hosts = [host("new", csr=pem), {"name": "old", "state": "absent"}]
    refused = run(directory, check=True, hosts=hosts[:1])
    assert "same public key as old" in refused["hosts"]["new"]["error"]
    for check in (True, False):
        result = run(directory, check=check, hosts=hosts)
        assert "error" not in result["hosts"]["new"]
        assert result["hosts"]["new"]["enrolled"]
    assert {"new", "old"} & set(os.listdir(str(directory / "servers"))) == {"new"}


def test_a_host_comes_back_with_its_request_only(directory):
    run(directory, **GONE)
    assert codes(run(directory, hosts=[host("one")])["hosts"]["one"]["reasons"]) == ["missing", "no_request"]
    back = run(
        directory, hosts=[host("one", csr=csr()[0])], clients=[{"name": "bot", "authority": "ci"}], **AUTHORITIES
    )
    assert back["hosts"]["one"]["enrolled"]
    assert codes(back["clients"]["bot"]["reasons"]) == ["missing"]
