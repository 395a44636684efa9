# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import docker_host

from ..module_utils._azure.wire import Reply, absent
from ..module_utils._extension.machines import extension as any_extension
from ..module_utils._host.documents import (
    AUTHORITY,
    ID,
    LEAF,
    NIC,
    REPORT,
    SERVING,
    STATE,
    VM,
    VM_ID,
    extension,
    got,
    interface,
    said,
    vm,
)
from .azure_run import ASYNC, OPERATION_PATH, AzureWire, run

OTHER = VM.replace("vm1", "vm2")
NETWORK = got(interface(), NIC)
ENROLLED = vm(extension(STATE), views=[said(REPORT)])
SERVES = vm(extension(SERVING), views=[said({**REPORT, "state": "serving"})])
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})
PUT = [Reply("PUT", ID, 201, {}, ASYNC), SUCCEEDED, got(extension(), ID), got(extension(), ID)]
HOST = {"name": "docker1", "id": VM}
TRUSTED = {"client_authorities": AUTHORITY, "server_authority_sha256": "ab" * 32}


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(docker_host.main, monkeypatch, capsys, wire, **arguments)

    return call


def test_from_a_vm_to_a_host_that_serves(module):
    enrolled = module(AzureWire(got(vm()), NETWORK, *PUT, got(ENROLLED)), hosts=[HOST])
    assert (enrolled["changed"], enrolled["failed_hosts"]) == (True, [])
    assert enrolled["hosts"]["docker1"]["csr"] == "CSR"
    leaf = {**HOST, "certificate": LEAF, "vm_id": enrolled["hosts"]["docker1"]["vm_id"]}
    served = module(AzureWire(got(ENROLLED), NETWORK, *PUT, got(SERVES)), hosts=[leaf], **TRUSTED)
    assert served["hosts"]["docker1"]["state"] == "serving"
    assert served["diff"][0]["before"] == STATE
    again = module(AzureWire(got(SERVES), NETWORK), hosts=[leaf], **TRUSTED)
    assert (again["changed"], again["diff"], again["warned"]) == (False, [], [])


def test_check_mode_sends_nothing_and_warns_by_host(module):
    wire = AzureWire(got(vm(agent=None)), NETWORK)
    result = module(wire, hosts=[HOST], _ansible_check_mode=True)
    assert (result["changed"], result["hosts"]["docker1"]["action"]) == (True, "create")
    [warning] = result["warned"]
    assert warning.startswith("docker1: ")
    assert "warnings" not in result
    assert {sent.method for sent in wire.sent} == {"GET"}


@pytest.mark.parametrize(("on_partial", "failed"), [("fail", True), ("report", False)])
def test_failures_stand_beside_successes(module, on_partial, failed):
    hosts = [HOST, {"name": "docker2", "id": OTHER}]
    wire = AzureWire(got(ENROLLED), NETWORK, absent("GET", OTHER))
    result = module(wire, hosts=hosts, on_partial=on_partial)
    assert result.get("failed", False) is failed
    assert result["failed_hosts"] == ["docker2"]
    assert result["hosts"]["docker1"]["state"] == "enrolled"


def test_a_key_of_the_controller_is_told_to_nobody(module, tmp_path):
    (tmp_path / "servers" / "docker1").mkdir(parents=True)
    (tmp_path / "servers" / "docker1" / "key.pem").write_text("planted-S3cret")
    (tmp_path / "digest.key").write_text("planted-key-S3cret")
    wire = AzureWire(got(vm()), NETWORK, *PUT, got(SERVES))
    result = module(
        wire,
        hosts=[{**HOST, "certificate": LEAF, "vm_id": VM_ID}],
        key_origin="controller",
        certificate_directory=str(tmp_path),
        _ansible_diff=True,
        **TRUSTED,
    )
    assert "script" in wire.only("PUT").body["properties"]["protectedSettings"], "the control: it was sent"
    assert result["hosts"]["docker1"]["after"] == SERVING


def test_absent(module):
    wire = AzureWire(got(ENROLLED), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    result = module(wire, hosts=[HOST], state="absent")
    assert result["hosts"]["docker1"]["action"] == "delete"


def test_somebody_elses_extension(module):
    theirs = vm(any_extension("theirs", settings={"commandToExecute": "x"}))
    result = module(AzureWire(got(theirs)), hosts=[HOST])
    assert result["failed"] is True
    assert result["hosts"]["docker1"]["error"]["code"] == "CustomScriptSlotTaken"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "missing required arguments: hosts"),
        ({"hosts": [{"name": "docker1"}]}, "missing required arguments: id found in hosts"),
        ({"hosts": [HOST], "key_origin": "controller"}, "certificate_directory"),
        ({"hosts": [HOST], "carrier": "pigeon"}, "value of carrier must be one of: auto, custom_script, run_command"),
        ({"hosts": [HOST, HOST]}, "The hosts 'docker1' and 'docker1' are one"),
        ({"hosts": [{"name": "docker1", "id": "vm1"}]}, "'vm1' is not a full ARM resource id"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]
