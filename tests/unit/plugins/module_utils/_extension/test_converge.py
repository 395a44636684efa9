# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One extension of one VM, with the real session on a scripted network."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import converge, observe
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.secret_digest import mark_of

from .._azure.wire import ASYNC, BASE, OPERATION, Clock, Reply, Wire, absent, error, make_session
from .machines import PUBLISHER, TYPE, VM, extension, machine, status, view

OPERATION_PATH = OPERATION[len(BASE) :]
ID = VM + "/extensions/" + TYPE
KEY = "a key"
SECRET = "planted-S3cret"
PROTECTED = {"commandToExecute": "login --password %s\nrun" % SECRET}
TAG = "bulwark1:" + mark_of(PROTECTED, KEY)
WANTED = Desired(publisher=PUBLISHER, type=TYPE, version="2.1", settings={}, protected_settings=PROTECTED)
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})
THERE = machine(extension(settings={}, forceUpdateTag=TAG), views=[view()])


def got(vm):
    return Reply("GET", VM, 200, vm)


def put(status_code=201):
    return [Reply("PUT", ID, status_code, {}, ASYNC), SUCCEEDED, Reply("GET", ID, 200, extension())]


def seen(**more):
    """The extension as it is read after the change."""
    return Reply("GET", ID, 200, extension(forceUpdateTag=TAG, instanceView=view(**more)))


def run(wire, desired=WANTED, clock=None, **options):
    return converge(make_session(wire, clock), VM, desired, digest_key=KEY, **options)


def test_observe_is_one_request():
    wire = Wire(got(THERE))
    assert observe(make_session(wire), VM) == THERE
    assert "$expand=instanceView" in wire.only("GET").query
    assert observe(make_session(Wire(absent("GET", VM))), VM) is None


def test_what_is_there_costs_one_request():
    wire = Wire(got(THERE))
    result = run(wire)
    assert len(wire.sent) == 1
    assert (result["changed"], result["action"], result["reasons"], result["warnings"]) == (False, "none", [], [])
    assert (result["name"], result["handler_version"], result["provisioning_state"]) == (TYPE, "2.1.14", "Succeeded")
    assert result["statuses"] == [status(message="Enable succeeded.")]
    assert result["substatuses"] == []
    assert result["before"] == result["after"] == {}
    assert result["properties"]["type"] == TYPE


def test_a_vm_that_was_read_already_is_not_read_again():
    wire = Wire()
    assert run(wire, vm=THERE)["changed"] is False
    assert wire.sent == []
    with pytest.raises(Failure) as caught:
        run(wire, vm=None)
    assert caught.value.code == "VMNotFound"


def test_create():
    out = status("ComponentStatus/StdOut/succeeded", message="hello")
    wire = Wire(got(machine()), *put(), seen(substatuses=[out]))
    result = run(wire)
    assert [sent.method for sent in wire.sent] == ["GET", "PUT", "GET", "GET", "GET"]
    assert wire.only("PUT").path == ID
    assert wire.only("PUT").body == {
        "location": "westeurope",
        "properties": {
            "publisher": PUBLISHER,
            "type": TYPE,
            "typeHandlerVersion": "2.1",
            "autoUpgradeMinorVersion": True,
            "settings": {},
            "forceUpdateTag": TAG,
            "protectedSettings": PROTECTED,
        },
    }
    assert (result["changed"], result["action"], result["reasons"]) == (True, "create", ["absent"])
    assert result["substatuses"] == [out]
    assert SECRET not in repr(result)


@pytest.mark.parametrize("vm", [machine(), machine(extension(settings={"x": 1}, forceUpdateTag=TAG))])
@pytest.mark.parametrize("tags", [{}, {"team": "a"}])
def test_check_mode_says_the_same_and_sends_nothing(vm, tags):
    wanted = WANTED._replace(tags=tags)
    checked = run(Wire(got(vm)), wanted, check=True)
    done = run(Wire(got(vm), *put(), seen()), wanted)
    assert checked["after"].pop("tags", {}) == done["after"].pop("tags", {}) == tags
    assert "tags" not in checked["properties"]
    for name in ("changed", "action", "reasons", "before", "after", "name"):
        assert checked[name] == done[name]
    assert checked["changed"] is True
    assert {**checked["after"]}.items() <= checked["properties"].items()


def test_a_version_that_differs():
    wire = Wire(got(THERE), *put(200), seen())
    assert run(wire, WANTED._replace(version="2.2"))["reasons"] == [
        "version 2.2 wanted, found 2.1, which runs as 2.1.14"
    ]


def test_an_operation_that_an_ended_run_has_begun_is_waited_for():
    busy = machine(extension(settings={}, forceUpdateTag=TAG, provisioningState="Creating"))
    assert run(Wire(got(busy), got(busy), got(THERE)))["changed"] is False
    failed = machine(extension(settings={}, forceUpdateTag=TAG, provisioningState="Failed"))
    result = run(Wire(got(busy), got(failed), *put(200), seen()))
    assert result["action"] == "update"
    assert result["reasons"][0].startswith("Failed: ")


def test_an_extension_on_its_way_out_is_made_again():
    leaving = machine(extension(provisioningState="Deleting"))
    assert run(Wire(got(leaving), got(machine()), *put(), seen()))["action"] == "create"
    with pytest.raises(Failure, match="is being deleted"):
        run(Wire(got(leaving)), check=True)


def test_a_long_failure_keeps_its_end_and_no_part_of_a_secret():
    sent = PROTECTED["commandToExecute"]
    text = "x" * 500 + sent + "y" * (300 - len(SECRET) // 2)
    failed = machine(
        extension(settings={}, forceUpdateTag=TAG, provisioningState="Failed"),
        views=[view(statuses=[status("ProvisioningState/failed/1", "Error", text)])],
    )
    [reason] = run(Wire(got(failed)), check=True)["reasons"]
    assert len(reason) < 400
    assert reason.endswith("y")
    assert SECRET[-4:] not in reason


def test_delete():
    wire = Wire(got(THERE), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    result = run(wire, Desired(name=TYPE, state="absent"))
    assert (result["changed"], result["action"], result["name"]) == (True, "delete", TYPE)
    assert result["properties"] == {}
    checked = run(Wire(got(THERE)), Desired(name=TYPE, state="absent"), check=True)
    assert (checked["action"], checked["properties"]) == ("delete", {})


@pytest.mark.parametrize("reply", [absent("GET", VM), got(machine())])
def test_absent_from_what_is_not_there(reply):
    assert run(Wire(reply), Desired(name=TYPE, state="absent"))["changed"] is False


# VM, code: found before anything is sent, in check mode too
REFUSED = {
    "no VM": (None, "VMNotFound"),
    "stopped": (machine(power="stopped"), "VMNotRunning"),
    "disallowed": (machine(osProfile={"allowExtensionOperations": False}), "ExtensionOperationsDisallowed"),
    "handler in use": (machine(extension("theirs")), "HandlerInUse"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_sent(name, check):
    vm, code = REFUSED[name]
    wire = Wire(got(vm) if vm else absent("GET", VM))
    with pytest.raises(Failure) as caught:
        run(wire, WANTED._replace(name="mine"), check=check)
    assert caught.value.code == code
    assert [sent.method for sent in wire.sent] == ["GET"]


def test_a_stopped_vm_without_drift_is_fine():
    stopped = machine(extension(settings={}, forceUpdateTag=TAG), power="deallocated", agent=None)
    assert run(Wire(got(stopped)))["changed"] is False


def test_settings_are_judged_before_anything_is_sent():
    with pytest.raises(Failure) as caught:
        run(Wire(got(machine())), WANTED._replace(settings={"commandToExecute": SECRET}))
    assert caught.value.code == "InvalidSettings"


def test_settings_are_not_judged_without_the_stored_secret():
    desired = WANTED._replace(protected_settings=None)
    assert run(Wire(got(THERE)), desired)["changed"] is False
    with pytest.raises(Failure) as caught:
        run(Wire(got(machine())), desired)
    assert caught.value.code == "InvalidSettings"


def test_an_agent_that_starts_is_waited_for():
    clock = Clock()
    starting = machine(agent=None)
    wire = Wire(got(starting), got(starting), got(machine()), *put(), seen())
    assert run(wire, clock=clock)["changed"] is True
    assert clock.slept == [15, 15]


def test_an_agent_that_never_starts_is_an_error_after_five_minutes():
    clock = Clock()
    wire = Wire(*[got(machine(agent=None)) for _turn in range(30)])
    with pytest.raises(Failure) as caught:
        run(wire, clock=clock)
    assert caught.value.code == "VMAgentNotReady"
    assert sum(clock.slept) == 300
    assert {sent.method for sent in wire.sent} == {"GET"}


def test_check_mode_does_not_wait_but_tells():
    clock = Clock()
    [warning] = run(Wire(got(machine(agent=None))), clock=clock, check=True)["warnings"]
    assert "has never reported" in warning
    assert clock.slept == []


def test_an_unknown_secret_is_told():
    foreign = machine(extension(settings={}, forceUpdateTag="foreign"))
    [warning] = run(Wire(got(foreign)))["warnings"]
    assert "on_unknown_secret=apply" in warning


def test_a_failed_handler_is_quoted_and_its_secrets_are_not():
    text = "Enable failed with exit code 52: login --password %s" % SECRET
    failed = view(
        statuses=[status("ProvisioningState/failed/52", "Error", text)],
        substatuses=[
            status(
                "ComponentStatus/StdErr/succeeded", message="E: Unable to locate package\nlogin --password %s" % SECRET
            )
        ],
    )
    wire = Wire(
        got(machine()),
        Reply("PUT", ID, 201, {}, ASYNC),
        Reply(
            "GET",
            OPERATION_PATH,
            200,
            {"status": "Failed", **error("VMExtensionProvisioningError", "VM has reported a failure: " + text)},
        ),
        Reply("GET", ID, 200, extension(provisioningState="Failed", instanceView=failed)),
    )
    with pytest.raises(Failure) as caught:
        run(wire)
    failure = caught.value
    assert SECRET in repr(wire.sent), "the control: the secret was there"
    assert SECRET not in failure.text() + repr(failure.as_error()) + repr(failure.__cause__)
    assert failure.code == "VMExtensionProvisioningError"
    assert "E: Unable to locate package" in failure.text()
    assert [detail["code"] for detail in failure.details] == [
        "ProvisioningState/failed/52",
        "ComponentStatus/StdErr/succeeded",
    ]
    assert failure.__suppress_context__


@pytest.mark.parametrize("after", [absent("GET", ID), Reply("GET", ID, 403, error("AuthorizationFailed"))])
def test_a_failure_of_which_nothing_more_can_be_read(after):
    wire = Wire(got(machine()), Reply("PUT", ID, 403, error("RequestDisallowedByPolicy", "no")), after)
    with pytest.raises(Failure) as caught:
        run(wire)
    assert caught.value.code == "RequestDisallowedByPolicy"
