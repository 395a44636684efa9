# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The SDK's clients, one of each kind per subscription, made on first use and shared by all threads."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from . import api_versions, tenants
from .clouds import Cloud
from .imports import require
from .pacing import Governors, policy

USER_AGENT = "bulwark.azure_docker"
POLL_SECONDS = 5
# At least as many as anybody works on at once: requests throws away what does not fit, with its TLS session.
CONNECTIONS = 256


class RawClient(NamedTuple):
    """A client without operations of its own: ``pipeline`` runs a request, ``client`` serves the SDK's pollers."""

    client: Any
    pipeline: Any


def make_transport(ca_path: Optional[str]) -> Any:
    """The network for all clients, with room for many connections to the one host they all talk to."""
    requests, transports = require("requests", "azure.core.pipeline.transport")
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
    # The SDK's own 300 s, times its retries, would look like a hang.
    settings: Dict[str, Any] = {"connection_timeout": 15, "read_timeout": 120}
    if ca_path:
        settings["connection_verify"] = ca_path
    return transports.RequestsTransport(session=session, session_owner=False, **settings)


class Clients:
    """Makes clients for a cloud. ``transport`` replaces the network (tests)."""

    def __init__(
        self,
        cloud: Cloud,
        credential: Any,
        ca_path: Optional[str],
        transport: Any = None,
        governors: Optional[Governors] = None,
    ) -> None:
        self._cloud = cloud
        self._credential = credential
        self._transport = transport or make_transport(ca_path)
        self._governors = governors or Governors()
        self._credentials: Dict[str, tenants.TenantCredential] = {}
        self._made: Dict[Tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._login_lock = threading.Lock()

    def compute(self, subscription: str) -> Any:
        """The ComputeManagementClient of a subscription."""
        return self._once("compute", subscription, self._make_compute)

    def resources(self, subscription: str) -> Any:
        """The ResourceManagementClient of a subscription."""
        return self._once("resources", subscription, self._make_resources)

    def raw(self, subscription: str) -> RawClient:
        """A client for what the other two have no operation for: lists of any type, and actions."""
        return self._once("raw", subscription, self._make_raw)

    def _once(self, kind: str, subscription: str, make: Callable[[str], Any]) -> Any:
        key = (kind, subscription.lower())
        with self._lock:
            if key not in self._made:
                self._made[key] = make(subscription)
            return self._made[key]

    def _make_compute(self, subscription: str) -> Any:
        module = require("azure.mgmt.compute")[0]
        return module.ComputeManagementClient(
            self._credential_of(subscription), subscription, **self._settings(subscription)
        )

    def _make_resources(self, subscription: str) -> Any:
        kind = require("azure.mgmt.resource.resources")[0].ResourceManagementClient
        settings = self._settings(subscription)
        # The one-version clients take the version of the resource group operations from here and nowhere else;
        # the older multi-version ones know fewer versions, and take it from each call.
        if not hasattr(kind, "LATEST_PROFILE"):
            settings["api_version"] = api_versions.RESOURCES
        return kind(self._credential_of(subscription), subscription, **settings)

    def _make_raw(self, subscription: str) -> RawClient:
        core, arm, policies = require("azure.core.pipeline", "azure.mgmt.core", "azure.core.pipeline.policies")
        pipeline = core.Pipeline(
            self._transport,
            [
                policy(self._governors.of(subscription)),
                policies.RequestIdPolicy(),
                policies.HeadersPolicy(),
                policies.UserAgentPolicy(USER_AGENT),
                policies.RetryPolicy(),
                tenants.policy(self._credential_of(subscription), self._cloud.scope),
            ],
        )
        client = arm.ARMPipelineClient(self._cloud.endpoint, pipeline=pipeline, policies=[])
        return RawClient(client, pipeline)

    def _credential_of(self, subscription: str) -> tenants.TenantCredential:
        """One for all clients of a subscription: the tenant is learned once. Called with the lock held."""
        return self._credentials.setdefault(
            subscription.lower(), tenants.TenantCredential(self._credential, self._login_lock)
        )

    def _settings(self, subscription: str) -> Dict[str, Any]:
        return {
            "base_url": self._cloud.endpoint,
            "authentication_policy": tenants.policy(self._credential_of(subscription), self._cloud.scope),
            "credential_scopes": [self._cloud.scope],
            "per_call_policies": [policy(self._governors.of(subscription))],
            "polling_interval": POLL_SECONDS,
            "transport": self._transport,
            "user_agent": USER_AGENT,
        }
