# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose projects and registry logins as declared."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import logins, options, projects, scratch
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.logins import Login
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.projects import Project
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

FILES = {"compose.yaml": "services: {}\n"}
SECRET = "planted-S3cret"


def parse(*entries, **secret):
    return projects.parse_projects({"projects": list(entries), "secret_environment": secret})


def test_parse():
    entry = {"name": "shop", "files": FILES, "environment": {"PORT": 8080}, "pull": "always", "adopt": True}
    assert parse(entry, {"name": "old", "state": "absent", "remove_volumes": True}, shop={"TOKEN": SECRET}) == (
        Project("shop", files=FILES, environment={"PORT": "8080"}, secret_environment={"TOKEN": SECRET}, pull="always",
                adopt=True),
        Project("old", state="absent", remove_volumes=True),
    )  # fmt: skip
    assert projects.parse_projects({}) == ()


@pytest.mark.parametrize(
    ("entries", "secret", "words"),
    [
        ([{"name": "Shop", "files": FILES}], {}, "has the name 'Shop', expected small letters"),
        ([{"files": FILES}], {}, "has the name ''"),
        ([{"name": "a", "files": FILES}] * 2, {}, "compose.projects has a more than once"),
        ([{"name": "a", "state": "gone"}], {}, "state is 'gone', expected one of present, absent"),
        ([{"name": "a", "files": FILES, "pull": "x"}], {}, "pull is 'x', expected one of missing, always, never"),
        ([{"name": "a"}], {}, "files has nothing, expected a Compose file among them, such as compose.yaml"),
        ([{"name": "a", "files": {"app.env": ""}}], {}, "files has app.env, expected a Compose file"),
        ([{"name": "a", "files": {"../x": ""}}], {}, "files has the name '../x'"),
        ([{"name": "a", "files": {".env": ""}}], {}, "files has the name '.env'"),
        ([{"name": "a", "files": {"compose.yaml": {}}}], {}, "files.compose.yaml is a dict, expected a text"),
        ([{"name": "a", "files": ["x"]}], {}, "files is a list, expected an object of texts"),
        ([{"name": "a", "files": FILES, "environment": {"A-B": ""}}], {}, "environment has the name 'A-B'"),
        ([{"name": "a", "files": FILES, "environment": {"A": True}}], {}, "environment.A is a bool, expected a text"),
        ([{"name": "a", "files": FILES, "environment": {"PATH": "/x"}}], {}, "sets PATH, which the program sets"),
        ([{"name": "a", "files": FILES}], {"a": {"DOCKER_HOST": "x"}}, "sets DOCKER_HOST"),
        ([{"name": "a", "files": FILES, "environment": {"A": "1"}}], {"a": {"A": SECRET}}, "A is in environment and"),
        ([{"name": "a", "files": FILES, "wait_seconds": 0}], {}, "wait_seconds is 0, expected a whole number"),
        ([], {"b": {"A": SECRET}}, "compose.secret_environment is for b, expected names of compose.projects"),
        ([{"name": "a", "files": FILES}], {"a": {"A": [SECRET]}}, "secret_environment.A is a list, expected a text"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared(entries, secret, words):
    with pytest.raises(Refusal) as refused:
        parse(*entries, **secret)
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["compose.yaml"], ["compose.yaml"]),
        (
            ["compose.prod.yaml", "compose-local.yml", "compose.yaml"],
            ["compose.yaml", "compose-local.yml", "compose.prod.yaml"],
        ),
        (["docker-compose.yml", "app.env", "composer.yaml", "my-compose.yaml"], ["docker-compose.yml"]),
        (["compose.json"], []),
    ],
)
def test_compose_files(names, files):
    assert projects.compose_files(names) == files


def test_contents():
    project = Project("shop", files=FILES, environment={"B": "it's", "A": "$x"}, secret_environment={"C": SECRET})
    environment = project.contents.pop(str(project.directory / ".env"))
    assert environment.splitlines()[1:] == ["A='$x'", 'B="it\'s"']
    assert SECRET not in repr(project)
    assert project.variables == {"A": "$x", "B": "it's", "C": SECRET}
    assert list(Project("shop", files=FILES).contents) == [str(project.directory / "compose.yaml")]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"registry": "r", "username": "u"}, "registries.logins[0].password is no text, or empty"),
        ({"registry": "", "username": "u", "password": SECRET}, "registries.logins[0].registry is no text"),
        ({"registry": "https://r", "username": "u", "password": SECRET}, "is 'https://r', expected HOST or HOST:PORT"),
    ],
)
def test_what_is_no_login(entry, words):
    with pytest.raises(Refusal) as refused:
        logins.parse_logins({"logins": [entry]})
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)


def test_logins_are_at_hand_for_a_moment(machine):
    found = logins.parse_logins(
        {
            "logins": [
                {"registry": name, "username": "ada", "password": SECRET} for name in ("r.example:5000", "docker.io")
            ]
        }
    )
    assert SECRET not in repr(found)
    with logins.at_hand(()) as variables:
        assert variables == {}
    with logins.at_hand(found) as variables:
        directory = machine.path(variables["DOCKER_CONFIG"])
        assert directory.parent == scratch.PLACE
        assert (machine.mode(directory), machine.mode(directory / "config.json")) == (0o700, 0o600)
        auths = json.loads((directory / "config.json").read_text())["auths"]
        assert set(auths) == {"r.example:5000", "https://index.docker.io/v1/"}
        assert base64.b64decode(auths["r.example:5000"]["auth"]) == b"ada:planted-S3cret"
    assert not directory.exists()
    with pytest.raises(Refusal), logins.at_hand(found):
        raise Refusal("x")
    assert list(scratch.PLACE.glob(scratch.PREFIX + "*")) == []


def test_what_a_killed_run_has_left_is_swept(machine):
    left = scratch.PLACE / (scratch.PREFIX + "killed")
    left.mkdir()
    (left / "config.json").write_text(SECRET)
    machine.put(scratch.PLACE / "theirs", "x")
    scratch.sweep()
    assert not left.exists()
    assert machine.text(scratch.PLACE / "theirs") == "x"


def test_the_part_of_the_desired_state():
    given = {**{name: spec.get("default") for name, spec in options.PROJECT.items()}, "name": "shop", "files": FILES}
    login = {"registry": "r", "username": "u", "password": SECRET}
    document = options.parts(
        {"compose_projects": [given], "compose_secret_environment": {"shop": {"A": SECRET}}, "registry_logins": [login]}
    )
    public = {
        "engine": {"version": None},
        "compose": {"projects": [{"name": "shop", "files": FILES}]},
        "registries": {},
    }
    assert options.public(document) == public
    hidden = options.secrets(document)
    assert hidden == {"compose": {"secret_environment": {"shop": {"A": SECRET}}}, "registries": {"logins": [login]}}
    assert options.united(public, hidden) == document
    assert options.parts({"compose_projects": [], "compose_secret_environment": {}, "registry_logins": []}) == {
        "engine": {"version": None}
    }
    assert projects.parse_projects(document["compose"])[0].secret_environment == {"A": SECRET}
    assert logins.parse_logins(document["registries"]) == (Login("r", "u", SECRET),)
    assert options.secret_strings({"registry_logins": [login], "protected_daemon_options": None}) == [{}, {}, SECRET]
