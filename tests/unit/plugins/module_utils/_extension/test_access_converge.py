# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMAccess on one VM, with the real session on a scripted network."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.access_converge import (
    ENTRA_LOGIN,
    NAME,
    converge,
    instance,
    neighbours,
    system_of,
)

from .._azure.wire import ASYNC, BASE, OPERATION, Reply, Wire, absent, error, make_session
from .machines import VM, extension, machine, status, view
from .test_access import SECRET, WITH_KEY, WITH_PASSWORD, options

SUCCEEDED = Reply("GET", OPERATION[len(BASE) :], 200, {"status": "Succeeded"})
LINUX = ("Microsoft.OSTCExtensions", "VMAccessForLinux")
WINDOWS = ("Microsoft.Compute", "VMAccessAgent")


def vm_with(*extensions, system="Linux", **more):
    return machine(*extensions, storageProfile={"osDisk": {"osType": system}}, **more)


def access(name=NAME, handler=LINUX, version="1.5", **properties):
    return extension(name, *handler, **{"typeHandlerVersion": version, "settings": {}, **properties})


def run(wire, check=False, **given):
    return converge(make_session(wire), VM, options(extension_name=None, **given), check)


def sending(vm, name=NAME, code=201):
    there = "%s/extensions/%s" % (VM, name)
    return Wire(
        Reply("GET", VM, 200, vm),
        Reply("PUT", there, code, {}, ASYNC),
        SUCCEEDED,
        Reply("GET", there, 200, access(name)),
        Reply("GET", there, 200, access(name, instanceView=view(name))),
    )


def sent(wire):
    return wire.only("PUT").body["properties"]


def test_create():
    wire = sending(vm_with())
    result = run(wire, **WITH_PASSWORD)
    assert sent(wire) == {
        "publisher": LINUX[0],
        "type": LINUX[1],
        "typeHandlerVersion": "1.5",
        "autoUpgradeMinorVersion": True,
        "settings": {},
        "protectedSettings": WITH_PASSWORD,
        "forceUpdateTag": "bulwark1:unkeyed",
    }
    assert (result["changed"], result["action"], result["name"]) == (True, "create", NAME)
    assert len(result["warnings"]) == 2
    assert SECRET not in repr(result)


def test_the_handler_of_windows():
    wire = sending(vm_with(system="Windows"))
    run(wire, reset_rdp=True)
    assert (sent(wire)["publisher"], sent(wire)["type"], sent(wire)["typeHandlerVersion"]) == (*WINDOWS, "2.4")
    assert (sent(wire)["settings"], sent(wire)["forceUpdateTag"]) == ({}, "bulwark1:none")
    assert "protectedSettings" not in sent(wire)


@pytest.mark.parametrize("given", [WITH_KEY, {"check_disk": True}])
def test_without_a_key_each_run_is_one_of_the_handler(given):
    wire = sending(vm_with())
    run(wire, **given)
    first = sent(wire)
    for _turn in range(2):
        there = access(**{key: first[key] for key in ("settings", "forceUpdateTag")})
        wire = sending(vm_with(there), code=200)
        assert run(wire, **given)["action"] == "update"
        assert sent(wire)["forceUpdateTag"] != first["forceUpdateTag"]
        first = sent(wire)


@pytest.mark.parametrize("given", [WITH_KEY, {"reset_ssh": True}, {"check_disk": True}])
def test_with_a_key_the_same_request_is_carried_out_once(given):
    wire = sending(vm_with())
    run(wire, digest_key="key", **given)
    there = access(**{key: sent(wire)[key] for key in ("settings", "forceUpdateTag")})
    unchanged = run(Wire(Reply("GET", VM, 200, vm_with(there))), digest_key="key", **given)
    assert (unchanged["changed"], unchanged["warnings"]) == (False, [])
    for other, reason in (
        ({**given, "force": True}, "asked to run again"),
        ({"remove_user": "ada"}, "protected settings differ"),
    ):
        wire = sending(vm_with(there), code=200)
        assert reason in run(wire, digest_key="key", **other)["reasons"]
        assert sent(wire)["forceUpdateTag"] != there["properties"]["forceUpdateTag"]


def test_what_failed_is_carried_out_again():
    wire = sending(vm_with())
    run(wire, digest_key="key", **WITH_KEY)
    there = access(forceUpdateTag=sent(wire)["forceUpdateTag"], provisioningState="Failed")
    wire = sending(vm_with(there), code=200)
    [reason] = run(wire, digest_key="key", **WITH_KEY)["reasons"]
    assert reason.startswith("Failed: ")


def test_an_instance_of_another_name_is_used():
    there = access("VMAccess", forceUpdateTag="somebody's")
    wire = sending(vm_with(there), name="VMAccess", code=200)
    assert run(wire, digest_key="key", **WITH_KEY)["name"] == "VMAccess"
    with pytest.raises(Failure) as caught:
        converge(
            make_session(Wire(Reply("GET", VM, 200, vm_with(there)))), VM,
            options(extension_name="mine", **WITH_KEY), False,
        )  # fmt: skip
    assert caught.value.code == "HandlerInUse"


@pytest.mark.parametrize("check", [False, True])
def test_check_mode_sends_nothing_and_warns_alike(check):
    vm = vm_with(extension("aad", *ENTRA_LOGIN))
    result = run(Wire(Reply("GET", VM, 200, vm)) if check else sending(vm), check=check, **WITH_PASSWORD)
    assert result["action"] == "create"
    assert [text.split(" ")[0] for text in result["warnings"]] == ["password", "password", "VMAccess"]


def test_absent():
    there = access("VMAccess")
    gone = Reply("DELETE", VM + "/extensions/VMAccess", 202, None, ASYNC)
    result = run(Wire(Reply("GET", VM, 200, vm_with(there)), gone, SUCCEEDED), state="absent")
    assert (result["action"], result["name"], result["warnings"]) == ("delete", "VMAccess", [])
    for reply in (Reply("GET", VM, 200, vm_with()), absent("GET", VM)):
        assert run(Wire(reply), state="absent")["changed"] is False


# VM, request, code
REFUSED = {
    "no VM": (None, WITH_KEY, "VMNotFound"),
    "no system": (machine(), WITH_KEY, "UnknownSystem"),
    "another system": (vm_with(system="Windows"), {**WITH_PASSWORD, "os": "linux"}, "OtherSystem"),
    "not for its system": (vm_with(system="Windows"), WITH_KEY, "InvalidAccessRequest"),
    "incomplete for its system": (vm_with(), {"password": SECRET}, "InvalidAccessRequest"),
    "stopped": (vm_with(power="stopped"), WITH_KEY, "VMNotRunning"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_sent(name, check):
    vm, request, code = REFUSED[name]
    wire = Wire(Reply("GET", VM, 200, vm) if vm else absent("GET", VM))
    with pytest.raises(Failure) as caught:
        run(wire, check=check, **request)
    assert caught.value.code == code
    assert [item.method for item in wire.sent] == ["GET"]


def test_what_the_handler_says_of_a_failure_is_without_secrets():
    failed = view(NAME, statuses=[status("ProvisioningState/failed/0", "Error", "chpasswd: %s is too short" % SECRET)])
    told = {"status": "Failed", **error("VMExtensionProvisioningError", "VM has reported a failure")}
    wire = Wire(
        Reply("GET", VM, 200, vm_with()),
        Reply("PUT", VM + "/extensions/" + NAME, 201, {}, ASYNC),
        Reply("GET", OPERATION[len(BASE) :], 200, told),
        Reply("GET", VM + "/extensions/" + NAME, 200, access(provisioningState="Failed", instanceView=failed)),
    )
    with pytest.raises(Failure, match="VM has reported a failure") as caught:
        run(wire, **WITH_PASSWORD)
    assert SECRET in repr(wire.sent), "the control: the secret was there"
    assert "is too short" in caught.value.text()
    assert SECRET not in caught.value.text() + repr(caught.value.as_error())


@pytest.mark.parametrize(("found", "declared"), [("Linux", "auto"), ("linux", "linux"), (None, "linux")])
def test_the_system(found, declared):
    assert system_of(vm_with(system=found), declared) == "linux"


def test_the_instance():
    assert instance(None, "linux", None) == NAME
    assert instance(vm_with(access("VMAccess")), "linux", None) == "VMAccess"
    assert instance(vm_with(access("VMAccess")), "windows", None) == NAME
    assert instance(vm_with(access("VMAccess")), "linux", "mine") == "mine"


def test_the_neighbours():
    broken = extension("script", provisioningState="Failed")
    assert neighbours(vm_with(extension()), NAME, "create") == []
    assert neighbours(vm_with(broken), NAME, "create") == ["extensions that have failed can hold this one back: script"]
    assert neighbours(vm_with(broken), NAME, "update") == []
    [warning] = neighbours(vm_with(extension("aad", *ENTRA_LOGIN)), NAME, "update")
    assert "AADSSHLoginForLinux set up: run that one again" in warning
