# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport of protected settings, as Azure's fabric does it.

The fabric makes a key pair per machine ("tenant certificate"), seals protected settings to it, and hands the private
key to the agent as a PFX sealed to the agent's own transport certificate. The fabric forgets the clear key then.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

PROVENANCE = {
    "protected settings sealed to a certificate whose key the agent gets as PFX in CMS": "agent",
    "the fabric forgets the clear key at the hand-over": "inferred",
}
SUBJECT = "Windows Azure CRP Certificate Generator"


def seal(data: bytes, certificate: x509.Certificate) -> bytes:
    """CMS enveloped data (DER) that only the holder of ``certificate``'s key reads."""
    return (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(data)
        .add_recipient(certificate)
        .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )


@dataclasses.dataclass
class TenantCertificate:
    """``key`` is None once the agent has it; ``sealed_key`` is the PFX in CMS that the agent got."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | None
    sealed_key: bytes | None = None
    transport: str | None = None  # the transport certificate (base64 DER) that sealed_key is for

    @classmethod
    def create(cls) -> TenantCertificate:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SUBJECT)])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @property
    def thumbprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()

    def hand_over(self, transport: str) -> bytes | None:
        """The sealed private key for the agent with this transport certificate; None when the key is gone.

        The clear key is dropped at the first hand-over: what is persisted afterwards only that agent can open.
        """
        if self.sealed_key is None and self.key is not None:
            recipient = x509.load_der_x509_certificate(base64.b64decode(transport))
            bundle = pkcs12.serialize_key_and_certificates(
                None, self.key, self.certificate, None, serialization.NoEncryption()
            )
            self.sealed_key, self.transport, self.key = seal(bundle, recipient), transport, None
        return self.sealed_key if self.transport == transport else None

    def to_json(self) -> dict[str, str] | None:
        """What may lie on disk: nothing before the hand-over, as the clear key must not."""
        if self.sealed_key is None or self.transport is None:
            return None
        return {
            "certificate": self.certificate.public_bytes(serialization.Encoding.PEM).decode(),
            "sealed_key": base64.b64encode(self.sealed_key).decode(),
            "transport": self.transport,
        }

    @classmethod
    def from_json(cls, data: dict[str, str]) -> TenantCertificate:
        return cls(
            x509.load_pem_x509_certificate(data["certificate"].encode()),
            None,
            base64.b64decode(data["sealed_key"]),
            data["transport"],
        )
