# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching files, from real servers on loopback: what comes, what is tried again, and where a token never goes."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import fetching
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from . import web as webs

TOKEN = "planted-S3cret"
CLIENT = "5d133683-9b4e-4f6a-8f3c-000000000001"


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch):
    """No waiting between tries, and no proxy of the machine that runs the tests."""
    monkeypatch.setattr(fetching, "PAUSE", 0)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def web():
    with webs.serving() as found:
        yield found


def fetched(url, limit=1000, **more):
    content = io.BytesIO()
    digest = fetching.fetch(url, content, limit, **more)
    assert digest == hashlib.sha256(content.getvalue()).hexdigest()
    return content.getvalue()


def test_fetch(web):
    web.pages["/file"] = (200, {}, b"content")
    assert fetched(web.url + "/file") == b"content"
    ((path, headers),) = web.asked
    assert path == "/file"
    assert "Authorization" not in headers


def test_a_file_that_is_too_long(web):
    web.pages["/file"] = (200, {}, b"x" * 1001)
    with pytest.raises(Refusal, match="has more than 1000 bytes"):
        fetched(web.url + "/file")
    web.pages["/file"] = (200, {}, b"x" * 1000)
    assert len(fetched(web.url + "/file")) == 1000


@pytest.mark.parametrize("first", [(503, {}, b"busy"), (200, {"Content-Length": "99"}, b"cut off")])
def test_what_may_pass_is_tried_again(web, first):
    web.pages["/file"] = [first, (200, {}, b"content")]
    assert fetched(web.url + "/file") == b"content", "and nothing is left of the first try"
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("status", "tries", "words"),
    [
        (404, 1, "HTTP Error 404: Not Found; look whether the URL is right and may be read from here"),
        (403, 1, "HTTP Error 403: Forbidden; look whether the URL is right"),
        (503, 3, "HTTP Error 503"),
    ],
)
def test_a_failure(web, status, tries, words):
    web.pages["/file"] = (status, {}, b"")
    with pytest.raises(Refusal) as refused:
        fetched(web.url + "/file")
    assert words in str(refused.value)
    assert "GET %s/file failed: " % web.url in str(refused.value)
    assert len(web.asked) == tries


def test_nobody_there():
    with webs.serving() as gone:
        pass
    with pytest.raises(Refusal, match=r"Connection refused.*look whether this machine reaches that host"):
        fetched(gone.url + "/file")


def test_a_proxy_is_used(web):
    web.pages["http://mirror.example/file"] = (200, {}, b"by proxy")
    assert fetched("http://mirror.example/file", proxies={"http": web.url}) == b"by proxy"


def test_a_token_goes_to_its_host_only(web):
    with webs.serving() as other:
        other.pages["/elsewhere"] = (200, {}, b"content")
        web.pages["/file"] = (302, {"Location": other.url + "/elsewhere"}, b"")
        assert fetched(web.url + "/file", token=TOKEN) == b"content"
        (_path, first), (_other_path, second) = web.asked[0], other.asked[0]
        assert first["Authorization"] == "Bearer " + TOKEN, "the control: it was sent at all"
        assert {name.lower(): value for name, value in first.items()}["x-ms-version"] == "2021-08-06"
        assert TOKEN not in repr(second)
        assert "authorization" not in {name.lower() for name in second}


def test_a_token_is_in_no_text(web):
    web.pages["/file"] = (403, {}, b"")
    with pytest.raises(Refusal) as refused:
        fetched(web.url + "/file", token=TOKEN)
    assert "give the machine's identity the role Storage Blob Data Reader" in str(refused.value)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("identity", ["system", CLIENT])
def test_token_of(web, monkeypatch, identity):
    monkeypatch.setattr(fetching, "IMDS", web.url + "/token")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web.pages["/token"] = [(429, {}, b""), (200, {}, json.dumps({"access_token": TOKEN}).encode())]
    assert fetching.token_of(identity) == TOKEN
    path, headers = web.asked[-1]
    assert "resource=https%3A%2F%2Fstorage.azure.com%2F" in path
    assert ("client_id=" + CLIENT in path) is (identity != "system")
    assert headers["Metadata"] == "true"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((400, {}, b'{"error":"invalid_request"}'), 'HTTP 400 {"error":"invalid_request"}; assign this identity'),
        ((200, {}, b"no json"), "managed_identity works on Azure VMs only"),
        ((200, {}, b"{}"), "KeyError"),
    ],
)
def test_no_token(web, monkeypatch, page, words):
    monkeypatch.setattr(fetching, "IMDS", web.url + "/token")
    web.pages["/token"] = page
    with pytest.raises(Refusal) as refused:
        fetching.token_of("system")
    assert words in str(refused.value)
