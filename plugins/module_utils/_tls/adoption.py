# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Authorities' certificates that come as options, so that a runner without the directory can begin. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    NEXT,
    PREVIOUS,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    owner_of,
)

Adopted = t.Dict[str, CertificateFacts]
"""Certificates to write, by the directory of their ca.pem: "server-authority", "server-authority/next" ..."""


def adopt(given: t.Mapping[str, str], found: Authorities) -> t.Tuple[Authorities, Adopted]:
    """(the authorities as they are with the given certificates, those of them that are not stored yet).

    given: PEM by label. Failure for what cannot be read, and where another certificate is stored already.
    """
    adopted: Adopted = {}
    for label in sorted(given):
        certificate = _read(label, given[label])
        owner = found.get(owner_of(label)) or AuthorityFacts(owner_of(label), None, False)
        stored = owner.parts().get(label)
        if stored and stored.text != certificate.text:
            raise _differs(label, certificate, stored)
        if stored or (label != owner.label and certificate.sha256 in {gone.sha256 for gone in owner.retired}):
            continue
        found = found.put(_with(owner, label, certificate))
        adopted[label] = certificate
    for label, certificate in adopted.items():
        _check_single(label, certificate, found.get(owner_of(label)))
    return found, adopted


def _read(label: str, pem: str) -> CertificateFacts:
    certificate, fault = certificates.read(pem.encode("utf-8"), {})
    if certificate is None or not certificate.is_authority:
        raise Failure(
            "authority_certificates[%s] is %s, expected the PEM certificate of an authority."
            % (label, fault or "not a certificate authority (basic constraints)"),
            code="InvalidOptions",
            hint="Give the certificate that signs, and after it those of its issuers if it has any. Nothing was "
            "written.",
        )
    return certificate


def _with(owner: AuthorityFacts, label: str, certificate: CertificateFacts) -> AuthorityFacts:
    part = label[len(owner.label) + 1 :]
    if part == NEXT:
        return owner._replace(next=(owner.next or AuthorityFacts(label, None, False))._replace(certificate=certificate))
    if part == PREVIOUS:
        return owner._replace(previous=certificate)
    return owner._replace(certificate=certificate)


def _check_single(label: str, certificate: CertificateFacts, owner: t.Optional[AuthorityFacts]) -> None:
    """One certificate in two places is what an interrupted switch looks like, which would be ended."""
    others = [other for other, part in (owner.parts() if owner else {}).items() if part.sha256 == certificate.sha256]
    if len(others) > 1:
        raise Failure(
            "authority_certificates[%s] is %s, which is that of %s as well, expected another one."
            % (label, certificate.sha256, " and ".join(other for other in others if other != label)),
            code="InvalidOptions",
            hint="Leave out the label to which it does not belong (any more). Nothing was written.",
        )


def _differs(label: str, given: CertificateFacts, stored: CertificateFacts) -> Failure:
    return Failure(
        "authority_certificates[%s] is %s, expected %s, which is stored as %s/ca.pem."
        % (label, given.sha256, stored.sha256, label),
        code="AuthorityCertificateDiffers",
        hint="Give the certificate that is stored, or none. After a switch to a successor, the one that was given as "
        "next is the authority's own, and the authority's own is previous. Nothing was written.",
    )
