# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Fetch a file over HTTP(S), TLS verified; from storage accounts with a token of the machine's managed identity."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request

from .refusal import Refusal
from .source import SYSTEM

SECONDS = 60  # for the connection, and for each piece that is read
TRIES = 3
PAUSE = 2.0  # seconds between tries
IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
STORAGE_VERSION = "2021-08-06"
PASSING = (408, 429, 500, 502, 503, 504)  # HTTP states that may be other ones a moment later


def opened(request: urllib.request.Request, proxies: t.Optional[t.Mapping[str, str]]) -> t.Any:
    """An answer to read from. ``proxies``: None for what the environment says. Raises OSError."""
    handler = urllib.request.ProxyHandler(None if proxies is None else dict(proxies))
    return urllib.request.build_opener(handler).open(request, timeout=SECONDS)


def copied(answer: t.Any, target: t.BinaryIO, limit: int) -> str:
    """Copy an answer; its SHA-256 (hex). Raises Refusal for one of more than ``limit`` bytes."""
    digest, size = hashlib.sha256(), 0
    for piece in iter(lambda: answer.read(1 << 18), b""):
        size += len(piece)
        if size > limit:
            raise Refusal(f"{answer.geturl()} has more than {limit} bytes, which is no file of the kind expected here")
        digest.update(piece)
        target.write(piece)
    expected = answer.headers.get("Content-Length")
    if expected is not None and expected.isdigit() and size < int(expected):
        raise http.client.IncompleteRead(b"", int(expected) - size)
    return digest.hexdigest()


def fetch(
    url: str,
    target: t.BinaryIO,
    limit: int,
    proxies: t.Optional[t.Mapping[str, str]] = None,
    token: t.Optional[str] = None,
) -> str:
    """Fetch ``url`` into ``target``; SHA-256 (hex) of what came. Raises Refusal when it cannot be had."""
    request = urllib.request.Request(url)  # noqa: S310 (declared URLs are http or https)
    if token is not None:  # not as a normal header: those go along when another host is redirected to
        request.add_unredirected_header("Authorization", f"Bearer {token}")
        request.add_unredirected_header("x-ms-version", STORAGE_VERSION)
    for left in reversed(range(TRIES)):
        target.seek(0)
        target.truncate()
        try:
            with opened(request, proxies) as answer:
                return copied(answer, target, limit)
        except (OSError, http.client.HTTPException) as error:
            code = error.code if isinstance(error, urllib.error.HTTPError) else None
            if not left or (code is not None and code not in PASSING):
                raise Refusal(f"GET {url} failed: {error or type(error).__name__}; {advice(code, token)}") from None
        time.sleep(PAUSE)
    raise AssertionError("contract violation: no try was made")


def advice(code: t.Optional[int], token: t.Optional[str]) -> str:
    if code in (401, 403) and token is not None:
        return "give the machine's identity the role Storage Blob Data Reader on this container, and run again"
    if code is None:
        return "look whether this machine reaches that host (firewall, proxy, name, certificate), and run again"
    return "look whether the URL is right and may be read from here, and run again"


def token_of(identity: str) -> str:
    """An access token for storage accounts, from the machine's metadata service. Raises Refusal."""
    query = {"api-version": "2018-02-01", "resource": "https://storage.azure.com/"}
    if identity != SYSTEM:
        query["client_id"] = identity
    url = f"{IMDS}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"Metadata": "true"})  # noqa: S310 (a constant address)
    for left in reversed(range(TRIES)):
        try:
            with opened(request, {}) as answer:
                return str(json.load(answer)["access_token"])
        except urllib.error.HTTPError as error:
            said = error.read(500).decode("utf-8", "replace")
            if not left or error.code not in (*PASSING, 404, 410):  # 404 and 410: the service is being updated
                raise Refusal(
                    f"the metadata service gives no token for the managed identity {identity}: HTTP {error.code} "
                    f"{said}; assign this identity to the VM, or correct managed_identity, and run again"
                ) from None
        except (OSError, ValueError, KeyError) as error:
            if not left:
                raise Refusal(
                    f"the metadata service gives no token for the managed identity {identity}: "
                    f"{type(error).__name__}; managed_identity works on Azure VMs only"
                ) from None
        time.sleep(PAUSE)
    raise AssertionError("contract violation: no try was made")
