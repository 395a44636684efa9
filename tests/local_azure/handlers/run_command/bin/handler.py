# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for Microsoft.CPlat.Core/RunCommandHandlerLinux 1.3 and, without an instance name, RunCommandLinux 1.0.

The first runs managed run commands: one instance of the handler for each, with settings and status files of its own.
The second runs the action runCommand. Both work in the background, as the agent waits five minutes for enable only.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time

from . import processes
from .agent import Refused, Told
from .script import Script

RUNNING = {
    "executionState": "Running", "executionMessage": "Execution in progress", "output": "", "error": "",
    "exitCode": 0, "startTime": "", "endTime": "",
}  # fmt: skip


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def managed(told: Told) -> None:
    """One run of a managed run command; its status is success, whatever the script did, unless that was asked for."""
    view = {**RUNNING, "startTime": now()}
    told.report("transitioning", json.dumps(view))
    if not processes.in_background():
        return
    code, failed_state = 0, "success"
    try:
        settings, protected = told.settings()
        if settings.get("treatFailureAsDeploymentFailure"):
            failed_state = "error"
        script = Script.managed(settings, protected, told.name, told.sequence)
        progress = "success" if settings.get("asyncExecution") else "transitioning"
        if settings.get("asyncExecution"):
            told.report(progress, json.dumps(view))

        def tell(output: str, error: str) -> None:
            told.report(progress, json.dumps({**view, "output": output, "error": error}))

        processes.kill_previous(told.pid_file)
        code = script.run(told.pid_file, settings.get("timeoutInSeconds") or 0, tell)
        view["output"], view["error"] = script.tails()
        message = f"failed to execute command: command terminated with exit status={code}" if code else ""
    except Refused as refused:
        code, message = refused.code, str(refused)
    if code:
        view.update(executionState="Failed", executionMessage=f"Execution failed: {message}")
    else:
        view.update(executionState="Succeeded", executionMessage="Execution completed")
    view.update(exitCode=code, endTime=now())
    told.report(failed_state if code else "success", json.dumps(view))
    told.clean_up()


def action(told: Told) -> None:
    """One run of the action: what the script did stands in the message only."""
    told.report("transitioning", "Enable in progress")
    if not processes.in_background():
        return
    try:
        script = Script.action(told.settings()[1], told.sequence)
        script.run(told.pid_file, 0, lambda _output, _error: None)
    except Refused as refused:
        told.report("error", f"Enable failed: {refused}")
        return
    output, error = script.tails()
    told.report("success", f"Enable succeeded: \n[stdout]\n{output}\n[stderr]\n{error}")
    told.clean_up()


def enable(told: Told) -> None:
    if told.is_new():
        (managed if told.name else action)(told)


def disable(told: Told) -> None:
    processes.kill_previous(told.pid_file)


def uninstall(told: Told) -> None:
    shutil.rmtree(told.data, ignore_errors=True)


if __name__ == "__main__":
    os.umask(0o022)
    operations = {"enable": enable, "disable": disable, "uninstall": uninstall}
    if sys.argv[1] in operations:
        operations[sys.argv[1]](Told.from_environment())
