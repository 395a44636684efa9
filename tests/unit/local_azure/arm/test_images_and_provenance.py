# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue as ARM lists it; the table of evidence."""

from __future__ import annotations

import pytest

from local_azure import provenance

from .conftest import SUBSCRIPTIONS

LOCATION = f"/subscriptions/{SUBSCRIPTIONS[0]}/providers/Microsoft.Compute/locations/westeurope"
TYPES = f"{LOCATION}/publishers/Microsoft.Azure.Extensions/artifacttypes/vmextension/types"
SKU = f"{LOCATION}/publishers/Debian/artifacttypes/vmimage/offers/debian-13/skus/13-gen2"


@pytest.mark.parametrize("path, names", [
    (f"{LOCATION}/publishers",
     ["Debian", "Microsoft.Azure.Extensions", "Microsoft.CPlat.Core", "Microsoft.OSTCExtensions"]),
    (TYPES, ["CustomScript"]),
    (f"{TYPES}/CustomScript/versions", ["2.1.9", "2.1.19"]),
    (f"{SKU}/versions", ["0.20260101.0"]),
])  # fmt: skip
def test_lists(client, path, names):
    assert [found["name"] for found in client.get(path)] == names


def test_single_versions(client):
    found = client.get(f"{TYPES}/CustomScript/versions/2.1.19")
    assert found["id"].endswith("/ArtifactTypes/VMExtension/Types/CustomScript/Versions/2.1.19")
    assert found["properties"]["supportsMultipleExtensions"] is False
    assert client.get(f"{SKU}/versions/latest")["properties"]["hyperVGeneration"] == "V2"
    assert client.get(f"{LOCATION}/vmSizes")["value"][0]["numberOfCores"] == 1


@pytest.mark.parametrize("path, code", [
    (TYPES.replace("Microsoft.Azure.Extensions", "fooBAR"), "NotFound"),
    (f"{TYPES}/Other/versions", "NotFound"), (f"{TYPES}/CustomScript/versions/1.0", "NotFound"),
    (f"{SKU}/versions/1.0", "PlatformImageNotFound"),
])  # fmt: skip
def test_what_the_catalogue_has_not(client, path, code):
    status, body, _headers = client.call("GET", path)
    assert (status, body["error"]["code"]) == (404, code)


def test_every_provider_says_where_its_behaviour_is_known_from():
    rows = provenance.collect()
    assert {evidence for _module, _what, evidence in rows} == set(provenance.EVIDENCE)
    modules = {module for module, _what, _evidence in rows}
    assert {
        "arm.providers.extensions",
        "arm.providers.virtual_machines",
        "arm.providers.networks",
        "arm.operations",
        "arm.front",
        "wire.documents",
    } <= modules
    lines = provenance.table(rows).splitlines()
    assert lines[0].startswith(f"{len(rows)} behaviours: ")
    assert len(lines) == len(rows) + 4
