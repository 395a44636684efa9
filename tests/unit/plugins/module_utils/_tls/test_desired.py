# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import (
    ClientDesired,
    HostDesired,
    TrustedAuthority,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import options


def test_the_defaults():
    desired = parse(options("/unused"))
    assert desired.server_common_name == "site docker server authority"
    assert (desired.server_valid_days, desired.client_valid_days) == (3650, 3650)
    assert desired.client_authorities == ("default",)
    assert (desired.hosts, desired.clients, desired.trusted, desired.replace_foreign) == ((), (), (), False)


def test_everything_given():
    desired = parse(
        options(
            "/unused",
            client_authorities=["ops", "ci", "ci"],
            clients=[{"name": "alice", "authority": "ops"}, {"name": "bot", "authority": "ci", "valid_days": 7}],
            hosts=[
                {"name": "one", "dns_names": ["One"], "ip_addresses": ["10.0.0.4"], "vm_id": "V", "csr": "PEM"},
                {"name": "two", "dns_names": ["two"], "vm_id": "", "csr": "", "key_origin": "controller"},
            ],
            trusted_authorities=[
                {"host": "one", "server_authority_sha256": "AB:CD ", "client_authority_sha256s": ["B", "a", "b"]},
                {"host": "two", "server_authority_sha256": "", "client_authority_sha256s": None},
            ],
            on_foreign_authority="replace",
        )
    )
    assert desired.client_authorities == ("ci", "ops")
    assert desired.clients == (ClientDesired("alice", "ops", 90), ClientDesired("bot", "ci", 7))
    assert desired.hosts == (
        HostDesired("one", ("DNS:one", "IP:10.0.0.4"), "V", "PEM"),
        HostDesired("two", ("DNS:two",), key_origin="controller"),
    )
    assert desired.trusted == (TrustedAuthority("one", "abcd", ("a", "b")), TrustedAuthority("two", None, ()))
    assert desired.replace_foreign


@pytest.mark.parametrize(
    ("host", "fault"),
    [
        ({"name": "a/b", "dns_names": ["a"]}, "the name 'a/b' cannot be a directory name"),
        ({"name": "a", "dns_names": ["*.x"]}, "is a wildcard"),
        ({"name": "a", "csr": "PEM", "key_origin": "controller"}, "a csr was given although key_origin is controller"),
        ({"name": "a b", "ip_addresses": ["x"]}, "cannot be a directory name, expected letters"),
    ],
)
def test_one_host_keeps_its_fault_to_itself(host, fault):
    desired = parse(options("/unused", hosts=[host, {"name": "good", "dns_names": ["good"]}]))
    assert fault in desired.hosts[0].fault
    assert desired.hosts[1].fault == ""


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"hosts": [{"name": "a"}, {"name": "a"}]}, "hosts names a 2 times, expected once"),
        ({"clients": [{"name": "a"}, {"name": "a"}]}, "clients names a 2 times, expected once"),
        ({"hosts": [{"name": "a"}, {"name": "a", "state": "absent"}]}, "hosts names a 2 times, expected once"),
        ({"clients": [{"name": "a", "state": "absent"}] * 2}, "clients names a 2 times, expected once"),
        ({"clients": [{"name": "../a"}]}, "the name '../a' cannot be a directory name"),
        ({"clients": [{"name": "../a", "state": "absent"}]}, "the name '../a' cannot be a directory name"),
        ({"hosts": [{"name": "../a", "state": "absent"}]}, "the name '../a' cannot be a directory name"),
        ({"client_authorities": [""]}, "the name '' cannot be a directory name"),
        (
            {"clients": [{"name": "a", "authority": "ci"}]},
            "client a wants the authority ci, expected one of client_authorities: default",
        ),
        ({"clients": [{"name": "a"}], "client_authorities": []}, "expected one of client_authorities: none"),
        ({"clients": [{"name": "a", "valid_days": -1}]}, "valid_days of client a is -1, expected at least 1"),
        ({"server_authority": {"valid_days": -5}}, "server_authority.valid_days is -5"),
        ({"client_authority_valid_days": 0}, "client_authority_valid_days is 0"),
        ({"leaf_valid_days": 0}, "leaf_valid_days is 0, expected at least 1"),
        ({"renew_before_days": 90}, "renew_before_days is 90, expected at least 0 and less than leaf_valid_days (90)"),
        ({"renew_before_days": -1}, "renew_before_days is -1"),
    ],
)
def test_options_that_spoil_the_whole_call(given, text):
    with pytest.raises(Failure) as caught:
        parse(options("/unused", **given))
    assert text in str(caught.value)
    assert caught.value.code == "InvalidOptions"


def test_of_what_is_absent_only_the_name_counts():
    desired = parse(
        options(
            "/unused",
            hosts=[{"name": "a", "state": "present"}, {"name": "b", "state": "absent", "ip_addresses": ["ten"]}],
            clients=[{"name": "c", "state": "absent", "authority": "gone", "valid_days": -1}, {"name": "d"}],
        )
    )
    assert ([host.name for host in desired.hosts], desired.absent_hosts) == (["a"], ("b",))
    assert ([client.name for client in desired.clients], desired.absent_clients) == (["d"], ("c",))


def test_the_smallest_days_that_make_sense():
    desired = parse(
        options(
            "/unused",
            server_authority={"valid_days": 1},
            client_authority_valid_days=1,
            leaf_valid_days=1,
            renew_before_days=0,
            clients=[{"name": "a", "valid_days": 1}],
        )
    )
    assert (desired.leaf_days, desired.renew_before_days, desired.clients[0].valid_days) == (1, 0, 1)
