# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue as ARM lists it: images, extension images, machine sizes."""

from __future__ import annotations

from .. import catalogue, errors
from ..context import Context
from ..messages import Call, Reply
from .common import subscription_of

PROVENANCE = {
    "extension image versions: list and the capitalised ids": "recorded",
    "NotFound 'Publisher: x was not found.'": "recorded",
    "PlatformImageNotFound": "docs",
    "machine sizes: a short list": "inferred",
}
_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}"
_PUBLISHER = f"{_LOCATION}/publishers/{{publisher}}/artifacttypes"
_SKU = f"{_PUBLISHER}/vmimage/offers/{{offer}}/skus/{{sku}}"
_SIZES = (
    ("Standard_B1s", 1, 1024), ("Standard_B2s", 2, 4096), ("Standard_DS1_v2", 1, 3584), ("Standard_D2s_v5", 2, 8192),
)  # fmt: skip


def _entry(ctx: Context, call: Call, name: str, *words: str) -> dict:
    location = call.params["location"].lower()
    root = f"/Subscriptions/{subscription_of(ctx, call)}/Providers/Microsoft.Compute/Locations/{location}"
    return {"location": location, "name": name, "id": "/".join([f"{root}/Publishers", *words, name])}


def publishers(ctx: Context, call: Call) -> Reply:
    """Return all publishers."""
    return Reply(200, [_entry(ctx, call, name) for name in ctx.catalogue.publishers()])


def types(ctx: Context, call: Call) -> Reply:
    """Return the handler types of a publisher."""
    publisher = call.params["publisher"]
    found = ctx.catalogue.types(publisher)
    if not found:
        raise errors.not_found(f"Publisher: {publisher}")
    return Reply(200, [_entry(ctx, call, name, publisher, "ArtifactTypes/VMExtension/Types") for name in found])


def _versions(ctx: Context, call: Call) -> list[dict]:
    publisher, kind = call.params["publisher"], call.params["type"]
    found = ctx.catalogue.versions(publisher, kind)
    if not found:
        raise errors.not_found(f"Publisher: {publisher}, type: {kind}")
    path = f"ArtifactTypes/VMExtension/Types/{kind}/Versions"
    return [_entry(ctx, call, name, publisher, path) for name in found]


def versions(ctx: Context, call: Call) -> Reply:
    """Return the versions of a handler."""
    return Reply(200, _versions(ctx, call))


def version(ctx: Context, call: Call) -> Reply:
    """Return one version of a handler."""
    for found in _versions(ctx, call):
        if found["name"] == call.params["version"]:
            extra = {
                "operatingSystem": "Linux", "computeRole": "IaaS", "vmScaleSetEnabled": True,
                "supportsMultipleExtensions": False,
            }  # fmt: skip
            return Reply(200, {"properties": extra, **found})
    raise errors.not_found(f"Version: {call.params['version']}")


def _image(ctx: Context, call: Call, wanted: str) -> dict:
    exact = catalogue.exact_image_version({**call.params, "version": wanted})
    path = f"ArtifactTypes/VMImage/Offers/{call.params['offer']}/Skus/{call.params['sku']}/Versions"
    return _entry(ctx, call, exact, call.params["publisher"], path)


def image_versions(ctx: Context, call: Call) -> Reply:
    """Return the versions of the image."""
    return Reply(200, [_image(ctx, call, "latest")])


def image_version(ctx: Context, call: Call) -> Reply:
    """Return one version of the image."""
    generation = "V2" if call.params["sku"].lower().endswith("gen2") else "V1"
    extra = {
        "osDiskImage": {"operatingSystem": "Linux"}, "dataDiskImages": [], "hyperVGeneration": generation,
        "architecture": "x64",
    }  # fmt: skip
    return Reply(200, {"properties": extra, **_image(ctx, call, call.params["version"])})


def sizes(ctx: Context, call: Call) -> Reply:
    """Return some machine sizes; any size name is accepted in a PUT."""
    subscription_of(ctx, call)
    found = [
        {
            "name": name, "numberOfCores": cores, "memoryInMB": memory, "maxDataDiskCount": 4,
            "osDiskSizeInMB": 1047552, "resourceDiskSizeInMB": 4096,
        }
        for name, cores, memory in _SIZES
    ]  # fmt: skip
    return Reply(200, {"value": found})


ROUTES = {
    ("GET", f"{_LOCATION}/publishers"): publishers,
    ("GET", f"{_PUBLISHER}/vmextension/types"): types,
    ("GET", f"{_PUBLISHER}/vmextension/types/{{type}}/versions"): versions,
    ("GET", f"{_PUBLISHER}/vmextension/types/{{type}}/versions/{{version}}"): version,
    ("GET", f"{_SKU}/versions"): image_versions,
    ("GET", f"{_SKU}/versions/{{version}}"): image_version,
    ("GET", f"{_LOCATION}/vmSizes"): sizes,
}
