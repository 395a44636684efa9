# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Desired, Tls
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
FULL = {
    "schema": 1,
    "host": "docker1",
    "vm_id": "vm-1",
    "address": "10.0.0.4",
    "port": 2376,
    "engine": {"version": "26.1"},
    "tls": {"certificate": PEM, "client_authorities": PEM + PEM, "server_authority_sha256": "ab"},
}
PARSED = Desired("docker1", "vm-1", "10.0.0.4", 2376, engine_version="26.1", tls=Tls(PEM, PEM + PEM, "ab"))


def with_tls(**given):
    return {**FULL, "tls": {**FULL["tls"], **given}}


# data, what it is parsed to
GOOD = {
    "all": (FULL, PARSED),
    "no version": ({**FULL, "engine": {"version": None}}, PARSED.__class__(**{**vars(PARSED), "engine_version": None})),
    "no engine": (
        {name: FULL[name] for name in FULL if name != "engine"},
        Desired("docker1", "vm-1", "10.0.0.4", 2376, tls=PARSED.tls),
    ),
    "enrolment": ({**FULL, "tls": None}, Desired("docker1", "vm-1", "10.0.0.4", 2376, engine_version="26.1")),
    "no tls at all": (
        {name: FULL[name] for name in FULL if name != "tls"},
        Desired("docker1", "vm-1", "10.0.0.4", 2376, engine_version="26.1"),
    ),
    "unknown authority": (
        with_tls(server_authority_sha256=None),
        Desired("docker1", "vm-1", "10.0.0.4", 2376, engine_version="26.1", tls=Tls(PEM, PEM + PEM, "")),
    ),
    "IPv6 in its short form": (
        {**FULL, "address": "FD00:0:0:0::4"},
        Desired("docker1", "vm-1", "fd00::4", 2376, engine_version="26.1", tls=PARSED.tls),
    ),
    "the rest of the options": (
        {
            **FULL,
            "remote_access": "ssh",
            "engine": {"key_type": "Ed25519", "rekey": "ab", "restart": "never"},
            "daemon": {"options": {"icc": False, "a": {"b": 1}}, "protected_options": {"a": {"c": 2}}},
            "group": {"members": ["bob", "ada", "bob"], "exclusive": True},
        },
        Desired(
            "docker1",
            "vm-1",
            "10.0.0.4",
            2376,
            remote_access="ssh",
            key_type="Ed25519",
            rekey="ab",
            restart="never",
            daemon_options={"icc": False, "a": {"b": 1}},
            protected_options={"a": {"c": 2}},
            group=desired.Group(("ada", "bob"), True),
        ),
    ),
    "first port": (
        {**FULL, "port": 1},
        dataclasses.replace(PARSED, port=1),
    ),
    "last port": (
        {**FULL, "port": 65535},
        dataclasses.replace(PARSED, port=65535),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_parse(name):
    data, expected = GOOD[name]
    assert desired.parse(data) == expected


# data, words of the refusal
BAD = {
    "newer schema": ({**FULL, "schema": 2}, "schema 2, this program knows 1; run the playbook and the program"),
    "no schema": ({}, "schema None"),
    "empty host": ({**FULL, "host": ""}, "host is '', expected a text that is not empty"),
    "vm_id is no text": ({**FULL, "vm_id": 7}, "vm_id is 7, expected a text"),
    "no address": ({**FULL, "address": None}, "address is None, expected a text"),
    "address is a name": ({**FULL, "address": "docker1"}, "address is 'docker1', expected an IP address"),
    "address with port": ({**FULL, "address": "10.0.0.4:2376"}, "expected an IP address"),
    "every IPv4 address": ({**FULL, "address": "0.0.0.0"}, "means every address; give the machine's private one"),
    "every IPv6 address": ({**FULL, "address": "::"}, "means every address"),
    "every IPv4 address in IPv6": ({**FULL, "address": "::ffff:0.0.0.0"}, "means every address"),
    "port as text": ({**FULL, "port": "2376"}, "port is '2376', expected an integer from 1 to 65535"),
    "no port": ({**FULL, "port": None}, "port is None"),
    "port 0": ({**FULL, "port": 0}, "port is 0"),
    "port too high": ({**FULL, "port": 65536}, "port is 65536"),
    "no certificate": (with_tls(certificate=None), "tls.certificate holds no PEM certificate"),
    "a key for a certificate": (with_tls(certificate="-----BEGIN PRIVATE KEY-----"), "tls.certificate holds no PEM"),
    "no authorities": (with_tls(client_authorities=""), "tls.client_authorities holds no PEM certificate; TLS comes"),
    "another access": ({**FULL, "remote_access": "http"}, "remote_access is 'http', expected one of tls, ssh, none"),
    "another key type": ({**FULL, "engine": {"key_type": "DSA"}}, "engine.key_type is 'DSA', expected one of EC-P256"),
    "another restart": ({**FULL, "engine": {"restart": "soon"}}, "engine.restart is 'soon', expected one of now"),
    "no name of a user": ({**FULL, "group": {"members": ["-a"]}}, "group.members has '-a', expected names of users"),
}


@pytest.mark.parametrize("name", BAD)
def test_refusals(name):
    data, words = BAD[name]
    with pytest.raises(Refusal) as refused:
        desired.parse(data)
    assert words in str(refused.value)


def test_protected_options_are_options_that_nobody_is_shown():
    found = desired.parse({**FULL, "daemon": {"options": {"a": {"b": 1}}, "protected_options": {"a": {"c": "S3cret"}}}})
    assert found.all_options == {"a": {"b": 1, "c": "S3cret"}}
    assert "S3cret" not in repr(found)


def test_complete_tls():
    assert PARSED.complete_tls == PARSED.tls
    with pytest.raises(AssertionError, match="a listener was asked for without TLS"):
        _nothing = Desired("docker1", "vm-1", "10.0.0.4", 2376).complete_tls


def test_a_key_that_was_brought_is_kept_and_never_shown():
    parsed = desired.parse(with_tls(key="planted-S3cret"))
    assert parsed.tls.key == "planted-S3cret"
    assert "S3cret" not in repr(parsed)
    with pytest.raises(Refusal) as refused:
        desired.parse(with_tls(key="planted-S3cret", certificate="planted-S3cret"))
    assert "S3cret" not in str(refused.value)
