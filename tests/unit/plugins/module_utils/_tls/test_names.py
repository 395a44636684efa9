# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import (
    directory_fault,
    host_fault,
    subject_names,
)


@pytest.mark.parametrize("name", ["a", "docker-01", "docker_01.example.com", "_x", "A" * 200, "10.0.0.4"])
def test_names_that_can_be_directories(name):
    assert directory_fault(name) == ""


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/a", ".hidden", "-x", "a b", "a\n", "é", "A" * 201, "a\0"]
)
def test_names_that_cannot_be_directories(name):
    assert "cannot be a directory name" in directory_fault(name)


@pytest.mark.parametrize(
    ("dns_names", "ip_addresses", "names"),
    [
        ([], [], ()),
        (["B.example.com", "a"], [], ("DNS:a", "DNS:b.example.com")),
        (["a.example.com."], [], ("DNS:a.example.com",)),
        (["a", "A", "a."], ["10.0.0.4", "10.0.0.4"], ("DNS:a", "IP:10.0.0.4")),
        ([], ["2001:DB8:0::1"], ("IP:2001:db8::1",)),
        (["_x.example"], ["10.0.0.5", "10.0.0.40"], ("DNS:_x.example", "IP:10.0.0.40", "IP:10.0.0.5")),
    ],
)
def test_subject_names(dns_names, ip_addresses, names):
    assert subject_names(dns_names, ip_addresses) == (names, ())


@pytest.mark.parametrize(
    ("dns_names", "ip_addresses", "text"),
    [
        (["10.0.0.4"], [], "'10.0.0.4' in dns_names is an IP address, expected it in ip_addresses"),
        (["*.example.com"], [], "'*.example.com' in dns_names is a wildcard"),
        (["*"], [], "'*' in dns_names is a wildcard"),
        (["münchen.example"], [], "is not an ASCII host name"),
        (["a..b"], [], "is not an ASCII host name"),
        ([""], [], "is not an ASCII host name"),
        (["a\n"], [], "is not an ASCII host name"),
        (["x" * 64], [], "is not an ASCII host name"),
        ([".".join(["x" * 60] * 5)], [], "is not an ASCII host name"),
        ([], ["host"], "'host' in ip_addresses is not an IP address"),
        ([], ["10.0.0.4/24"], "'10.0.0.4/24' in ip_addresses is not an IP address"),
        ([], [""], "'' in ip_addresses is not an IP address"),
    ],
)
def test_faults_of_subject_names(dns_names, ip_addresses, text):
    names, (fault,) = subject_names([*dns_names, "good"], [*ip_addresses, "10.0.0.1"])
    assert text in fault
    assert names == ("DNS:good", "IP:10.0.0.1")


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ("10.0.0.4", True),
        ("::1", True),
        ("host", True),
        ("a.b.", True),
        ("", False),
        ("a b", False),
        ("x" * 300, False),
    ],
)
def test_where_one_can_connect_to(given, good):
    assert (host_fault(given) == "") is good


@pytest.mark.parametrize(("length", "good"), [(253, True), (254, False)])
def test_the_longest_name(length, good):
    name = ("x" * 49 + ".") * 5 + "x" * (length - 250)
    assert len(name) == length
    assert (host_fault(name) == "") is good
    assert (subject_names([name], [])[1] == ()) is good
