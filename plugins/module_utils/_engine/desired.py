# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What one Docker host shall be: the JSON object that travels to it, checked before anything is touched.

``{"schema": 1, "host": str, "vm_id": str, "address": str, "port": int, "remote_access": "tls" | "ssh" | "none",
"engine": {"version": str | null, "source": {...}, "key_type": str, "rekey": hex | null, "restart": str},
"daemon": {"options": {...}, "protected_options": {...}}, "group": {"members": [str], "exclusive": bool},
"compose": {"projects": [{...}], "secret_environment": {PROJECT: {VARIABLE: str}}} (see projects.py),
"registries": {"logins": [{"registry": str, "username": str, "password": str}]},
"tls": null | {"certificate": PEM, "client_authorities": PEM, "server_authority_sha256": hex, "key": PEM | absent}}``,
or ``{"schema": 1, "state": "absent", "purge_data": bool}`` for a machine that shall be no Docker host any more.

``tls`` is null until a leaf has been signed for this machine: the host is then *enrolled* (engine, key, CSR) but does
not listen. ``key`` comes along only where the controller makes the keys. ``rekey`` is the SHA-256 of the public key
that is to be replaced: the machine makes the next key beside it and goes on serving until a leaf for that one comes.
What is at its default may be left out of ``engine``, and of the rest what is not declared.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from . import daemon_json
from .logins import Login, parse_logins
from .projects import Project, parse_projects
from .refusal import Refusal
from .source import Source, parse_source

SCHEMA = 1
TLS, SSH, NONE = "tls", "ssh", "none"
NOW, DEFERRED, NEVER = "now", "deferred", "never"
KEY_TYPES = ("EC-P256", "EC-P384", "RSA-3072", "RSA-4096", "Ed25519")
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")


@dataclasses.dataclass(frozen=True)
class Tls:
    """A complete set of public TLS material; ``key`` (PEM) only for keys made on the controller."""

    certificate: str
    client_authorities: str
    server_authority_sha256: str = ""
    key: t.Optional[str] = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Group:
    """Who is in the group ``docker``, which is as good as root; ``exclusive``: and nobody else."""

    members: t.Tuple[str, ...] = ()
    exclusive: bool = False


@dataclasses.dataclass(frozen=True)
class Desired:
    """The checked form of the JSON object."""

    host: str
    vm_id: str
    address: str
    port: int
    remote_access: str = TLS
    engine_version: t.Optional[str] = None
    source: Source = dataclasses.field(default_factory=Source)
    key_type: str = "EC-P256"
    rekey: t.Optional[str] = None
    restart: str = NOW
    daemon_options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    protected_options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)
    group: Group = dataclasses.field(default_factory=Group)
    projects: t.Tuple[Project, ...] = ()
    logins: t.Tuple[Login, ...] = ()
    tls: t.Optional[Tls] = None
    absent: bool = False
    purge_data: bool = False

    @property
    def all_options(self) -> t.Dict[str, t.Any]:
        """What this declaration says of daemon.json, the protected options with the others."""
        return daemon_json.merge(self.daemon_options, self.protected_options)

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
    engine, daemon = data.get("engine") or {}, data.get("daemon") or {}
    remote_access = one_of("remote_access", data.get("remote_access"), (TLS, SSH, NONE))
    return Desired(
        host=data["host"],
        vm_id=data["vm_id"],
        address=parse_address(data["address"]),
        port=port,
        remote_access=remote_access,
        engine_version=engine.get("version"),
        source=parse_source(engine.get("source") or {}),
        key_type=one_of("engine.key_type", engine.get("key_type"), KEY_TYPES),
        rekey=engine.get("rekey"),
        restart=one_of("engine.restart", engine.get("restart"), (NOW, DEFERRED, NEVER)),
        daemon_options=dict(daemon.get("options") or {}),
        protected_options=dict(daemon.get("protected_options") or {}),
        group=parse_group(data.get("group") or {}),
        projects=parse_projects(data.get("compose") or {}),
        logins=parse_logins(data.get("registries") or {}),
        tls=parse_tls(data.get("tls")) if remote_access == TLS else None,
    )


def one_of(field: str, found: t.Any, choices: t.Sequence[str]) -> str:
    """A word of ``choices``; the first of them where nothing is said."""
    if found in (None, ""):
        return choices[0]
    if found not in choices:
        raise Refusal(f"desired state: {field} is {found!r}, expected one of {', '.join(choices)}")
    return str(found)


def parse_group(data: t.Mapping[str, t.Any]) -> Group:
    members = tuple(sorted({str(name) for name in data.get("members") or ()}))
    for name in members:
        if not USER.match(name):
            raise Refusal(f"desired state: group.members has {name!r}, expected names of users of this machine")
    return Group(members, bool(data.get("exclusive")))


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
