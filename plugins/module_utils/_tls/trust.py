# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Who is trusted: the bundles of authorities, in an order that a switch to a successor does not change. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    client_authority_label,
)


def trusted(authority: t.Optional[AuthorityFacts]) -> t.List[CertificateFacts]:
    """Signer, successor and predecessor, as far as they are there, once each, sorted by fingerprint."""
    found = {part.sha256: part for part in authority.parts().values()} if authority else {}
    return [found[sha256] for sha256 in sorted(found)]


def server_text(found: Authorities) -> t.Optional[str]:
    """What clients trust as authority of servers (PEM); None while a part of it is still to be made.

    With their issuers, where the directory has them: OpenSSL's clients want a chain up to a root.
    """
    server = found.server
    if server is None or server.certificate is None or (server.next and not server.next.certificate):
        return None
    return "".join(part.text for part in trusted(server))


def client_bundle(found: Authorities, names: t.Iterable[str]) -> t.List[CertificateFacts]:
    """The authorities whose clients daemons shall trust, sorted by name and then by fingerprint.

    Without their issuers: a daemon that trusted a root would let in the clients of everything below that root.
    """
    return [part for name in sorted(names) for part in trusted(found.get(client_authority_label(name)))]


def known(authorities: t.Iterable[t.Optional[AuthorityFacts]]) -> t.Set[str]:
    """Fingerprints of all that these authorities are, will be and were."""
    found: t.Set[str] = set()
    for authority in authorities:
        if authority:
            found.update(part.sha256 for part in authority.parts().values())
            found.update(gone.sha256 for gone in authority.retired)
    return found
