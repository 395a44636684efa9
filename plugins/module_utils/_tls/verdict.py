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
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    GOOD_CLIENT,
    HANDSHAKE,
    HTTP,
    NOT_MADE,
    PLAIN_HTTP,
    SERVED_CERTIFICATE,
    TIMED_OUT,
    UNREACHABLE,
    Observation,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.refusal import REFUSALS, rule

PASSED = "pass"
FAILED = "fail"
NOT_VERIFIED = "not_verified"

PLAIN_HTTP_TEXT = "Client sent an HTTP request to an HTTPS server"

EXPECTED = {
    GOOD_CLIENT: "the server's certificate verifies by ca.pem and GET /version answers 200",
    PLAIN_HTTP: "HTTP 400 with the text '%s'" % PLAIN_HTTP_TEXT,
    SERVED_CERTIFICATE: "a certificate that has not expired",
    **{check: refusal.expected for check, refusal in REFUSALS.items()},
}


class Verdict(t.NamedTuple):
    """verdict: pass, fail or not_verified; reason: what was seen; expected: what a pass would have been."""

    verdict: str
    reason: str
    expected: str


class Known(t.NamedTuple):
    """What a judgement needs besides the observation.

    certificate_sha256: fingerprint (lower-case hex) of the certificate that should be served, None where unknown;
    min_days_left: whole days that it must still be valid; let_in: whether a good client was let in, None when that is
    unknown; authority: name of the one that signed for this connection, "" where it says nothing.
    """

    now: datetime.datetime
    certificate_sha256: t.Optional[str] = None
    min_days_left: int = 0
    let_in: t.Optional[bool] = None
    authority: str = ""


def judge(check: str, seen: Observation, known: Known) -> Verdict:
    """The verdict of one check."""
    expected = _expected(check, known)
    if seen.kind in (UNREACHABLE, TIMED_OUT, NOT_MADE):
        return Verdict(NOT_VERIFIED, seen.text, expected)
    if check in REFUSALS:
        ruling = rule(check, seen, known.let_in, known.authority)
        return Verdict({True: PASSED, False: FAILED, None: NOT_VERIFIED}[ruling.refused], ruling.reason, expected)
    verdict, reason = _JUDGES[check](seen, known)
    return Verdict(verdict, reason, expected)


def worst(verdicts: t.Iterable[str]) -> str:
    """One verdict for several: fail before not_verified before pass."""
    found = set(verdicts)
    return FAILED if FAILED in found else NOT_VERIFIED if NOT_VERIFIED in found else PASSED


_Judgement = t.Tuple[str, str]


def _expected(check: str, known: Known) -> str:
    if check != SERVED_CERTIFICATE:
        return EXPECTED[check]
    text = EXPECTED[check]
    if known.certificate_sha256:
        text = "the certificate %s, not expired" % known.certificate_sha256
    return "%s, with at least %d days left" % (text, known.min_days_left) if known.min_days_left else text


def _good_client(seen: Observation, known: Known) -> _Judgement:
    if seen.kind != HTTP:
        return FAILED, seen.described
    if seen.status != 200:
        return FAILED, "GET /version answered %s" % seen.answer
    if not seen.engine or not seen.api:
        return FAILED, "GET /version answered 200 without an engine version: this is not a Docker API"
    return PASSED, "engine %s, API %s over %s" % (seen.engine, seen.api, seen.version)


def _plain_http(seen: Observation, known: Known) -> _Judgement:
    if seen.kind != HTTP:
        return FAILED, "%s, which is not a refusal for the right reason" % seen.described
    if seen.status == 400 and PLAIN_HTTP_TEXT in seen.body:
        return PASSED, "HTTP 400: %s" % PLAIN_HTTP_TEXT
    if seen.status == 200:
        return FAILED, "plain HTTP was let in: GET /version answered %s" % seen.answer
    return FAILED, "GET /version answered %s" % seen.answer


def _served_certificate(seen: Observation, known: Known) -> _Judgement:
    if seen.kind != HANDSHAKE or not seen.sha256:
        return NOT_VERIFIED, "%s, so the served certificate could not be read" % seen.described
    if known.certificate_sha256 and seen.sha256 != known.certificate_sha256:
        return (
            FAILED,
            "the certificate %s is served: it was installed but the daemon not restarted, or it is another's"
            % (seen.sha256),
        )
    if seen.not_after is None:
        return NOT_VERIFIED, "the served certificate %s could not be parsed" % seen.sha256
    if seen.not_after <= known.now:
        return FAILED, "the served certificate %s expired on %s" % (seen.sha256, iso(seen.not_after))
    left = days_left(seen.not_after, known.now)
    verdict = PASSED if left >= known.min_days_left else FAILED
    return verdict, "the certificate %s is served, %d days are left" % (seen.sha256, left)


_JUDGES: t.Dict[str, t.Callable[[Observation, Known], _Judgement]] = {
    GOOD_CLIENT: _good_client,
    PLAIN_HTTP: _plain_http,
    SERVED_CERTIFICATE: _served_certificate,
}
