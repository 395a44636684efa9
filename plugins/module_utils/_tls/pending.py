# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What waits for an external signer. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    SERVER_AUTHORITY,
    SERVERS,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

Document = t.Dict[str, t.Any]


def pending(root: str, desired: Desired, plan: Plan) -> t.List[Document]:
    """Every request that waits: whose it is, its file, and what the certificate has to say. Hosts first, by name.

    The names are those of the inventory: what the request itself asks for is not to be believed.
    """
    names = {host.name: host.names for host in desired.hosts}
    hosts = [
        _entry(root, SERVERS, name, wanted.pending, SERVER_AUTHORITY, desired.leaf_days, wanted.reasons, names[name])
        for name, wanted in sorted(plan.hosts.items())
        if wanted.pending
    ]
    clients = [
        _entry(
            root, CLIENTS, name, wanted.pending, client_authority_label(wanted.authority), wanted.days, wanted.reasons
        )
        for name, wanted in sorted(plan.clients.items())
        if wanted.pending
    ]
    return hosts + clients


def _entry(
    root: str,
    room: str,
    name: str,
    file: str,
    authority: str,
    days: int,
    reasons: t.Iterable[Reason],
    names: t.Sequence[str] = (),
) -> Document:
    return {
        "kind": "host" if room == SERVERS else "client",
        "name": name,
        "csr_file": "%s/%s/%s/%s" % (root, room, name, file),
        "authority": authority,
        "common_name": name,
        "names": list(names),
        "usage": "serverAuth" if room == SERVERS else "clientAuth",
        "valid_days": days,
        "reasons": [str(reason) for reason in reasons],
    }
