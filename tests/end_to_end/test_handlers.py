# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands and VMAccess of local Azure, by plain requests to ARM: the real agent runs them in the guest.

The agent takes two seconds for each handler at each goal state: what can be asked for at once is asked for at once.
"""

from __future__ import annotations

import subprocess
import time

import pytest

from local_azure.site import LOCATION

from .portal import Portal

OPEN, SECRET = "planted-0pen", "planted-S3cret"
HANDLER = "Microsoft.CPlat.Core.RunCommandHandlerLinux"
HELLO = 'while ! [ -e /tmp/go ]; do sleep 0.1; done; echo "$greeting ${#token} $1 $2"; echo bye >&2; id -un'
COMMANDS = {
    "hello": {
        "source": {"script": HELLO}, "asyncExecution": True,
        "parameters": [{"name": "greeting", "value": OPEN}, {"name": "", "value": "a b"}],
        "protectedParameters": [{"name": "token", "value": SECRET}],
    },
    "slow": {"source": {"script": "echo begun; sleep 301"}, "timeoutInSeconds": 1},
    "other": {
        "source": {"script": '#!/bin/sh\nid -un; echo "<$named> $1"; exit 3'},
        "runAsUser": "azureuser", "runAsPassword": SECRET,
        "parameters": [{"name": "named", "value": "x"}, {"name": "", "value": "y"}],
    },
    "endless": {"source": {"script": "sleep 302"}, "asyncExecution": True},
}  # fmt: skip


class Machine:
    """One VM, and many requests for it under way at once."""

    def __init__(self, arm, site, vm, guest) -> None:
        self.arm, self.site, self.id, self.guest = arm, site, vm, guest

    def ask(self, method, path, properties=None):
        """Send; the headers of the operation."""
        body = None if properties is None else {"location": LOCATION, "properties": properties}
        status, document, headers = self.arm.call(method, f"{self.id}/{path}", body)
        assert status in (200, 201, 202), f"{method} {path}: {status} {document}"
        return headers

    def view(self, name):
        """A run command's instance view."""
        document = self.arm.get(f"{self.id}/runCommands/{name}", **{"$expand": "instanceView"})
        return document["properties"]["instanceView"]

    def access(self, name="access", **protected):
        """Ask for VMAccess; the headers of the operation."""
        properties = {
            "publisher": "Microsoft.OSTCExtensions", "type": "VMAccessForLinux", "typeHandlerVersion": "1.5",
            "protectedSettings": protected,
        }  # fmt: skip
        return self.ask("PUT", f"extensions/{name}", properties)

    def ssh(self, user, command):
        """A shell command as another user, with the site's key."""
        options = ["BatchMode=yes", "UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR"]
        flags = [word for option in options for word in ("-o", option)]
        address = [f"{user}@{self.guest.address}", command]
        return subprocess.run(
            ["ssh", *flags, "-i", str(self.site.key), *address], capture_output=True, text=True, check=False, timeout=30
        )


@pytest.fixture(scope="module")
def machine(arm, make_site, guest):
    portal = Portal(arm, "handlers", 60)
    site = make_site("handlers", {"handlers1": {"azure_vms_id": portal.id("handlers1")}})
    return Machine(arm, site, portal.vm(site, "handlers1"), guest(site, "handlers1"))


@pytest.fixture(scope="module")
def begun(machine):
    """All run commands and a user with a key, asked for at once: the end of each operation by its name."""
    headers = {name: machine.ask("PUT", f"runCommands/{name}", given) for name, given in COMMANDS.items()}
    key = machine.site.key.with_suffix(".pub").read_text()
    headers["access"] = machine.access(username="ops", ssh_key=key, expiration="2099-01-01")
    return {name: machine.arm.wait(found) for name, found in headers.items()}


def test_operations_end_well_whatever_became_of_the_scripts(begun):
    assert {name: ended["status"] for name, ended in begun.items()} == dict.fromkeys(begun, "Succeeded")


ENDS = {
    "slow": (-1, "Failed", "Execution failed: failed to execute command: command terminated with exit status=-1",
             "begun\n", ""),
    "other": (3, "Failed", "Execution failed: failed to execute command: command terminated with exit status=3",
              "azureuser\n<> y\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_the_instance_view_tells_the_truth(machine, begun, name):
    code, state, message, output, error = ENDS[name]
    view = machine.view(name)
    assert view.pop("startTime") <= view.pop("endTime")
    assert view == {
        "exitCode": code, "executionState": state, "executionMessage": message, "output": output, "error": error,
    }  # fmt: skip


def test_a_timeout_leaves_no_process(machine, begun):
    found = machine.guest.run("pgrep -fx 'sleep 30[0-9]'; pgrep -fxc 'sleep 301'", check=False).split()
    assert len(found) == 2, "the control: the other script sleeps"
    assert found[-1] == "0"


def test_an_asynchronous_script_goes_on_after_its_operation(machine, begun):
    view = machine.view("hello")
    assert (view["executionState"], view["executionMessage"]) == ("Running", "Execution in progress")
    assert "endTime" not in view
    machine.guest.run("touch /tmp/go")
    end = time.monotonic() + 30
    while (view := machine.view("hello"))["executionState"] == "Running" and time.monotonic() < end:
        time.sleep(0.5)
    assert (view["executionState"], view["executionMessage"], view["exitCode"]) == (
        "Succeeded",
        "Execution completed",
        0,
    )
    assert (view["output"], view["error"]) == (f"{OPEN} {len(SECRET)} a b\nroot\n", "bye\n")


def test_an_unchanged_put_does_not_run_the_script_again(machine, begun):
    before = machine.view("other")
    assert machine.arm.wait(machine.ask("PUT", "runCommands/other", COMMANDS["other"]))["status"] == "Succeeded"
    assert machine.view("other") == before


def test_run_commands_are_no_extensions(machine, begun):
    vm = machine.arm.get(machine.id, **{"$expand": "instanceView"})
    assert [entry["name"] for entry in vm["resources"]] == ["access"]
    view = vm["properties"]["instanceView"]
    assert [entry["name"] for entry in view["extensions"]] == ["access"]
    assert {entry["type"] for entry in view["vmAgent"]["extensionHandlers"]} == {
        HANDLER, "Microsoft.OSTCExtensions.VMAccessForLinux",
    }  # fmt: skip


def test_secrets_are_on_no_disk(machine, begun):
    search = "find / -xdev -newer /etc/machine-id -type f -print0 | xargs -0 grep -lsF"
    assert machine.guest.run(f"{search} {OPEN}", check=False), "the control: the search finds what is no secret"
    assert machine.guest.run(f"{search} {SECRET}", check=False) == ""
    # bodies.jsonl is the test bed's own record of clear bodies, made on demand
    ours = [path for path in machine.arm.state.iterdir() if path.is_file() and path.name != "bodies.jsonl"]
    texts = {path.name: path.read_bytes() for path in ours}
    assert any(OPEN.encode() in text for text in texts.values())
    assert [name for name, text in texts.items() if SECRET.encode() in text] == []
    document = machine.arm.get(f"{machine.id}/runCommands/hello")
    assert "protectedParameters" not in document["properties"]


def test_vmaccess_makes_a_user_who_logs_in_and_is_root_without_a_password(machine, begun):
    done = machine.ssh("ops", "sudo -n id -un")
    assert (done.returncode, done.stdout) == (0, "root\n"), done.stderr
    assert machine.guest.run("cat /etc/sudoers.d/waagent") == "ops ALL = (ALL) NOPASSWD: ALL\n"
    assert "Account expires" in machine.guest.run("chage -l ops")
    assert machine.guest.run("grep -c '^ChallengeResponseAuthentication no' /etc/ssh/sshd_config") == "1\n"
    assert "ChallengeResponse" not in machine.guest.run("cat /var/cache/vmaccess/backup")
    assert "REDACTED" in machine.guest.run("cat /var/lib/waagent/*VMAccess*/config/0.settings")


@pytest.fixture(scope="module")
def changed(machine, begun):
    """Everything goes, the user gets a password, the action runs, all at once."""
    headers = {name: machine.ask("DELETE", f"runCommands/{name}") for name in COMMANDS}
    headers["access"] = machine.access(username="ops", password=SECRET)
    body = {"commandId": "RunShellScript", "script": ["echo $1 $arg2", "exit 5"]}
    body["parameters"] = [{"name": "arg1", "value": "one"}, {"name": "arg2", "value": "two"}]
    status, _document, action = machine.arm.call("POST", f"{machine.id}/runCommand", body)
    assert status == 202
    again = machine.arm.call("POST", f"{machine.id}/runCommand", body)
    return {name: machine.arm.wait(found) for name, found in headers.items()}, action, again


def test_the_action_answers_what_the_script_wrote(machine, changed):
    _ended, headers, again = changed
    text = "Enable succeeded: \n[stdout]\none two\n\n[stderr]\n"
    value = [{
        "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
        "message": text,
    }]  # fmt: skip
    operation = machine.arm.wait(headers)
    assert (operation["status"], operation["properties"]) == ("Succeeded", {"output": {"value": value}})
    assert machine.arm.call("GET", headers["Location"])[:2] == (200, {"value": value})
    assert again[:2] == (409, {"error": {
        "code": "Conflict",
        "message": "Run command extension execution is in progress. Please wait for completion before invoking a run "
        "command.",
    }})  # fmt: skip


def test_deleting_a_run_command_kills_its_script(machine, changed):
    ended, _headers, _again = changed
    assert {name: end["status"] for name, end in ended.items()} == dict.fromkeys([*COMMANDS, "access"], "Succeeded")
    assert machine.guest.run("pgrep -fxc 'sleep 302'", check=False) == "0\n"
    assert machine.arm.get(f"{machine.id}/runCommands") == {"value": []}
    assert machine.guest.run(f"ls -d /var/lib/waagent/{HANDLER}-*/config", check=False) == "", (
        "uninstalled with the last"
    )


def test_a_password_takes_the_sudo_rule_without_password_away(machine, changed):
    assert machine.guest.run("cat /etc/sudoers.d/waagent") == "ops ALL = (ALL) ALL\n"
    assert machine.ssh("ops", "sudo -n true").returncode != 0
    assert machine.ssh("ops", f"echo {SECRET} | sudo -S -p '' id -un").stdout == "root\n"
    assert machine.guest.run("grep -c '^PasswordAuthentication yes' /etc/ssh/sshd_config") == "1\n"
    # cloud-init's file says no at first, and wins
    assert machine.guest.run("sshd -T | grep '^passwordauthentication '") == "passwordauthentication yes\n"


def test_vmaccess_removes_a_user(machine, changed):
    assert machine.arm.wait(machine.access(remove_user="ops"))["status"] == "Succeeded"
    assert machine.guest.run("id ops; ls -d /home/ops; cat /etc/sudoers.d/waagent", check=False) == ""
