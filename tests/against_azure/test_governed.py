# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A governed site: several tenants, and policies that write tags."""

from __future__ import annotations

import collections
import time

import pytest

from . import bed
from .bed import BARE, ELSEWHERE, GROUP, NETWORK, SCRIPTED

EVERYWHERE = [BARE, SCRIPTED, *ELSEWHERE]
ADDRESS = f"{NETWORK}/publicIPAddresses/new"
# module, what is declared with a tag "team", where its results are
TAGGED = {
    "resource": (
        "arm_resources",
        {
            "resources": [
                {
                    "id": ADDRESS,
                    "document": {"location": "westeurope", "sku": {"name": "Standard"}, "tags": {"team": "ours"}},
                }
            ],
            "owner": "site",
        },
    ),
    "VM": ("arm_resources", {"resources": [{"id": BARE, "document": {"tags": {"team": "ours"}}}]}),
    "extension": ("vm_extension", {"vms": [BARE], **bed.MARKER, "protected_settings": {}, "tags": {"team": "ours"}}),
    "run command": ("vm_run_command", {"vms": [BARE], "name": "hello", "script": "true", "tags": {"team": "ours"}}),
    "Docker host": ("docker_host", {"hosts": [{"name": "docker1", "id": BARE}]}),
    "Docker host by run command": (
        "docker_host",
        {"hosts": [{"name": "docker1", "id": BARE}], "carrier": "run_command"},
    ),
}


def logins(azure):
    """How many tokens of each tenant were asked for."""
    paths = [entry["path"] for entry in azure.arm.requests() if entry["path"].endswith("/oauth2/v2.0/token")]
    return collections.Counter(path.split("/")[1] for path in paths)


def writing(operation):
    """A policy that writes the tag "team" on everything that is written in a group."""
    then = {"effect": "modify", "details": {"operations": [{"field": "tags['team']", **operation}]}}
    return {"if": {"field": "location", "exists": "true"}, "then": then}


def test_one_list_over_three_subscriptions_in_two_tenants(azure, module):
    before = logins(azure)
    result = module("vm_extension", vms=EVERYWHERE, **bed.MARKER)
    assert (result["failed"], result["failed_vms"], sorted(result["vms"])) == (False, [], sorted(EVERYWHERE))
    assert {vm: item["provisioning_state"] for vm, item in result["vms"].items()} == dict.fromkeys(
        EVERYWHERE, "Succeeded"
    )
    assert set(logins(azure) - before) == {bed.inside.TENANT, bed.inside.OTHER_TENANT}
    again = module("vm_extension", vms=EVERYWHERE, **bed.MARKER)
    assert (again["failed"], again["changed"]) == (False, False)


def test_a_tenant_that_refuses_fails_its_own_vms_only(azure, module):
    azure.permit({"scope": f"/subscriptions/{bed.SUBSCRIPTIONS[0]}", "actions": ["*"]})
    result = module("vm_extension", vms=EVERYWHERE, **bed.MARKER, on_partial="report")
    assert (result["failed"], sorted(result["failed_vms"])) == (False, sorted(ELSEWHERE))
    assert {result["vms"][vm]["error"]["code"] for vm in ELSEWHERE} == {"AuthorizationFailed"}


def test_one_login_for_each_tenant(azure, module):
    tokens = azure.server._listener._server.front._tokens
    issue, before = tokens.issue, logins(azure)
    tokens.issue = lambda *asked: time.sleep(0.3) or issue(*asked)
    assert module("vm_extension", vms=EVERYWHERE, **bed.MARKER)["failed"] is False
    assert logins(azure) - before == {bed.inside.TENANT: 1, bed.inside.OTHER_TENANT: 1}


@pytest.mark.parametrize("name", TAGGED)
def test_tags_that_a_policy_appends_are_no_drift(azure, module, name):
    noun, declared = TAGGED[name]
    rule = writing({"operation": "add", "value": "theirs"})
    rule["then"]["details"]["operations"].append({"operation": "add", "field": "tags['costCenter']", "value": "1"})
    azure.policy(rule, "appends", GROUP)
    first, second = module(noun, **declared), module(noun, **declared)
    assert (first["failed"], first["changed"]) == (False, True), first
    assert (second["failed"], second["changed"]) == (False, False), second


@pytest.mark.parametrize("name", TAGGED)
def test_a_tag_that_a_policy_keeps_at_another_value_is_not_drift_for_ever(azure, module, name):
    noun, declared = TAGGED[name]
    azure.policy(writing({"operation": "addOrReplace", "value": "theirs"}), "replaces", GROUP)
    first, second = module(noun, **declared), module(noun, **declared)
    assert (first["failed"], second["failed"]) == (False, False)
    assert second["changed"] is False, second


def test_what_a_policy_does_to_a_declared_tag_is_said(azure, module):
    azure.policy(writing({"operation": "addOrReplace", "value": "theirs"}), "replaces", GROUP)
    noun, declared = TAGGED["resource"]
    module(noun, **declared)
    second = module(noun, **declared)
    assert [text for text in second["warned"] if "tag team" in text and "ignore_tags" in text]
    sent = len(azure.sent("PUT"))
    third = module(noun, **declared, ignore_tags=["team"])
    assert (third["changed"], third["warned"], len(azure.sent("PUT"))) == (False, [], sent)
