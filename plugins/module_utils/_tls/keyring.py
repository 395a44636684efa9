# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The secrets of authorities that come as options: the passphrase of their keys, and whole keys."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import (
    UnsupportedAlgorithm,
    serialization,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import NEXT, owner_of

HEADER_BYTES = 60
"""So much of a key file tells whether it is encrypted, in both manners of OpenSSL."""

_RESTORE = "Restore both files of that authority from one backup. Nothing was written."
_GIVE = "Give the whole PEM of the authority's private key, or leave the option out. Nothing was written."


class Keyring:
    """What opens and closes the keys of authorities. It shows nothing of itself in a text."""

    def __init__(self, passphrase: t.Optional[str] = None, keys: t.Optional[t.Mapping[str, str]] = None) -> None:
        """passphrase: of keys on disk and of given keys; keys: PEM by label, of a successor "LABEL/next"."""
        self._passphrase = passphrase.encode("utf-8") if passphrase else None
        self._keys = {
            label: self.load(pem.encode("utf-8"), "authority_keys[%s]" % label, _GIVE)
            for label, pem in (keys or {}).items()
        }

    @property
    def encrypts(self) -> bool:
        """Whether keys are written encrypted."""
        return self._passphrase is not None

    @property
    def labels(self) -> t.FrozenSet[str]:
        """The labels for which keys were given."""
        return frozenset(self._keys)

    def given(self, label: str) -> t.Optional[t.Any]:
        """The key (cryptography object) that was given for exactly this label, None when none was."""
        return self._keys.get(label)

    def candidates(self, label: str) -> t.List[t.Any]:
        """The given keys that an authority may have: its own, and its successor's, which becomes its own."""
        owner = owner_of(label)
        found = [self._keys.get(name) for name in (label, owner, "%s/%s" % (owner, NEXT))]
        return [key for key in found if key is not None]

    def pem(self, key: t.Any) -> bytes:
        """A private key as PKCS 8 PEM for a 0600 file, encrypted when there is a passphrase."""
        encryption = (
            serialization.BestAvailableEncryption(self._passphrase)
            if self._passphrase
            else serialization.NoEncryption()
        )
        return bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))

    def load(self, pem: bytes, where: str, hint: str = _RESTORE) -> t.Any:
        """The private key in a PEM. where: the file or option, for the Failure when it cannot be used."""
        encrypted = is_encrypted(pem)
        if encrypted and not self._passphrase:
            raise Failure(
                "%s is encrypted and there is no authority_passphrase, expected the one it was encrypted with." % where,
                code="AuthorityPassphrase",
                hint="Give authority_passphrase. Nothing was written.",
            )
        try:
            key = serialization.load_pem_private_key(pem, self._passphrase if encrypted else None)
            if hasattr(key, "sign"):
                return key
            kind = "%s, which cannot sign" % type(key).__name__.lstrip("_")
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            # Only the class: the text of the error could quote the file.
            kind = type(error).__name__
        if encrypted:
            raise Failure(
                "%s cannot be decrypted with authority_passphrase (%s), expected the one it was encrypted with."
                % (where, kind),
                code="AuthorityPassphrase",
                hint="Give the right authority_passphrase; if it is, the key is damaged. Nothing was written.",
            )
        raise Failure(
            "%s cannot be read (%s), expected the PEM private key of an authority." % (where, kind),
            code="AuthorityKeyUnreadable",
            hint=hint,
        )


def is_encrypted(pem: bytes) -> bool:
    """Whether a PEM private key is encrypted; its first HEADER_BYTES are enough."""
    return b"ENCRYPTED" in pem
