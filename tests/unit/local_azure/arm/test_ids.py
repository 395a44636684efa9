# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource ids and the catalogue: pure functions."""

from __future__ import annotations

import pytest

from local_azure.arm import ids
from local_azure.arm.catalogue import Catalogue, exact_image_version
from local_azure.arm.errors import ArmError

S = "/subscriptions/S"
G = f"{S}/resourceGroups/G"
VM = f"{G}/providers/Microsoft.Compute/virtualMachines/VM"
EXTENSION = f"{VM}/extensions/E"


@pytest.mark.parametrize("resource_id, parent, kind", [
    (G, S, "Microsoft.Resources/resourceGroups"),
    (VM, G, "Microsoft.Compute/virtualMachines"),
    (EXTENSION, VM, "Microsoft.Compute/virtualMachines/extensions"),
])  # fmt: skip
def test_an_id_knows_its_parent_and_type(resource_id, parent, kind):
    assert ids.parent_key(resource_id) == parent.lower()
    assert ids.resource_type(resource_id) == kind
    assert ids.resource_type(resource_id.lower()) == kind


def test_canonical_casing_touches_types_and_leaves_names():
    given = "/SUBSCRIPTIONS/s/resourcegroups/Subnets/PROVIDERS/microsoft.network/virtualnetworks/EXTENSIONS/subnets/x"
    wanted = "/subscriptions/s/resourceGroups/Subnets/providers/Microsoft.Network/virtualNetworks/EXTENSIONS/subnets/x"
    assert ids.canonical(given) == wanted
    assert ids.key(given) == ids.key(wanted)


@pytest.mark.parametrize("text", ["West Europe", "westeurope", "WestEurope"])
def test_locations_are_normalised(text):
    assert ids.location(text) == "westeurope"


CATALOGUE = Catalogue({"Microsoft.Azure.Extensions.CustomScript": ["2.1.9", "2.1.19", "2.2.0", "3.0.1"]})


@pytest.mark.parametrize("wanted, any_minor, expected", [
    ("2.1", False, "2.1.19"), ("2.1.9", False, "2.1.9"), ("2", False, "2.2.0"), ("2.0", True, "2.2.0"),
    ("2.1", True, "2.2.0"), ("3.0", True, "3.0.1"),
])  # fmt: skip
def test_a_version_resolves_to_the_newest_that_fits(wanted, any_minor, expected):
    assert CATALOGUE.resolve("microsoft.azure.extensions", "CUSTOMSCRIPT", wanted, any_minor) == expected


@pytest.mark.parametrize(
    "wanted, any_minor", [("2.0", False), ("2.1.1", False), ("4.0", True), ("2.9", True), ("x", False)]
)
def test_a_version_that_fits_nothing_is_an_error(wanted, any_minor):
    with pytest.raises(ArmError) as caught:
        CATALOGUE.resolve("Microsoft.Azure.Extensions", "CustomScript", wanted, any_minor)
    assert caught.value.code == "ArtifactVersionNotFound"


@pytest.mark.parametrize("change", [
    {"publisher": "Canonical"}, {"offer": "debian-12"}, {"sku": "14"}, {"version": "0.1"}, {"publisher": None},
])  # fmt: skip
def test_only_one_image_exists(change):
    image = {"publisher": "Debian", "offer": "debian-13", "sku": "13", "version": "latest"}
    assert exact_image_version(image) == exact_image_version({**image, "version": "0.20260101.0"}) == "0.20260101.0"
    with pytest.raises(ArmError, match=r"PlatformImageNotFound: The platform image '.*' is not available"):
        exact_image_version({**image, **change})
