# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import preflight
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from .machines import PUBLISHER, TYPE, VM, extension, machine

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


WANTED = Desired(name="mine", publisher=PUBLISHER, type=TYPE)
MINE, THEIRS = extension("mine"), extension("theirs")

# desired, VM, extension, code, words
TAKEN = {
    "handler under another name": (WANTED, machine(THEIRS), None, "HandlerInUse", "under the name 'theirs'"),
    "name with another handler": (
        WANTED,
        machine(),
        extension("mine", "P", "T"),
        "HandlerDiffers",
        "of the handler P.T, not %s.%s" % (PUBLISHER, TYPE),
    ),
    "being deleted": (
        WANTED,
        machine(),
        extension("mine", provisioningState="Deleting"),
        "OperationInProgress",
        "is being deleted",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name):
    desired, vm, found, code, words = TAKEN[name]
    with pytest.raises(Failure) as caught:
        preflight.check_handler(desired, vm, found)
    assert caught.value.code == code
    assert words in caught.value.message


def test_the_name_to_give_is_told():
    with pytest.raises(Failure) as caught:
        preflight.check_handler(WANTED, machine(THEIRS), None)
    assert "name: theirs" in caught.value.hint


@pytest.mark.parametrize(
    ("desired", "vm", "found"),
    [
        (WANTED, machine(), None),
        (WANTED, machine(extension("other", "P", "T")), None),
        (WANTED, machine(MINE), MINE),
        (WANTED._replace(publisher=PUBLISHER.lower(), type=TYPE.upper()), machine(MINE), MINE),
        (Desired(name="mine"), machine(MINE), MINE),
    ],
)
def test_not_taken(desired, vm, found):
    assert preflight.check_handler(desired, vm, found) is None
