# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What was read of a certificate directory, as plain values: no files, no cryptography."""

from __future__ import annotations

import datetime
import typing as t

SERVER_AUTHORITY = "server-authority"
CLIENT_AUTHORITIES = "client-authorities"
SERVERS = "servers"
CLIENTS = "clients"
DIGEST_KEY = "digest.key"


def client_authority_label(name: str) -> str:
    """The label of a client authority: its directory, relative to the certificate directory."""
    return "%s/%s" % (CLIENT_AUTHORITIES, name)


class CertificateFacts(t.NamedTuple):
    """One certificate. sha256: of its DER; key_sha256: of its SubjectPublicKeyInfo; both lower-case hex.

    names: sorted "DNS:..." and "IP:..."; usages: sorted extended key usages ("serverAuth", "clientAuth", or the
    dotted OID); issuer: label of the authority of this directory whose key signed it, "" when none did.
    """

    pem: str
    sha256: str
    key_sha256: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    names: t.Tuple[str, ...] = ()
    usages: t.Tuple[str, ...] = ()
    is_authority: bool = False
    issuer: str = ""


class RequestFacts(t.NamedTuple):
    """One certificate signing request. fault: why it must not be signed, "" when it may be."""

    pem: str
    key_sha256: str
    fault: str = ""


class AuthorityFacts(t.NamedTuple):
    """An authority's directory that holds at least one of the two files. label: the directory, relative."""

    label: str
    certificate: t.Optional[CertificateFacts]
    has_key: bool


class Authorities(t.NamedTuple):
    """All authorities found: the server authority or None, client authorities by name."""

    server: t.Optional[AuthorityFacts]
    clients: t.Dict[str, AuthorityFacts]

    def certificates(self) -> t.Dict[str, CertificateFacts]:
        """The certificates there are, by label."""
        every = [self.server, *self.clients.values()]
        return {found.label: found.certificate for found in every if found and found.certificate}


class HostFacts(t.NamedTuple):
    """What is stored for one host. certificate_fault: why cert.pem cannot be read, "" when it can or is absent."""

    vm_id: t.Optional[str] = None
    recorded_key: t.Optional[str] = None
    request: t.Optional[RequestFacts] = None
    certificate: t.Optional[CertificateFacts] = None
    certificate_fault: str = ""
    has_key: bool = False


class ClientFacts(t.NamedTuple):
    """What is stored for one client. ca: text of its copy of the server authority, None when absent."""

    ca: t.Optional[str] = None
    certificate: t.Optional[CertificateFacts] = None
    certificate_fault: str = ""
    has_key: bool = False


class ModeFault(t.NamedTuple):
    """A file or directory others can reach. path: relative; found, expected: mode bits."""

    path: str
    found: int
    expected: int


class Remains(t.NamedTuple):
    """The directory of a host or client that is declared absent. label: relative; names: all that is in it, sorted."""

    label: str
    names: t.Tuple[str, ...]


class Snapshot(t.NamedTuple):
    """The certificate directory as read. presented: checked CSRs that came with this call, by host."""

    authorities: Authorities
    hosts: t.Dict[str, HostFacts]
    clients: t.Dict[str, ClientFacts]
    presented: t.Dict[str, RequestFacts]
    has_digest_key: bool = False
    mode_faults: t.Tuple[ModeFault, ...] = ()
    remains: t.Tuple[Remains, ...] = ()
