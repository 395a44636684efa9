# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets, with the real login and a real answer of Azure: long ones are nowhere, short ones blank nothing.

That no result holds a planted secret is what the fixture `module` asserts of each run in this suite.
"""

from __future__ import annotations

import base64
import json

import pytest

from . import bed
from .bed import BARE
from .conftest import PLANTED
from .refusals import machine

SHORT = {"flag": "true", "port": 2376, "mode": "tcp"}  # each of them stands in what is public, too
PUBLIC = {"enabled": "true", "port": 2376, "listen": "tcp://0.0.0.0:2376"}
LONG = f"long-{PLANTED}-value"
BLANKED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
EXTENSION = {
    "vms": [BARE],
    **bed.MARKER,
    "settings": PUBLIC,
    "protected_settings": {**SHORT, "password": LONG, "nested": [{"key": f"{LONG}\nsecond {LONG}"}]},
    "digest_key": f"digest-{PLANTED}",
}
COMMAND = {
    "vms": [BARE],
    "name": "hello",
    "script": "echo true; echo 2376",
    "parameters": {"port": "2376", "enabled": "true"},
    "protected_parameters": {"flag": "true", "number": 2376, "token": LONG},
    "digest_key": f"digest-{PLANTED}",
}
CUSTOM_DATA = base64.b64encode(LONG.encode()).decode()


def blanked(result):
    """Whether Ansible blanked anything but the secret options themselves, where it repeats what it was given."""
    return BLANKED in json.dumps({name: value for name, value in result.items() if name != "invocation"})


def bodies(azure):
    return (azure.state / "bodies.jsonl").read_text()


def test_the_secrets_are_sent_and_would_be_found(azure, module):
    """The positive control: what no result holds has gone over the wire."""
    module("vm_extension", **EXTENSION)
    module("vm_run_command", **COMMAND)
    assert bodies(azure).count(LONG) >= 4
    with pytest.raises(AssertionError, match="no secret leaves the module"):
        module("vm_extension", **{**EXTENSION, "settings": {"open": LONG}, "protected_settings": {}})


def test_short_protected_settings_blank_nothing(azure, module):
    for check in (True, False):
        result = module("vm_extension", **EXTENSION, check=check)
        assert not result["failed"]
        assert not blanked(result)
        item = result["vms"][BARE]
        assert (item["changed"], item["properties"]["settings"], item["after"]["settings"]) == (True, PUBLIC, PUBLIC)
    again = module("vm_extension", **EXTENSION)
    assert (again["changed"], again["vms"][BARE]["properties"]["settings"]) == (False, PUBLIC)


def test_short_protected_parameters_blank_nothing(azure, module):
    text = json.dumps({"executionState": "Succeeded", "exitCode": 0, "output": f"true\n2376\n{LONG}\n", "error": ""})
    azure.outcomes("Microsoft.CPlat.Core.RunCommandHandlerLinux", {"text": text})
    result = module("vm_run_command", **COMMAND)
    assert not result["failed"], result["msg"]
    assert not blanked(result)
    assert result["vms"][BARE]["execution"]["output"] == "true\n2376\n(hidden)\n"
    again = module("vm_run_command", **COMMAND)
    assert (again["changed"], again["vms"][BARE]["execution"]["output"]) == (False, "true\n2376\n(hidden)\n")


@pytest.mark.parametrize("where", ["handler", "refusal", "operation"])
def test_a_secret_that_is_quoted_in_an_error_is_hidden(azure, module, where):
    quoted = f"could not use password {LONG} with port 2376"
    if where == "handler":
        azure.outcomes("Contoso.Operations.Marker", quoted)
    elif where == "refusal":
        azure.fault("PUT", "*/extensions/*", {"status": 400, "code": "InvalidParameter", "message": quoted})
    else:
        azure.fault("PUT", "*/extensions/*", {"operation": {"code": "SomethingNew", "message": quoted}})
    result = module("vm_extension", **EXTENSION)
    assert result["failed"]
    assert "could not use password (hidden) with port 2376" in result["msg"]
    assert not blanked(result)


def test_a_secret_that_a_proxy_quotes_is_hidden(module, proxy):
    proxy("PUT", "*/extensions/*", 403, f"<p>Refused: {LONG} with port 2376</p>")
    result = module("vm_extension", **EXTENSION)
    assert "Refused: (hidden) with port 2376" in result["msg"]


def test_custom_data_of_a_vm(azure, module):
    declared = machine(version="latest")
    vm = declared["resources"][1]
    vm["protected"] = {"properties": {"osProfile": {"customData": CUSTOM_DATA}}, "tags": {"port": "2376"}}
    vm["document"]["tags"] = {"enabled": "true", "listen": "tcp://0.0.0.0:2376"}
    result = module("arm_resources", **declared)
    assert not result["failed"], result["msg"]
    assert CUSTOM_DATA in bodies(azure)
    assert CUSTOM_DATA not in json.dumps(result)
    assert not blanked(result)
    assert result["resources"][vm["id"]]["document"]["tags"]["listen"] == "tcp://0.0.0.0:2376"
