# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Certificate signing requests: what is taken from them is the public key, and the proof that its owner holds it."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import (
    UnsupportedAlgorithm,
    ec,
    ed25519,
    rsa,
    serialization,
    x509,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import key_sha256
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_types import (
    generate,
    name_of,
    signing_hash,
    weakness,
)

CURVES = ("secp256r1", "secp384r1", "secp521r1")


# The request that is given and the one that was kept are the same text, as a rule: checking a signature is not cheap.
@functools.lru_cache(maxsize=None)
def read(pem: str) -> RequestFacts:
    """The facts of a CSR (PEM text). Its names are not read at all: names come from the inventory."""
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        public_key = request.public_key()
        return RequestFacts(
            pem=request.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            key_sha256=key_sha256(public_key),
            key_type=name_of(public_key),
            fault=_key_fault(public_key) or _proof_fault(request),
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return RequestFacts(pem="", key_sha256="", fault="it is not a readable PEM signing request (%s)" % error)


def public_key(request: RequestFacts) -> t.Any:
    """The cryptography public key of a request that read() found without fault."""
    return x509.load_pem_x509_csr(request.pem.encode("ascii")).public_key()


def create(common_name: str, key_type: t.Optional[str] = None) -> t.Tuple[RequestFacts, bytes]:
    """A new key (None: of the default type) with its request: (facts, PEM of the key, which the caller keeps)."""
    key = generate(key_type)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name[:64])])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, signing_hash(key))
    facts = RequestFacts(
        pem=request.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        key_sha256=key_sha256(key.public_key()),
        key_type=name_of(key.public_key()),
    )
    return facts, private_pem(key)


def private_pem(key: t.Any) -> bytes:
    """An unencrypted PKCS 8 PEM: what dockerd and its clients can read. Only ever for a 0600 file."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _proof_fault(request: t.Any) -> str:
    if request.is_signature_valid:
        return ""
    return "its signature does not prove possession of the private key"


def _key_fault(key: t.Any) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in CURVES:
        return "its key is on the curve %s, expected one of %s" % (key.curve.name, ", ".join(CURVES))
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
        return "its key is of type %s, expected EC, RSA or Ed25519" % name_of(key)
    return weakness(key)
