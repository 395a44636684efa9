# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Reading the certificate directory. No private key is ever opened here: only whether its file is there."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request as requests
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import CERTIFICATE_FILE, KEY_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    CLIENTS,
    DIGEST_KEY,
    SERVER_AUTHORITY,
    SERVERS,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    ClientFacts,
    HostFacts,
    Remains,
    RequestFacts,
    Snapshot,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

DIGEST_KEY_SIZES = (64, 65)
"""32 bytes in hex, with or without a newline."""


def authorities(store: Store) -> Authorities:
    """All authorities of the directory. Failure, naming the file, when a ca.pem cannot be read."""
    clients = {name: _authority(store, client_authority_label(name)) for name in store.directories(CLIENT_AUTHORITIES)}
    return Authorities(
        server=_authority(store, SERVER_AUTHORITY),
        clients={name: found for name, found in clients.items() if found},
    )


def snapshot(
    store: Store,
    found: Authorities,
    hosts: t.Optional[t.Iterable[str]] = None,
    clients: t.Optional[t.Iterable[str]] = None,
    csrs: t.Optional[t.Mapping[str, str]] = None,
    absent: t.Iterable[str] = (),
) -> Snapshot:
    """The directory as it is. hosts, clients: read these in full (None: all); of other hosts only host.json is read.

    csrs: PEM texts that came with this call, by host; they are checked, not stored.
    absent: labels of the directories whose hosts and clients are declared absent.
    """
    stored = store.directories(SERVERS)
    full = frozenset(stored if hosts is None else hosts)
    issuers = issuers_of(found)
    server_issuers = {label: issuer for label, issuer in issuers.items() if label == SERVER_AUTHORITY}
    return Snapshot(
        authorities=found,
        hosts={
            name: _host(store, name, server_issuers) if name in full else _record(store, name)
            for name in stored
            if not directory_fault(name)
        },
        clients={
            name: _client(store, name, issuers) for name in (store.directories(CLIENTS) if clients is None else clients)
        },
        presented={name: requests.read(csr) for name, csr in (csrs or {}).items()},
        has_digest_key=_has_digest_key(store),
        mode_faults=store.mode_faults(),
        remains=tuple(_remains(store, absent)),
    )


def issuers_of(found: Authorities) -> t.Dict[str, t.Any]:
    """The certificates (cryptography objects) of all authorities, by label."""
    return {
        label: x509.load_pem_x509_certificate(certificate.pem.encode("ascii"))
        for label, certificate in found.certificates().items()
    }


def _authority(store: Store, label: str) -> t.Optional[AuthorityFacts]:
    has_key = store.exists(label, KEY_FILE)
    pem = store.read(label, CERTIFICATE_FILE)
    if pem is None:
        return AuthorityFacts(label, None, has_key) if has_key else None
    certificate, fault = certificates.read(pem, {})
    if certificate is None:
        raise Failure(
            "%s is %s." % (store.path(label, CERTIFICATE_FILE), fault),
            code="AuthorityUnusable",
            hint="Restore ca.pem and ca-key.pem of that authority from a backup. Nothing was written.",
        )
    return AuthorityFacts(label, certificate, has_key)


def _host(store: Store, name: str, issuers: certificates.Issuers) -> HostFacts:
    record = _record(store, name)
    certificate, fault = _certificate(store, (SERVERS, name, "cert.pem"), issuers)
    csr = store.read(SERVERS, name, "csr.pem")
    return record._replace(
        request=_request(csr) if csr is not None else None,
        certificate=certificate,
        certificate_fault=fault,
        has_key=store.exists(SERVERS, name, "key.pem"),
    )


def _record(store: Store, name: str) -> HostFacts:
    # A damaged record is an absent one: it is written anew from csr.pem and cert.pem.
    try:
        record = json.loads(store.read(SERVERS, name, "host.json") or b"{}")
    except ValueError:
        return HostFacts()
    if not isinstance(record, dict):
        return HostFacts()
    return HostFacts(vm_id=_text(record.get("vm_id")), recorded_key=_text(record.get("key_sha256")))


def _client(store: Store, name: str, issuers: certificates.Issuers) -> ClientFacts:
    certificate, fault = _certificate(store, (CLIENTS, name, "cert.pem"), issuers)
    ca = store.read(CLIENTS, name, CERTIFICATE_FILE)
    return ClientFacts(
        ca=ca.decode("ascii", "replace") if ca is not None else None,
        certificate=certificate,
        certificate_fault=fault,
        has_key=store.exists(CLIENTS, name, "key.pem"),
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
