# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run command of one VM, with the real session on a scripted network."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.secret_digest import mark_of
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.converge import converge, observe, read
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.desired import RunCommand
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.observed import NONCE

from .._azure.wire import ASYNC, BASE, OPERATION, Clock, Reply, Wire, absent, error, make_session
from .._extension.machines import READY, VM, machine
from .commands import DIGEST_TAG, ID, NAME, UNREPORTED, command, ended, failed, under_way

OPERATION_PATH = OPERATION[len(BASE) :]
LIST = VM + "/runCommands"
KEY = "a key"
SECRET = "planted-S3cret"
PROTECTED = {"TOKEN": SECRET}
TAG = "bulwark1:" + mark_of({"protectedParameters": PROTECTED}, KEY)
WANTED = RunCommand(NAME, script="echo hello", protected_parameters=PROTECTED)
SUCCEEDED = Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"})
NO_COMMAND = absent("GET", ID)
THERE = command(tag=TAG)
WINDOWS = {"storageProfile": {"osDisk": {"osType": "Windows"}}}


def got(vm):
    return Reply("GET", VM, 200, vm)


def seen(view=None, **properties):
    """The run command as it is read with its instance view."""
    return Reply("GET", ID, 200, command(view, TAG, **properties))


def put(status=201, operation=SUCCEEDED):
    """A PUT, its operation and the final GET of the SDK."""
    return [Reply("PUT", ID, status, {}, ASYNC), operation, *([seen()] if operation is SUCCEEDED else [])]


def run(wire, desired=WANTED, clock=None, timeout=1800, **options):
    return converge(make_session(wire, clock, timeout=timeout), VM, desired, digest_key=KEY, **options)


def refused(wire, desired=WANTED, **options):
    with pytest.raises(Failure) as caught:
        run(wire, desired, **options)
    return caught.value


def test_observe_is_one_request():
    wire = Wire(Reply("GET", ID, 200, THERE))
    assert observe(make_session(wire), VM, NAME) == THERE
    assert "$expand=instanceView" in wire.only("GET").query
    assert observe(make_session(Wire(absent("GET", ID, "ParentResourceNotFound"))), VM, NAME) is None


def test_what_is_there_costs_one_request():
    wire = Wire(seen(ended(output="hello")))
    result = run(wire)
    assert len(wire.sent) == 1
    assert (result["changed"], result["action"], result["reasons"], result["warnings"]) == (False, "none", [], [])
    assert result["before"] == result["after"] == result["properties"]
    assert (result["name"], result["execution"]["output"], result["execution"]["exit_code"]) == (NAME, "hello", 0)


def test_documents_that_were_read_already_are_not_read_again():
    wire = Wire()
    assert run(wire, current=THERE)["changed"] is False
    checked = run(wire, WANTED._replace(script="x"), current=THERE, vm=machine(), check=True)
    assert checked["changed"] is True
    assert refused(wire, current=None, vm=None).code == "VMNotFound"
    assert wire.sent == []


def test_create():
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(ended(output="token " + SECRET)))
    result = run(wire)
    assert wire.only("PUT").path == ID
    assert wire.only("PUT").body == {
        "location": "westeurope",
        "tags": {DIGEST_TAG: TAG},
        "properties": {
            "source": {"script": "echo hello"},
            "protectedParameters": [{"name": "TOKEN", "value": SECRET}],
        },
    }
    assert (result["changed"], result["action"], result["reasons"]) == (True, "create", ["absent"])
    assert result["execution"]["output"] == "token (hidden)"
    assert SECRET not in repr(result)


@pytest.mark.parametrize("first", [NO_COMMAND, seen(failed()), seen(source={"script": "old"})])
def test_check_mode_says_the_same_and_sends_nothing(first):
    checked = run(Wire(first, got(machine())), check=True)
    done = run(Wire(first, got(machine()), *put(), seen()))
    for name in ("changed", "action", "reasons", "before", "name"):
        assert checked[name] == done[name]
    assert checked["changed"] is True
    assert {**checked["properties"], **({"tags": checked["after"]["tags"]} if "tags" in checked["after"] else {})} == (
        checked["after"]
    )


def test_a_script_that_fails():
    output, said = "so far\n", "curl: (22) token %s refused\n" % SECRET
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(failed(22, said, output=output)))
    failure = refused(wire)
    assert SECRET in repr(wire.sent), "the control: the secret was there"
    assert SECRET not in failure.text() + repr(failure.as_error()) + repr(failure.__cause__)
    assert failure.code == "RunCommandFailed"
    assert "exit code 22" in failure.text()
    assert {"code": "output", "message": "so far"} in failure.details
    assert {"code": "error", "message": "curl: (22) token (hidden) refused"} in failure.details


def test_a_secret_at_the_cut_of_a_reason():
    said = SECRET + "x" * 295  # the cut is within the secret
    result = run(Wire(seen(failed(1, said)), got(machine())), check=True)
    assert "S3cret" not in repr(result)
    assert "x" * 280 in result["reasons"][0]


def test_a_script_that_was_killed_at_the_end_of_its_time():
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(failed(-1), timeoutInSeconds=10))
    failure = refused(wire)
    assert failure.code == "RunCommandTimedOut"
    assert "timeout_in_seconds" in failure.hint


def test_a_script_that_still_runs_is_awaited():
    clock = Clock()
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(under_way()), seen(under_way()), seen())
    assert run(wire, clock=clock)["execution"]["state"] == "Succeeded"
    assert clock.slept == [5, 5]


def test_a_run_of_before_is_awaited_but_not_in_check_mode():
    wire = Wire(seen(under_way()), seen())
    result = run(wire)
    assert (result["changed"], result["execution"]["state"]) == (False, "Succeeded")
    [warning] = run(Wire(seen(under_way())), check=True)["warnings"]
    assert "still under way" in warning
    assert refused(Wire(seen(under_way()), seen(failed()))).code == "RunCommandFailed"


def test_a_script_that_takes_longer_than_we_wait():
    clock = Clock()
    wire = Wire(NO_COMMAND, got(machine()), *put(), *[seen(under_way()) for _turn in range(10)])
    failure = refused(wire, clock=clock, timeout=20)
    assert failure.code == "OperationTimedOut"
    assert sum(clock.slept) == 20


def test_nobody_waits_for_an_asynchronous_script():
    desired = WANTED._replace(async_execution=True)
    clock = Clock()
    for view in (under_way(), UNREPORTED):
        wire = Wire(NO_COMMAND, got(machine()), *put(), seen(view, asyncExecution=True))
        result = run(wire, desired, clock=clock)
        assert result["changed"] is True
    assert clock.slept == []
    assert result["execution"]["state"] == "Unknown"
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(failed(), asyncExecution=True))
    assert refused(wire, desired).code == "RunCommandFailed"


def test_a_run_that_nobody_reports():
    clock = Clock()
    wire = Wire(NO_COMMAND, got(machine()), *put(), *[seen(UNREPORTED) for _turn in range(20)])
    failure = refused(wire, clock=clock)
    assert failure.code == "RunCommandNotReported"
    assert sum(clock.slept) == 60
    [warning] = run(Wire(seen(UNREPORTED)))["warnings"]
    assert "it is unknown how the run" in warning


def test_a_run_command_that_goes_meanwhile():
    wire = Wire(NO_COMMAND, got(machine()), *put(), seen(under_way()), NO_COMMAND)
    assert refused(wire).code == "RunCommandGone"


def test_a_failed_run_is_repeated():
    wire = Wire(seen(failed(1, "no disk")), got(machine()), *put(200), seen())
    result = run(wire)
    assert result["reasons"] == ["Failed: exit code 1: no disk"]
    [nonce] = wire.only("PUT").body["properties"]["parameters"]
    assert nonce["name"] == NONCE
    again = Wire(seen(failed(1, "no disk"), parameters=[nonce]), got(machine()), *put(200), seen())
    run(again)
    assert again.only("PUT").body["properties"]["parameters"] != [nonce], "a new one each time"


def test_on_windows_it_is_deleted_first():
    wire = Wire(
        seen(),
        got(machine(agent={**READY, "vmAgentVersion": "2.0"}, **WINDOWS)),
        Reply("DELETE", ID, 202, None, ASYNC),
        SUCCEEDED,
        *put(),
        seen(),
    )
    result = run(wire, WANTED._replace(rerun=True))
    assert [sent.method for sent in wire.sent if sent.method != "GET"] == ["DELETE", "PUT"]
    assert "parameters" not in wire.only("PUT").body["properties"]
    assert (result["action"], "parameters" in result["after"]) == ("update", False)


def test_delete():
    wire = Wire(seen(), got(machine()), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    gone = RunCommand(NAME, state="absent")
    result = run(wire, gone)
    assert (result["changed"], result["action"], result["properties"]) == (True, "delete", {})
    checked = run(Wire(seen(), got(machine())), gone, check=True)
    assert (checked["action"], checked["properties"], checked["warnings"]) == ("delete", {}, [])


@pytest.mark.parametrize("code", ["ResourceNotFound", "ParentResourceNotFound"])
def test_absent_from_what_is_not_there(code):
    assert run(Wire(absent("GET", ID, code)), RunCommand(NAME, state="absent"))["changed"] is False


# VM, code: found before anything is sent, in check mode too
REFUSED = {
    "no VM": (None, "VMNotFound"),
    "stopped": (machine(power="stopped"), "VMNotRunning"),
    "disallowed": (machine(osProfile={"allowExtensionOperations": False}), "ExtensionOperationsDisallowed"),
    "old agent": (machine(agent={**READY, "vmAgentVersion": "2.3.1.1"}), "VMAgentTooOld"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_sent(name, check):
    vm, code = REFUSED[name]
    wire = Wire(NO_COMMAND, got(vm) if vm else absent("GET", VM))
    assert refused(wire, check=check).code == code
    assert [sent.method for sent in wire.sent] == ["GET", "GET"]


def test_an_agent_that_starts_is_waited_for():
    clock = Clock()
    wire = Wire(NO_COMMAND, got(machine(agent=None)), got(machine()), *put(), seen())
    assert run(wire, clock=clock)["changed"] is True
    assert clock.slept == [15]
    [warning] = run(Wire(NO_COMMAND, got(machine(agent=None))), check=True)["warnings"]
    assert "has never reported" in warning


def test_an_unknown_secret_is_told():
    [warning] = run(Wire(Reply("GET", ID, 200, command(tag="foreign"))))["warnings"]
    assert "on_unknown_secret=apply" in warning


def failed_operation(message):
    body = {"status": "Failed", **error("VMExtensionProvisioningError", message)}
    return Reply("GET", OPERATION_PATH, 200, body)


def test_a_failed_operation_is_told_by_the_run():
    """As with treatFailureAsDeploymentFailure, which others may have set."""
    bad = put(200, failed_operation("it said " + SECRET))
    wire = Wire(seen(source={"script": "old"}), got(machine()), *bad, seen(failed(3), provisioningState="Failed"))
    failure = refused(wire)
    assert failure.code == "RunCommandFailed"
    assert failure.details[0]["message"] == "exit code 3"
    assert failure.details[-1]["code"] == "VMExtensionProvisioningError"
    assert SECRET not in failure.text()


TOO_MANY = Reply("PUT", ID, 409, error("OperationNotAllowed", "too many"))
FULL = Reply("GET", LIST, 200, {"value": [command()] * 25})


def test_the_most_that_a_vm_can_have():
    failure = refused(Wire(NO_COMMAND, got(machine()), TOO_MANY, FULL))
    assert (failure.code, failure.request_id) == ("OperationNotAllowed", "req-1")
    assert "has 25 run commands" in failure.hint


@pytest.mark.parametrize(
    "after",
    [
        [Reply("GET", LIST, 200, {"value": [command()]})],
        [Reply("GET", LIST, 403, error("AuthorizationFailed"))],
    ],
)
def test_a_failure_of_which_nothing_more_can_be_said(after):
    failure = refused(Wire(NO_COMMAND, got(machine()), TOO_MANY, *after))
    assert (failure.code, failure.hint) == ("OperationNotAllowed", None)


def test_a_failed_update_is_not_counted():
    wire = Wire(seen(source={"script": "old"}), got(machine()), TOO_MANY)
    assert refused(wire).hint is None


def test_read():
    other = {**command(under_way()), "name": "other"}
    wire = Wire(
        Reply("GET", LIST, 200, {"value": [{"name": NAME}, {"name": "other"}, {"name": "gone"}]}),
        seen(ended(output="hello")),
        Reply("GET", LIST + "/other", 200, other),
        absent("GET", LIST + "/gone"),
    )
    found = read(make_session(wire), VM)
    assert list(found) == [NAME, "other"]
    assert (found[NAME]["execution"]["output"], found["other"]["execution"]["state"]) == ("hello", "Running")
    assert list(read(make_session(Wire(seen())), VM, NAME)) == [NAME]
    assert read(make_session(Wire(NO_COMMAND, got(machine()))), VM, NAME) == {}
    with pytest.raises(Failure) as caught:
        read(make_session(Wire(absent("GET", LIST), absent("GET", VM))), VM)
    assert caught.value.code == "VMNotFound"
