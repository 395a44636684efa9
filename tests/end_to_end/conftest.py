# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the end-to-end tests, which run inside the lab: ``make test ONLY=end-to-end``."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from local_azure.site import Site

from .arm import Arm
from .portal import Portal
from .run import Guest

GROUPS: list[str] = []  # of the sites that were made so far


@pytest.fixture(scope="session")
def arm() -> Arm:
    if "LOCAL_AZURE_CLOUD" not in os.environ:
        pytest.fail("these tests run inside local Azure: make test ONLY=end-to-end")
    return Arm()


@pytest.fixture(scope="module")
def make_site(arm: Arm) -> Callable[..., Site]:
    """Make a site: a directory of its own, an inventory, a resource group named like the site.

    Its hosts are hardened only where nothing is skipped: most tests are about something else.
    """

    def make(
        name: str,
        hosts: Mapping[str, Mapping[str, Any]],
        skip_tags: Sequence[str] = ("docker_hardening",),
        **variables: Any,
    ) -> Site:
        directory = pathlib.Path(os.environ["LOCAL_AZURE_STATE"]) / "sites" / name
        site = Site(directory, hosts, name, skip_tags, **variables)
        site.write()
        GROUPS.append(group(site))
        return site

    return make


@pytest.fixture(scope="module", autouse=True)
def guests_go_with_their_module(arm: Arm) -> Iterator[None]:
    """A machine holds about twenty guests: then the kernel has no inotify instance left, and the next does not boot."""
    sites, portals = len(GROUPS), len(Portal.groups)
    yield
    for name in {*GROUPS[sites:], *Portal.groups[portals:]}:
        _status, document, _headers = arm.call("GET", f"{name}/providers/Microsoft.Compute/virtualMachines")
        for vm in document.get("value", []):
            arm.call("POST", f"{vm['id']}/powerOff")


@pytest.fixture(scope="session")
def guest(arm: Arm) -> Callable[[Site, str], Guest]:
    """A host's VM by SSH; its address comes from Azure."""

    def find(site: Site, host: str) -> Guest:
        return Guest(site, host, address(arm, site, host))

    return find


def group(site: Site) -> str:
    return f"/subscriptions/{site.defaults()['azure_vms_subscription_id']}/resourceGroups/{site.name}"


def machine(site: Site, host: str) -> str:
    return f"{group(site)}/providers/Microsoft.Compute/virtualMachines/{host}"


def address(arm: Arm, site: Site, host: str) -> str:
    vm = arm.get(site.host_variables(host).get("azure_vms_id") or machine(site, host))
    interface = arm.get(vm["properties"]["networkProfile"]["networkInterfaces"][0]["id"])
    return interface["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
