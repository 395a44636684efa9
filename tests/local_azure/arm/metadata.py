# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of this cloud: where its Resource Manager and its login are."""

from __future__ import annotations

from .errors import missing_api_version
from .messages import Call, Reply

PROVENANCE = {
    "/metadata/endpoints: one object from 2022-09-01 on, a list before": "docs",
    "endpoints of services that are not here point at the front": "inferred",
}
NAME = "LocalAzure"


def endpoints(call: Call) -> Reply:
    """Return the endpoints in the form that the asked api-version has."""
    if not call.api_version:
        raise missing_api_version()
    cloud = _cloud(call.base_url)
    return Reply(200, cloud if call.api_version >= "2022-09-01" else [cloud])


def _cloud(base: str) -> dict:
    return {
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base, f"{base}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": base,
        "graph": base,
        "gallery": base,
        "name": NAME,
        "suffixes": {"storage": "core.localhost", "keyVaultDns": "vault.localhost"},
        "batch": base,
        "resourceManager": base,
        "microsoftGraphResourceId": base,
    }
