# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Authorities: making one, loading one to sign with."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import key_types
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import serialization, x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import AuthorityFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

SKEW = datetime.timedelta(hours=1)
"""Certificates start this long ago, for hosts whose clocks are behind."""

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"

_RESTORE = "Restore both files of that authority from one backup. Nothing was written."
_GIVE = (
    "Give the key of that certificate; after a switch it is the one that the successor had. Leave the option out where "
    "the key is in the directory. Nothing was written."
)


class Signer(t.NamedTuple):
    """An authority that can sign. certificate, key, key_identifier: cryptography objects; never in a result."""

    label: str
    certificate: t.Any
    key: t.Any
    key_identifier: t.Any


def create(
    store: Store,
    label: str,
    common_name: str,
    site: str,
    valid_days: int,
    now: datetime.datetime,
    key_type: t.Optional[str] = None,
    keyring: t.Optional[Keyring] = None,
) -> Signer:
    """Make an authority (path length 0) in its directory and return it ready to sign.

    A key that was given for it is used and not written; else one of key_type (None: the default) is made.
    """
    keyring = keyring or Keyring()
    given = keyring.given(label)
    key = given or key_types.generate(key_type)
    certificate = _certificate(key, subject(common_name, site), valid_days, now)
    writes = [FileWrite(CERTIFICATE_FILE, certificate.public_bytes(serialization.Encoding.PEM))]
    if not given:
        writes.insert(0, FileWrite(KEY_FILE, keyring.pem(key), SECRET_MODE))
    store.swap(label, writes)
    return _signer(label, certificate, key)


def load_signer(
    store: Store,
    facts: AuthorityFacts,
    keyring: t.Optional[Keyring] = None,
    directory: t.Optional[str] = None,
) -> Signer:
    """An authority with its key: a given one that fits, else the one on disk.

    directory: where its files are, when not at its label (it is still the successor). Failure, naming file or option,
    when no key can be read or fits the certificate.
    """
    keyring = keyring or Keyring()
    directory = directory or facts.label
    certificate = x509.load_pem_x509_certificate(facts.certificate.pem.encode("ascii") if facts.certificate else b"")
    public_key = certificate.public_key()
    for key in keyring.candidates(directory):
        if key.public_key() == public_key:
            return _signer(facts.label, certificate, key)
    if keyring.given(directory):
        raise _mismatch("authority_keys[%s]" % directory, store.path(directory, CERTIFICATE_FILE), _GIVE)
    path = store.path(directory, KEY_FILE)
    key = keyring.load(store.read(directory, KEY_FILE) or b"", path)
    if key.public_key() != public_key:
        raise _mismatch(path, store.path(directory, CERTIFICATE_FILE), _RESTORE)
    return _signer(facts.label, certificate, key)


def subject(common_name: str, site: str) -> t.Any:
    """The cryptography name of a certificate: common name and site (organization), cut to the 64 that X.509 allows."""
    return x509.Name(
        [
            x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, site[:64]),
            x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


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
        .sign(key, key_types.signing_hash(key))
    )


def _signer(label: str, certificate: t.Any, key: t.Any) -> Signer:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found)
    except x509.ExtensionNotFound:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())
    return Signer(label, certificate, key, identifier)


def _mismatch(found: str, certificate: str, hint: str) -> Failure:
    return Failure(
        "%s is not the key of %s, expected a pair." % (found, certificate), code="AuthorityKeyMismatch", hint=hint
    )
