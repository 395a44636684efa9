# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The checks of the handshake matrix by name, and what one connection sees. Plain values."""

from __future__ import annotations

import datetime
import typing as t

GOOD_CLIENT = "good_client"
NO_CERTIFICATE = "no_certificate"
FOREIGN_AUTHORITY = "foreign_authority"
EXPIRED_CLIENT = "expired_client"
WRONG_USAGE = "wrong_usage"
REVOKED_AUTHORITY = "revoked_authority"
PLAIN_HTTP = "plain_http"
TLS_1_1 = "tls_1_1"
SERVED_CERTIFICATE = "served_certificate"

CHECKS = (
    GOOD_CLIENT,
    NO_CERTIFICATE,
    FOREIGN_AUTHORITY,
    EXPIRED_CLIENT,
    WRONG_USAGE,
    REVOKED_AUTHORITY,
    PLAIN_HTTP,
    TLS_1_1,
    SERVED_CERTIFICATE,
)
MINTED = (EXPIRED_CLIENT, WRONG_USAGE)
"""Checks that come with certificates which the hosts' own client authority signs for this run."""
DEFAULT_CHECKS = tuple(check for check in CHECKS if check not in (*MINTED, REVOKED_AUTHORITY))
"""Checks that need nothing but a client directory."""
CONTROL = "control"
"""No check: a valid client of the authority that signs for MINTED, where the good client is not one."""

# Kinds of observations.
NOT_MADE = "not_made"
UNREACHABLE = "unreachable"
TIMED_OUT = "timed_out"
ALERT = "alert"
REJECTED = "rejected"
CLOSED = "closed"
TLS_ERROR = "tls_error"
HTTP = "http"
HANDSHAKE = "handshake"


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

    @property
    def described(self) -> str:
        """What was seen, as the reason of a verdict."""
        if self.kind == ALERT:
            version = " (%s)" % self.version if self.version else ""
            return "refused with the TLS alert %s%s" % (self.alert.lower(), version)
        if self.kind == REJECTED:
            return "the server's certificate was not accepted here: %s" % self.text
        return self.text

    @property
    def answer(self) -> str:
        """The HTTP answer in short."""
        body = " ".join(self.body.split())[:120]
        return "HTTP %s%s" % (self.status, " (%s)" % body if body and self.status != 200 else "")
