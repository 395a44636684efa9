# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The one call behind docker_tls_info."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import result
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import require_cryptography
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    SERVER_AUTHORITY,
    Authorities,
    CertificateFacts,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import Key, key_reasons
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe import snapshot as observe
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe_authorities import authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    Expected,
    Reason,
    leaf_reasons,
    valid_despite,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.result_authorities import authority_entries
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

Document = t.Dict[str, t.Any]


def information(options: t.Mapping[str, t.Any], now: t.Optional[datetime.datetime] = None) -> Document:
    """What the certificate directory holds, in the shape of converge(). Reads only."""
    require_cryptography()
    now = now or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    store = Store(os.path.expanduser(options["directory"]))
    with store.lock(exclusive=False):
        found = authorities(store)
        snapshot = observe(store, found)
    declared = options.get("client_authorities")
    document = authority_entries(sorted(found.clients) if declared is None else declared, found, {}, now)
    judge = _Judge(found, options["renew_before_days"], now)
    hosts, clients = {}, {}
    for name, host in snapshot.hosts.items():
        reasons = judge.reasons(host.certificate, host.certificate_fault, SERVER_AUTHORITY, "serverAuth")
        hosts[name] = result.host_entry(host.certificate, reasons, host.vm_id, valid_despite(reasons), False, now)
    for name, client in snapshot.clients.items():
        issuer = owner_of(client.certificate.issuer) if client.certificate else ""
        label = issuer if issuer.startswith(CLIENT_AUTHORITIES) else CLIENT_AUTHORITIES
        reasons = judge.reasons(client.certificate, client.certificate_fault, label, "clientAuth")
        authority = issuer.partition("/")[2] or None
        clients[name] = result.client_entry(store.root, name, client.certificate, authority, reasons, False, now)
    document.update(changed=False, hosts=hosts, clients=clients, pending=[], digest_key_file=store.path("digest.key"))
    return document


class _Judge:
    """Judges leaves without an inventory: names, keys and VM ids are not compared."""

    def __init__(self, found: Authorities, renew_before_days: int, now: datetime.datetime) -> None:
        self._ends = {label: certificate.not_after for label, certificate in found.certificates().items()}
        self._renew_before = datetime.timedelta(days=renew_before_days)
        self._now = now

    def reasons(self, leaf: t.Optional[CertificateFacts], fault: str, issuer: str, usage: str) -> t.Tuple[Reason, ...]:
        expected = Expected(issuer, self._ends.get(issuer), usage, None, None, self._renew_before)
        key = Key(leaf.key_sha256, leaf.key_type, leaf.weak_key) if leaf else None
        return leaf_reasons(leaf, fault, expected, self._now) + key_reasons(key, None, 0, self._now)
