# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import preflight
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from .machines import PUBLISHER, TYPE, VM, extension, machine, status, view

NOT_READY = {"statuses": [{"displayStatus": "Not Ready"}]}

# VM, code, words
REFUSED = {
    "disallowed": (
        machine(osProfile={"allowExtensionOperations": False}),
        "ExtensionOperationsDisallowed",
        "allowExtensionOperations is false",
    ),
    "made without an agent": (
        machine(osProfile={"linuxConfiguration": {"provisionVMAgent": False}}),
        "VMAgentAbsent",
        "without a VM agent",
    ),
    "stopped, with its last agent status": (machine(power="stopped"), "VMNotRunning", "vm1 is stopped"),
    "deallocated": (machine(power="deallocated", agent=None), "VMNotRunning", "is deallocated"),
    "agent never reported": (machine(agent=None), "VMAgentNotReady", "has never reported"),
    "agent not ready": (machine(agent=NOT_READY), "VMAgentNotReady", "not ready: Not Ready"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    vm, code, words = REFUSED[name]
    with pytest.raises(Failure) as caught:
        preflight.check_ready(vm)
    assert caught.value.code == code
    assert words in caught.value.message
    assert VM in caught.value.message
    assert caught.value.hint


def test_texts_are_all_different():
    texts = set()
    for vm, _code, _words in REFUSED.values():
        with pytest.raises(Failure) as caught:
            preflight.check_ready(vm)
        texts.add(caught.value.message)
    assert len(texts) == len(REFUSED)


@pytest.mark.parametrize(
    "vm",
    [
        machine(),
        machine(osProfile={"allowExtensionOperations": True, "linuxConfiguration": {"provisionVMAgent": True}}),
    ],
)
def test_ready(vm):
    assert preflight.check_ready(vm) is None


def test_a_vm_that_does_not_exist():
    assert preflight.require_vm(VM, {"a": 1}) == {"a": 1}
    with pytest.raises(Failure) as caught:
        preflight.require_vm(VM, None)
    assert caught.value.message == "The VM %s does not exist." % VM


SICK = extension("sick", "P", "T", provisioningState="Failed")


def test_a_failed_sibling_holds_a_new_one_back():
    desired = Desired(name="mine", publisher=PUBLISHER, type=TYPE)
    said = [view("sick", [status("ProvisioningState/failed/1", "Error", "disk full")])]
    with pytest.raises(Failure) as caught:
        preflight.check_siblings(desired, machine(SICK, views=said))
    assert caught.value.code == "SiblingFailed"
    assert "extension 'sick' has failed" in caught.value.message
    assert caught.value.details == [{"code": "sick", "message": "disk full"}]
    assert "on_failed_sibling: ignore" in caught.value.hint


@pytest.mark.parametrize(("on", "vm"), [("ignore", machine(SICK)), ("fail", machine(extension("well", "P", "T")))])
def test_no_sibling_in_the_way(on, vm):
    assert preflight.check_siblings(Desired(publisher=PUBLISHER, type=TYPE, on_failed_sibling=on), vm) is None


@pytest.mark.parametrize(
    ("found", "minimum", "fits"),
    [("2.4.0.2", "2.4.0.2", True), ("2.12.0.2", "2.4.0.2", True), ("2.3.9", "2.4.0.2", False), ("2.3.9", None, True),
     (None, "2.4.0.2", True)],
)  # fmt: skip
def test_the_version_of_the_agent(found, minimum, fits):
    vm = machine(agent={"vmAgentVersion": found} if found else {})
    desired = Desired(publisher="P", type="T")
    if fits:
        assert preflight.check_agent_version(desired, vm, minimum) is None
        return
    with pytest.raises(Failure) as caught:
        preflight.check_agent_version(desired, vm, minimum)
    assert (caught.value.code, "is version 2.3.9" in caught.value.message) == ("VMAgentTooOld", True)
