# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import vm_access

from ..module_utils._azure.wire import SUB, Reply, absent
from ..module_utils._extension.machines import VM, extension, machine, view
from ..module_utils._extension.test_ssh_keys import ED25519
from .azure_run import ASYNC, OPERATION_PATH, AzureWire, run

OTHER = VM.replace(SUB, "22222222-2222-2222-2222-222222222222")
NAME = "enablevmaccess"
ID = VM + "/extensions/" + NAME
SECRET = "planted-password-S3cret"
WANTED = {"username": "ada", "password": SECRET, "ssh_keys": [ED25519], "digest_key": "planted-key-S3cret"}
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})
DISK = {"storageProfile": {"osDisk": {"osType": "Linux"}}}


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(vm_access.main, monkeypatch, capsys, wire, **arguments)

    return call


def access(**properties):
    return extension(
        NAME, "Microsoft.OSTCExtensions", "VMAccessForLinux", **{"typeHandlerVersion": "1.5", **properties}
    )


def created():
    return [
        Reply("GET", VM, 200, machine(**DISK)),
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", ID, 200, access()),
        Reply("GET", ID, 200, access(instanceView=view(NAME))),
    ]


def test_a_request_and_the_same_again(module):
    wire = AzureWire(*created())
    result = module(wire, vms=[VM], **WANTED)
    assert (result["changed"], result["failed_vms"]) == (True, [])
    assert result["vms"][VM]["action"] == "create"
    assert result["vms"][VM]["statuses"][0]["message"] == "Enable succeeded."
    sent = wire.only("PUT").body["properties"]
    assert sent.pop("protectedSettings")["password"] == SECRET, "the control: the secret was sent"
    assert [text.startswith(VM + ": password") for text in result["warned"]] == [True, True]
    kept = {name: sent[name] for name in ("settings", "forceUpdateTag")}
    there = machine(access(**kept), views=[{**view(NAME), "typeHandlerVersion": "1.5.25"}], **DISK)
    again = module(AzureWire(Reply("GET", VM, 200, there)), vms=[VM], **WANTED)
    assert (again["changed"], again["diff"], again["warned"]) == (False, [], [])
    same = again["vms"][VM]
    assert (same["before"], same["after"], same["properties"]["type"]) == ({}, {}, "VMAccessForLinux")
    other = {**WANTED, "password": "another-S3cret", "_ansible_check_mode": True, "_ansible_diff": True}
    drifted = module(AzureWire(Reply("GET", VM, 200, there)), vms=[VM], **other)
    assert drifted["vms"][VM]["reasons"] == ["protected settings differ"]
    [diff] = drifted["diff"]
    assert diff["before"]["forceUpdateTag"] != diff["after"]["forceUpdateTag"]


@pytest.mark.parametrize(("on_partial", "failed"), [("fail", True), ("report", False)])
def test_failures_stand_beside_successes(module, on_partial, failed):
    result = module(AzureWire(*created(), absent("GET", OTHER)), vms=[OTHER, VM], on_partial=on_partial, **WANTED)
    assert result.get("failed", False) is failed
    assert result["failed_vms"] == [OTHER]
    assert result["vms"][OTHER]["error"]["code"] == "VMNotFound"
    assert result["vms"][VM]["action"] == "create"


def test_a_warning_names_all_vms_once(module):
    wire = AzureWire(Reply("GET", VM, 200, machine(**DISK)), Reply("GET", OTHER, 200, machine(**DISK)))
    result = module(wire, vms=[VM, OTHER], reset_ssh=True, _ansible_check_mode=True)
    [warning] = result["warned"]
    assert warning.startswith("%s, %s: reset_ssh puts" % (VM, OTHER))


def test_absent(module):
    vm = machine(access(), **DISK)
    wire = AzureWire(Reply("GET", VM, 200, vm), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    assert module(wire, vms=[VM], state="absent")["vms"][VM]["action"] == "delete"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vms": ["vm1"], "reset_ssh": True}, "'vm1' is not a full ARM resource id"),
        ({"vms": [VM]}, "nothing is asked for"),
        ({"reset_ssh": True}, "vms"),
        ({"vms": [VM], "reset_ssh": "perhaps"}, "not a valid boolean"),
        ({"vms": [VM], "state": "absent", "username": "ada"}, "state is absent and username is given"),
        ({"vms": [VM], "os": "linux", "password": SECRET}, "password is given alone"),
        ({"vms": [VM], "reset_ssh": True, "auth_source": "service_principal", "secret": ""}, "missing: secret"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]
