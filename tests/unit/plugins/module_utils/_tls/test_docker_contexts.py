# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contexts of the docker command: what is made, what stays, what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import docker_contexts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.docker_contexts import FILE, LINK, Context

ONE = {"name": "docker-01", "host": "tcp://10.0.0.4:2376", "description": "Builds", "state": "present"}
ID = hashlib.sha256(b"docker-01").hexdigest()
META = "contexts/meta/%s/meta.json" % ID


@pytest.fixture
def client(tmp_path):
    """The directory of a client."""
    directory = tmp_path / "clients" / "alice"
    directory.mkdir(parents=True)
    for name in docker_contexts.MATERIAL:
        (directory / name).write_text("planted-S3cret")
    return directory


def options(tmp_path, client, *contexts, **given):
    return {
        "config_directory": str(tmp_path / "config"),
        "client_directory": str(client) if client else None,
        "contexts": list(contexts) or [ONE],
        "environment_files": False,
        **given,
    }


def files(tmp_path):
    """Everything below the configuration directory: a file's text, or where a link leads."""
    found = {}
    for root, _directories, names in os.walk(str(tmp_path / "config")):
        for name in names:
            path = os.path.join(root, name)
            shown = os.readlink(path) if os.path.islink(path) else pathlib.Path(path).read_text()
            found[os.path.relpath(path, str(tmp_path / "config"))] = shown
    return found


def test_a_context_from_nothing_to_nothing(tmp_path, client):
    predicted = docker_contexts.converge(options(tmp_path, client), True)
    assert files(tmp_path) == {}
    made = docker_contexts.converge(options(tmp_path, client), False)
    assert (made["changed"], made["contexts"], made["diff"]) == (True, predicted["contexts"], predicted["diff"])
    there = files(tmp_path)
    assert json.loads(there.pop(META)) == {
        "Name": "docker-01",
        "Metadata": {"Description": "Builds"},
        "Endpoints": {"docker": {"Host": "tcp://10.0.0.4:2376", "SkipTLSVerify": False}},
    }
    assert there == {"contexts/tls/%s/docker/%s" % (ID, name): str(client / name) for name in docker_contexts.MATERIAL}
    assert "S3cret" not in str(made)
    assert docker_contexts.converge(options(tmp_path, client), False)["changed"] is False
    gone = {**ONE, "state": "absent", "host": None}
    assert docker_contexts.converge(options(tmp_path, None, gone), False)["changed"] is True
    assert os.listdir(str(tmp_path / "config")) == []
    assert docker_contexts.converge(options(tmp_path, None, gone), False)["changed"] is False
    assert (client / "key.pem").read_text() == "planted-S3cret", "the client's own file stays"


def test_another_host_changes_one_file(tmp_path, client):
    docker_contexts.converge(options(tmp_path, client), False)
    moved = docker_contexts.converge(options(tmp_path, client, {**ONE, "host": "tcp://10.0.0.9:2376"}), False)
    assert list(moved["diff"]["after"]) == [META]
    assert "10.0.0.4" in moved["diff"]["before"][META]
    assert "10.0.0.9" in files(tmp_path)[META]


def test_what_others_made_stays(tmp_path, client):
    docker_contexts.converge(options(tmp_path, client), False)
    theirs = tmp_path / "config" / "contexts" / "meta" / "theirs"
    theirs.mkdir()
    (theirs / "meta.json").write_text("{}")
    (tmp_path / "config" / "config.json").write_text("{}")
    docker_contexts.converge(options(tmp_path, None, {**ONE, "state": "absent"}), False)
    assert files(tmp_path) == {"contexts/meta/theirs/meta.json": "{}", "config.json": "{}"}


def test_the_same_json_in_another_order_stays(tmp_path, client):
    docker_contexts.converge(options(tmp_path, client), False)
    path = tmp_path / "config" / META
    path.write_text(json.dumps(dict(reversed(list(json.loads(path.read_text()).items()))), indent=4))
    assert docker_contexts.converge(options(tmp_path, client), False)["changed"] is False


@pytest.mark.parametrize("somebody", ["copy", "other link", "directory missing", "damaged"])
def test_what_somebody_changed_is_mended(tmp_path, client, somebody):
    docker_contexts.converge(options(tmp_path, client), False)
    before = files(tmp_path)
    key = tmp_path / "config" / "contexts" / "tls" / ID / "docker" / "key.pem"
    if somebody == "damaged":
        (tmp_path / "config" / META).write_text("{")
    else:
        key.unlink()
    if somebody == "copy":
        key.write_text("a key")
    elif somebody == "other link":
        key.symlink_to("/nowhere")
    assert docker_contexts.converge(options(tmp_path, client), False)["changed"] is True
    assert files(tmp_path) == before


def test_environment_files(tmp_path, client):
    made = docker_contexts.converge(options(tmp_path, client, environment_files=True), False)
    path = made["contexts"]["docker-01"]["environment_file"]
    assert pathlib.Path(path).read_text().splitlines() == [
        "export DOCKER_HOST=tcp://10.0.0.4:2376",
        "export DOCKER_TLS_VERIFY=1",
        "export DOCKER_CERT_PATH=%s" % client,
    ]
    docker_contexts.converge(options(tmp_path, client), False)
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    ("contexts", "words"),
    [
        ([{"name": "default", "host": "tcp://a:1"}], "'default' is none that the docker command takes"),
        ([{"name": "a/b", "host": "tcp://a:1"}], "'a/b' is none"),
        ([{"name": "..", "host": "tcp://a:1"}], "'..' is none"),
        ([ONE, ONE], "docker-01 is given twice"),
        ([{"name": "one", "host": "unix:///run/docker.sock"}], "expected tcp://ADDRESS:PORT"),
        ([{"name": "one", "host": "tcp://a:1/b"}], "expected tcp://ADDRESS:PORT"),
        ([{"name": "one", "host": None}], "the host of one is '', expected tcp://"),
    ],
)
def test_what_docker_would_not_take(tmp_path, client, contexts, words):
    with pytest.raises(Failure) as caught:
        docker_contexts.converge(options(tmp_path, client, *contexts), False)
    assert words in caught.value.text()
    assert files(tmp_path) == {}


@pytest.mark.parametrize("lacking", ["all", "key.pem", "directory"])
def test_a_client_that_is_not_complete(tmp_path, client, lacking):
    if lacking == "key.pem":
        (client / "key.pem").unlink()
    given = None if lacking == "directory" else tmp_path if lacking == "all" else client
    with pytest.raises(Failure) as caught:
        docker_contexts.converge(options(tmp_path, given), False)
    assert "key.pem, expected a client that docker_tls made" in caught.value.text()


def test_a_directory_that_cannot_be_used(tmp_path, client):
    (tmp_path / "config").write_text("a file")
    with pytest.raises(Failure, match="Could not write") as caught:
        docker_contexts.converge(options(tmp_path, client), False)
    assert caught.value.code == "DockerConfigurationUnusable"


def test_the_plan_is_what_differs():
    assert docker_contexts.plan({"a": (FILE, "1"), "b": None}, {"a": (FILE, "1"), "b": None}) == {}
    assert docker_contexts.plan({"a": (FILE, "1"), "b": None}, {"a": (LINK, "1"), "b": (FILE, "")}) == {
        "a": (FILE, "1"),
        "b": None,
    }
    assert Context("one").id == hashlib.sha256(b"one").hexdigest()
