# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What forbids a run as a whole: a damaged authority, or hosts that trust another one. Pure; raises Failure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import trust
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    NEXT,
    SERVER_AUTHORITY,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import shortened

LONGEST_LIST = 10
"""Details shown of one failure; a whole fleet would bury the sentence that matters."""


def check_trust(desired: Desired, found: Authorities, root: str) -> None:
    """Failure when a host trusts an authority that is not of this directory, unless it is to be replaced."""
    if not desired.replace_foreign:
        _refuse_foreign(foreign(desired, found), root)


def check_authorities(desired: Desired, after: Authorities, root: str, now: datetime.datetime) -> None:
    """Failure unless every authority that this call uses is whole and valid, as it is after its rotation."""
    for label in _used(desired):
        authority = after.get(label)
        if authority:
            _check_authority(authority, desired, root, now)
        elif desired.external:
            raise Failure(
                "The authority %s is absent and the signer is external, expected its certificate. Nothing was written."
                % label,
                code="AuthorityAbsent",
                hint="Give it in authority_certificates[%s], or put it into %s/%s/ca.pem." % (label, root, label),
            )


def foreign(desired: Desired, found: Authorities) -> t.List[t.Dict[str, str]]:
    """Every trust in an authority that this directory does not hold: {"host", "kind", "found", "expected"}.

    kind: "server" or "client"; found, expected: SHA-256 fingerprints, or "none" where the directory has none.
    Successors, predecessors and what was retired are the directory's own: such a host is only behind.
    """
    strangers = []
    rooms = (("server", [found.server] if found.server else []), ("client", list(found.clients.values())))
    known = {kind: trust.known(authorities) for kind, authorities in rooms}
    expected = {
        kind: sorted(part.sha256 for authority in authorities for part in authority.parts().values())
        for kind, authorities in rooms
    }
    for trusted in desired.trusted:
        said = [("server", trusted.server)] if trusted.server else []
        for kind, fingerprint in [*said, *(("client", client) for client in trusted.clients)]:
            if fingerprint not in known[kind]:
                strangers.append(_stranger(trusted.host, kind, fingerprint, expected[kind]))
    return strangers


def warnings(desired: Desired, found: Authorities, now: datetime.datetime) -> t.List[str]:
    """One text for each thing about an authority that a person should look after; none of them stops the call."""
    texts: t.List[str] = []
    for label in sorted(_used(desired)):
        authority = found.get(label)
        if authority and authority.certificate:
            wanted = desired.server_key_type if label == SERVER_AUTHORITY else desired.client_key_type
            texts += _expiry(label, authority.certificate, desired.leaf_days, now)
            texts += _strength(label, authority.certificate, wanted)
            texts += _successor(authority.next, desired)
    return texts


def _used(desired: Desired) -> t.List[str]:
    return [SERVER_AUTHORITY, *(client_authority_label(name) for name in desired.client_authorities)]


def _successor(found: t.Optional[AuthorityFacts], desired: Desired) -> t.Iterator[str]:
    if found and not (found.has_key or desired.external or found.label in desired.given_keys):
        yield (
            "The successor %s has no key (ca-key.pem is missing), expected both files. "
            "Next step: restore it from a backup, or cancel the rotation and begin it again." % found.label
        )


def _expiry(label: str, certificate: CertificateFacts, leaf_days: int, now: datetime.datetime) -> t.Iterator[str]:
    left = days_left(certificate.not_after, now)
    if left < leaf_days:
        yield (
            "The authority %s ends in %d days, expected at least leaf_valid_days (%d): leaves signed now end with "
            "it. Next step: rotate it (option rotation)." % (label, left, leaf_days)
        )


def _strength(label: str, certificate: CertificateFacts, wanted: t.Optional[str]) -> t.Iterator[str]:
    for weak in (certificate.weak_key, certificate.weak_signature):
        if weak:
            yield "The authority %s is weak: %s. Next step: rotate it (option rotation)." % (label, weak)
    if wanted and wanted != certificate.key_type:
        yield (
            "The key of the authority %s is %s, expected %s; an authority that exists is never replaced for that. "
            "Next step: rotate it (option rotation), or declare the type it has."
            % (label, certificate.key_type, wanted)
        )


def _stranger(host: str, kind: str, fingerprint: str, expected: t.Sequence[str]) -> t.Dict[str, str]:
    return {"host": host, "kind": kind, "found": fingerprint, "expected": ", ".join(expected) or "none"}


def _refuse_foreign(strangers: t.Sequence[t.Mapping[str, str]], root: str) -> None:
    if not strangers:
        return
    hosts = sorted({stranger["host"] for stranger in strangers})
    raise Failure(
        "%d host(s) trust an authority that is not in the certificate directory %s: %s. Nothing was written."
        % (len(hosts), root, shortened(hosts, LONGEST_LIST)),
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


def _check_authority(found: AuthorityFacts, desired: Desired, root: str, now: datetime.datetime) -> None:
    fault = _authority_fault(found, desired, now)
    if fault:
        name, text = fault
        raise Failure(
            "%s/%s/%s %s. Nothing was written." % (root, found.label, name, text),
            code="AuthorityUnusable",
            hint="Restore ca.pem and ca-key.pem of that authority from a backup, or give its key in authority_keys. To "
            "begin anew with another authority, move the whole directory %s/%s away first: every certificate it signed "
            "is then issued again." % (root, found.label),
        )


def _authority_fault(found: AuthorityFacts, desired: Desired, now: datetime.datetime) -> t.Optional[t.Tuple[str, str]]:
    certificate = found.certificate
    if certificate is None:
        return "ca.pem", "is missing although ca-key.pem is there, expected both"
    # The key of an interrupted switch may be its successor's, which the switch brings when it goes on.
    given = {found.label, "%s/%s" % (found.label, NEXT)} & desired.given_keys
    if not found.has_key and not given and not desired.external:
        return "ca-key.pem", "is missing although ca.pem is there, expected both"
    if not certificate.is_authority:
        return "ca.pem", "is not a certificate authority (basic constraints), expected CA:TRUE"
    if now >= certificate.not_after:
        return "ca.pem", "expired on %s, expected a valid authority" % iso(certificate.not_after)
    if now < certificate.not_before:
        return "ca.pem", "is valid only from %s, expected a valid authority" % iso(certificate.not_before)
    return None
