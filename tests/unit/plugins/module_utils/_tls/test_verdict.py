# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.verdict import (
    ALERT,
    CHECKS,
    CLOSED,
    EXPECTED,
    HANDSHAKE,
    HTTP,
    REJECTED,
    TIMED_OUT,
    TLS_ERROR,
    UNREACHABLE,
    Observation,
    judge,
    worst,
)
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import DAY, NOW

SHA = "ab" * 32
PLAIN = "Client sent an HTTP request to an HTTPS server.\n"


def alert(name, version="TLSv1.3"):
    return Observation(ALERT, "TLS alert %s" % name.lower(), alert=name, version=version)


def http(status, body="", engine=None, api=None, version="TLSv1.3"):
    return Observation(HTTP, "HTTP", status=status, body=body, engine=engine, api=api, version=version)


def served(sha256=SHA, not_after=NOW + 10 * DAY):
    return Observation(HANDSHAKE, version="TLSv1.3", sha256=sha256, not_after=not_after)


LET_IN = http(200, engine="29.7.2", api="1.54")
CLOSE = Observation(CLOSED, "the connection was closed without a TLS alert")
NO_TLS = Observation(TLS_ERROR, "TLS failed: WRONG_VERSION_NUMBER")
WRONG_SERVER = Observation(REJECTED, "Hostname mismatch")

# check, observation, admits -> verdict, part of the reason
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
    ("no_certificate", alert("HANDSHAKE_FAILURE", None), None, "not_verified", "only together with good_client"),
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


@pytest.mark.parametrize(("check", "seen", "admits", "verdict", "reason"), CASES)
def test_verdicts(check, seen, admits, verdict, reason):
    judged = judge(check, seen, NOW, admits=admits)
    assert judged.verdict == verdict
    assert reason in judged.reason
    assert judged.expected == EXPECTED[check]
    # What should be served does not matter to the others.
    if check != "served_certificate":
        assert judge(check, seen, NOW, SHA, admits) == judged


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", [UNREACHABLE, TIMED_OUT])
def test_who_does_not_answer_neither_passes_nor_fails(check, kind):
    judged = judge(check, Observation(kind, "10.0.0.4 port 2376 did not answer in 10 s"), NOW, SHA, True)
    assert (judged.verdict, judged.reason) == ("not_verified", "10.0.0.4 port 2376 did not answer in 10 s")


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
    judged = judge("served_certificate", seen, NOW, SHA)
    assert judged.verdict == verdict
    assert reason in judged.reason
    assert judged.expected == "the certificate %s, not expired" % SHA


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
