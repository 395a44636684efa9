# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra ID, as far as one application with a secret needs it: discovery, token endpoint, bearer check.

The application is registered once and known in every tenant, with one secret; each tenant has its own object for it.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
import uuid
from collections.abc import Iterable
from urllib.parse import parse_qs

from .errors import ArmError, unauthorized
from .messages import Caller, Reply

PROVENANCE = {
    "OpenID discovery and client_credentials exchange": "docs",
    "invalid_client AADSTS7000215 with 401": "docs",
    "AuthenticationFailed texts": "inferred",
    "a multi-tenant application has the same id and secret in every tenant, and another object id in each": "docs",
}


class Tokens:
    """Hands out opaque tokens to one client id and secret, and knows those it gave."""

    def __init__(self, tenants: Iterable[str], client_id: str, client_secret: str, lifetime: float = 3599.0) -> None:
        self._tenants = {tenant.lower(): tenant for tenant in tenants}
        self._client_id = client_id
        self._client_secret = client_secret
        self._lifetime = lifetime
        self._given: dict[str, tuple[float, Caller]] = {}
        self._lock = threading.Lock()

    def discovery(self, tenant: str, base_url: str) -> Reply:
        """Return the OpenID configuration; the tenant in it is the one asked for, as Entra does."""
        root = f"{base_url}/{tenant}"
        return Reply(200, {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "tenant_region_scope": None,
        })  # fmt: skip

    def issue(self, tenant: str, form: str) -> Reply:
        """Answer the token endpoint; `form` is the URL-encoded body."""
        fields = {name: values[0] for name, values in parse_qs(form).items()}
        if tenant.lower() not in self._tenants:
            return _refusal(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if fields.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        client = fields.get("client_id", "")
        if client.lower() != self._client_id.lower():
            text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
            return _refusal(400, "unauthorized_client", 700016, text)
        if not hmac.compare_digest(fields.get("client_secret", "").encode(), self._client_secret.encode()):
            text = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client}'."
            )
            return _refusal(401, "invalid_client", 7000215, text)
        token = secrets.token_urlsafe(48)
        with self._lock:
            caller = Caller(self._tenants[tenant.lower()], self._client_id)
            self._given[token] = (time.time() + self._lifetime, caller)
        life = int(self._lifetime)
        return Reply(200, {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token})

    def check(self, header: str | None) -> Caller:
        """Return whose token the Authorization header carries; AuthenticationFailed unless it still counts."""
        if not header:
            raise _challenge(unauthorized("Authentication failed. The 'Authorization' header is missing."))
        scheme, _space, token = header.partition(" ")
        with self._lock:
            expiry, caller = self._given.get(token, (0.0, None))
        if scheme.lower() != "bearer" or caller is None:
            raise _challenge(unauthorized("Authentication failed. The access token is invalid."))
        if expiry < time.time():
            raise _challenge(unauthorized("Authentication failed. The access token has expired."))
        return caller


def _challenge(error: ArmError) -> ArmError:
    error.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return error


def _refusal(status: int, error: str, number: int, text: str) -> Reply:
    trace = str(uuid.uuid4())
    body = {
        "error": error, "error_description": f"AADSTS{number}: {text} Trace ID: {trace}",
        "error_codes": [number], "timestamp": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
        "trace_id": trace, "correlation_id": str(uuid.uuid4()),
    }  # fmt: skip
    return Reply(status, body)
