# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed in mid-operation: Azure goes on, and the next run finds its way."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from . import bed
from .bed import BARE, MARKER
from .conftest import COLLECTION, PLANTED
from .refusals import machine

EXTENSION = f"{BARE}/extensions/Marker"
DECLARED = {"vms": [BARE], **MARKER}
KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
SCALE = 12  # an extension takes 20.4 s / 12: long enough to be killed in it


def start(azure, name, arguments):
    """The module in a process of its own, as ansible-playbook starts it."""
    given = {**azure.login(), **arguments, "_ansible_remote_tmp": str(azure.state)}
    process = subprocess.Popen(
        [sys.executable, "-m", f"{COLLECTION}.modules.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    process.stdin.close()
    return process


def kill_in(azure, request, name, arguments, scale=SCALE):
    """Start a module and kill it as soon as Azure has begun what `request` ("METHOD path") asks for."""
    azure.slow(scale)
    process = start(azure, name, arguments)
    try:
        end = time.monotonic() + 30
        while request not in azure.sent("PUT", "DELETE", "POST"):
            assert process.poll() is None, "the module ended before it sent that"
            assert time.monotonic() < end, "the module did not send that"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    under_way = azure.control("GET", "status")["operations"]
    assert [operation["target"] for operation in under_way] == [request.split(" ")[1].removesuffix("/deallocate")]


def count(azure, request):
    return azure.sent("PUT", "DELETE", "POST").count(request)


def test_the_next_run_waits_and_has_nothing_to_do(azure, module):
    kill_in(azure, f"PUT {EXTENSION}", "vm_extension", DECLARED)
    assert azure.arm.get(EXTENSION)["properties"]["provisioningState"] == "Creating"
    result = module("vm_extension", **DECLARED)
    assert (result["failed"], result["changed"]) == (False, False)
    assert result["vms"][BARE]["provisioning_state"] == "Succeeded"
    assert count(azure, f"PUT {EXTENSION}") == 1


def test_the_next_run_repairs_what_failed_meanwhile(azure, module):
    azure.outcomes("Contoso.Operations.Marker", "no space left")
    kill_in(azure, f"PUT {EXTENSION}", "vm_extension", DECLARED)
    # The handler of the null fabric has run by now; it is Azure that takes its time to say so.
    azure.outcomes("Contoso.Operations.Marker", {"state": "success"})
    result = module("vm_extension", **DECLARED, protected_settings={})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert result["vms"][BARE]["reasons"] == ["Failed: no space left"]
    assert count(azure, f"PUT {EXTENSION}") == 2


def test_check_mode_does_not_wait(azure, module):
    kill_in(azure, f"PUT {EXTENSION}", "vm_extension", DECLARED)
    started = time.monotonic()
    result = module("vm_extension", **DECLARED, check=True)
    assert (result["failed"], result["vms"][BARE]["provisioning_state"]) == (False, "Creating")
    assert time.monotonic() - started < 1


def test_the_next_run_does_not_wait_for_ever(azure, module):
    kill_in(azure, f"PUT {EXTENSION}", "vm_extension", DECLARED)
    azure.slow(0.1)
    error = module("vm_extension", **DECLARED, timeout=1)["vms"][BARE]["error"]
    assert error["code"] == "OperationInProgress"
    assert BARE in error["message"]
    assert "is still Creating after 1 seconds" in error["message"] and "run again" in error["hint"]


def test_killed_while_it_deletes(azure, module):
    azure.extension(BARE, "Marker")
    kill_in(azure, f"DELETE {EXTENSION}", "vm_extension", {**DECLARED, "state": "absent"})
    result = module("vm_extension", **DECLARED, state="absent")
    assert (result["failed"], result["changed"]) == (False, False)
    assert count(azure, f"DELETE {EXTENSION}") == 1


def test_killed_while_it_deletes_and_wanted_again(azure, module):
    azure.extension(BARE, "Marker")
    kill_in(azure, f"DELETE {EXTENSION}", "vm_extension", {**DECLARED, "state": "absent"})
    result = module("vm_extension", **DECLARED)
    assert (result["failed"], result["vms"][BARE]["action"]) == (False, "create"), result


# module, its arguments, the request in which it is killed, how fast Azure is
OTHERS = {
    "run command": (
        "vm_run_command",
        {"vms": [BARE], "name": "hello", "script": "true"},
        f"PUT {BARE}/runCommands/hello",
        SCALE,
    ),
    "VMAccess": (
        "vm_access",
        {"vms": [BARE], "username": "rescue", "ssh_keys": [KEY], "digest_key": PLANTED},
        f"PUT {BARE}/extensions/enablevmaccess",
        SCALE,
    ),
    "Docker host by extension": (
        "docker_host",
        {"hosts": [{"name": "docker1", "id": BARE}]},
        f"PUT {BARE}/extensions/bulwark-docker",
        SCALE,
    ),
    "Docker host by run command": (
        "docker_host",
        {"hosts": [{"name": "docker1", "id": BARE}], "carrier": "run_command"},
        f"PUT {BARE}/runCommands/bulwark-docker",
        SCALE,
    ),
    "new VM": ("arm_resources", machine(version="latest"), f"PUT {bed.vm_id('new')}", 30),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_second_run_of_the_others_asks_for_nothing_twice(azure, module, name):
    noun, arguments, request, scale = OTHERS[name]
    kill_in(azure, request, noun, arguments, scale)
    second = module(noun, **arguments)
    assert (second["failed"], second["changed"]) == (False, False), second
    assert azure.control("GET", "status")["operations"] == [], "the run has ended when its operation has"
    assert count(azure, request) == 1


# what is declared of a VM, the request in which the module is killed, how fast Azure is
NOT_AWAITED = {
    "tags": ({"document": {"tags": {"team": "a"}}}, f"PUT {BARE}", SCALE),
    "power": ({"power": "deallocated"}, f"POST {BARE}/deallocate", 8),
}


@pytest.mark.parametrize("name", NOT_AWAITED)
def test_a_change_of_a_vm_is_not_sent_again_while_it_is_under_way(azure, module, name):
    """It is not waited for either: a VM shows one as long as anybody changes an extension of it."""
    declared, request, scale = NOT_AWAITED[name]
    arguments = {"resources": [{"id": BARE, **declared}]}
    kill_in(azure, request, "arm_resources", arguments, scale)
    second = module("arm_resources", **arguments)
    assert (second["failed"], second["changed"]) == (False, False), second
    assert count(azure, request) == 1
