# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command import observed
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.desired import RunCommand, texts

from .commands import NAME, STARTED, UNREPORTED, command, ended, failed, under_way

# instance view, properties: ended because its time was over
LATE = {
    "said so": (ended("TimedOut", 1), {}, True),
    "killed at the end of its time": (failed(-1), {"timeoutInSeconds": 11}, True),
    "killed before": (failed(-1), {"timeoutInSeconds": 60}, False),
    "killed without a limit": (failed(-1), {}, False),
    "killed, without times": (failed(-1, endTime=None), {"timeoutInSeconds": 10}, False),
    "failed at the end of its time": (failed(1), {"timeoutInSeconds": 10}, False),
}


@pytest.mark.parametrize("name", LATE)
def test_has_timed_out(name):
    view, properties, late = LATE[name]
    assert observed.has_timed_out(command(view, **properties)) is late


def test_a_failed_run_as_an_error():
    found = observed.failure("/vm", command(failed(127, "not found\n", output="hello\n")))
    assert found.code == "RunCommandFailed"
    assert found.details == [
        {"code": "exit_code", "message": "exit code 127"},
        {"code": "message", "message": "Execution failed: exit status=127"},
        {"code": "output", "message": "hello"},
        {"code": "error", "message": "not found"},
    ]
    assert "'prepare' on /vm failed." in found.message
    late = observed.failure("/vm", command(failed(-1), timeoutInSeconds=10))
    assert late.code == "RunCommandTimedOut"
    assert "after its time of 10 seconds" in late.message
    canceled = observed.failure("/vm", command({"executionState": "Canceled"}))
    assert "was canceled" in canceled.message
    assert canceled.details == []


@pytest.mark.parametrize("view", [under_way(), UNREPORTED, {}])
def test_no_exit_code_before_the_end(view):
    assert observed.execution_of(command(view))["exit_code"] is None
    assert observed.has_ended(command(view)) is False


def test_describe():
    found = observed.describe(command(ended(output="hello"), source={"scriptUri": "https://h/s?sig=x"}))
    assert found["name"] == NAME
    assert found["provisioning_state"] == "Succeeded"
    assert found["properties"]["source"] == {"scriptUri": "https://h/s"}
    assert found["execution"]["output"] == "hello"
    assert found["execution"]["start_time"] == STARTED
    assert found["execution"]["exit_code"] == 0
    assert "provisioningState" not in found["properties"]


def test_the_recorded_answer():
    """What Azure said of a script that failed; operation and resource were Succeeded."""
    view = {
        "exitCode": 127,
        "executionState": "Failed",
        "executionMessage": "Execution failed: failed to execute command: command terminated with exit status=127",
        "output": "",
        "error": "/var/lib/waagent/run-command-handler/download/c/0/script.sh: line 1: Write-Host: command not found\n",
        "startTime": "2024-08-26T09:00:26+00:00",
        "endTime": "2024-08-26T09:00:26+00:00",
    }
    assert observed.has_failed(command(view))
    assert observed.reason(command(view)).endswith("script.sh: line 1: Write-Host: command not found")


def test_texts():
    assert texts(None) is None
    given = {"a": "x", "b": True, 1: 2, "c": None, "d": ["x"]}
    assert texts(given) == {"a": "x", "b": "true", "1": "2", "c": "", "d": '["x"]'}


def test_the_secrets_of_a_run_command():
    desired = RunCommand(
        NAME,
        protected_parameters={"a": "planted-one", "b": "short"},
        run_as_password="planted-two",
        script_uri="https://h/s?sv=1&sig=planted%2Bthree",
        output_blob_uri="https://h/public-log",
    )
    assert set(desired.secrets()) == {"planted-one", "planted-two", "sv=1&sig=planted%2Bthree", "planted+three"}
