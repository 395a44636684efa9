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
NEXT = "next"
PREVIOUS = "previous"
STEADY, BEGUN, SWITCHED = "steady", "begun", "switched"


def client_authority_label(name: str) -> str:
    """The label of a client authority: its directory, relative to the certificate directory."""
    return "%s/%s" % (CLIENT_AUTHORITIES, name)


def owner_of(label: str) -> str:
    """The authority to which a label belongs: of "server-authority/next" it is "server-authority"."""
    parts = label.split("/")
    return "/".join(parts[: 1 if parts[0] == SERVER_AUTHORITY else 2])


class CertificateFacts(t.NamedTuple):
    """One certificate. sha256: of its DER; key_sha256: of its SubjectPublicKeyInfo; both lower-case hex.

    names: sorted "DNS:..." and "IP:..."; usages: sorted extended key usages ("serverAuth", "clientAuth", or the
    dotted OID); issuer: label of the authority of this directory to which it leads, "" when none does.
    weak_key, weak_signature: why they are below the bar, "" when they are not. chain: PEM of the certificates that
    follow it in its file. Where an intermediate of that chain is needed, the dates are those of all together.
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
    key_type: str = ""
    weak_key: str = ""
    weak_signature: str = ""
    chain: str = ""

    @property
    def text(self) -> str:
        """The certificate and whatever follows it in its file, as PEM."""
        return self.pem + self.chain


class RequestFacts(t.NamedTuple):
    """One certificate signing request. fault: why it must not be signed, "" when it may be."""

    pem: str
    key_sha256: str
    fault: str = ""
    key_type: str = ""


class Retired(t.NamedTuple):
    """An authority's certificate that has left its directory. at: when, in UTC; phase: "finish" or "cancel"."""

    sha256: str
    at: datetime.datetime
    phase: str


class AuthorityFacts(t.NamedTuple):
    """An authority's directory that holds at least one of the two files. label: the directory, relative.

    clear_key: its key was found not to be encrypted (it is only looked at where a passphrase was given).
    next: its successor, which is trusted and signs nothing yet; previous: its predecessor, which is still trusted.
    retired: what else was trusted once, so that a host that has not heard of the end is not taken for a stranger's.
    """

    label: str
    certificate: t.Optional[CertificateFacts]
    has_key: bool
    clear_key: bool = False
    next: t.Optional["AuthorityFacts"] = None
    previous: t.Optional[CertificateFacts] = None
    retired: t.Tuple[Retired, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether a switch to the successor was begun and not ended: only then are both there and one of them signs."""
        if not (self.certificate and self.previous and self.next and self.next.certificate):
            return False
        return self.certificate.sha256 in (self.previous.sha256, self.next.certificate.sha256)

    @property
    def phase(self) -> str:
        """How far the authority's rotation is: "steady", "begun" or "switched"."""
        if self.previous and not (self.certificate and self.certificate.sha256 == self.previous.sha256):
            return SWITCHED
        return BEGUN if self.next else STEADY

    def parts(self) -> t.Dict[str, CertificateFacts]:
        """The certificates there are, by label, the one that signs first."""
        every = {
            self.label: self.certificate,
            "%s/%s" % (self.label, NEXT): self.next.certificate if self.next else None,
            "%s/%s" % (self.label, PREVIOUS): self.previous,
        }
        return {label: certificate for label, certificate in every.items() if certificate}


class Authorities(t.NamedTuple):
    """All authorities found: the server authority or None, client authorities by name."""

    server: t.Optional[AuthorityFacts]
    clients: t.Dict[str, AuthorityFacts]

    def every(self) -> t.List[AuthorityFacts]:
        """All of them, the server authority first."""
        return ([self.server] if self.server else []) + [self.clients[name] for name in sorted(self.clients)]

    def get(self, label: str) -> t.Optional[AuthorityFacts]:
        """The authority with this label."""
        return next((found for found in self.every() if found.label == label), None)

    def put(self, authority: AuthorityFacts) -> "Authorities":
        """A copy in which that authority stands as given."""
        if authority.label == SERVER_AUTHORITY:
            return self._replace(server=authority)
        name = authority.label.partition("/")[2]
        return self._replace(clients={**self.clients, name: authority})

    def certificates(self) -> t.Dict[str, CertificateFacts]:
        """The certificates that sign, by label."""
        return {found.label: found.certificate for found in self.every() if found.certificate}

    def parts(self) -> t.Dict[str, CertificateFacts]:
        """All certificates, successors and predecessors too, by label."""
        return {label: part for found in self.every() for label, part in found.parts().items()}

    def with_made(self, made: t.Mapping[str, CertificateFacts]) -> "Authorities":
        """A copy with certificates that were made, by label; a label may be that of a successor."""
        after = self
        for label, certificate in made.items():
            owner = owner_of(label)
            found = after.get(owner) or AuthorityFacts(owner, None, True)
            if label == owner:
                found = found._replace(certificate=certificate, has_key=True)
            else:
                found = found._replace(next=AuthorityFacts(label, certificate, True))
            after = after.put(found)
        return after


class Offered(t.NamedTuple):
    """A certificate that came with this call. fault: why it cannot be read, "" when it can."""

    certificate: t.Optional[CertificateFacts]
    fault: str = ""


class HostFacts(t.NamedTuple):
    """What is stored for one host. certificate_fault: why cert.pem cannot be read, "" when it can or is absent.

    key_since: day of the first leaf for its key (2026-01-31), None where host.json does not say.
    next_request, has_next_key: a key made on the controller that waits for its certificate from an external signer.
    """

    vm_id: t.Optional[str] = None
    recorded_key: t.Optional[str] = None
    request: t.Optional[RequestFacts] = None
    certificate: t.Optional[CertificateFacts] = None
    certificate_fault: str = ""
    has_key: bool = False
    key_since: t.Optional[str] = None
    next_request: t.Optional[RequestFacts] = None
    has_next_key: bool = False


class ClientFacts(t.NamedTuple):
    """What is stored for one client. ca: text of its copy of the server authority, None when absent.

    next_request, has_next_key: as of a host.
    """

    ca: t.Optional[str] = None
    certificate: t.Optional[CertificateFacts] = None
    certificate_fault: str = ""
    has_key: bool = False
    next_request: t.Optional[RequestFacts] = None
    has_next_key: bool = False


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
    """The certificate directory as read. presented: checked CSRs that came with this call, by host.

    offered_hosts, offered_clients: certificates that came with this call, by name.
    """

    authorities: Authorities
    hosts: t.Dict[str, HostFacts]
    clients: t.Dict[str, ClientFacts]
    presented: t.Dict[str, RequestFacts]
    has_digest_key: bool = False
    mode_faults: t.Tuple[ModeFault, ...] = ()
    remains: t.Tuple[Remains, ...] = ()
    offered_hosts: t.Mapping[str, Offered] = {}
    offered_clients: t.Mapping[str, Offered] = {}
