# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Authorities: making one, loading one to sign with."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import (
    UnsupportedAlgorithm,
    ec,
    ed448,
    ed25519,
    hashes,
    serialization,
    x509,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import AuthorityFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.request import private_pem
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

SKEW = datetime.timedelta(hours=1)
"""Certificates start this long ago, for hosts whose clocks are behind."""

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"


class Signer(t.NamedTuple):
    """An authority that can sign. certificate, key, key_identifier: cryptography objects; never in a result."""

    label: str
    certificate: t.Any
    key: t.Any
    key_identifier: t.Any


def create(store: Store, label: str, common_name: str, site: str, valid_days: int, now: datetime.datetime) -> Signer:
    """Make an authority (EC P-256, path length 0) in its directory and return it ready to sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, subject(common_name, site), valid_days, now)
    writes = (
        FileWrite(KEY_FILE, private_pem(key), SECRET_MODE),
        FileWrite(CERTIFICATE_FILE, certificate.public_bytes(serialization.Encoding.PEM)),
    )
    store.swap(label, writes)
    return _signer(label, certificate, key)


def load_signer(store: Store, facts: AuthorityFacts) -> Signer:
    """Load an authority's key. Failure, naming the file, when it is unreadable or is not the certificate's key."""
    path = store.path(facts.label, KEY_FILE)
    hint = "Restore both files of that authority from one backup. Nothing was written."
    try:
        key = serialization.load_pem_private_key(store.read(facts.label, KEY_FILE) or b"", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # Only the class: the text of the error could quote the file.
        raise Failure(
            "%s cannot be read (%s), expected an unencrypted PEM private key." % (path, type(error).__name__),
            code="AuthorityKeyUnreadable",
            hint=hint,
        ) from None
    certificate = x509.load_pem_x509_certificate(facts.certificate.pem.encode("ascii") if facts.certificate else b"")
    if key.public_key() != certificate.public_key():
        raise Failure(
            "%s is not the key of %s, expected a pair." % (path, store.path(facts.label, CERTIFICATE_FILE)),
            code="AuthorityKeyMismatch",
            hint=hint,
        )
    return _signer(facts.label, certificate, key)


def subject(common_name: str, site: str) -> t.Any:
    """The cryptography name of a certificate: common name and site (organization), cut to the 64 that X.509 allows."""
    return x509.Name(
        [
            x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, site[:64]),
            x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def signing_hash(key: t.Any) -> t.Any:
    """The hash to sign with: None for the Edwards keys, which bring their own."""
    return None if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()


def key_usage(*usages: str) -> t.Any:
    """A cryptography KeyUsage with only these set."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{usage: usage in usages for usage in every})


def _certificate(key: t.Any, name: t.Any, valid_days: int, now: datetime.datetime) -> t.Any:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + datetime.timedelta(days=valid_days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _signer(label: str, certificate: t.Any, key: t.Any) -> Signer:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found)
    except x509.ExtensionNotFound:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())
    return Signer(label, certificate, key, identifier)
