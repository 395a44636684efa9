# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared package source: what is accepted, what is completed, what is refused by name."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import source
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.source import File, Source

SHA = "a" * 64
PIN = "AB" * 20
CLIENT = "5d133683-9b4e-4f6a-8f3c-000000000001"
BLOB = "https://packages.blob.core.windows.net/engine/docker-ce.deb"

GOOD = {
    "nothing": ({}, Source()),
    "what is empty is not given": (
        {"kind": "distribution", "url": "", "files": [], "packages": None, "managed_identity": None},
        Source(),
    ),
    "the vendor": ({"kind": "docker"}, Source("docker")),
    "another suite": ({"kind": "docker", "suite": "bookworm"}, Source("docker", suite="bookworm")),
    "a mirror": (
        {
            "kind": "mirror",
            "url": "https://mirror.example:8443/docker/",
            "suite": "trixie",
            "component": "stable",
            "key_url": "http://mirror.example/key.asc",
            "key_fingerprint": "abab " * 10,
            "packages": ["moby-engine", "moby-cli"],
        },
        Source(
            "mirror",
            "https://mirror.example:8443/docker",
            "trixie",
            "stable",
            "http://mirror.example/key.asc",
            (PIN,),
            ("moby-engine", "moby-cli"),
        ),
    ),
    "two fingerprints": (
        {"kind": "docker", "key_fingerprint": [PIN, "CD" * 20]},
        Source("docker", key_fingerprints=(PIN, "CD" * 20)),
    ),
    "files": (
        {
            "kind": "offline",
            "files": [{"url": BLOB, "sha256": SHA.upper()}, {"path": "/srv/a b.deb", "sha256": SHA}],
            "managed_identity": CLIENT,
        },
        Source("offline", files=(File(SHA, BLOB), File(SHA, path="/srv/a b.deb")), managed_identity=CLIENT),
    ),
    "a file's URL is a path": (
        {"kind": "offline", "files": [{"url": "file:///srv/a.deb", "sha256": SHA}]},
        Source("offline", files=(File(SHA, path="/srv/a.deb"),)),
    ),
    "an untested platform": ({"allow_untested_platform": True}, Source(allow_untested_platform=True)),
}


@pytest.mark.parametrize("name", GOOD)
def test_parse(name):
    data, expected = GOOD[name]
    assert source.parse_source(data) == expected


def mirror(**fields):
    return {"kind": "mirror", "url": "https://mirror.example", **fields}


def offline(*files, **fields):
    return {"kind": "offline", "files": list(files), **fields}


BAD = {
    "another kind": ({"kind": "snap"}, "kind is 'snap', expected distribution, docker, mirror or offline"),
    "a field without its kind": ({"url": "https://mirror.example"}, "has url with kind distribution, expected only"),
    "files with a mirror": (mirror(files=[{"path": "/a", "sha256": SHA}]), "has files with kind mirror"),
    "an unknown field": ({"kind": "docker", "key": "x"}, "has key with kind docker"),
    "a mirror without URL": ({"kind": "mirror"}, "url is None, expected the mirror's URL"),
    "another scheme": (mirror(url="ftp://mirror.example"), "url is 'ftp://mirror.example', expected an http"),
    "a password": (mirror(url="https://me:secret@mirror.example"), "without user, password and query"),
    "a token": (mirror(key_url="https://mirror.example/gpg?sig=x"), "key_url is"),
    "a line of apt's": (mirror(url="https://mirror.example\nTrusted: yes"), "url is"),
    "a line in a suite": (mirror(suite="trixie\nTrusted: yes"), "suite is"),
    "two components": (mirror(component="stable main"), "component is"),
    "an option as package": (mirror(packages=["--allow-unauthenticated"]), "packages is"),
    "a short fingerprint": (mirror(key_fingerprint="0EBFCD88"), "key_fingerprint is '0EBFCD88', expected 40"),
    "a long fingerprint": (mirror(key_fingerprint=PIN + "00"), "key_fingerprint is"),
    "no files": ({"kind": "offline"}, "files is None, expected the engine's package files"),
    "a file without a place": (offline({"sha256": SHA}), "files[0] is {'sha256'"),
    "a file with two places": (offline({"url": BLOB, "path": "/a", "sha256": SHA}), "expected either url or path"),
    "a file without checksum": (offline({"path": "/a"}), "files[0].sha256 is None, expected 64 hexadecimal digits"),
    "a short checksum": (offline({"path": "/a", "sha256": "abc"}), "files[0].sha256 is 'abc'"),
    "a relative path": (offline({"path": "a.deb", "sha256": SHA}), "files[0].path is 'a.deb', expected an absolute"),
    "a SAS token": (offline({"url": BLOB + "?sig=x", "sha256": SHA}), "files[0].url is"),
    "an identity by name": (offline({"url": BLOB, "sha256": SHA}, managed_identity="me"), "managed_identity is 'me'"),
    "an identity for nothing": (
        offline({"url": "https://mirror.example/a.deb", "sha256": SHA}, managed_identity="system"),
        "managed_identity is 'system', expected a file at an https URL of a storage account (.blob.core.windows.net",
    ),
    "an identity for storage without TLS": (
        offline({"url": BLOB.replace("https", "http"), "sha256": SHA}, managed_identity="system"),
        "managed_identity is 'system'",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refusals(name):
    data, words = BAD[name]
    with pytest.raises(Refusal) as refused:
        source.parse_source(data)
    assert words in str(refused.value)
    assert str(refused.value).startswith("desired state: engine.source")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (BLOB, True),
        ("https://packages.BLOB.core.windows.net/x", True),
        ("https://packages.blob.core.chinacloudapi.cn:443/x", True),
        ("http://packages.blob.core.windows.net/x", False),
        ("https://evil.example/.blob.core.windows.net", False),
        ("https://blob.core.windows.net.evil.example/x", False),
        ("https://evilblob.core.windows.net/x", False),
        ("", False),
    ],
)
def test_where_a_token_may_go(url, expected):
    assert File(SHA, url).in_storage is expected


def test_completed():
    expected = Source(
        "docker",
        "https://download.docker.com/linux/debian",
        "trixie",
        "stable",
        "https://download.docker.com/linux/debian/gpg",
        (PIN,),
        source.VENDOR_PACKAGES,
    )
    assert source.completed(Source("docker"), "debian", "trixie", PIN) == expected
    given = Source("mirror", "http://m", "s", "c", "http://k", ("F",), ("docker-ce",))
    assert source.completed(given, "debian", "trixie", PIN) == given
    assert source.completed(Source(), "debian", "trixie", PIN) == Source()


@pytest.mark.parametrize(
    ("given", "directory", "suite", "words"),
    [
        (Source("docker"), None, "43", "url is '', expected a value, as Docker has none for this distribution"),
        (Source("docker"), "debian", "", "suite is '', expected a value"),
    ],
)
def test_what_the_vendor_has_not(given, directory, suite, words):
    with pytest.raises(Refusal, match=words):
        source.completed(given, directory, suite, PIN)
