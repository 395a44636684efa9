# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Reading the certificate directory. No private key is ever opened here: only whether its file is there."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request as requests
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import CERTIFICATE_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    DIGEST_KEY,
    SERVER_AUTHORITY,
    SERVERS,
    Authorities,
    CertificateFacts,
    ClientFacts,
    HostFacts,
    Offered,
    Remains,
    RequestFacts,
    Snapshot,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import DAY
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe_authorities import authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

__all__ = ["Wanted", "authorities", "issuers_of", "snapshot"]

DIGEST_KEY_SIZES = (64, 65)
"""32 bytes in hex, with or without a newline."""


class Wanted(t.NamedTuple):
    """What of the directory is read. hosts, clients: these in full (None: all); of other hosts only host.json.

    csrs, host_certificates, client_certificates: PEM texts that came with this call, by name; they are checked, not
    stored. absent: labels of the directories whose hosts and clients are declared absent.
    """

    hosts: t.Optional[t.Sequence[str]] = None
    clients: t.Optional[t.Sequence[str]] = None
    csrs: t.Mapping[str, str] = {}
    host_certificates: t.Mapping[str, str] = {}
    client_certificates: t.Mapping[str, str] = {}
    absent: t.Sequence[str] = ()


def snapshot(
    store: Store,
    found: Authorities,
    wanted: t.Optional[Wanted] = None,
    issuing: t.Optional[Authorities] = None,
) -> Snapshot:
    """The directory as it is. issuing: the authorities by whose labels issuers are named, None for those found."""
    wanted = wanted or Wanted()
    stored = store.directories(SERVERS)
    full = frozenset(stored if wanted.hosts is None else wanted.hosts)
    issuers = issuers_of(issuing or found)
    server_issuers = {label: issuer for label, issuer in issuers.items() if owner_of(label) == SERVER_AUTHORITY}
    clients = store.directories(CLIENTS) if wanted.clients is None else wanted.clients
    return Snapshot(
        authorities=found,
        hosts={
            name: _host(store, name, server_issuers) if name in full else _record(store, name)
            for name in stored
            if not directory_fault(name)
        },
        clients={name: _client(store, name, issuers) for name in clients},
        presented={name: requests.read(csr) for name, csr in wanted.csrs.items()},
        has_digest_key=_has_digest_key(store),
        mode_faults=store.mode_faults(),
        remains=tuple(_remains(store, wanted.absent)),
        offered_hosts=_offered(wanted.host_certificates, server_issuers),
        offered_clients=_offered(wanted.client_certificates, issuers),
    )


def issuers_of(found: Authorities) -> t.Dict[str, t.Any]:
    """The certificates (cryptography objects) of all authorities, their successors and predecessors, by label."""
    return {
        label: x509.load_pem_x509_certificate(certificate.pem.encode("ascii"))
        for label, certificate in found.parts().items()
    }


def _host(store: Store, name: str, issuers: certificates.Issuers) -> HostFacts:
    record = _record(store, name)
    certificate, fault = _certificate(store, (SERVERS, name, "cert.pem"), issuers)
    csr = store.read(SERVERS, name, "csr.pem")
    return record._replace(
        request=_request(csr) if csr is not None else None,
        certificate=certificate,
        certificate_fault=fault,
        has_key=store.exists(SERVERS, name, "key.pem"),
        next_request=_next_request(store, SERVERS, name),
        has_next_key=store.exists(SERVERS, name, "next-key.pem"),
    )


def _record(store: Store, name: str) -> HostFacts:
    # A damaged record is an absent one: it is written anew from csr.pem and cert.pem.
    try:
        record = json.loads(store.read(SERVERS, name, "host.json") or b"{}")
    except ValueError:
        return HostFacts()
    if not isinstance(record, dict):
        return HostFacts()
    return HostFacts(
        vm_id=_text(record.get("vm_id")),
        recorded_key=_text(record.get("key_sha256")),
        key_since=_day(record.get("key_since")),
    )


def _client(store: Store, name: str, issuers: certificates.Issuers) -> ClientFacts:
    certificate, fault = _certificate(store, (CLIENTS, name, "cert.pem"), issuers)
    ca = store.read(CLIENTS, name, CERTIFICATE_FILE)
    return ClientFacts(
        ca=ca.decode("ascii", "replace") if ca is not None else None,
        certificate=certificate,
        certificate_fault=fault,
        has_key=store.exists(CLIENTS, name, "key.pem"),
        next_request=_next_request(store, CLIENTS, name),
        has_next_key=store.exists(CLIENTS, name, "next-key.pem"),
    )


def _remains(store: Store, absent: t.Iterable[str]) -> t.Iterator[Remains]:
    for label in absent:
        found = store.entries(label)
        if found is not None:
            yield Remains(label, tuple(found))


def _certificate(
    store: Store, path: t.Tuple[str, str, str], issuers: certificates.Issuers
) -> t.Tuple[t.Optional[CertificateFacts], str]:
    pem = store.read(*path)
    return certificates.read(pem, issuers) if pem is not None else (None, "")


def _offered(given: t.Mapping[str, str], issuers: certificates.Issuers) -> t.Dict[str, Offered]:
    return {name: Offered(*certificates.read(pem.encode("utf-8"), issuers)) for name, pem in given.items()}


def _next_request(store: Store, room: str, name: str) -> t.Optional[RequestFacts]:
    csr = store.read(room, name, "next-csr.pem")
    return _request(csr) if csr is not None else None


def _request(csr: bytes) -> RequestFacts:
    return requests.read(csr.decode("ascii", "replace"))


def _has_digest_key(store: Store) -> bool:
    size = store.size(DIGEST_KEY)
    if size is not None and size not in DIGEST_KEY_SIZES:
        raise Failure(
            "%s has %d bytes, expected 64 hexadecimal digits." % (store.path(DIGEST_KEY), size),
            code="DigestKeyUnusable",
            hint="Restore it from a backup, or remove it: a new one makes protected settings count as changed once.",
        )
    return size is not None


def _text(value: t.Any) -> t.Optional[str]:
    return value if isinstance(value, str) and value else None


def _day(value: t.Any) -> t.Optional[str]:
    try:
        return datetime.datetime.strptime(value, DAY).strftime(DAY)
    except (TypeError, ValueError):
        return None
