# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.clouds import (
    METADATA_API_VERSION,
    find_cloud,
    metadata_url,
    read_metadata,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

from .wire import Reply, Wire

BASE = "https://localhost:8444"
ENTRY = {
    "name": "local",
    "resourceManager": BASE + "/",
    "authentication": {"loginEndpoint": BASE + "/", "audiences": ["https://other/", BASE + "/"]},
}
PUBLIC = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": ["https://management.core.windows.net/"],
    },
}


@pytest.mark.parametrize(
    ("name", "endpoint", "scope"),
    [
        ("AzureCloud", "https://management.azure.com", "https://management.azure.com/.default"),
        (
            "azureusgovernment",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        ("AzureChinaCloud", "https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
    ],
)
def test_known_clouds(name, endpoint, scope):
    cloud = find_cloud(name)
    assert (cloud.endpoint, cloud.scope, cloud.public) == (endpoint, scope, True)
    assert cloud.authority.startswith("https://login.")


@pytest.mark.parametrize("name", ["Moon", "http://localhost:8444", ""])
def test_unknown_clouds(name):
    with pytest.raises(Failure) as caught:
        find_cloud(name)
    assert repr(name) in caught.value.message
    assert "AzureUSGovernment" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (BASE, BASE + "/metadata/endpoints?api-version=" + METADATA_API_VERSION),
        (BASE + "/", BASE + "/metadata/endpoints?api-version=" + METADATA_API_VERSION),
        (BASE + "/metadata/endpoints", BASE + "/metadata/endpoints?api-version=" + METADATA_API_VERSION),
        (BASE + "/metadata/endpoints?api-version=2019-05-01", BASE + "/metadata/endpoints?api-version=2019-05-01"),
    ],
)
def test_metadata_url(given, asked):
    assert metadata_url(given) == asked


# the answer; endpoint, scope, authority, public
ANSWERS = {
    "object": (ENTRY, (BASE, BASE + "/.default", BASE, False)),
    "list, our endpoint not first": ([PUBLIC, ENTRY], (BASE, BASE + "/.default", BASE, False)),
    "list without our endpoint": (
        [PUBLIC],
        (
            "https://management.azure.com",
            "https://management.core.windows.net/.default",
            "https://login.microsoftonline.com",
            True,
        ),
    ),
    "oldest form, without resourceManager": (
        {"authentication": {"loginEndpoint": BASE + "/", "audiences": []}},
        (BASE, BASE + "/.default", BASE, False),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_read_metadata(name):
    answer, expected = ANSWERS[name]
    cloud = read_metadata(answer, BASE + "/metadata/endpoints?api-version=x")
    assert (cloud.endpoint, cloud.scope, cloud.authority, cloud.public) == expected


@pytest.mark.parametrize("answer", [None, {}, [], "x", {"authentication": {}}, {"authentication": "x"}, [1]])
def test_read_metadata_refuses(answer):
    with pytest.raises(Failure) as caught:
        read_metadata(answer, BASE)
    assert caught.value.code == "InvalidCloudMetadata"


def test_a_private_cloud_is_asked_with_its_authority():
    wire = Wire(Reply("GET", "/metadata/endpoints", 200, ENTRY))
    assert find_cloud(BASE, "/ca.pem", wire).name == "local"
    assert wire.only("GET").query == "api-version=" + METADATA_API_VERSION


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, {"error": {"code": "X"}}, "X"),
        (200, "no object", "InvalidCloudMetadata"),
        (200, None, "InvalidCloudMetadata"),
    ],
)
def test_an_endpoint_that_is_not_arm(status, body, code):
    with pytest.raises(Failure) as caught:
        find_cloud(BASE, None, Wire(Reply("GET", "/metadata/endpoints", status, body)))
    assert caught.value.code == code
