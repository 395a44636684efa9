# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Reading a run command that was got with its instance view. Pure."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._azure.errors import Failure
from .._extension.observed import FAILED as FAILED_STATES
from .._extension.observed import IN_PROGRESS, properties_of
from .desired import without_token

# The public properties that can be set; a PUT replaces, so what is there of them is sent again.
PUBLIC = (
    "source",
    "parameters",
    "runAsUser",
    "timeoutInSeconds",
    "asyncExecution",
    "outputBlobUri",
    "errorBlobUri",
    "outputBlobManagedIdentity",
    "errorBlobManagedIdentity",
    "treatFailureAsDeploymentFailure",
)
URIS = ("outputBlobUri", "errorBlobUri")
# A parameter of ours that makes the script run again: Azure runs a run command only when something of it has changed.
NONCE = "BULWARK_AZURE_DOCKER_RUN"
FAILED = frozenset(["Failed", "TimedOut", "Canceled"])
RUNNING = frozenset(["Running", "Pending"])
UNKNOWN = "Unknown"
# The handler reports this of a script that a signal has ended, as it does itself when the time is over.
KILLED = -1
LONGEST_REASON = 300


def public_properties(document: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """What of a run command may be shown, without what only Azure writes."""
    properties = properties_of(document)
    found = {name: properties[name] for name in PUBLIC if name in properties}
    found.update({name: without_token(found[name]) for name in URIS if found.get(name)})
    source = found.get("source")
    if source and source.get("scriptUri"):
        found["source"] = {**source, "scriptUri": without_token(source["scriptUri"])}
    return found


def parameters_of(document: Optional[Mapping[str, Any]]) -> List[Tuple[Optional[str], Any]]:
    """The parameters (name or None, value) in their order, without the one of ours."""
    found = properties_of(document).get("parameters") or []
    return [(item.get("name"), item.get("value")) for item in found if item.get("name") != NONCE]


def nonce_of(document: Optional[Mapping[str, Any]]) -> Optional[str]:
    """The value of the parameter of ours, None if there is none."""
    found = properties_of(document).get("parameters") or []
    return next((item.get("value") for item in found if item.get("name") == NONCE), None)


def execution_of(document: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """The last run: {state, exit_code, message, output, error, start_time, end_time}; None for what is not known."""
    view = properties_of(document).get("instanceView") or {}
    state = view.get("executionState") or UNKNOWN
    return {
        "state": state,
        "exit_code": None if state == UNKNOWN or state in RUNNING else view.get("exitCode"),
        "message": view.get("executionMessage"),
        "output": view.get("output"),
        "error": view.get("error"),
        "start_time": view.get("startTime"),
        "end_time": view.get("endTime"),
    }


def describe(document: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """A run command in a result: {name, properties, provisioning_state, execution}."""
    return {
        "name": (document or {}).get("name"),
        "properties": public_properties(document),
        "provisioning_state": properties_of(document).get("provisioningState"),
        "execution": execution_of(document),
    }


def is_pending(document: Mapping[str, Any]) -> bool:
    """True while the operation or the script is under way."""
    if properties_of(document).get("provisioningState") in IN_PROGRESS:
        return True
    return execution_of(document)["state"] in RUNNING


def has_ended(document: Mapping[str, Any]) -> bool:
    """True if it is known how the script ended."""
    return not is_pending(document) and execution_of(document)["state"] != UNKNOWN


def has_failed(document: Mapping[str, Any]) -> bool:
    """True if the last run, or the operation that should have started it, has failed.

    Azure calls the operation and the resource Succeeded when the script has failed; the execution tells the truth.
    """
    state = properties_of(document).get("provisioningState")
    if state in IN_PROGRESS:
        return False
    return state in FAILED_STATES or script_failed(document)


def script_failed(document: Mapping[str, Any]) -> bool:
    """True if it was the script that failed, and not what was to start it."""
    execution = execution_of(document)
    return execution["state"] in FAILED or execution["exit_code"] not in (0, None)


def reason(document: Mapping[str, Any]) -> str:
    """The failure in one line: the state, the exit code and the end of what the script wrote to its error output."""
    execution = execution_of(document)
    state = execution["state"] if execution["state"] in FAILED else "Failed"
    if execution["exit_code"] is not None:
        state += ": exit code %s" % execution["exit_code"]
    text = (execution["error"] or "").strip() or (execution["message"] or "").strip()
    if not text:
        return state
    return "%s: %s" % (state, text if len(text) <= LONGEST_REASON else "... " + text[-LONGEST_REASON:])


def failure(vm_id: str, document: Mapping[str, Any]) -> Failure:
    """The failed run as an error, with all that is known of it in its details."""
    execution, timed_out = execution_of(document), has_timed_out(document)
    told = [("exit_code", "exit code %s" % execution["exit_code"])] if execution["exit_code"] is not None else []
    told += [(name, (execution[name] or "").strip()) for name in ("message", "output", "error")]
    return Failure(
        "The script of run command %r on %s %s." % (document.get("name"), vm_id, _ending(document, timed_out)),
        code="RunCommandTimedOut" if timed_out else "RunCommandFailed",
        details=[{"code": name, "message": text} for name, text in told if text],
        hint="Give a larger timeout_in_seconds, or async_execution: true to not wait for the script."
        if timed_out
        else "Correct the cause and run again: a run command that has failed is run again.",
    )


def has_timed_out(document: Mapping[str, Any]) -> bool:
    """True if the script was ended because its time was over, which the handler for Linux does not say in words."""
    execution = execution_of(document)
    limit = properties_of(document).get("timeoutInSeconds")
    ran = _seconds(execution)
    if execution["state"] == "TimedOut":
        return True
    return bool(limit and execution["exit_code"] == KILLED and ran is not None and ran + 1 >= limit)


def _ending(document: Mapping[str, Any], timed_out: bool) -> str:
    if timed_out:
        return "was ended after its time of %s seconds" % properties_of(document).get("timeoutInSeconds")
    return "was canceled" if execution_of(document)["state"] == "Canceled" else "failed"


def _seconds(execution: Mapping[str, Any]) -> Optional[float]:
    """How long the script ran; both times have whole seconds."""
    try:
        start, end = [
            datetime.datetime.fromisoformat(str(execution[name]).replace("Z", "+00:00"))
            for name in ("start_time", "end_time")
        ]
    except ValueError:
        return None
    return (end - start).total_seconds()
