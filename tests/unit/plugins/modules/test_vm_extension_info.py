# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import vm_extension_info

from ..module_utils._azure.wire import Reply, absent
from ..module_utils._extension.machines import TYPE, VM, extension, machine, view
from .azure_run import AzureWire, run


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(vm_extension_info.main, monkeypatch, capsys, wire, **arguments)

    return call


@pytest.mark.parametrize(("name", "found"), [(None, [TYPE, "other"]), ("other", ["other"])])
def test_extensions(module, name, found):
    vm = machine(extension(), extension("other", "P", "T"), views=[view()])
    wire = AzureWire(Reply("GET", VM, 200, vm))
    result = module(wire, vms=[VM, VM + "/"], name=name)
    assert (result["changed"], result["failed_vms"]) == (False, [])
    assert list(result["vms"][VM]["extensions"]) == found
    assert result["vms"][VM]["power_state"] == "running"
    assert len(wire.sent) == 1


def test_a_vm_that_does_not_exist(module):
    result = module(AzureWire(absent("GET", VM)), vms=[VM])
    assert result["failed"] is True
    assert result["vms"][VM]["error"]["code"] == "VMNotFound"


def test_no_id(module):
    result = module(AzureWire(), vms=["vm1"])
    assert result["failed"] is True
    assert result["error"]["code"] == "InvalidResourceId"


SUBSCRIPTION = VM.split("/")[2]
LIST = "/subscriptions/%s/providers/Microsoft.Compute/virtualMachines" % SUBSCRIPTION
TYPES = (
    "/subscriptions/%s/providers/Microsoft.Compute/locations/westeurope/publishers/P/artifacttypes/vmextension/types"
)
VERSIONS = [{"name": "2.1.9"}, {"name": "2.1.19"}, {"name": "2.0.1"}]


def test_all_vms_of_a_subscription(module):
    wire = AzureWire(Reply("GET", LIST, 200, {"value": [{"id": VM}]}), Reply("GET", VM, 200, machine(extension())))
    result = module(wire, subscriptions=[SUBSCRIPTION])
    assert list(result["vms"][VM]["extensions"]) == [TYPE]


def test_the_handlers_at_a_location(module):
    base = TYPES % SUBSCRIPTION
    wire = AzureWire(
        Reply("GET", base, 200, [{"name": "CustomScript"}]),
        Reply("GET", base + "/CustomScript/versions", 200, VERSIONS),
    )
    result = module(wire, subscriptions=[SUBSCRIPTION], location="westeurope", publisher="P")
    [handler] = result["handlers"]
    assert (handler["type"], handler["versions"]) == ("CustomScript", ["2.0.1", "2.1.9", "2.1.19"])


def test_the_versions_of_one_handler(module):
    wire = AzureWire(Reply("GET", TYPES % SUBSCRIPTION + "/DockerExtension/versions", 200, [{"name": "1.2.2"}]))
    arguments = {"location": "westeurope", "publisher": "P", "type": "DockerExtension"}
    [handler] = module(wire, subscriptions=[SUBSCRIPTION], **arguments)["handlers"]
    assert (handler["versions"], handler["warnings"]) == (["1.2.2"], [])


def test_a_handler_that_is_not_there(module):
    path = TYPES % SUBSCRIPTION + "/X/versions"
    wire = AzureWire(Reply("GET", path, 404, {"error": {"code": "ArtifactNotFound", "message": "no X"}}))
    result = module(wire, subscriptions=[SUBSCRIPTION], location="westeurope", publisher="P", type="X")
    assert result["failed"] is True
    assert result["error"]["code"] == "ArtifactNotFound"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Give vms, or subscriptions"),
        ({"location": "westeurope", "publisher": "P"}, "Give vms, or subscriptions"),
        ({"location": "westeurope", "subscriptions": ["s"]}, "publisher"),
        ({"location": "w", "publisher": "P", "subscriptions": ["s"], "vms": [VM]}, "mutually exclusive"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]
