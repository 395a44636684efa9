# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L6: a table of nftables that is nobody else's. Pure.

Its chains come before Docker's, and what they drop stays dropped. Published ports are told by the connection before its
destination was changed, as Docker has done that already when a packet is forwarded.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._azure.errors import Failure
from . import places
from .entries import HEAD, Layer, command, file

TABLE = "bulwark_docker"
FROM_CONTAINERS = ("docker0", "br-*")

Published = t.Mapping[str, t.Any]  # {"port": 443, "protocol": "tcp", "sources": ["10.0.0.0/8"]}; no sources: any

UNIT = """{head}[Unit]
Description=Packet filter of Docker's published ports and API
Wants=network-pre.target
Before=network-pre.target docker.service
After=nftables.service
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={nft} --file {rules}
ExecStart=/bin/sh -c 'umask 077; mkdir -p {run}; {nft} --stateless list table inet {table} > {loaded}'
ExecStop={nft} delete table inet {table}
"""
# A start, reload or stop of nftables.service flushes every table, ours too.
AFTER_OTHERS = """{head}[Service]
ExecStartPost=-{nft} --file {rules}
ExecReload=-{nft} --file {rules}
ExecStopPost=-{nft} --file {rules}
"""
NFT = "/usr/sbin/nft"


def wants(
    published: t.Optional[t.Sequence[Published]], api_port: int, api_sources: t.Optional[t.Sequence[str]]
) -> Layer:
    """The table, its unit, and what puts it back when nftables.service flushes all.

    ``published``: None leaves published ports alone; ``api_sources``: None leaves the Docker API's port alone.
    """
    names = {
        "head": HEAD, "nft": NFT, "rules": places.FIREWALL, "table": TABLE, "loaded": places.LOADED_FIREWALL,
        "run": places.LOADED_FIREWALL.rpartition("/")[0],
    }  # fmt: skip
    unit = f"{places.UNITS}/{places.FIREWALL_UNIT}"
    files = (
        file(places.FIREWALL, rules(published, api_port, api_sources)),
        file(unit, UNIT.format(**names)),
        file(places.drop_in("nftables.service"), AFTER_OTHERS.format(**names)),
    )
    changed = [places.FIREWALL, unit]
    return Layer(
        files=files,
        validate=(command("the rules are valid", "nft", "--check", "--file", "{file:%s}" % places.FIREWALL),),
        after=(
            command("read the units", "systemctl", "daemon-reload", when=[f"{places.UNITS}/*"]),
            command("load the rules", "systemctl", "restart", places.FIREWALL_UNIT, when=changed),
        ),
    )


def rules(published: t.Optional[t.Sequence[Published]], api_port: int, api_sources: t.Optional[t.Sequence[str]]) -> str:
    """The file for nft: the table is replaced in one transaction. Raises Failure for what is no port or network."""
    forward = _forward(published) if published is not None else []
    entering = _input(api_port, api_sources) if api_sources is not None else []
    chains = [
        _chain(name, hook, lines)
        for name, hook, lines in (("published", "forward", forward), ("api", "input", entering))
        if lines
    ]
    whole = "".join(chains)
    return f"{HEAD}table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{whole}}}\n"


def _chain(name: str, hook: str, lines: t.Sequence[str]) -> str:
    first = f"type filter hook {hook} priority filter - 10; policy accept;"
    body = "".join(f"\t\t{line}\n" for line in (first, *lines))
    return f"\tchain {name} {{\n{body}\t}}\n"


def _forward(published: t.Sequence[Published]) -> t.List[str]:
    allowed = [line for one in published for line in _published(one)]
    return [
        "ct state established,related accept",
        *(f'iifname "{name}" accept' for name in FROM_CONTAINERS),
        *allowed,
        "ct status dnat drop",
        *(f'oifname "{name}" drop' for name in FROM_CONTAINERS),  # what is routed to a container past its ports
    ]


def _published(one: Published) -> t.List[str]:
    protocol = one.get("protocol") or "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise _wrong(f"protocol {protocol!r} of port {one.get('port')}", "tcp, udp or sctp")
    match = f"ct status dnat meta l4proto {protocol} ct original proto-dst {_port(one.get('port'))} accept"
    return [f"{source}{match}" for source in _sources(one.get("sources") or ["0.0.0.0/0", "::/0"])]


def _input(port: int, sources: t.Sequence[str]) -> t.List[str]:
    match = f"tcp dport {_port(port)}"
    return [
        'iifname "lo" accept',
        "ct state established,related accept",
        *(f"{source}{match} accept" for source in _sources(sources)),
        f"{match} drop",
    ]


def _sources(given: t.Sequence[str]) -> t.List[str]:
    """One match for each family that occurs, with a space at its end; any source of a family needs none."""
    networks = [_network(text) for text in given]
    found = []
    for version, word in ((4, "ip"), (6, "ip6")):
        own = ipaddress.collapse_addresses(
            sorted(network for network in networks if network.version == version)  # type: ignore[type-var]
        )
        texts = [str(network) for network in own]
        if texts:
            any_of_it = texts in (["0.0.0.0/0"], ["::/0"])
            found.append(f"meta nfproto ipv{version} " if any_of_it else f"{word} saddr {{ {', '.join(texts)} }} ")
    return found


def _network(text: str) -> t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]:
    try:
        return ipaddress.ip_network("0.0.0.0/0" if text == "*" else text)
    except ValueError as error:
        raise _wrong(f"source {text!r} ({error})", "an address or a network such as 10.0.0.0/8") from None


def _port(value: t.Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise _wrong(f"port {value!r}", "a number from 1 to 65535")
    return value


def _wrong(found: str, expected: str) -> Failure:
    return Failure(
        f"The firewall cannot be declared: found {found}, expected {expected}.",
        code="InvalidOptions",
        hint="Correct docker_hardening_firewall_published or docker_hardening_firewall_api_sources.",
    )
