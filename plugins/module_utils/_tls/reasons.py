# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Why a leaf must be issued again. Pure: facts in, reasons out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import CertificateFacts, owner_of
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso

RENEW_WINDOW = "renew_window"
NO_REQUEST = "no_request"


class Reason(t.NamedTuple):
    """One reason: a code for playbooks and a text for people. In results it is "code: text".

    usable: the stored leaf serves on in spite of it.
    """

    code: str
    text: str
    usable: bool = False

    def __str__(self) -> str:
        return "%s: %s" % (self.code, self.text)


class Expected(t.NamedTuple):
    """What a leaf must be. names, key_sha256: None where they are not compared; issuer: label of the authority.

    authority_ends: when the authority expires, None when it is still to be made. more_names: it may have others, too.
    """

    issuer: str
    authority_ends: t.Optional[datetime.datetime]
    usage: str
    names: t.Optional[t.Tuple[str, ...]]
    key_sha256: t.Optional[str]
    renew_before: datetime.timedelta
    more_names: bool = False


def leaf_reasons(
    leaf: t.Optional[CertificateFacts], fault: str, expected: Expected, now: datetime.datetime
) -> t.Tuple[Reason, ...]:
    """Every reason to issue the leaf again, in a fixed order; () when it may stay. fault: why it cannot be read."""
    if leaf is None:
        return (Reason("unreadable", fault),) if fault else (Reason("missing", "no certificate is stored"),)
    found = (
        _time_reason(leaf, expected, now),
        _names_reason(leaf, expected),
        _usage_reason(leaf, expected),
        _issuer_reason(leaf, expected),
        _key_reason(leaf, expected),
        Reason("weak", leaf.weak_signature, usable=True) if leaf.weak_signature else None,
    )
    return tuple(reason for reason in found if reason)


def valid_despite(reasons: t.Iterable[Reason]) -> bool:
    """Whether a stored leaf with these reasons is good today: only its renewal is due, or waits for a request."""
    return all(reason.usable or reason.code in (RENEW_WINDOW, NO_REQUEST) for reason in reasons)


def _time_reason(leaf: CertificateFacts, expected: Expected, now: datetime.datetime) -> t.Optional[Reason]:
    if now >= leaf.not_after:
        return Reason("expired", "it expired on %s" % iso(leaf.not_after))
    if now < leaf.not_before:
        return Reason("not_yet_valid", "it is valid only from %s" % iso(leaf.not_before))
    # A leaf that already lives as long as its authority would not gain a day: no renewal on every run.
    gains = expected.authority_ends is None or leaf.not_after < expected.authority_ends
    if gains and now + expected.renew_before >= leaf.not_after:
        return Reason(
            RENEW_WINDOW,
            "%d days are left, renewal is due since %s, %d days before the end"
            % (
                days_left(leaf.not_after, now),
                (leaf.not_after - expected.renew_before).strftime("%Y-%m-%d"),
                expected.renew_before.days,
            ),
        )
    return None


def _names_reason(leaf: CertificateFacts, expected: Expected) -> t.Optional[Reason]:
    if expected.names is None or leaf.names == expected.names:
        return None
    if expected.more_names and set(expected.names) <= set(leaf.names):
        return None
    return Reason("names_differ", "it names %s, expected %s" % (_listed(leaf.names), _listed(expected.names)))


def _usage_reason(leaf: CertificateFacts, expected: Expected) -> t.Optional[Reason]:
    if leaf.usages == (expected.usage,) and not leaf.is_authority:
        return None
    found = _listed(leaf.usages) + (" and it is an authority" if leaf.is_authority else "")
    return Reason("usage_differs", "its extended key usage is %s, expected %s" % (found, expected.usage))


def _issuer_reason(leaf: CertificateFacts, expected: Expected) -> t.Optional[Reason]:
    if leaf.issuer == expected.issuer:
        return None
    found = leaf.issuer or "an authority that is not in this directory"
    text = "it was signed by %s, expected the present %s" % (found, expected.issuer)
    # A predecessor is trusted as long as it is there.
    return Reason("issuer_differs", text, usable=bool(leaf.issuer) and owner_of(leaf.issuer) == expected.issuer)


def _key_reason(leaf: CertificateFacts, expected: Expected) -> t.Optional[Reason]:
    if expected.key_sha256 is None or leaf.key_sha256 == expected.key_sha256:
        return None
    return Reason(
        "key_mismatch", "it is for the key %s, expected the key %s" % (leaf.key_sha256[:16], expected.key_sha256[:16])
    )


def _listed(values: t.Sequence[str]) -> str:
    return ", ".join(values) or "none"
