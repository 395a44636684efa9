# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Leaves: the certificates that servers and clients show."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import (
    SKEW,
    Signer,
    key_usage,
    subject,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import CertificateFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_types import signing_hash


class LeafRequest(t.NamedTuple):
    """What a leaf shall say. public_key: cryptography object; names: "DNS:..." and "IP:..." texts; days: validity."""

    public_key: t.Any
    common_name: str
    site: str
    usage: str
    names: t.Tuple[str, ...]
    days: int


def issue(signer: Signer, wanted: LeafRequest, now: datetime.datetime) -> CertificateFacts:
    """Sign a leaf. It never outlives its authority, nor starts before it."""
    authority = signer.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(wanted.common_name, wanted.site))
        .issuer_name(authority.subject)
        .public_key(wanted.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - SKEW, authority.not_valid_before_utc))
        .not_valid_after(min(now + datetime.timedelta(days=wanted.days), authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_usage(wanted.usage)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(wanted.public_key), critical=False)
        .add_extension(signer.key_identifier, critical=False)
    )
    if wanted.names:
        alternative = x509.SubjectAlternativeName(certificates.general_names(wanted.names))
        builder = builder.add_extension(alternative, critical=False)
    return certificates.of(builder.sign(signer.key, signing_hash(signer.key)), {signer.label: authority})


def _usage(name: str) -> t.Any:
    usages = x509.oid.ExtendedKeyUsageOID
    return {"serverAuth": usages.SERVER_AUTH, "clientAuth": usages.CLIENT_AUTH}[name]
