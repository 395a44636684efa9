# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What one Docker host shall be: the JSON object that travels to it, checked before anything is touched.

``{"schema": 1, "host": str, "vm_id": str, "address": str, "port": int, "engine": {"version": str | null},
"tls": null | {"certificate": PEM, "client_authorities": PEM, "server_authority_sha256": hex, "key": PEM | absent}}``,
or ``{"schema": 1, "state": "absent", "purge_data": bool}`` for a machine that shall be no Docker host any more.

``tls`` is null until a leaf has been signed for this machine: the host is then *enrolled* (engine, key, CSR) but does
not listen. ``key`` comes along only where the controller makes the keys.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

SCHEMA = 1


class Refusal(Exception):
    """The program will not go on; the text says what was found, what was expected and the next step."""


@dataclasses.dataclass(frozen=True)
class Tls:
    """A complete set of public TLS material; ``key`` (PEM) only for keys made on the controller."""

    certificate: str
    client_authorities: str
    server_authority_sha256: str = ""
    key: t.Optional[str] = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Desired:
    """The checked form of the JSON object."""

    host: str
    vm_id: str
    address: str
    port: int
    engine_version: t.Optional[str] = None
    tls: t.Optional[Tls] = None
    absent: bool = False
    purge_data: bool = False

    @property
    def complete_tls(self) -> Tls:
        """The TLS material, for callers that have made sure that there is some."""
        if self.tls is None:
            raise AssertionError("contract violation: a listener was asked for without TLS")
        return self.tls


def parse(data: t.Mapping[str, t.Any]) -> Desired:
    """Check and convert; raises Refusal naming the first wrong field."""
    if data.get("schema") != SCHEMA:
        raise Refusal(
            f"desired state has schema {data.get('schema')!r}, this program knows {SCHEMA}; "
            "run the playbook and the program from one version of the collection"
        )
    if data.get("state") == "absent":
        return Desired(host="", vm_id="", address="", port=0, absent=True, purge_data=bool(data.get("purge_data")))
    for field in ("host", "vm_id", "address"):
        if not isinstance(data.get(field), str) or not data[field]:
            raise Refusal(f"desired state: {field} is {data.get(field)!r}, expected a text that is not empty")
    port = data.get("port")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise Refusal(f"desired state: port is {port!r}, expected an integer from 1 to 65535")
    return Desired(
        host=data["host"],
        vm_id=data["vm_id"],
        address=parse_address(data["address"]),
        port=port,
        engine_version=(data.get("engine") or {}).get("version"),
        tls=parse_tls(data.get("tls")),
    )


def parse_address(text: str) -> str:
    """The VM's own address; every address at once (0.0.0.0, ::) is never what was meant."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise Refusal(f"desired state: address is {text!r}, expected an IP address of this machine") from None
    if (getattr(address, "ipv4_mapped", None) or address).is_unspecified:  # ::ffff:0.0.0.0 is every IPv4 address
        raise Refusal(f"desired state: address is {text}, which means every address; give the machine's private one")
    return str(address)


def parse_tls(data: t.Optional[t.Mapping[str, t.Any]]) -> t.Optional[Tls]:
    """All of the set or nothing: a listener without complete TLS does not exist (fail closed)."""
    if data is None:
        return None
    for field in ("certificate", "client_authorities"):
        if "-----BEGIN CERTIFICATE-----" not in str(data.get(field)):
            raise Refusal(f"desired state: tls.{field} holds no PEM certificate; TLS comes complete or not at all")
    return Tls(
        certificate=data["certificate"],
        client_authorities=data["client_authorities"],
        server_authority_sha256=data.get("server_authority_sha256") or "",
        key=data.get("key"),
    )
