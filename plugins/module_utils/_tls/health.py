# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What forbids a run as a whole: a damaged authority, or hosts that trust another one. Pure; raises Failure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    SERVER_AUTHORITY,
    Authorities,
    AuthorityFacts,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso

LONGEST_LIST = 10
"""Details shown of one failure; a whole fleet would bury the sentence that matters."""


def check(desired: Desired, found: Authorities, root: str, now: datetime.datetime) -> None:
    """Failure unless every authority that this call uses is whole and valid, and no host trusts another one."""
    if not desired.replace_foreign:
        _refuse_foreign(foreign(desired, found), root)
    if found.server:
        _check_authority(found.server, root, now)
    for name in desired.client_authorities:
        if name in found.clients:
            _check_authority(found.clients[name], root, now)


def foreign(desired: Desired, found: Authorities) -> t.List[t.Dict[str, str]]:
    """Every trust in an authority that this directory does not hold: {"host", "kind", "found", "expected"}.

    kind: "server" or "client"; found, expected: SHA-256 fingerprints, or "none" where the directory has none.
    """
    server = _fingerprints([found.server])
    clients = _fingerprints(found.clients.values())
    strangers = []
    for trusted in desired.trusted:
        if trusted.server and trusted.server not in server:
            strangers.append(_stranger(trusted.host, "server", trusted.server, server))
        for fingerprint in trusted.clients:
            if fingerprint not in clients:
                strangers.append(_stranger(trusted.host, "client", fingerprint, clients))
    return strangers


def expiry_warnings(desired: Desired, found: Authorities, now: datetime.datetime) -> t.List[str]:
    """One text for each authority that ends sooner than a leaf signed today should."""
    texts = []
    used = {SERVER_AUTHORITY, *(client_authority_label(name) for name in desired.client_authorities)}
    for label, certificate in sorted(found.certificates().items()):
        left = days_left(certificate.not_after, now)
        if label in used and left < desired.leaf_days:
            texts.append(
                "The authority %s ends in %d days, expected at least leaf_valid_days (%d): leaves signed now end with "
                "it. Plan its replacement." % (label, left, desired.leaf_days)
            )
    return texts


def _fingerprints(authorities: t.Iterable[t.Optional[AuthorityFacts]]) -> t.List[str]:
    return sorted(found.certificate.sha256 for found in authorities if found and found.certificate)


def _stranger(host: str, kind: str, fingerprint: str, expected: t.Sequence[str]) -> t.Dict[str, str]:
    return {"host": host, "kind": kind, "found": fingerprint, "expected": ", ".join(expected) or "none"}


def _refuse_foreign(strangers: t.Sequence[t.Mapping[str, str]], root: str) -> None:
    if not strangers:
        return
    hosts = sorted({stranger["host"] for stranger in strangers})
    more = len(hosts) - LONGEST_LIST
    shown = ", ".join(hosts[:LONGEST_LIST]) + (" and %d more" % more if more > 0 else "")
    raise Failure(
        "%d host(s) trust an authority that is not in the certificate directory %s: %s. Nothing was written."
        % (len(hosts), root, shown),
        code="ForeignAuthority",
        details=[
            {
                "code": "ForeignAuthority",
                "message": "%(host)s trusts the %(kind)s authority %(found)s, expected %(expected)s." % stranger,
            }
            for stranger in strangers[:LONGEST_LIST]
        ],
        hint="Restore the certificate directory that signed those hosts' certificates (was this run started with an "
        "empty or another directory?), or set on_foreign_authority=replace to make those hosts trust this one.",
    )


def _check_authority(found: AuthorityFacts, root: str, now: datetime.datetime) -> None:
    fault = _authority_fault(found, now)
    if fault:
        name, text = fault
        raise Failure(
            "%s/%s/%s %s. Nothing was written." % (root, found.label, name, text),
            code="AuthorityUnusable",
            hint="Restore ca.pem and ca-key.pem of that authority from a backup. To begin anew with another authority, "
            "move the whole directory %s/%s away first: every certificate it signed is then issued again."
            % (root, found.label),
        )


def _authority_fault(found: AuthorityFacts, now: datetime.datetime) -> t.Optional[t.Tuple[str, str]]:
    certificate = found.certificate
    if certificate is None:
        return "ca.pem", "is missing although ca-key.pem is there, expected both"
    if not found.has_key:
        return "ca-key.pem", "is missing although ca.pem is there, expected both"
    if not certificate.is_authority:
        return "ca.pem", "is not a certificate authority (basic constraints), expected CA:TRUE"
    if now >= certificate.not_after:
        return "ca.pem", "expired on %s, expected a valid authority" % iso(certificate.not_after)
    if now < certificate.not_before:
        return "ca.pem", "is valid only from %s, expected a valid authority" % iso(certificate.not_before)
    return None
