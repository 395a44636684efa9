# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The part of a result about authorities, and why each of them changes."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import trust
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    client_authority_label,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

Document = t.Dict[str, t.Any]
Reasons = t.Mapping[str, t.Sequence[Reason]]
"""Why authorities change, by label."""


def authority_entries(names: t.Sequence[str], found: Authorities, reasons: Reasons, now: datetime.datetime) -> Document:
    """names: the client authorities in the bundle; one that is still to be made (check mode) makes the bundle null,
    because a bundle without it would be wrong."""
    bundle = trust.client_bundle(found, names)
    whole = all(_certificate(found.get(client_authority_label(name))) for name in names)
    server = _certificate(found.server)
    return {
        "server_authority": server.pem if server else None,
        "server_authority_sha256": server.sha256 if server else None,
        "server_authority_sha256s": [part.sha256 for part in trust.trusted(found.server)],
        "server_bundle": trust.server_text(found),
        "client_bundle": "".join(part.pem for part in bundle) if whole else None,
        "client_authority_sha256s": [part.sha256 for part in bundle],
        "undeclared_client_authorities": sorted(set(found.clients) - set(names)),
        "authorities": {
            authority.label: authority_entry(authority, reasons.get(authority.label, ()), now)
            for authority in found.every()
            if authority.certificate
        },
    }


def authority_entry(found: AuthorityFacts, reasons: t.Sequence[Reason], now: datetime.datetime) -> Document:
    """One authority in a result."""
    certificate = found.certificate
    successor = found.next.certificate if found.next else None
    return {
        "sha256": certificate.sha256 if certificate else None,
        "not_after": iso(certificate.not_after) if certificate else None,
        "days_left": days_left(certificate.not_after, now) if certificate else None,
        "key_type": certificate.key_type if certificate else None,
        "phase": found.phase,
        "next_sha256": successor.sha256 if successor else None,
        "previous_sha256": found.previous.sha256 if found.previous else None,
        "changed": bool(reasons),
        "reasons": [str(reason) for reason in reasons],
    }


def authority_reasons(plan: Plan) -> t.Dict[str, t.List[Reason]]:
    """What a plan does with authorities, and why, by label."""
    found: t.Dict[str, t.List[Reason]] = {}
    for label in plan.adopted:
        found.setdefault(owner_of(label), []).append(
            Reason("adopted", "the certificate that was given for %s is stored" % label)
        )
    for step in plan.steps:
        found.setdefault(step.label, []).append(step.reason)
    for made in plan.authorities:
        if made.label == owner_of(made.label):
            found.setdefault(made.label, []).append(Reason("made", "it is declared and was absent"))
    for label in plan.encrypt:
        found.setdefault(owner_of(label), []).append(
            Reason("key_encrypted", "a passphrase is given and %s/ca-key.pem was not encrypted" % label)
        )
    return found


def authority_changes(
    reasons: Reasons, before: Authorities, after: Authorities, names: t.Mapping[str, str], now: datetime.datetime
) -> t.Tuple[Document, Document]:
    """Before and after of the authorities that change. names: common names of those to be made, by label."""
    old: Document = {}
    new: Document = {}
    for label, why in reasons.items():
        old[label] = _state(before.get(label), (), now)
        new[label] = _state(after.get(label), why, now) or {
            "common_name": names.get(label),
            "reasons": [str(reason) for reason in why],
        }
    return old, new


def _state(
    found: t.Optional[AuthorityFacts], reasons: t.Sequence[Reason], now: datetime.datetime
) -> t.Optional[Document]:
    if found is None or found.certificate is None:
        return None
    entry = authority_entry(found, reasons, now)
    return {key: value for key, value in entry.items() if key not in ("changed", "days_left")}


def _certificate(found: t.Optional[AuthorityFacts]) -> t.Optional[CertificateFacts]:
    return found.certificate if found else None
