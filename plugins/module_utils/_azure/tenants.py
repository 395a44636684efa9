# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Subscriptions of several tenants in one call: the tenant of each is learned from Azure's own refusal.

A token belongs to one tenant. Azure answers one of the wrong tenant with 401 and names the right one in the header
WWW-Authenticate; the same identity then asks for a token there, if it is known in that tenant too.
"""

from __future__ import annotations

import re
import threading
from typing import Any, Optional

from .imports import require

_AUTHORIZATION_URI = re.compile(r'authorization(?:_uri)?="https://[^/"]+/([0-9a-zA-Z.-]+)/?"')


class TenantCredential:
    """A credential for one subscription, whose ``tenant`` is None until Azure has told it.

    ``lock`` is shared by all of one login: the first of many threads gets the token, and the others then find it.
    """

    def __init__(self, credential: Any, lock: Optional[threading.Lock] = None) -> None:
        self._credential = credential
        self._lock = lock or threading.Lock()
        self.tenant: Optional[str] = None

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """As azure-core's TokenCredential."""
        if self.tenant:
            options["tenant_id"] = self.tenant
        with self._lock:
            return self._credential.get_token(*scopes, **options)


def tenant_of_challenge(header: str) -> Optional[str]:
    """The tenant that a WWW-Authenticate header names, None if it names none."""
    found = _AUTHORIZATION_URI.search(header or "")
    return found.group(1) if found else None


def policy(credential: TenantCredential, scope: str) -> Any:
    """An authentication policy of azure-core that goes to the tenant that Azure names, once for each request."""
    base = require("azure.mgmt.core.policies")[0].ARMChallengeAuthenticationPolicy

    class TenantPolicy(base):  # type: ignore[misc,valid-type]
        """Answers a challenge that names another tenant with a token of that one."""

        def on_challenge(self, request: Any, response: Any) -> bool:
            header = response.http_response.headers.get("WWW-Authenticate", "")
            tenant = tenant_of_challenge(header)
            if tenant is None or tenant == credential.tenant or "claims=" in header:
                return bool(super().on_challenge(request, response))
            credential.tenant = tenant
            self.authorize_request(request, scope)
            return True

    return TenantPolicy(credential, scope)
