# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Certificates as facts, and their wire form back again."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import (
    InvalidSignature,
    UnsupportedAlgorithm,
    serialization,
    x509,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import CertificateFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import key_sha256, sha256_hex
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_types import (
    name_of,
    signature_weakness,
    weakness,
)

Issuers = t.Mapping[str, t.Any]
"""Certificates (cryptography objects) of authorities by label."""

_USAGES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}


def read(pem: bytes, issuers: Issuers) -> t.Tuple[t.Optional[CertificateFacts], str]:
    """The facts of a PEM certificate, which its chain may follow, and "", or None and why it cannot be read."""
    try:
        first, *chain = x509.load_pem_x509_certificates(pem)
        return of(first, issuers, chain), ""
    except (ValueError, UnsupportedAlgorithm) as error:
        return None, "not a readable PEM certificate (%s)" % error


def of(certificate: t.Any, issuers: Issuers, chain: t.Sequence[t.Any] = ()) -> CertificateFacts:
    """The facts of a cryptography certificate. ValueError when an extension cannot be parsed."""
    issuer, used = _issuer(certificate, chain, issuers)
    public_key = certificate.public_key()
    return CertificateFacts(
        pem=_pem(certificate),
        sha256=sha256_hex(certificate.public_bytes(serialization.Encoding.DER)),
        key_sha256=key_sha256(public_key),
        # A leaf is worth nothing without the intermediates that lead to the authority.
        not_before=max(part.not_valid_before_utc for part in (certificate, *used)),
        not_after=min(part.not_valid_after_utc for part in (certificate, *used)),
        names=_names(certificate),
        usages=_usages(certificate),
        is_authority=_is_authority(certificate),
        issuer=issuer,
        key_type=name_of(public_key),
        weak_key=weakness(public_key),
        # Nobody verifies the signature of a root.
        weak_signature="" if certificate.issuer == certificate.subject else signature_weakness(certificate),
        chain="".join(_pem(part) for part in chain),
    )


def general_names(names: t.Iterable[str]) -> t.List[t.Any]:
    """cryptography general names of "DNS:..." and "IP:..." texts."""
    made = []
    for name in names:
        kind, _colon, value = name.partition(":")
        made.append(x509.IPAddress(ipaddress.ip_address(value)) if kind == "IP" else x509.DNSName(value))
    return made


def _extension(certificate: t.Any, kind: t.Any) -> t.Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: t.Any) -> t.Tuple[str, ...]:
    found = _extension(certificate, x509.SubjectAlternativeName)
    return tuple(sorted(_name_text(name) for name in found or ()))


def _name_text(name: t.Any) -> str:
    if isinstance(name, x509.DNSName):
        return "DNS:%s" % name.value.lower()
    if isinstance(name, x509.IPAddress):
        return "IP:%s" % name.value
    return "other:%s" % type(name).__name__


def _usages(certificate: t.Any) -> t.Tuple[str, ...]:
    found = _extension(certificate, x509.ExtendedKeyUsage)
    return tuple(sorted(_USAGES.get(usage.dotted_string, usage.dotted_string) for usage in found or ()))


def _is_authority(certificate: t.Any) -> bool:
    found = _extension(certificate, x509.BasicConstraints)
    return bool(found and found.ca)


def _issuer(certificate: t.Any, chain: t.Sequence[t.Any], issuers: Issuers) -> t.Tuple[str, t.List[t.Any]]:
    """(label of the authority to which the certificate leads, the intermediates on the way); ("", []) when to none."""
    used: t.List[t.Any] = []
    current: t.Optional[t.Any] = certificate
    while current is not None:
        for label, authority in issuers.items():
            if _is_issued_by(current, authority):
                return label, used
        left = [part for part in chain if part not in used]
        current = next((part for part in left if _is_authority(part) and _is_issued_by(current, part)), None)
        used = [*used, current]
    return "", []


def _is_issued_by(certificate: t.Any, authority: t.Any) -> bool:
    # Names first: two authorities of one name differ by their keys only, and the signature tells.
    if certificate.issuer != authority.subject:
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pem(certificate: t.Any) -> str:
    return str(certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"))
