# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be had: one platform image, and the handlers that this bed brings along."""

from __future__ import annotations

from .errors import ArmError, artifact_not_found, artifact_version_not_found

PUBLISHER, OFFER, SKUS, VERSION = "Debian", "debian-13", ("13-gen2", "13"), "0.20260101.0"


def exact_image_version(reference: dict) -> str:
    """Return the version of an image reference's image, or raise PlatformImageNotFound."""
    publisher, offer, sku, version = (str(reference.get(name, "")) for name in ("publisher", "offer", "sku", "version"))
    known = (publisher.lower(), offer.lower()) == (PUBLISHER.lower(), OFFER) and sku.lower() in SKUS
    if not known or version.lower() not in ("latest", VERSION):
        text = (
            f"The platform image '{publisher}:{offer}:{sku}:{version}' is not available. Verify that all fields in the "
            "storage profile are correct."
        )
        raise ArmError(404, "PlatformImageNotFound", text)
    return VERSION


def order(version: str) -> tuple[int, ...]:
    """Return the key by which versions sort."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


class Catalogue:
    """Extension handlers: {"Publisher.Type": [versions]}; publishers have dots, types have none."""

    def __init__(self, handlers: dict[str, list[str]]) -> None:
        self._handlers = {name.lower(): (name, sorted(versions, key=order)) for name, versions in handlers.items()}

    def publishers(self) -> list[str]:
        """Return the publishers of handlers and images."""
        return sorted({PUBLISHER} | {name.rpartition(".")[0] for name, _versions in self._handlers.values()})

    def types(self, publisher: str) -> list[str]:
        """Return the handler types of a publisher."""
        names = (name.rpartition(".") for name, _versions in self._handlers.values())
        return sorted(kind for found, _dot, kind in names if found.lower() == publisher.lower())

    def versions(self, publisher: str, kind: str) -> list[str]:
        """Return all versions of a handler, oldest first; none if it is unknown."""
        return self._handlers.get(f"{publisher}.{kind}".lower(), ("", []))[1]

    def handler(self, publisher: str, kind: str, location: str) -> tuple[str, str]:
        """Return publisher and type in the casing the agent knows, or raise ArtifactNotFound."""
        found = self._handlers.get(f"{publisher}.{kind}".lower())
        if found is None:
            raise artifact_not_found(publisher, kind, location)
        name, _dot, proper = found[0].rpartition(".")
        return name, proper

    def resolve(self, publisher: str, kind: str, wanted: str, any_minor: bool = False) -> str:
        """Return the newest version that `wanted` ("2.1", "2.1.19") is a prefix of, or raise ArtifactVersionNotFound.

        With `any_minor` (autoUpgradeMinorVersion) every newer version of the same major counts as well.
        """
        parts = wanted.split(".")
        known = self.versions(publisher, kind)
        fitting = [found for found in known if found.split(".")[: len(parts)] == parts]
        if any_minor:
            fitting = [v for v in known if v.split(".")[0] == parts[0] and order(v)[: len(parts)] >= order(wanted)]
        if not fitting:
            raise artifact_version_not_found(wanted, publisher, kind)
        return fitting[-1]
