# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Client certificates that are signed for one run of the probe. They live in its memory only."""

from __future__ import annotations

import datetime
import ssl
import tempfile
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import key_types
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import (
    SKEW,
    Signer,
    key_usage,
    subject,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import serialization, x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.request import private_pem
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

NAME = "docker-tls-probe"
CLIENT, SERVER = "clientAuth", "serverAuth"
_DAY = datetime.timedelta(days=1)

Validity = t.Tuple[datetime.datetime, datetime.datetime]


def valid(now: datetime.datetime) -> Validity:
    """From a little while ago until tomorrow."""
    return now - SKEW, now + _DAY


def expired(now: datetime.datetime) -> Validity:
    """Until a day ago, so that a host whose clock is behind sees it as well. The authority may be younger than that."""
    return now - 2 * _DAY, now - _DAY


def client_context(signer: Signer, usage: str, validity: Validity, within: t.Optional[str] = None) -> ssl.SSLContext:
    """A context that accepts any server and shows a new certificate. usage: CLIENT or SERVER; within: see foreign.

    Its files are gone when this returns: the context has read them.
    """
    key = key_types.generate()
    # A context reads its key from a file only.
    with tempfile.TemporaryDirectory(prefix="docker-tls-probe-", dir=within) as directory:
        writes = [
            FileWrite("key.pem", private_pem(key), SECRET_MODE),
            FileWrite("cert.pem", _certificate(signer, key.public_key(), usage, validity)),
        ]
        Store(directory).swap("", writes)
        return stranger_context(directory)


def _certificate(signer: Signer, public_key: t.Any, usage: str, validity: Validity) -> bytes:
    usages = {
        CLIENT: x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH,
        SERVER: x509.oid.ExtendedKeyUsageOID.SERVER_AUTH,
    }
    # Not by leaf.issue: that keeps a certificate within the days of its authority, where no expired one has room.
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(NAME, "nobody"))
        .issuer_name(signer.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usages[usage]]), critical=False)
        .add_extension(signer.key_identifier, critical=False)
    )
    certificate = builder.sign(signer.key, key_types.signing_hash(signer.key))
    return bytes(certificate.public_bytes(serialization.Encoding.PEM))
