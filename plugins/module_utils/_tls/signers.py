# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The client authorities of a certificate directory, as far as they can sign for one run of the probe."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import (
    KEY_FILE,
    Signer,
    load_signer,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    AuthorityFacts,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring, is_encrypted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe import issuers_of
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe_authorities import authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

Signing = t.Tuple[t.Optional[Signer], str]
"""An authority that can sign, or None and why it cannot, with the next step."""


class Signers:
    """The authorities of one directory. Nothing of their keys gets into a text or a result."""

    def __init__(self, directory: str, keyring: Keyring) -> None:
        """Failure when the directory is not there or a certificate in it cannot be read."""
        if not os.path.isdir(directory):
            raise Failure(
                "certificate_directory %s is not there, expected the directory of docker_tls." % directory,
                code="CertificateDirectoryUnusable",
                hint="Give the directory that bulwark.azure_docker.docker_tls keeps, or leave the option out. Nothing "
                "was probed.",
            )
        self._store = Store(directory)
        self._keyring = keyring
        with self._store.lock(exclusive=False):
            self._found = authorities(self._store)

    def fault(self, option: str, names: t.Iterable[str]) -> str:
        """What is wrong with names of authorities that an option gives, "" when all are there."""
        missing = sorted(set(names) - set(self._found.clients))
        if not missing:
            return ""
        there = ", ".join(sorted(self._found.clients)) or "none"
        return "%s names %s, expected client authorities of %s: %s" % (
            option,
            ", ".join(missing),
            self._store.root,
            there,
        )

    def of_client(self, directory: str) -> t.Optional[str]:
        """The name of the authority that signed the cert.pem of a client directory, None when none of these did."""
        pem = Store(directory).read("cert.pem")
        facts, _fault = certificates.read(pem or b"", issuers_of(self._found))
        room, _slash, name = owner_of(facts.issuer).partition("/") if facts else ("", "", "")
        return name if room == CLIENT_AUTHORITIES else None

    def get(self, name: str) -> Signing:
        """The authority with this name, ready to sign. Failure when the passphrase is wrong or the key another's."""
        facts = self._found.clients[name]
        obstacle = self._obstacle(facts)
        if obstacle:
            return None, "%s. Give the key, or leave the check out" % obstacle
        with self._store.lock(exclusive=False):
            return load_signer(self._store, facts, self._keyring), ""

    def _obstacle(self, facts: AuthorityFacts) -> str:
        if not facts.certificate:
            return "the authority %s has no ca.pem in %s" % (facts.label, self._store.root)
        if self._keyring.given(facts.label):
            return ""
        key = self._store.read(facts.label, KEY_FILE)
        path = self._store.path(facts.label, KEY_FILE)
        if key is None:
            return "%s is not there, so nothing can be signed by that authority for the check" % path
        if is_encrypted(key) and not self._keyring.encrypts:
            return "%s is encrypted and there is no authority_passphrase" % path
        return ""
