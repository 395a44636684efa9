# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Where a cloud answers and who issues its tokens."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional
from urllib.parse import urlsplit

from .errors import Failure, translated
from .imports import require

METADATA_API_VERSION = "2022-09-01"
METADATA_PATH = "/metadata/endpoints"


class Cloud(NamedTuple):
    """``endpoint`` of ARM and ``authority`` of Entra ID are URLs without a trailing slash; ``scope`` is for tokens."""

    name: str
    endpoint: str
    scope: str
    authority: str
    public: bool


CLOUDS: Dict[str, Cloud] = {
    cloud.name.lower(): cloud
    for cloud in [
        Cloud(
            "AzureCloud",
            "https://management.azure.com",
            "https://management.azure.com/.default",
            "https://login.microsoftonline.com",
            True,
        ),
        Cloud(
            "AzureUSGovernment",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
            "https://login.microsoftonline.us",
            True,
        ),
        Cloud(
            "AzureChinaCloud",
            "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
            "https://login.chinacloudapi.cn",
            True,
        ),
    ]
}


def find_cloud(name: str, ca_path: Optional[str] = None, transport: Any = None) -> Cloud:
    """The cloud of that name, or the one that the ARM endpoint of that https URL describes.

    Raises Failure for an unknown name, an address that is not https, and an endpoint that does not answer as ARM does.
    """
    known = CLOUDS.get(name.lower())
    if known:
        return known
    if not name.lower().startswith("https://"):
        raise Failure(
            "Unknown cloud %r." % name,
            code="UnknownCloud",
            hint="Give one of %s, or the https URL of an ARM endpoint." % ", ".join(c.name for c in CLOUDS.values()),
        )
    url = metadata_url(name)
    return read_metadata(_fetch(url, ca_path, transport), url)


def metadata_url(url: str) -> str:
    """The metadata address of an ARM endpoint; an address that names it already is taken as it is."""
    parts = urlsplit(url)
    if METADATA_PATH in parts.path.lower():
        return url if "api-version=" in parts.query else "%s?api-version=%s" % (url.rstrip("?"), METADATA_API_VERSION)
    return "https://%s%s?api-version=%s" % (parts.netloc, METADATA_PATH, METADATA_API_VERSION)


def read_metadata(answer: Any, url: str) -> Cloud:
    """The cloud in a metadata answer: an object since api-version 2022-09-01, a list of objects before.

    Raises Failure if the answer describes none.
    """
    base = "https://" + urlsplit(url).netloc
    entries = answer if isinstance(answer, list) else [answer]
    entry = _choose([item for item in entries if isinstance(item, Mapping) and item.get("authentication")], base)
    authentication = entry.get("authentication") if entry else None
    if not entry or not isinstance(authentication, Mapping) or not authentication.get("loginEndpoint"):
        raise Failure(
            "%s does not describe a cloud: no authentication.loginEndpoint in its answer." % url,
            code="InvalidCloudMetadata",
            hint="Give the URL of an ARM endpoint, for example https://management.azure.com.",
        )
    endpoint = str(entry.get("resourceManager") or base).rstrip("/")
    audiences = [str(audience).rstrip("/") for audience in authentication.get("audiences") or []]
    audience = endpoint if endpoint in audiences or not audiences else audiences[0]
    authority = str(authentication["loginEndpoint"]).rstrip("/")
    name = str(entry.get("name") or base)
    # Only the authorities of the public clouds are known to the instance discovery of the login libraries.
    public = authority in [cloud.authority for cloud in CLOUDS.values()]
    return Cloud(name, endpoint, audience + "/.default", authority, public)


def _choose(entries: List[Mapping[str, Any]], base: str) -> Optional[Mapping[str, Any]]:
    for entry in entries:
        if str(entry.get("resourceManager", "")).rstrip("/").lower() == base.lower():
            return entry
    return entries[0] if entries else None


def _fetch(url: str, ca_path: Optional[str], transport: Any) -> Any:
    core, rest, policies = require("azure.core", "azure.core.rest", "azure.core.pipeline.policies")
    settings: Dict[str, Any] = {"connection_timeout": 15, "read_timeout": 30}
    if ca_path:
        settings["connection_verify"] = ca_path
    if transport is not None:
        settings["transport"] = transport
    with translated("Reading the cloud's endpoints from %s" % url):
        client = core.PipelineClient(url, policies=[policies.RetryPolicy(retry_total=2)], **settings)
        response = client.send_request(rest.HttpRequest("GET", url))
        response.raise_for_status()
    try:
        return response.json()
    except ValueError:
        return None
