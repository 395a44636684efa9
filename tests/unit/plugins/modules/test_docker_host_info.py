# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.modules import docker_host_info

from ..module_utils._azure.wire import Reply, absent, error
from ..module_utils._host.documents import (
    NIC,
    PUBLIC_ADDRESS,
    REPORT,
    STATE,
    VM,
    configuration,
    extension,
    got,
    interface,
    said,
    vm,
)
from .azure_run import AzureWire, run

OTHER = VM.replace("vm1", "vm2")
ENROLLED = vm(extension(STATE), views=[said(REPORT)])


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(docker_host_info.main, monkeypatch, capsys, wire, **arguments)

    return call


@pytest.mark.parametrize("check", [False, True])
def test_hosts(module, check):
    public = got({"properties": {"ipAddress": "20.1.2.3"}}, PUBLIC_ADDRESS)
    network = got(interface(configuration("10.0.0.4", PUBLIC_ADDRESS)), NIC)
    wire = AzureWire(got(ENROLLED), network, public, absent("GET", OTHER))
    hosts = [{"name": "docker1", "id": VM}, {"name": "gone", "id": OTHER}]
    result = module(wire, hosts=hosts, _ansible_check_mode=check)
    assert (result["changed"], result["failed_hosts"], result.get("failed", False)) == (False, [], False)
    one = result["hosts"]["docker1"]
    assert (one["private_address"], one["public_address"], one["csr"]) == ("10.0.0.4", "20.1.2.3", "CSR")
    assert result["hosts"]["gone"]["exists"] is False
    assert {sent.method for sent in wire.sent} == {"GET"}


@pytest.mark.parametrize(("on_partial", "failed"), [("fail", True), ("report", False)])
def test_a_host_that_cannot_be_read(module, on_partial, failed):
    wire = AzureWire(Reply("GET", VM, 403, error("AuthorizationFailed")))
    result = module(wire, hosts=[{"name": "docker1", "id": VM}], on_partial=on_partial)
    assert result.get("failed", False) is failed
    assert result["hosts"]["docker1"]["error"]["code"] == "AuthorizationFailed"


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        (None, "missing required arguments: hosts"),
        ([{"id": VM}], "missing required arguments: name found in hosts"),
        ([{"name": "a", "id": VM}, {"name": "b", "id": VM}], "The hosts 'a' and 'b' are one"),
    ],
)
def test_what_cannot_be_asked(module, hosts, words):
    result = module(AzureWire(), **({"hosts": hosts} if hosts else {}))
    assert result["failed"] is True
    assert words in result["msg"]
