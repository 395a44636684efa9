# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Types of keys: how they are named, made and judged."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import (
    UnsupportedAlgorithm,
    ec,
    ed448,
    ed25519,
    hashes,
    rsa,
)

DEFAULT = "EC-P256"
TYPES = (DEFAULT, "EC-P384", "RSA-3072", "RSA-4096", "Ed25519")
"""What can be declared and made here. Keys that come from elsewhere may be of other types."""

RSA_MINIMUM_BITS = 2048
EC_MINIMUM_BITS = 256
WEAK_HASHES = ("md5", "sha1")
_NIST = {"secp256r1": "EC-P256", "secp384r1": "EC-P384", "secp521r1": "EC-P521"}


def generate(key_type: t.Optional[str] = None) -> t.Any:
    """A new private key (cryptography object). key_type: one of TYPES, None for the default."""
    wanted = key_type or DEFAULT
    if wanted == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    kind, _dash, size = wanted.partition("-")
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    return ec.generate_private_key({"P256": ec.SECP256R1, "P384": ec.SECP384R1}[size]())


def name_of(public_key: t.Any) -> str:
    """The type of a cryptography public key: one of TYPES, or in their manner "RSA-2048", "EC-secp256k1", "Ed448"."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return "RSA-%d" % public_key.key_size
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _NIST.get(public_key.curve.name, "EC-%s" % public_key.curve.name)
    return type(public_key).__name__.lstrip("_").replace("PublicKey", "")


def weakness(public_key: t.Any) -> str:
    """Why a public key is too weak to be certified, "" when it is not."""
    if isinstance(public_key, rsa.RSAPublicKey):
        found, least = "RSA of %d bits" % public_key.key_size, RSA_MINIMUM_BITS
    elif isinstance(public_key, ec.EllipticCurvePublicKey):
        found, least = "%s of %d bits" % (name_of(public_key), public_key.key_size), EC_MINIMUM_BITS
    elif isinstance(public_key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return ""
    else:
        return "its key is of type %s, expected EC, RSA or Ed25519" % name_of(public_key)
    if public_key.key_size >= least:
        return ""
    return "its key is %s, expected at least %d" % (found, least)


def signature_weakness(certificate: t.Any) -> str:
    """Why the signature of a cryptography certificate is too weak, "" when it is not (Edwards curves have no hash)."""
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:  # newer than the library: not one of the old weak ones
        return ""
    if found is None or found.name not in WEAK_HASHES:
        return ""
    return "it was signed with %s, expected SHA-256 or better" % found.name.upper()


def signing_hash(key: t.Any) -> t.Any:
    """The hash to sign with: None for the Edwards keys, which bring their own, else one that suits the key."""
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= 384:
        return hashes.SHA384()
    return hashes.SHA256()
