# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    ALERT,
    CHECKS,
    CLOSED,
    HANDSHAKE,
    HTTP,
    NOT_MADE,
    REJECTED,
    TIMED_OUT,
    TLS_ERROR,
    UNREACHABLE,
    Observation,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.refusal import shows_let_in
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.verdict import EXPECTED, Known, judge, worst
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import DAY, NOW

SHA = "ab" * 32
PLAIN = "Client sent an HTTP request to an HTTPS server.\n"


def alert(name, version="TLSv1.3"):
    return Observation(ALERT, "TLS alert %s" % name.lower(), alert=name, version=version)


def http(status, body="", engine=None, api=None, version="TLSv1.3"):
    return Observation(HTTP, "HTTP", status=status, body=body, engine=engine, api=api, version=version)


def agreed(version):
    return Observation(HANDSHAKE, "TLS version agreed", version=version)


def served(sha256=SHA, not_after=NOW + 10 * DAY):
    return Observation(HANDSHAKE, version="TLSv1.3", sha256=sha256, not_after=not_after)


LET_IN = http(200, engine="29.7.2", api="1.54")
CLOSE = Observation(CLOSED, "the connection was closed without a TLS alert")
NO_TLS = Observation(TLS_ERROR, "TLS failed: WRONG_VERSION_NUMBER")
WRONG_SERVER = Observation(REJECTED, "Hostname mismatch")

# check, observation, whether a good client is let in -> verdict, part of the reason
CASES = [
    ("good_client", LET_IN, None, "pass", "engine 29.7.2, API 1.54 over TLSv1.3"),
    ("good_client", http(200, "hello"), None, "fail", "without an engine version: this is not a Docker API"),
    ("good_client", http(200, engine="1"), None, "fail", "without an engine version"),
    ("good_client", http(403, "authorization\ndenied"), None, "fail", "answered HTTP 403 (authorization denied)"),
    ("good_client", http(503), None, "fail", "answered HTTP 503"),
    ("good_client", alert("BAD_CERTIFICATE"), None, "fail", "refused with the TLS alert bad_certificate (TLSv1.3)"),
    ("good_client", WRONG_SERVER, None, "fail", "the server's certificate was not accepted here: Hostname mismatch"),
    ("good_client", NO_TLS, None, "fail", "WRONG_VERSION_NUMBER"),
    ("good_client", CLOSE, None, "fail", "closed without a TLS alert"),
    ("no_certificate", alert("CERTIFICATE_REQUIRED"), True, "pass", "certificate_required (TLSv1.3)"),
    ("no_certificate", alert("CERTIFICATE_REQUIRED"), None, "pass", "certificate_required"),
    ("no_certificate", alert("BAD_CERTIFICATE"), True, "pass", "bad_certificate (TLSv1.3)"),
    ("no_certificate", alert("BAD_CERTIFICATE", None), None, "pass", "refused with the TLS alert bad_certificate"),
    ("no_certificate", alert("CERTIFICATE_REQUIRED", None), None, "pass", "certificate_required"),
    ("no_certificate", alert("HANDSHAKE_FAILURE", None), True, "pass", "handshake_failure"),
    ("no_certificate", alert("HANDSHAKE_FAILURE", None), False, "fail", "and so is a good client"),
    ("no_certificate", alert("HANDSHAKE_FAILURE", None), None, "not_verified", "only where a good client is let in"),
    ("no_certificate", alert("HANDSHAKE_FAILURE"), True, "fail", "not a refusal for the right reason"),
    ("no_certificate", alert("UNKNOWN_CA"), True, "fail", "not a refusal for the right reason"),
    ("no_certificate", alert("PROTOCOL_VERSION", None), True, "fail", "not a refusal for the right reason"),
    ("no_certificate", alert("OTHER"), True, "fail", "not a refusal for the right reason"),
    ("no_certificate", LET_IN, True, "fail", "a client without a certificate was let in"),
    ("no_certificate", http(403, "no"), True, "fail", "a client without a certificate was let in"),
    ("no_certificate", CLOSE, True, "fail", "not a refusal for the right reason"),
    ("no_certificate", NO_TLS, True, "fail", "not a refusal for the right reason"),
    ("foreign_authority", alert("UNKNOWN_CA"), True, "pass", "unknown_ca (TLSv1.3)"),
    ("foreign_authority", alert("UNKNOWN_CA", None), None, "pass", "unknown_ca"),
    ("foreign_authority", alert("BAD_CERTIFICATE"), True, "pass", "bad_certificate (TLSv1.3)"),
    ("foreign_authority", alert("CERTIFICATE_REQUIRED"), True, "fail", "not a refusal for the right reason"),
    ("foreign_authority", alert("HANDSHAKE_FAILURE", None), True, "fail", "not a refusal for the right reason"),
    ("foreign_authority", alert("CERTIFICATE_EXPIRED"), True, "fail", "not a refusal for the right reason"),
    ("foreign_authority", LET_IN, True, "fail", "with a certificate of a foreign authority was let in"),
    ("foreign_authority", CLOSE, True, "fail", "not a refusal for the right reason"),
    ("expired_client", alert("CERTIFICATE_EXPIRED"), True, "pass", "certificate_expired (TLSv1.3)"),
    ("expired_client", alert("CERTIFICATE_EXPIRED", None), None, "pass", "certificate_expired"),
    ("expired_client", alert("BAD_CERTIFICATE"), True, "pass", "bad_certificate"),
    ("expired_client", alert("BAD_CERTIFICATE"), None, "not_verified", "only where a good client is let in"),
    ("expired_client", alert("BAD_CERTIFICATE"), False, "fail", "and so is a good client"),
    ("expired_client", alert("UNKNOWN_CA"), True, "fail", "not a refusal for the right reason"),
    ("expired_client", LET_IN, True, "fail", "a client with an expired certificate was let in"),
    ("expired_client", CLOSE, True, "fail", "not a refusal for the right reason"),
    ("wrong_usage", alert("BAD_CERTIFICATE"), True, "pass", "bad_certificate (TLSv1.3)"),
    ("wrong_usage", alert("BAD_CERTIFICATE"), None, "not_verified", "only where a good client is let in"),
    ("wrong_usage", alert("BAD_CERTIFICATE"), False, "fail", "and so is a good client"),
    ("wrong_usage", alert("UNSUPPORTED_CERTIFICATE", None), None, "pass", "unsupported_certificate"),
    ("wrong_usage", alert("UNKNOWN_CA"), True, "fail", "not a refusal for the right reason"),
    ("wrong_usage", alert("CERTIFICATE_EXPIRED"), True, "fail", "not a refusal for the right reason"),
    ("wrong_usage", http(403, "no"), True, "fail", "a client with a certificate for servers only was let in"),
    ("revoked_authority", alert("UNKNOWN_CA"), True, "pass", "unknown_ca (TLSv1.3)"),
    ("revoked_authority", alert("BAD_CERTIFICATE"), None, "pass", "bad_certificate"),
    ("revoked_authority", alert("CERTIFICATE_EXPIRED"), True, "fail", "not a refusal for the right reason"),
    ("revoked_authority", LET_IN, True, "fail", "with a certificate of the revoked authority was let in"),
    ("tls_1_1", alert("PROTOCOL_VERSION", None), None, "pass", "refused with the TLS alert protocol_version"),
    ("tls_1_1", alert("HANDSHAKE_FAILURE", None), True, "fail", "not a refusal for the right reason"),
    ("tls_1_1", agreed("TLSv1.1"), True, "fail", "TLS 1.1 and older only was let in: the server agreed to TLSv1.1"),
    ("tls_1_1", agreed("TLSv1"), True, "fail", "the server agreed to TLSv1"),
    ("tls_1_1", CLOSE, True, "fail", "not a refusal for the right reason"),
    ("tls_1_1", NO_TLS, True, "fail", "not a refusal for the right reason"),
    ("plain_http", http(400, PLAIN, version=None), None, "pass", "HTTP 400: Client sent an HTTP request"),
    ("plain_http", http(400, "Bad Request"), None, "fail", "answered HTTP 400 (Bad Request)"),
    ("plain_http", http(200, "{}"), None, "fail", "plain HTTP was let in"),
    ("plain_http", http(301), None, "fail", "answered HTTP 301"),
    ("plain_http", CLOSE, None, "fail", "not a refusal for the right reason"),
    ("served_certificate", served(), None, "pass", "10 days are left"),
    ("served_certificate", served(not_after=NOW), None, "fail", "expired on 2026-11-24T12:00:00Z"),
    ("served_certificate", served(not_after=NOW - 3 * DAY), None, "fail", "expired on 2026-11-21T12:00:00Z"),
    ("served_certificate", served(not_after=None), None, "not_verified", "could not be parsed"),
    ("served_certificate", served(sha256=None), None, "not_verified", "could not be read"),
    ("served_certificate", alert("BAD_CERTIFICATE", None), None, "not_verified", "could not be read"),
    ("served_certificate", NO_TLS, None, "not_verified", "could not be read"),
]


@pytest.mark.parametrize(("check", "seen", "let_in", "verdict", "reason"), CASES)
def test_verdicts(check, seen, let_in, verdict, reason):
    judged = judge(check, seen, Known(NOW, let_in=let_in))
    assert judged.verdict == verdict
    assert reason in judged.reason
    assert judged.expected == EXPECTED[check]
    # What should be served, and for how long, does not matter to the others.
    if check != "served_certificate":
        assert judge(check, seen, Known(NOW, SHA, 30, let_in)) == judged


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", [UNREACHABLE, TIMED_OUT, NOT_MADE])
def test_who_does_not_answer_neither_passes_nor_fails(check, kind):
    judged = judge(check, Observation(kind, "10.0.0.4 port 2376 did not answer in 10 s"), Known(NOW, SHA, 0, True))
    assert (judged.verdict, judged.reason) == ("not_verified", "10.0.0.4 port 2376 did not answer in 10 s")


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (alert("UNKNOWN_CA"), "refused with the TLS alert unknown_ca (TLSv1.3) (authority ci)"),
        (LET_IN, "a client with a certificate of the revoked authority (authority ci) was let in: GET /version"),
        (CLOSE, "without a TLS alert (authority ci), which is not a refusal for the right reason"),
    ],
)
def test_the_authority_is_named(seen, text):
    assert text in judge("revoked_authority", seen, Known(NOW, let_in=True, authority="ci")).reason


@pytest.mark.parametrize(
    ("seen", "verdict", "reason"),
    [
        (served(), "pass", "the certificate %s is served" % SHA),
        (served(sha256="cd" * 32), "fail", "the certificate %s is served: it was installed" % ("cd" * 32)),
        (served(sha256="cd" * 32, not_after=None), "fail", "is served: it was installed"),
        (served(not_after=NOW - DAY), "fail", "expired on 2026-11-23T12:00:00Z"),
    ],
)
def test_the_certificate_that_should_be_served(seen, verdict, reason):
    judged = judge("served_certificate", seen, Known(NOW, SHA))
    assert judged.verdict == verdict
    assert reason in judged.reason
    assert judged.expected == "the certificate %s, not expired" % SHA


@pytest.mark.parametrize(("days", "verdict"), [(0, "pass"), (9, "pass"), (10, "pass"), (11, "fail"), (400, "fail")])
def test_the_days_that_must_be_left(days, verdict):
    judged = judge("served_certificate", served(), Known(NOW, min_days_left=days))
    assert (judged.verdict, judged.reason) == (verdict, "the certificate %s is served, 10 days are left" % SHA)
    assert judged.expected.endswith("with at least %d days left" % days if days else "that has not expired")


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        (LET_IN, True),
        (http(403, "denied"), True),
        (Observation(CLOSED, version="TLSv1.2"), True),
        (Observation(TIMED_OUT, version="TLSv1.2"), True),
        (Observation(CLOSED, version="TLSv1.3"), False),
        (alert("UNKNOWN_CA"), False),
        (alert("HANDSHAKE_FAILURE", None), False),
        (NO_TLS, False),
        # In TLS 1.3 the server's word on the client's certificate comes after the handshake.
        (served(), None),
        (WRONG_SERVER, None),
        (Observation(TIMED_OUT), None),
        (Observation(UNREACHABLE, connected=False), None),
        (Observation(NOT_MADE), None),
    ],
)
def test_whether_a_good_client_is_let_in(seen, shown):
    assert shows_let_in(seen) is shown


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "not_verified"], "not_verified"),
        (["not_verified", "fail", "pass"], "fail"),
    ],
)
def test_worst(found, verdict):
    assert worst(found) == verdict
