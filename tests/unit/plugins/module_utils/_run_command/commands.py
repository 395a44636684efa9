# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run command documents for the tests, in the shape that Azure answers with."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .._extension.machines import VM

NAME = "prepare"
ID = VM + "/runCommands/" + NAME
DIGEST_TAG = "bulwark-azure-docker-digest"
STARTED, ENDED = "2026-05-01T10:00:00+00:00", "2026-05-01T10:00:10+00:00"


def ended(state: str = "Succeeded", code: int = 0, output: str = "", error: str = "", **more: Any) -> Dict[str, Any]:
    """The instance view of a run command whose script has ended."""
    return {
        "executionState": state,
        "exitCode": code,
        "executionMessage": "Execution completed",
        "output": output,
        "error": error,
        "startTime": STARTED,
        "endTime": ENDED,
        **more,
    }


def failed(code: int = 7, error: str = "no disk", **more: Any) -> Dict[str, Any]:
    """The instance view after a failure."""
    return ended("Failed", code, error=error, **{"executionMessage": "Execution failed: exit status=%d" % code, **more})


def under_way(state: str = "Running") -> Dict[str, Any]:
    """The instance view while the script runs."""
    return {"executionState": state, "exitCode": 0, "output": "so far", "error": "", "startTime": STARTED}


UNREPORTED = {"executionState": "Unknown", "exitCode": 0, "executionMessage": "", "output": "", "error": ""}


def command(
    view: Optional[Dict[str, Any]] = None, tag: Optional[str] = "bulwark1:none", tags: Any = None, **properties: Any
) -> Dict[str, Any]:
    """A run command as got with $expand=instanceView; ``tag`` is the digest in its tags."""
    found = dict(tags or {})
    if tag is not None:
        found[DIGEST_TAG] = tag
    return {
        "name": NAME,
        "id": ID,
        "type": "Microsoft.Compute/virtualMachines/runCommands",
        "location": "westeurope",
        **({"tags": found} if found else {}),
        "properties": {
            "source": {"script": "echo hello"},
            "timeoutInSeconds": 0,
            "asyncExecution": False,
            "provisioningState": "Succeeded",
            "instanceView": ended() if view is None else view,
            **properties,
        },
    }
