# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Which refusal is one for the right reason. Pure.

dockerd is a program in Go, whose crypto/tls says unknown_ca when no trusted authority leads to the certificate,
certificate_expired when it is out of date, and bad_certificate for the rest, a wrong extended key usage among it. The
Go of old engines says bad_certificate for all of these. Programs with OpenSSL say unsupported_certificate for a wrong
usage. Who offers no version above TLS 1.1 gets protocol_version from all of them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    ALERT,
    EXPIRED_CLIENT,
    FOREIGN_AUTHORITY,
    HANDSHAKE,
    HTTP,
    NO_CERTIFICATE,
    NOT_MADE,
    REJECTED,
    REVOKED_AUTHORITY,
    TIMED_OUT,
    TLS_1_1,
    UNREACHABLE,
    WRONG_USAGE,
    Observation,
)

_HANDSHAKE_FAILURE = "HANDSHAKE_FAILURE"
_TLS_1_3 = "TLSv1.3"


class Refusal(t.NamedTuple):
    """How somebody must be refused. who: that somebody; alerts: the TLS alerts that say why by themselves.

    hints: alerts that have other causes too, so that they count only where a good client is let in.
    """

    who: str
    alerts: t.Tuple[str, ...]
    hints: t.Tuple[str, ...]
    expected: str


REFUSALS = {
    NO_CERTIFICATE: Refusal(
        "without a certificate",
        # Seen: engine 20.10 says bad_certificate over TLS 1.3 too, engines of today say certificate_required.
        ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE"),
        (_HANDSHAKE_FAILURE,),
        "refused with the TLS alert certificate_required (old engines: bad_certificate; before TLS 1.3 also: "
        "handshake_failure)",
    ),
    FOREIGN_AUTHORITY: Refusal(
        "with a certificate of a foreign authority",
        ("UNKNOWN_CA", "BAD_CERTIFICATE"),
        (),
        "refused with the TLS alert unknown_ca or bad_certificate",
    ),
    EXPIRED_CLIENT: Refusal(
        "with an expired certificate",
        ("CERTIFICATE_EXPIRED",),
        ("BAD_CERTIFICATE",),
        "refused with the TLS alert certificate_expired (old engines: bad_certificate)",
    ),
    WRONG_USAGE: Refusal(
        "with a certificate for servers only",
        ("UNSUPPORTED_CERTIFICATE",),
        ("BAD_CERTIFICATE",),
        "refused with the TLS alert bad_certificate or unsupported_certificate",
    ),
    REVOKED_AUTHORITY: Refusal(
        "with a certificate of the revoked authority",
        ("UNKNOWN_CA", "BAD_CERTIFICATE"),
        (),
        "refused with the TLS alert unknown_ca or bad_certificate",
    ),
    TLS_1_1: Refusal(
        "that offers TLS 1.1 and older only",
        ("PROTOCOL_VERSION",),
        (),
        "refused with the TLS alert protocol_version",
    ),
}


class Ruling(t.NamedTuple):
    """refused: for the right reason (True), not so (False), or nothing is proved (None); reason: what was seen."""

    refused: t.Optional[bool]
    reason: str


def rule(check: str, seen: Observation, let_in: t.Optional[bool], authority: str = "") -> Ruling:
    """Whether an observation is the refusal that a check of REFUSALS wants.

    let_in: whether a good client was; None: unknown. authority: name of the one that signed, "" where it says nothing.
    """
    wanted = REFUSALS[check]
    signed = " (authority %s)" % authority if authority else ""
    if seen.kind == HTTP:
        return Ruling(False, "a client %s%s was let in: GET /version answered %s" % (wanted.who, signed, seen.answer))
    if seen.kind == HANDSHAKE:
        return Ruling(False, "a client %s%s was let in: the server agreed to %s" % (wanted.who, signed, seen.version))
    reason = seen.described + signed
    if seen.kind == ALERT and seen.alert in wanted.alerts:
        return Ruling(True, reason)
    if seen.kind == ALERT and seen.alert in wanted.hints and not _late_failure(seen):
        return _hinted(reason, let_in)
    return Ruling(False, "%s, which is not a refusal for the right reason" % reason)


def shows_let_in(seen: Observation) -> t.Optional[bool]:
    """Whether what a good client saw shows that it was let in; None: it shows neither."""
    # Before TLS 1.3 a handshake ends only after the server has accepted the client's certificate.
    if seen.kind == HTTP or (seen.version and seen.version != _TLS_1_3):
        return True
    if seen.kind in (NOT_MADE, UNREACHABLE, TIMED_OUT, REJECTED, HANDSHAKE):
        return None
    return False


def _hinted(reason: str, let_in: t.Optional[bool]) -> Ruling:
    if let_in:
        return Ruling(True, reason)
    if let_in is None:
        return Ruling(None, "%s, which proves something only where a good client is let in" % reason)
    return Ruling(False, "%s, and so is a good client: not a refusal for the right reason" % reason)


def _late_failure(seen: Observation) -> bool:
    # Once a version is agreed, a missing certificate has an alert of its own.
    return seen.alert == _HANDSHAKE_FAILURE and bool(seen.version)
