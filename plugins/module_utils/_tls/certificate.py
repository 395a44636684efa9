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

Issuers = t.Mapping[str, t.Any]
"""Certificates (cryptography objects) of authorities by label."""

_USAGES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}


def read(pem: bytes, issuers: Issuers) -> t.Tuple[t.Optional[CertificateFacts], str]:
    """The facts of a PEM certificate and "", or None and why it cannot be read."""
    try:
        return of(x509.load_pem_x509_certificate(pem), issuers), ""
    except (ValueError, UnsupportedAlgorithm) as error:
        return None, "not a readable PEM certificate (%s)" % error


def of(certificate: t.Any, issuers: Issuers) -> CertificateFacts:
    """The facts of a cryptography certificate. ValueError when an extension cannot be parsed."""
    return CertificateFacts(
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        sha256=sha256_hex(certificate.public_bytes(serialization.Encoding.DER)),
        key_sha256=key_sha256(certificate.public_key()),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=_names(certificate),
        usages=_usages(certificate),
        is_authority=_is_authority(certificate),
        issuer=_issuer(certificate, issuers),
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
        return "DNS:%s" % name.value
    if isinstance(name, x509.IPAddress):
        return "IP:%s" % name.value
    return "other:%s" % type(name).__name__


def _usages(certificate: t.Any) -> t.Tuple[str, ...]:
    found = _extension(certificate, x509.ExtendedKeyUsage)
    return tuple(sorted(_USAGES.get(usage.dotted_string, usage.dotted_string) for usage in found or ()))


def _is_authority(certificate: t.Any) -> bool:
    found = _extension(certificate, x509.BasicConstraints)
    return bool(found and found.ca)


def _issuer(certificate: t.Any, issuers: Issuers) -> str:
    for label, authority in issuers.items():
        # Names first: two authorities of one name differ by their keys only, and the signature tells.
        if certificate.issuer != authority.subject:
            continue
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return label
    return ""
