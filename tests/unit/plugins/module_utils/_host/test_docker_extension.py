# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The retired DockerExtension's settings, of both generations, in the words of our roles."""

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.docker_extension import translate

FLAGS = ["-D", "--log-driver=journald", "--label a=b", "--label=c", "--mtu 1400", "--icc=false"]
WEB = {"image": "nginx", "ports": ["80:80"]}
CERTIFICATES = "certificates are not taken over: each host makes a key of its own and gets a certificate for it"
LISTENER = "the flag %s is not taken over: the listener and its certificates are declared otherwise"
FORMAT_1 = "the Compose file was of format 1: look at links, volumes_from and net in it"


def project(model, name="compose", **more):
    return [{"name": name, "files": {"compose.yaml": json.dumps(model, indent=2, sort_keys=True) + "\n"}, **more}]


# public and protected settings, variables, secret variables, what is left
SETTINGS = {
    "nothing": ({}, None, {}, {}, []),
    "a text": ('{"docker": {"port": "2376"}}', "", {"docker_api_port": 2376}, {}, []),
    "generation 0": (
        {"dockerport": "4243", "installonly": "false", "composeup": {"web": WEB}},
        {"ca": "x", "server-cert": "x", "server-key": "x"},
        {"docker_api_port": 4243, "docker_engine_compose_projects": project({"services": {"web": WEB}})},
        {},
        [FORMAT_1, CERTIFICATES],
    ),
    "flags": (
        {"docker": {"options": FLAGS}},
        None,
        {
            "docker_engine_daemon_options": {
                "debug": True,
                "log-driver": "journald",
                "labels": ["a=b", "c"],
                "mtu": 1400,
                "icc": False,
            }
        },
        {},
        [],
    ),
    "lists and maps": (
        {
            "docker": {
                "options": ["--log-opt max-size=10m --log-opt=max-file=3 --registry-mirror=https://m --dns 1.1.1.1"]
            }
        },
        None,
        {
            "docker_engine_daemon_options": {
                "log-opts": {"max-size": "10m", "max-file": "3"},
                "registry-mirrors": ["https://m"],
                "dns": ["1.1.1.1"],
            }
        },
        {},
        [],
    ),
    "the listener is not taken over": (
        {"docker": {"options": ["-H=tcp://0.0.0.0:2375", "--tlsverify", "--tlscacert=/ca", "--unheard-of"]}},
        {"certs": {"ca": "x", "cert": "x", "key": "x"}},
        {},
        {},
        [
            *(LISTENER % word for word in ("-H=tcp://0.0.0.0:2375", "--tlsverify", "--tlscacert=/ca")),
            "the flag --unheard-of is not known: look for its key in daemon.json",
            CERTIFICATES,
        ],
    ),
    "a project with its environments": (
        {
            "compose": {"version": "2", "services": {"web": WEB}},
            "compose-environment": {"COMPOSE_PROJECT_NAME": "shop", "COMPOSE_HTTP_TIMEOUT": "600", "LEVEL": 3},
        },
        {"environment": {"TOKEN": "planted-S3cret"}},
        {"docker_engine_compose_projects": project({"services": {"web": WEB}}, "shop", environment={"LEVEL": "3"})},
        {"docker_engine_compose_secret_environment": {"shop": {"TOKEN": "planted-S3cret"}}},
        [],
    ),
    "a login": (
        {},
        {"login": {"server": "https://registry.example.com/v2", "username": "ada", "password": "p", "email": "e"}},
        {},
        {"docker_engine_registry_logins": [{"registry": "registry.example.com", "username": "ada", "password": "p"}]},
        [],
    ),
    "a login at Docker Hub": (
        {},
        {"login": {"username": "ada", "password": "p"}},
        {},
        {"docker_engine_registry_logins": [{"registry": "docker.io", "username": "ada", "password": "p"}]},
        [],
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_translate(name):
    public, protected, variables, secret, left = SETTINGS[name]
    assert translate(public, protected) == {"variables": variables, "secret_variables": secret, "left": left}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_engine_program_takes_what_comes_out(name):
    public, protected, *_expected = SETTINGS[name]
    found = translate(public, protected)
    variables, secret = found["variables"], found["secret_variables"]
    compose = {
        "projects": variables.get("docker_engine_compose_projects", []),
        "secret_environment": secret.get("docker_engine_compose_secret_environment", {}),
    }
    desired = parse(
        {
            "schema": 1,
            "host": "one",
            "vm_id": "one",
            "address": "10.0.0.4",
            "port": variables.get("docker_api_port", 2376),
            "daemon": {"options": variables.get("docker_engine_daemon_options", {})},
            "compose": compose,
            "registries": {"logins": secret.get("docker_engine_registry_logins", [])},
        }
    )
    assert desired.daemon_options == variables.get("docker_engine_daemon_options", {})


@pytest.mark.parametrize(
    ("public", "protected", "words"),
    [
        ("{", None, "The settings are no JSON object"),
        ([], None, "The settings are no JSON object"),
        ({"script": "x"}, None, "The settings have script, expected only azure-environment, compose"),
        ({}, {"secret": 1}, "The protected settings have secret, expected only ca, certs"),
    ],
)
def test_what_are_no_settings_of_it(public, protected, words):
    with pytest.raises(Failure) as caught:
        translate(public, protected)
    assert words in caught.value.text()
