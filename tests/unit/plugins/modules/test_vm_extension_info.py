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
