# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.resource_plan import owner_tags
from ansible_collections.bulwark.azure_docker.plugins.modules import arm_resources

from ..module_utils._azure.wire import GROUP, VM, Reply, absent, error
from .azure_run import AzureWire, run

NSG = GROUP + "/providers/Microsoft.Network/networkSecurityGroups/n"
DONE = {"provisioningState": "Succeeded"}


@pytest.fixture
def module(monkeypatch, capsys):
    """Runs the module: module(wire, **arguments)."""

    def call(wire, **arguments):
        return run(arm_resources.main, monkeypatch, capsys, wire, **arguments)

    return call


def test_create_in_order(module):
    wire = AzureWire(
        absent("GET", GROUP, "ResourceGroupNotFound"),
        absent("GET", NSG, "ResourceGroupNotFound"),
        Reply("PUT", GROUP, 201, {"id": GROUP}),
        Reply("PUT", NSG, 201, {"id": NSG, "properties": DONE}),
    )
    result = module(
        wire,
        owner="me",
        resources=[{"id": NSG, "document": {"location": "x"}}, {"id": GROUP, "document": {"location": "x"}}],
    )
    assert result["changed"] is True
    assert list(result["resources"]) == [NSG, GROUP]
    assert result["resources"][NSG]["action"] == "create"
    assert result["failed_resources"] == []
    assert [entry["before_header"] for entry in result["diff"]] == [NSG, GROUP]
    assert [sent.method for sent in wire.sent] == ["GET", "PUT", "GET", "PUT"]
    assert wire.sent[-1].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(("current", "changed"), [({"location": "x"}, False), (None, True)])
def test_check_mode(module, current, changed):
    wire = AzureWire(Reply("GET", NSG, 200, current) if current else absent("GET", NSG))
    result = module(wire, _ansible_check_mode=True, resources=[{"id": NSG, "document": {"location": "X"}}])
    assert result["changed"] is changed
    assert len(wire.sent) == 1
    assert result["resources"][NSG]["document"]["location"] == ("x" if current else "X")


@pytest.mark.parametrize(("on_partial", "failed"), [("fail", True), ("report", False)])
def test_one_of_two_fails(module, on_partial, failed):
    wire = AzureWire(
        Reply("GET", NSG, 403, error("AuthorizationFailed", "no")), Reply("GET", GROUP, 200, {"location": "x"})
    )
    result = module(
        wire,
        on_partial=on_partial,
        resources=[{"id": NSG, "document": {}}, {"id": GROUP, "document": {"location": "x"}}],
    )
    assert result.get("failed", False) is failed
    assert result["failed_resources"] == [NSG]
    assert result["resources"][NSG]["error"]["code"] == "AuthorizationFailed"
    assert result["resources"][GROUP]["action"] == "none"
    assert result["msg"].startswith("1 of 2 resources failed: " + NSG)


def test_absent(module):
    wire = AzureWire(Reply("GET", NSG, 200, {"id": NSG, "tags": owner_tags(NSG, "me")}), Reply("DELETE", NSG, 204))
    result = module(wire, state="absent", owner="me", resources=[{"id": NSG}])
    assert result["resources"][NSG]["action"] == "delete"
    assert result["diff"][0]["after"] == {}
    assert result["plan"] == ["delete " + NSG]


@pytest.mark.parametrize(("power", "failed"), [("running", False), ("asleep", True)])
def test_power(module, power, failed):
    view = {"instanceView": {"statuses": [{"code": "PowerState/running"}]}}
    result = module(AzureWire(Reply("GET", VM, 200, {"properties": view})), resources=[{"id": VM, "power": power}])
    assert result.get("failed", False) is failed
    assert not result.get("changed")
    assert "plan" not in result


def test_secrets_travel_in_the_protected_part(module):
    secret = "planted-admin-S3cret"
    wire = AzureWire(absent("GET", VM), Reply("PUT", VM, 400, error("InvalidParameter", "bad: " + secret)))
    protected = {"properties": {"osProfile": {"adminPassword": secret}}}
    result = module(wire, resources=[{"id": VM, "document": {"location": "x"}, "protected": protected}])
    assert result["failed"] is True
    assert wire.sent[-1].body["properties"]["osProfile"]["adminPassword"] == secret, "the control: it was sent"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"resources": [{"id": "vm1"}]}, "'vm1' is not a full ARM resource id"),
        ({"resources": [{"id": VM + "/extensions/x"}]}, "vm_extension"),
        ({"resources": [{"id": NSG}], "state": "absent"}, "owner"),
        ({"resources": [{"id": NSG}], "cloud": "Moon"}, "Unknown cloud 'Moon'"),
        ({}, "resources"),
    ],
)
def test_what_cannot_be_asked(module, arguments, words):
    result = module(AzureWire(), **arguments)
    assert result["failed"] is True
    assert words in result["msg"]
