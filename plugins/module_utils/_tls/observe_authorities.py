# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Reading the authorities of a certificate directory. Of a key only the header is read, and that on request."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import CERTIFICATE_FILE, KEY_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    NEXT,
    PREVIOUS,
    SERVER_AUTHORITY,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    Retired,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import HEADER_BYTES, is_encrypted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation_apply import RETIRED_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store


def authorities(store: Store, look_at_keys: bool = False) -> Authorities:
    """All authorities of the directory. Failure, naming the file, when a certificate cannot be read.

    look_at_keys: whether to find out which keys are not encrypted.
    """
    labels = {name: client_authority_label(name) for name in store.directories(CLIENT_AUTHORITIES)}
    clients = {name: _authority(store, label, look_at_keys) for name, label in labels.items()}
    return Authorities(
        server=_authority(store, SERVER_AUTHORITY, look_at_keys),
        clients={name: found for name, found in clients.items() if found},
    )


def _authority(store: Store, label: str, look_at_keys: bool) -> t.Optional[AuthorityFacts]:
    found = _pair(store, label, look_at_keys)
    successor = _pair(store, "%s/%s" % (label, NEXT), look_at_keys)
    found = found._replace(
        # A key alone is what a begin leaves that was killed: nobody has seen its certificate.
        next=successor if successor.certificate else None,
        previous=_certificate(store, "%s/%s" % (label, PREVIOUS)),
        retired=_retired(store, label),
    )
    return found if found.has_key or found.parts() else None


def _pair(store: Store, label: str, look_at_key: bool) -> AuthorityFacts:
    head = store.head(HEADER_BYTES, label, KEY_FILE) if look_at_key else None
    return AuthorityFacts(
        label,
        _certificate(store, label),
        has_key=store.exists(label, KEY_FILE),
        clear_key=head is not None and not is_encrypted(head),
    )


def _certificate(store: Store, label: str) -> t.Optional[CertificateFacts]:
    pem = store.read(label, CERTIFICATE_FILE)
    if pem is None:
        return None
    certificate, fault = certificates.read(pem, {})
    if certificate is None:
        raise Failure(
            "%s is %s." % (store.path(label, CERTIFICATE_FILE), fault),
            code="AuthorityUnusable",
            hint="Restore ca.pem and ca-key.pem of that authority from a backup. Nothing was written.",
        )
    return certificate


def _retired(store: Store, label: str) -> t.Tuple[Retired, ...]:
    """A damaged file is an error: without it a host that is behind would be taken for a stranger's."""
    text = store.read(label, RETIRED_FILE)
    try:
        records = json.loads(text) if text is not None else []
        return tuple(Retired(str(record["sha256"]), _moment(record["at"]), str(record["phase"])) for record in records)
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            "%s is not a readable list of retired authorities (%s)." % (store.path(label, RETIRED_FILE), error),
            code="AuthorityUnusable",
            hint="Restore it from a backup, or remove it: hosts that still trust a retired authority then count as "
            "foreign until they have the present bundle (on_foreign_authority=replace). Nothing was written.",
        ) from None


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
