# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The carrier run_command: when it is chosen, what travels in it, and what is read back."""

from __future__ import annotations

import base64
import dataclasses
import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.program import PREFIX
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle, by_command, host, seen

from .._azure.wire import ASYNC, VM, Reply, Wire, absent, make_session
from .._engine.material import new_key
from .._extension import machines
from .documents import ENROL, NAME, NIC, REPORT, SERVE, SERVING, SITE, STATE, SUCCEEDED, extension, got, interface, vm

ID = VM + "/runCommands/" + NAME
THEIRS = machines.extension("theirs", settings={"commandToExecute": "x"})
AUTO = dataclasses.replace(SITE, carrier="auto")
BY_COMMAND = dataclasses.replace(SITE, carrier="run_command")
NETWORK = got(interface(), NIC)


def command(state, execution="Succeeded", **properties):
    """Our run command, as it was sent for a desired state, with what the program said."""
    view = {"executionState": execution, "exitCode": 0, "output": PREFIX + json.dumps(REPORT) + "\n", "error": ""}
    return {
        "name": NAME,
        "id": ID,
        "location": "westeurope",
        "tags": {"bulwark-azure-docker-digest": "bulwark1:none"},
        "properties": {
            "source": {"script": bundle.build(state)},
            "timeoutInSeconds": by_command.TIMEOUT_SECONDS,
            "provisioningState": "Succeeded",
            "instanceView": view,
            **properties,
        },
    }


OURS, SOMEBODYS = command(STATE), {"name": NAME, "properties": {"source": {"script": "ls"}}}

# asked for, VM, run command: the carrier that is taken, whether it is ours
CHOSEN = [
    ("auto", vm(), None, "custom_script", False),
    ("auto", vm(extension(STATE)), OURS, "custom_script", True),
    ("auto", vm(THEIRS), None, "run_command", False),
    ("auto", vm(THEIRS), OURS, "run_command", True),
    ("auto", vm(), OURS, "run_command", True),
    ("auto", vm(), SOMEBODYS, "custom_script", False),
    ("run_command", vm(extension(STATE)), None, "run_command", False),
    ("run_command", vm(), SOMEBODYS, "run_command", False),
    ("custom_script", vm(), OURS, "custom_script", False),
]


@pytest.mark.parametrize(("carrier", "document", "found", "taken", "ours"), CHOSEN)
def test_the_carrier(carrier, document, found, taken, ours):
    judged = seen.judge(document, found, carrier)
    assert (judged.carrier, judged.sent is not None) == (taken, ours)


def test_what_is_read_back():
    described = seen.describe(seen.judge(vm(THEIRS), OURS, "auto"))
    assert (described["carrier"], described["run_command"], described["extension"]) == ("run_command", NAME, "theirs")
    assert (described["state"], described["csr"], described["is_foreign"]) == ("enrolled", "CSR", True)


def test_a_key_of_the_controller_travels_beside_the_script():
    _key, text = new_key()
    brought = dataclasses.replace(SERVE, key=text)
    state = {**SERVING, "tls": {**SERVING["tls"], "key": text}}
    made = by_command.command(brought, BY_COMMAND, seen.judge(vm(), None, "run_command"), state)
    assert "PRIVATE KEY" not in made.script
    [(name, value)] = made.protected_parameters.items()
    assert (name, json.loads(base64.b64decode(value))) == ("BULWARK_AZURE_DOCKER_SECRETS", {"tls": {"key": text}})
    assert text not in repr(made.parameters)


def put(document):
    return [Reply("PUT", ID, 201, {}, ASYNC), SUCCEEDED, got(document, ID), got(document, ID)]


def test_enrol_past_somebody_elses_extension_and_again():
    first = [got(vm(THEIRS)), absent("GET", ID), NETWORK]
    wire = Wire(*first, *put(OURS), got(vm(THEIRS)), got(OURS, ID))
    result = host.converge(make_session(wire), ENROL, AUTO, check=False)
    assert (result["changed"], result["action"], result["state"]) == (True, "create", "enrolled")
    assert (result["before"], result["after"]) == ({}, STATE)
    sent = wire.only("PUT").body["properties"]
    assert bundle.read(sent["source"]["script"]).desired == STATE
    assert "protectedParameters" not in sent
    wire = Wire(got(vm(THEIRS)), got(OURS, ID), NETWORK)
    again = host.converge(make_session(wire), ENROL, AUTO, check=False)
    assert (again["changed"], len(wire.sent)) == (False, 3)


def test_serving_says_in_the_hosts_terms_what_differs():
    wire = Wire(got(vm()), got(OURS, ID), NETWORK)
    result = host.converge(make_session(wire), SERVE, BY_COMMAND, check=True)
    assert (result["changed"], result["reasons"]) == (True, ["tls differs"])
    assert (result["before"], result["after"]) == (STATE, SERVING)


def test_an_extension_of_ours_goes_when_the_carrier_changes():
    theirs = vm(extension(STATE))
    gone = [Reply("DELETE", VM + "/extensions/" + NAME, 202, None, ASYNC), SUCCEEDED]
    wire = Wire(got(theirs), absent("GET", ID), NETWORK, *put(OURS), *gone, got(vm()), got(OURS, ID))
    result = host.converge(make_session(wire), ENROL, BY_COMMAND, check=False)
    assert (result["carrier"], result["changed"]) == ("run_command", True)
    assert "is not the carrier any more" in result["reasons"][-1]


def test_with_the_extension_only_a_taken_slot_is_an_error():
    with pytest.raises(Failure) as caught:
        host.converge(make_session(Wire(got(vm(THEIRS)))), ENROL, SITE, check=False)
    assert caught.value.code == "CustomScriptSlotTaken"
    assert "carrier: auto" in caught.value.hint


@pytest.mark.parametrize("check", [True, False])
def test_remove(check):
    gone = [] if check else [Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED]
    wire = Wire(got(vm(THEIRS)), got(OURS, ID), *gone)
    result = host.remove(make_session(wire), ENROL, AUTO, check)
    assert (result["changed"], result["action"], result["before"]) == (True, "delete", STATE)
    wire = Wire(got(vm(THEIRS)), absent("GET", ID))
    assert host.remove(make_session(wire), ENROL, AUTO, check)["changed"] is False


def test_somebody_elses_run_command_is_not_removed():
    wire = Wire(got(vm()), got(SOMEBODYS, ID))
    assert host.remove(make_session(wire), ENROL, BY_COMMAND, False)["changed"] is False
