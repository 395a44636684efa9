# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import vm_run_command_info

from ..module_utils._azure.wire import Reply, absent
from ..module_utils._extension.machines import VM
from ..module_utils._run_command.commands import ID, NAME, command, failed
from .azure_run import AzureWire, run

LIST = VM + "/runCommands"


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(vm_run_command_info.main, monkeypatch, capsys, wire, **arguments)

    return call


@pytest.mark.parametrize("name", [None, NAME])
def test_run_commands(module, name):
    listed = [] if name else [Reply("GET", LIST, 200, {"value": [{"name": NAME}]})]
    wire = AzureWire(*listed, Reply("GET", ID, 200, command(failed(3, "no disk"))))
    result = module(wire, vms=[VM, VM + "/"], name=name)
    assert (result["changed"], result["failed_vms"], list(result["vms"])) == (False, [], [VM])
    found = result["vms"][VM]["run_commands"][NAME]
    assert (found["execution"]["exit_code"], found["execution"]["error"]) == (3, "no disk")


def test_a_vm_that_does_not_exist(module):
    result = module(AzureWire(absent("GET", LIST, "ParentResourceNotFound"), absent("GET", VM)), vms=[VM])
    assert result["failed"] is True
    assert result["vms"][VM]["error"]["code"] == "VMNotFound"


def test_no_id(module):
    result = module(AzureWire(), vms=["vm1"])
    assert result["error"]["code"] == "InvalidResourceId"
