# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Everything a module asks of Azure: documents in, documents out."""

from __future__ import annotations

import json
import os
import time
from io import BytesIO
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from .api_versions import api_version, api_version_of_path
from .calls import calls_for
from .clients import POLL_SECONDS, Clients
from .clouds import find_cloud
from .credentials import make_credential
from .documents import parse_id
from .errors import Failure, is_absent, not_from_azure, translate, translated
from .imports import require
from .pacing import Governors
from .waiting import finish, with_patience

DEFAULT_TIMEOUT = 1800
# Seconds to wait between looks for what has been created and is not shown yet.
SHOWN_AFTER = (1, 2, 4, 8, 15, 30)
GRAPH_PATH = "/providers/Microsoft.ResourceGraph/resources"
# Stands where a subscription would: a query is of the tenant, and paced by itself.
ALL_SUBSCRIPTIONS = ""


class Session:
    """One per module run; may be used by many threads.

    ``options`` are the shared options (argspec.py). ``transport``, ``credential``, ``clock`` and ``sleep`` replace the
    network, the login and the time; tests use them. Every method raises Failure.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        transport: Any = None,
        credential: Any = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = time.sleep,
    ) -> None:
        require("azure.core")
        ca_path = _readable(options.get("ca_path"))
        cloud = find_cloud(options.get("cloud") or "AzureCloud", ca_path, transport)
        credential = credential or make_credential(options, cloud)
        governors = Governors(clock=clock, sleep=sleep)
        self._endpoint = cloud.endpoint
        self._clients = Clients(cloud, credential, ca_path, transport, governors)
        self.timeout = float(options.get("timeout") or DEFAULT_TIMEOUT)
        self.total_timeout = float(options.get("total_timeout") or 0)
        self._began = clock()
        self.clock = clock
        self.sleep = sleep

    def get(
        self, resource_id: str, expand: Optional[str] = None, version: Optional[str] = None
    ) -> Optional[Dict[str, Any]]:
        """The resource, or None if Azure says with a known code that it does not exist."""
        exceptions = require("azure.core.exceptions")[0]
        self._time_left()
        calls = calls_for(self._clients, resource_id, version)
        keywords: Dict[str, Any] = {"params": {"$expand": expand}} if expand else {}
        try:
            return calls.get(cls=_answer, **keywords)
        except exceptions.AzureError as error:
            if is_absent(error):
                return None
            raise translate(error, "GET %s" % resource_id) from None
        except ValueError:  # the SDK reads the answer before we do
            raise not_from_azure("GET %s" % resource_id) from None

    def list(self, path: str, params: Optional[Mapping[str, str]] = None) -> List[Dict[str, Any]]:
        """All items of a collection (a path below the ARM endpoint), page by page; [] if its parent does not exist."""
        exceptions, rest = require("azure.core.exceptions", "azure.core.rest")
        raw = self._clients.raw(parse_subscription(path))
        url: Optional[str] = self._endpoint + path
        query: Dict[str, str] = {"api-version": api_version_of_path(path), **dict(params or {})}
        items: List[Dict[str, Any]] = []
        while url:
            response = None
            with translated("LIST %s" % path):
                response = raw.pipeline.run(rest.HttpRequest("GET", url, params=query)).http_response
                try:
                    response.raise_for_status()
                except exceptions.HttpResponseError as error:
                    if is_absent(error):
                        return []
                    raise
                page = _decoded(response)
            if isinstance(page, list):  # catalogues of publishers, types and versions come bare and whole
                return items + page
            items += page.get("value") or []
            # The link to the next page carries its own query.
            url, query = page.get("nextLink"), {}
        return items

    def put(
        self,
        resource_id: str,
        document: Mapping[str, Any],
        if_match: Optional[str] = None,
        version: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Create or replace the resource, wait for it, and return it as Azure then has it."""
        calls = calls_for(self._clients, resource_id, version)
        body = json.dumps(document).encode("utf-8")
        headers = {"If-Match": if_match} if if_match else {}

        def attempt(seconds: float) -> Any:
            doing = "PUT %s" % resource_id
            with translated(doing):
                begun = calls.put(BytesIO(body), cls=_answer, headers=dict(headers))
            return self._ended(begun, seconds, doing, resource_id, version)

        return self._patiently(attempt) or {}

    def _ended(self, begun: Any, seconds: float, doing: str, resource_id: str, version: Optional[str]) -> Any:
        """What came of a PUT that Azure has taken. Raises Failure, with ``begun``, if its operation failed."""
        exceptions = require("azure.core.exceptions")[0]
        try:
            return finish(begun, seconds, doing)
        except exceptions.AzureError as error:
            # The SDK's last GET may meet a replica that does not know yet what another one has just made.
            shown = self._shown(resource_id, version) if is_absent(error) else None
            if shown is not None:
                return shown
            failure = translate(error, doing)
            failure.begun = True
            raise failure from None

    def _shown(self, resource_id: str, version: Optional[str]) -> Optional[Dict[str, Any]]:
        for seconds in SHOWN_AFTER:
            self.sleep(seconds)
            found = self.get(resource_id, version=version)
            if found is not None:
                return found
        return None

    def delete(self, resource_id: str, version: Optional[str] = None) -> None:
        """Delete the resource and wait for it; a resource that does not exist is fine."""
        exceptions = require("azure.core.exceptions")[0]
        calls = calls_for(self._clients, resource_id, version)

        def attempt(seconds: float) -> None:
            doing = "DELETE %s" % resource_id
            try:
                finish(calls.delete(), seconds, doing)
            except exceptions.AzureError as error:
                if not is_absent(error):
                    raise translate(error, doing) from None

        self._patiently(attempt)

    def post(self, resource_id: str, action: str, body: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Call an action of a resource ("start", "runCommand"), wait for it, and return its result ({} if none)."""
        parsed = parse_id(resource_id)
        return self._post(
            parsed.subscription, "%s/%s" % (resource_id.rstrip("/"), action), api_version(parsed.type), body
        )

    def query(self, body: Mapping[str, Any]) -> Tuple[Optional[Dict[str, Any]], Mapping[str, str]]:
        """One page of a Resource Graph query (graph.py asks for all), and the headers, which tell of the quota.

        The page is None where Azure takes no query now (429) and does not say by Retry-After when it will.
        """
        rest = require("azure.core.rest")[0]
        raw = self._clients.raw(ALL_SUBSCRIPTIONS)
        version = {"api-version": api_version("Microsoft.ResourceGraph/resources")}
        with translated("POST %s" % GRAPH_PATH):
            request = rest.HttpRequest("POST", self._endpoint + GRAPH_PATH, params=version, json=body)
            response = raw.pipeline.run(request).http_response
            if response.status_code == 429 and "Retry-After" not in response.headers:
                return None, response.headers
            response.raise_for_status()
            return _decoded(response), response.headers

    def _post(self, subscription: str, path: str, version: str, body: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
        rest, polling, arm = require("azure.core.rest", "azure.core.polling", "azure.mgmt.core.polling.arm_polling")
        raw = self._clients.raw(subscription)
        doing = "POST %s" % path
        polling_method = arm.ARMPolling(POLL_SECONDS, lro_options={"final-state-via": "location"})

        def attempt(seconds: float) -> Any:
            request = rest.HttpRequest("POST", self._endpoint + path, params={"api-version": version}, json=body)
            with translated(doing):
                first = raw.pipeline.run(request)
                first.http_response.raise_for_status()
                poller = polling.LROPoller(raw.client, first, lambda last: _answer(last, None, None), polling_method)
                return finish(poller, seconds, doing)

        return self._patiently(attempt) or {}

    def _patiently(self, attempt: Callable[[float], Any]) -> Any:
        return with_patience(attempt, self._time_left(), self.clock, self.sleep)

    def _time_left(self) -> float:
        """Seconds that the next request may take. Raises Failure when the time for the whole run is over."""
        if not self.total_timeout:
            return self.timeout
        left = self._began + self.total_timeout - self.clock()
        if left <= 0:
            raise Failure(
                "The %d seconds for the whole run (total_timeout) are over: nothing more is begun."
                % self.total_timeout,
                code="TotalTimeout",
                hint="Run again: what is done stays done, what is under way goes on. Or give a larger total_timeout.",
            )
        return min(self.timeout, left)


def parse_subscription(path: str) -> str:
    """The subscription at the beginning of a path. Raises Failure if there is none."""
    parts = path.strip("/").split("/")
    if len(parts) < 2 or parts[0].lower() != "subscriptions":
        raise Failure("%r does not begin with /subscriptions/SUBSCRIPTION." % path, code="InvalidResourceId")
    return parts[1]


def _readable(ca_path: Optional[str]) -> Optional[str]:
    if ca_path and not os.path.exists(ca_path):
        raise Failure(
            "There is no file %s (option `ca_path`)." % ca_path,
            code="MissingFile",
            hint="Give the file with the authorities of the cloud's endpoints, or leave the option out.",
        )
    return ca_path


def _answer(context: Any, _model: Any, _headers: Any) -> Dict[str, Any]:
    """The answer as Azure sent it; the SDK's model of it is not used."""
    return _decoded(context.http_response)


def _decoded(response: Any) -> Any:
    """The JSON of a response, {} for an empty one. Raises the SDK's DecodeError for the page of a proxy."""
    # Not .json(): the responses of older SDKs have text() only.
    text = response.text()
    try:
        return json.loads(text) if text else {}
    except ValueError:
        decode_error = require("azure.core.exceptions")[0].DecodeError
        raise decode_error(message="The answer is no JSON", response=response) from None
