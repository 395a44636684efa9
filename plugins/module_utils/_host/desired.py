# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A Docker host as declared, and the engine program's desired state that follows from it (pure)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import SCHEMA

Document = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Host:
    """One host as declared. ``certificate`` belongs to VM ``vm_id``; ``key`` only for keys made on the controller."""

    name: str
    id: str
    address: str = ""
    port: int = 2376
    engine: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)  # see _engine/options.SPEC
    certificate: str = ""
    vm_id: str = ""
    repair: bool = False
    key: t.Optional[str] = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Site:
    """What all hosts of a call share."""

    extension_name: str
    client_authorities: str = ""
    server_authority_sha256: str = ""
    digest_key: t.Optional[str] = dataclasses.field(default=None, repr=False)
    carrier: str = "custom_script"


def desired_state(host: Host, site: Site, vm_id: str, address: str) -> Document:
    """The engine program's JSON object. A leaf made for another VM (re-image, clone) is not used: the host enrols."""
    tls: t.Optional[Document] = None
    if host.certificate and site.client_authorities and host.vm_id == vm_id:
        tls = {
            "certificate": host.certificate,
            "client_authorities": site.client_authorities,
            "server_authority_sha256": site.server_authority_sha256,
        }
        if host.key:
            tls["key"] = host.key
    return {
        "schema": SCHEMA,
        "host": host.name,
        "vm_id": vm_id,
        "address": address,
        "port": host.port,
        "tls": tls,
        **options.parts(host.engine),
    }


def public(state: t.Optional[t.Mapping[str, t.Any]]) -> Document:
    """``state`` without its secrets, for diffs, and for scripts that others can read."""
    return options.public(state) if state else {}


def secrets(state: t.Mapping[str, t.Any]) -> Document:
    """What must not be read by others: then nothing of the script travels where everybody can read it."""
    return options.secrets(state)
