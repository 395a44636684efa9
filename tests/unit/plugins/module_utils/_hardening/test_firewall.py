# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for nft, word by word; whether nft takes them is the integration target's question."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import firewall, places

ANY = ["meta nfproto ipv4 ", "meta nfproto ipv6 "]
# what is published; the lines that let it in
PUBLISHED = [
    ([], []),
    ([{"port": 443}], [f"{one}ct status dnat meta l4proto tcp ct original proto-dst 443 accept" for one in ANY]),
    (
        [{"port": 53, "protocol": "udp", "sources": ["10.1.0.0/16", "10.0.0.0/16", "fd00::/8"]}],
        [
            "ip saddr { 10.0.0.0/15 } ct status dnat meta l4proto udp ct original proto-dst 53 accept",
            "ip6 saddr { fd00::/8 } ct status dnat meta l4proto udp ct original proto-dst 53 accept",
        ],
    ),
    (
        [{"port": 1, "sources": ["192.0.2.7"]}],
        ["ip saddr { 192.0.2.7/32 } ct status dnat meta l4proto tcp ct original proto-dst 1 accept"],
    ),
]


@pytest.mark.parametrize(("published", "expected"), PUBLISHED)
def test_what_is_published_is_let_in_and_nothing_else(published, expected):
    lines = [line.strip() for line in firewall.rules(published, 2376, None).splitlines()]
    begin, end = lines.index('iifname "br-*" accept') + 1, lines.index("ct status dnat drop")
    assert lines[begin:end] == expected
    assert lines[end : end + 3] == ["ct status dnat drop", 'oifname "docker0" drop', 'oifname "br-*" drop']
    assert "chain api {" not in lines


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["10.0.0.0/8"], ["ip saddr { 10.0.0.0/8 } tcp dport 2376 accept", "tcp dport 2376 drop"]),
        (["*"], ["meta nfproto ipv4 tcp dport 2376 accept", "tcp dport 2376 drop"]),
    ],
)
def test_the_api_is_reached_from_the_declared_sources(sources, expected):
    lines = [line.strip() for line in firewall.rules(None, 2376, sources).splitlines()]
    assert lines[lines.index("ct state established,related accept") + 1 :][: len(expected)] == expected
    assert "chain published {" not in lines


def test_the_table_is_replaced_in_one_transaction():
    lines = firewall.rules([], 2376, None).splitlines()
    assert lines[1:4] == [
        "table inet bulwark_docker",
        "delete table inet bulwark_docker",
        "table inet bulwark_docker {",
    ]


@pytest.mark.parametrize(
    ("published", "port", "sources", "words"),
    [
        ([{"port": "443"}], 2376, None, "found port '443', expected a number from 1 to 65535"),
        ([{"port": 0}], 2376, None, "found port 0"),
        ([{"port": 1, "protocol": "icmp"}], 2376, None, "protocol 'icmp' of port 1, expected tcp, udp or sctp"),
        ([{"port": 1, "sources": ["10.0.0.1/8"]}], 2376, None, "source '10.0.0.1/8' (10.0.0.1/8 has host bits set)"),
        (None, 70000, ["10.0.0.0/8"], "found port 70000"),
        (None, 2376, ["somewhere"], "source 'somewhere'"),
    ],
)
def test_what_cannot_be_declared(published, port, sources, words):
    with pytest.raises(Failure) as caught:
        firewall.rules(published, port, sources)
    assert words in caught.value.text()


def test_what_flushes_all_tables_puts_ours_back():
    layer = firewall.wants([], 2376, None)
    drop_in = next(one for one in layer.files if one["path"] == places.drop_in("nftables.service"))
    lines = drop_in["content"].splitlines()
    assert [line.partition("=")[0] for line in lines if places.FIREWALL in line] == [
        "ExecStartPost",
        "ExecReload",
        "ExecStopPost",
    ]
