# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the run command handlers, as the agent calls it, with directories of its own and no background."""

from __future__ import annotations

import base64
import getpass
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from cryptography import x509

from local_azure.handlers.run_command.bin import agent, handler, processes, script
from local_azure.handlers.run_command.bin.agent import Told
from local_azure.wire.certificates import seal

from .wire.machines import SECRET, Agent


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Let the agent write settings down; what the handler is told then."""
    for module in (agent, script):
        monkeypatch.setattr(module, "AGENT", tmp_path)
    monkeypatch.setattr(processes, "in_background", lambda: True)
    folders = {"configFolder": str(tmp_path / "config"), "statusFolder": str(tmp_path / "status")}
    for folder in (*folders.values(), str(tmp_path / "here")):
        pathlib.Path(folder).mkdir()

    def ask(public, protected=None, name="cmd-1", sequence=0):
        settings = {"publicSettings": public, **(sealed(tmp_path, protected) if protected else {})}
        told = Told(name, sequence, folders, tmp_path / "here")
        document = {"runtimeSettings": [{"handlerSettings": settings}]}
        (told.config / f"{told.prefix}.settings").write_text(json.dumps(document))
        return told

    return ask


def sealed(directory, settings):
    """Protected settings as they reach the handler; the key lies where the agent keeps it."""
    holder = Agent(directory, "ABCD")
    certificate = x509.load_pem_x509_certificate(holder.certificate.read_bytes())
    text = base64.b64encode(seal(json.dumps(settings).encode(), certificate)).decode()
    return {"protectedSettings": text, "protectedSettingsCertThumbprint": "ABCD"}


def status_of(told):
    [entry] = json.loads((told.status / f"{told.prefix}.status").read_text())
    return entry["status"]


def view_of(told):
    return json.loads(status_of(told)["formattedMessage"]["message"])


def code_of(text):
    return {"source": {"script": text}}


FAILED = "Execution failed: failed to execute command: command terminated with exit status="
NO_SOURCE = (
    "Execution failed: failed to get configuration: invalid configuration: Either 'source.script' or "
    "'source.scriptUri' has to be specified"
)

# public settings, status, (exit code, state, message, output, error)
RUNS = {
    "fine": (code_of("echo out; echo err >&2"), "success",
             (0, "Succeeded", "Execution completed", "out\n", "err\n")),
    "failed": (code_of("exit 7"), "success", (7, "Failed", FAILED + "7", "", "")),
    "a failed deployment": ({**code_of("exit 7"), "treatFailureAsDeploymentFailure": True}, "error",
                            (7, "Failed", FAILED + "7", "", "")),
    "without a first line it is bash": (code_of('[[ a = a ]] && echo "$BASH_VERSION" | wc -l'), "success",
                                        (0, "Succeeded", "Execution completed", "1\n", "")),
    "its first line counts": (code_of("#!/bin/cat\nhello"), "success",
                              (0, "Succeeded", "Execution completed", "#!/bin/cat\nhello", "")),
    "a signal": (code_of("kill -9 $$"), "success", (-1, "Failed", FAILED + "-1", "", "")),
    "parameters": (
        {**code_of('echo "$a $1 $2 $# <$empty>"'), "parameters": [
            {"name": "a", "value": "b c"}, {"name": "", "value": "d e"}, {"value": "f"}, {"name": "empty", "value": ""},
        ]},
        "success", (0, "Succeeded", "Execution completed", "b c d e 3 <>\n", ""),
    ),
    "no source": ({}, "success", (-202, "Failed", NO_SOURCE, "", "")),
    "two sources": ({"source": {"script": "true", "scriptUri": "file:///x"}}, "success",
                    (-202, "Failed", NO_SOURCE, "", "")),
    "timeout": ({**code_of("echo begun; sleep 60"), "timeoutInSeconds": 0.2}, "success",
                (-1, "Failed", FAILED + "-1", "begun\n", "")),
    "no timeout": ({**code_of("echo x"), "timeoutInSeconds": 0}, "success",
                   (0, "Succeeded", "Execution completed", "x\n", "")),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_runs(asked, name):
    public, state, (code, execution, message, output, error) = RUNS[name]
    told = asked(public)
    handler.enable(told)
    assert (status_of(told)["status"], status_of(told)["name"]) == (state, "cmd-1")
    view = view_of(told)
    assert view.pop("startTime") <= view.pop("endTime")
    assert view == {
        "executionState": execution, "executionMessage": message, "output": output, "error": error, "exitCode": code,
    }  # fmt: skip
    assert not told.pid_file.exists()


def test_protected_parameters_follow_the_public_ones_and_stay_off_the_disk(asked, tmp_path):
    public = {**code_of('echo "$1 $2 ${#token}"'), "parameters": [{"name": "", "value": "one"}]}
    protected = {"protectedParameters": [{"name": "token", "value": SECRET}, {"name": "", "value": "two"}]}
    told = asked(public, protected)
    handler.enable(told)
    assert view_of(told)["output"] == f"one two {len(SECRET)}\n"
    found = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert found == []


def test_settings_for_another_machine_are_refused(asked, tmp_path):
    told = asked(code_of("true"), {"runAsPassword": SECRET})
    Agent(tmp_path, "ABCD")  # a new key in the place of the old one
    handler.enable(told)
    view = view_of(told)
    assert view["exitCode"] == -202
    assert view["executionMessage"].startswith(
        "Execution failed: failed to get configuration: failed to parse protected settings: "
    )


def test_what_is_told_on_the_way(asked, monkeypatch):
    monkeypatch.setattr(script, "TELL_SECONDS", 0.1)
    for asynchronous, states in (
        (False, ["transitioning", "transitioning"]),
        (True, ["transitioning", "success", "success"]),
    ):
        told = asked({**code_of("echo begun; sleep 0.3"), "asyncExecution": asynchronous}, sequence=int(asynchronous))
        said = []
        monkeypatch.setattr(told, "report", lambda state, text, said=said: said.append((state, json.loads(text))))
        handler.enable(told)
        assert [state for state, _view in said][: len(states)] == states
        assert {view["executionState"] for _state, view in said[:-1]} == {"Running"}
        assert said[0][1]["executionMessage"] == "Execution in progress"
        assert said[-2][1]["output"] == "begun\n"
        assert (said[-1][0], said[-1][1]["executionState"]) == ("success", "Succeeded")


def test_the_end_of_each_stream_is_told(asked):
    told = asked(code_of("seq 3000; seq 3000 >&2"))
    handler.enable(told)
    for text in (view_of(told)["output"], view_of(told)["error"]):
        assert len(text) == 4096
        assert text.endswith("\n2999\n3000\n")


def test_one_run_per_sequence_number_and_instance(asked, tmp_path):
    for name, sequence in (("a", 0), ("a", 0), ("b", 0), ("a", 1), ("a", 0), ("", 0)):
        public = code_of(f"echo {name or 'action'}{sequence} >> {tmp_path}/ran")
        protected = None if name else {"script": base64.b64encode(public["source"]["script"].encode()).decode()}
        handler.enable(asked(public, protected, name, sequence))
    assert (tmp_path / "ran").read_text().split() == ["a0", "b0", "a1", "action0"]


def test_what_is_older_is_removed(asked, tmp_path):
    for name in ("cmd", "cmd.2"):
        for sequence in (0, 10):
            handler.enable(asked(code_of("true"), name=name, sequence=sequence))
    names = sorted(path.name for path in (tmp_path / "config").iterdir())
    assert names == ["cmd.10.settings", "cmd.2.10.settings"]
    download = tmp_path / "run-command-handler/download"
    assert sorted(str(path.relative_to(download)) for path in download.glob("*/*")) == ["cmd.2/10", "cmd/10"]
    handler.uninstall(asked(code_of("true")))
    assert not (tmp_path / "run-command-handler").exists()


def test_a_script_from_elsewhere(asked, tmp_path):
    (tmp_path / "there.sh").write_bytes(b"\xef\xbb\xbfecho there\r\n")
    told = asked({"source": {"scriptUri": f"file://{tmp_path}/there.sh"}})
    handler.enable(told)
    assert view_of(told)["output"] == "there\n"
    told = asked({"source": {"scriptUri": f"file://{tmp_path}/none.sh"}}, sequence=1)
    handler.enable(told)
    assert view_of(told)["exitCode"] == -100
    assert "failed to download file" in view_of(told)["executionMessage"]


def test_another_user(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "HOME", tmp_path)
    user = getpass.getuser()
    settings = {**code_of("id -un"), "runAsUser": user, "parameters": [{"name": "", "value": "x"}]}
    found = script.Script.managed(settings, {"runAsPassword": SECRET}, "cmd", 3)
    copy = tmp_path / user / "waagent/run-command-handler-runas/download/cmd/3/script.sh"
    assert copy.read_text() == "id -un"
    assert found.command == ["/bin/bash", "-c", f'sudo -S -u "$0" {copy} x', user]
    assert found.given == f"{SECRET}\n"
    told = asked({**settings, "runAsUser": "nobody9"})
    handler.enable(told)
    assert view_of(told)["exitCode"] == -102
    assert "Failed to lookup RunAs user 'nobody9'. Looks like user does not exist." in view_of(told)["executionMessage"]


def running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid):
    end = time.monotonic() + 5
    while running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not running(pid)


def test_a_timeout_kills_the_whole_group(asked):
    told = asked({**code_of("sleep 60 & echo $!; wait"), "timeoutInSeconds": 0.3})
    handler.enable(told)
    assert gone(int(view_of(told)["output"]))


def test_disable_kills_what_runs_and_nothing_else(asked):
    sleepers = [subprocess.Popen(["sleep", "60"], start_new_session=True) for _number in range(2)]
    told = asked(code_of("true"))
    told.pid_file.write_text(f"{sleepers[0].pid} {processes.started(sleepers[0].pid)}\n{sleepers[1].pid} 1\n")
    handler.disable(told)
    assert sleepers[0].wait(5) == -signal.SIGKILL
    assert sleepers[1].poll() is None, "the number was used again: another process"
    assert not told.pid_file.exists()
    handler.disable(told)
    sleepers[1].kill()
    sleepers[1].wait(5)


def action_settings(text, *parameters):
    return {"script": base64.b64encode(text.encode()).decode(), "parameters": list(parameters)}


@pytest.mark.parametrize(
    ("text", "output", "error"),
    [
        ("echo $1 $arg2", "one two\n", ""),
        ("echo no >&2; exit 9", "", "no\n"),
        ("#!/bin/sh\r\necho $#\r\n", "2\n", ""),
    ],
)
def test_the_action_is_a_success_whatever_the_script_did(asked, text, output, error):
    parameters = [{"name": "arg1", "value": "one"}, {"name": "arg2", "value": "two"}]
    told = asked({}, action_settings(text, *parameters), name="")
    handler.enable(told)
    assert status_of(told)["status"] == "success"
    assert status_of(told)["formattedMessage"]["message"] == (
        f"Enable succeeded: \n[stdout]\n{output}\n[stderr]\n{error}"
    )
    assert (told.status / "0.status").exists()


def test_the_environment_of_the_agent(tmp_path, monkeypatch):
    monkeypatch.setattr(agent, "HERE", tmp_path)
    folders = {"configFolder": "/c", "statusFolder": "/s"}
    (tmp_path / "HandlerEnvironment.json").write_text(json.dumps([{"handlerEnvironment": folders}]))
    monkeypatch.setenv("ConfigSequenceNumber", "4")
    monkeypatch.setenv("ConfigExtensionName", "x")
    assert Told.from_environment().prefix == "x.4"
    monkeypatch.delenv("ConfigExtensionName")
    assert Told.from_environment().prefix == "4"


def test_the_package_runs_as_the_agent_starts_it(tmp_path):
    package = pathlib.Path(handler.__file__).parent.parent
    manifest = json.loads((package / "HandlerManifest.json").read_text())[0]["handlerManifest"]
    assert manifest["supportsMultipleExtensions"] is True
    launcher = package / manifest["disableCommand"].split()[0]
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    for path in launcher.parent.iterdir():
        if path.is_file():
            (bin_directory / path.name).write_bytes(path.read_bytes())
    (bin_directory / "handler").chmod(0o755)
    folders = {"configFolder": str(tmp_path), "statusFolder": str(tmp_path)}
    (tmp_path / "HandlerEnvironment.json").write_text(json.dumps([{"handlerEnvironment": folders}]))
    environment = {"PATH": os.environ["PATH"], "ConfigSequenceNumber": "0", "ConfigExtensionName": "x"}
    done = subprocess.run([bin_directory / "handler", "disable"], env=environment, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
