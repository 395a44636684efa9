# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What an observation of the Docker API's port means. Pure: observation in, verdict out.

A refusal counts only for the right reason: a port that refuses everybody is not a port that checks certificates.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso

PASSED = "pass"
FAILED = "fail"
NOT_VERIFIED = "not_verified"

GOOD_CLIENT = "good_client"
NO_CERTIFICATE = "no_certificate"
FOREIGN_AUTHORITY = "foreign_authority"
PLAIN_HTTP = "plain_http"
SERVED_CERTIFICATE = "served_certificate"
CHECKS = (GOOD_CLIENT, NO_CERTIFICATE, FOREIGN_AUTHORITY, PLAIN_HTTP, SERVED_CERTIFICATE)

# Kinds of observations.
UNREACHABLE = "unreachable"
TIMED_OUT = "timed_out"
ALERT = "alert"
REJECTED = "rejected"
CLOSED = "closed"
TLS_ERROR = "tls_error"
HTTP = "http"
HANDSHAKE = "handshake"

PLAIN_HTTP_TEXT = "Client sent an HTTP request to an HTTPS server"
# Seen: engine 20.10 says bad_certificate over TLS 1.3 too, engines of today say certificate_required.
_NO_CERTIFICATE_ALERTS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE")
# Before TLS 1.3 the alert comes within the handshake, so no version is agreed.
_NO_CERTIFICATE_ALERTS_BEFORE = _NO_CERTIFICATE_ALERTS + ("HANDSHAKE_FAILURE",)
_FOREIGN_ALERTS = ("UNKNOWN_CA", "BAD_CERTIFICATE")

EXPECTED = {
    GOOD_CLIENT: "the server's certificate verifies by ca.pem and GET /version answers 200",
    NO_CERTIFICATE: "refused with the TLS alert certificate_required (old engines: bad_certificate; before TLS 1.3 "
    "also: handshake_failure)",
    FOREIGN_AUTHORITY: "refused with the TLS alert unknown_ca or bad_certificate",
    PLAIN_HTTP: "HTTP 400 with the text '%s'" % PLAIN_HTTP_TEXT,
    SERVED_CERTIFICATE: "a certificate that has not expired",
}


class Observation(t.NamedTuple):
    """What one connection saw.

    kind: one of the kinds above; text: for people; connected: TCP worked; alert: name of the TLS alert received;
    version: of TLS, None when none was agreed; status, body, engine, api: of the HTTP answer; served: the server's
    certificate (DER); sha256, not_after: what it says, where it could be parsed.
    """

    kind: str
    text: str = ""
    connected: bool = True
    alert: str = ""
    version: t.Optional[str] = None
    status: t.Optional[int] = None
    body: str = ""
    engine: t.Optional[str] = None
    api: t.Optional[str] = None
    served: bytes = b""
    sha256: t.Optional[str] = None
    not_after: t.Optional[datetime.datetime] = None


class Verdict(t.NamedTuple):
    """verdict: pass, fail or not_verified; reason: what was seen; expected: what a pass would have been."""

    verdict: str
    reason: str
    expected: str


def judge(
    check: str,
    seen: Observation,
    now: datetime.datetime,
    certificate_sha256: t.Optional[str] = None,
    admits: t.Optional[bool] = None,
) -> Verdict:
    """The verdict on one check. certificate_sha256: of the leaf that should be served, None when any will do.

    admits: whether the same port completed a handshake with a good client, None when that was not tried.
    """
    expected = EXPECTED[check]
    if check == SERVED_CERTIFICATE and certificate_sha256:
        expected = "the certificate %s, not expired" % certificate_sha256
    if seen.kind in (UNREACHABLE, TIMED_OUT):
        return Verdict(NOT_VERIFIED, seen.text, expected)
    verdict, reason = _JUDGES[check](seen, _Context(now, certificate_sha256, admits))
    return Verdict(verdict, reason, expected)


def worst(verdicts: t.Iterable[str]) -> str:
    """One verdict for several: fail before not_verified before pass."""
    found = set(verdicts)
    return FAILED if FAILED in found else NOT_VERIFIED if NOT_VERIFIED in found else PASSED


class _Context(t.NamedTuple):
    now: datetime.datetime
    sha256: t.Optional[str]
    admits: t.Optional[bool]


_Judgement = t.Tuple[str, str]


def _good_client(seen: Observation, context: _Context) -> _Judgement:
    if seen.kind != HTTP:
        return FAILED, _described(seen)
    if seen.status != 200:
        return FAILED, "GET /version answered %s" % _answer(seen)
    if not seen.engine or not seen.api:
        return FAILED, "GET /version answered 200 without an engine version: this is not a Docker API"
    return PASSED, "engine %s, API %s over %s" % (seen.engine, seen.api, seen.version)


def _no_certificate(seen: Observation, context: _Context) -> _Judgement:
    accepted = _NO_CERTIFICATE_ALERTS if seen.version else _NO_CERTIFICATE_ALERTS_BEFORE
    judgement = _refusal(seen, accepted, "without a certificate")
    if judgement[0] == PASSED and seen.alert == "HANDSHAKE_FAILURE" and not context.admits:
        # This alert has other causes too (no common cipher): it says something only where others are let in.
        if context.admits is None:
            return NOT_VERIFIED, "%s, which proves something only together with %s" % (_described(seen), GOOD_CLIENT)
        return FAILED, "%s, and so is a good client: not a refusal for the right reason" % _described(seen)
    return judgement


def _foreign_authority(seen: Observation, context: _Context) -> _Judgement:
    return _refusal(seen, _FOREIGN_ALERTS, "with a certificate of a foreign authority")


def _refusal(seen: Observation, accepted: t.Sequence[str], who: str) -> _Judgement:
    if seen.kind == HTTP:
        return FAILED, "a client %s was let in: GET /version answered %s" % (who, _answer(seen))
    if seen.kind == ALERT and seen.alert in accepted:
        return PASSED, _described(seen)
    return FAILED, "%s, which is not a refusal for the right reason" % _described(seen)


def _plain_http(seen: Observation, context: _Context) -> _Judgement:
    if seen.kind != HTTP:
        return FAILED, "%s, which is not a refusal for the right reason" % _described(seen)
    if seen.status == 400 and PLAIN_HTTP_TEXT in seen.body:
        return PASSED, "HTTP 400: %s" % PLAIN_HTTP_TEXT
    if seen.status == 200:
        return FAILED, "plain HTTP was let in: GET /version answered %s" % _answer(seen)
    return FAILED, "GET /version answered %s" % _answer(seen)


def _served_certificate(seen: Observation, context: _Context) -> _Judgement:
    if seen.kind != HANDSHAKE or not seen.sha256:
        return NOT_VERIFIED, "%s, so the served certificate could not be read" % _described(seen)
    if context.sha256 and seen.sha256 != context.sha256:
        return (
            FAILED,
            "the certificate %s is served: it was installed but the daemon not restarted, or it is another's"
            % (seen.sha256),
        )
    if seen.not_after is None:
        return NOT_VERIFIED, "the served certificate %s could not be parsed" % seen.sha256
    if seen.not_after <= context.now:
        return FAILED, "the served certificate %s expired on %s" % (seen.sha256, iso(seen.not_after))
    left = days_left(seen.not_after, context.now)
    return PASSED, "the certificate %s is served, %d days are left" % (seen.sha256, left)


_JUDGES: t.Dict[str, t.Callable[[Observation, _Context], _Judgement]] = {
    GOOD_CLIENT: _good_client,
    NO_CERTIFICATE: _no_certificate,
    FOREIGN_AUTHORITY: _foreign_authority,
    PLAIN_HTTP: _plain_http,
    SERVED_CERTIFICATE: _served_certificate,
}


def _described(seen: Observation) -> str:
    if seen.kind == ALERT:
        return "refused with the TLS alert %s%s" % (seen.alert.lower(), " (%s)" % seen.version if seen.version else "")
    if seen.kind == REJECTED:
        return "the server's certificate was not accepted here: %s" % seen.text
    return seen.text


def _answer(seen: Observation) -> str:
    body = " ".join(seen.body.split())[:120]
    return "HTTP %s%s" % (seen.status, " (%s)" % body if body and seen.status != 200 else "")
