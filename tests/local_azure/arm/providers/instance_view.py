# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the agent reported to the instance views of a machine and of an extension (pure, nothing canned)."""

from __future__ import annotations

import json
import time

from ..fabric import AgentView, HandlerView
from ..messages import coarse_stamp

PROVENANCE = {
    "instance view of a running, a stopped and a deallocated machine": "recorded",
    "an agent that never reported: Unknown, ProvisioningState/Unavailable": "recorded",
    "extension and handler that succeeded": "recorded",
    "an agent silent for 60 s on a running machine is Unavailable": "inferred",
    "statuses of handlers and extensions that failed or still work": "inferred",
    "substatus codes ComponentStatus/name/state": "docs",
    "run command: what the handler wrote as JSON into its status message": "recorded",
}
SILENCE = 60.0
_LEVELS = {"success": "Info", "transitioning": "Info", "warning": "Warning", "error": "Error"}
_STATES = {
    "success": ("succeeded", "Provisioning succeeded"),
    "transitioning": ("transitioning", "Transitioning"),
    "warning": ("succeeded", "Provisioning succeeded"),
}
_HANDLERS = {
    "ready": ("ProvisioningState/succeeded", "Info", "Ready"),
    "installing": ("ProvisioningState/installing", "Info", "Installing"),
    "unresponsive": ("ProvisioningState/unresponsive", "Warning", "Unresponsive"),
}


def handler_of(agent: AgentView | None, publisher: str, kind: str) -> HandlerView | None:
    """Return the agent's view of one handler, whatever its casing."""
    wanted = f"{publisher}.{kind}".lower()
    handlers = agent.handlers.values() if agent else ()
    return next((handler for handler in handlers if handler.name.lower() == wanted), None)


def instance_of(agent: AgentView | None, publisher: str, kind: str, name: str) -> HandlerView | None:
    """Return the agent's view of one instance of a handler that can have many."""
    handler = handler_of(agent, publisher, kind)
    return handler.instances.get(name) if handler else None


def run_command(instance: HandlerView | None) -> dict:
    """Return the instance view of a run command: times only as far as they are known."""
    text = instance.text if instance else ""
    try:
        told = json.loads(text)
    except ValueError:  # nothing yet, or the agent's own words
        told = {"executionMessage": text} if text else {}
    view = {
        "exitCode": told.get("exitCode", 0), "executionState": told.get("executionState", "Unknown"),
        "executionMessage": told.get("executionMessage", ""), "output": told.get("output", ""),
        "error": told.get("error", ""),
    }  # fmt: skip
    times = {name: told[name].replace("Z", "+00:00") for name in ("startTime", "endTime") if told.get(name)}
    return {**view, **times}


def extension(name: str, publisher: str, kind: str, handler: HandlerView | None) -> dict:
    """Return the instance view of an extension; without a report only its name."""
    view: dict = {"name": name, "type": f"{publisher}.{kind}"}
    if handler is None or handler.state is None:
        return view
    view["typeHandlerVersion"] = handler.version
    view["statuses"] = [_status("ProvisioningState", handler.state, handler.code, handler.text)]
    if handler.substatus:
        view["substatuses"] = [_substatus(entry) for entry in handler.substatus]
    return view


def _status(prefix: str, state: str, code: int, text: str) -> dict:
    word, display = _STATES.get(state, (f"failed/{code}", "Provisioning failed"))
    status = {"code": f"{prefix}/{word}", "level": _LEVELS.get(state, "Error"), "displayStatus": display}
    return {**status, "message": text} if text else status


def _substatus(entry: dict) -> dict:
    message = entry.get("formattedMessage") or {}
    text = message.get("message", "") if isinstance(message, dict) else str(message)
    prefix = f"ComponentStatus/{entry.get('name', '')}"
    return _status(prefix, str(entry.get("status", "")), int(entry.get("code") or 0), text)


def _handler(handler: HandlerView) -> dict:
    failed = (f"ProvisioningState/failed/{handler.code}", "Error", "Not Ready")
    code, level, display = _HANDLERS.get(handler.status.lower(), failed)
    status = {"code": code, "level": level, "displayStatus": display, "message": handler.message}
    return {"type": handler.name, "typeHandlerVersion": handler.version, "status": status}


def _agent(agent: AgentView | None, running: bool) -> dict:
    if agent is None:
        status = _not_ready("VM status blob is found but not yet populated.", time.time())
        return {"vmAgentVersion": "Unknown", "statuses": [status]}
    # The last word of a stopped machine's agent stands, however old it is.
    if running and time.time() - agent.reported_at > SILENCE:
        status = _not_ready("VM Agent is unresponsive.", agent.reported_at)
    elif agent.status.lower() == "ready":
        status = {
            "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready", "message": agent.message,
            "time": coarse_stamp(agent.reported_at),
        }  # fmt: skip
    else:
        status = _not_ready(agent.message, agent.reported_at)
    handlers = [_handler(handler) for handler in agent.handlers.values()]
    return {"vmAgentVersion": agent.version, "statuses": [status], "extensionHandlers": handlers}


def _not_ready(message: str, epoch: float) -> dict:
    return {
        "code": "ProvisioningState/Unavailable", "level": "Warning", "displayStatus": "Not Ready", "message": message,
        "time": coarse_stamp(epoch),
    }  # fmt: skip


def generation(properties: dict) -> str:
    """Return the generation of a machine's image."""
    sku = properties["storageProfile"]["imageReference"]["sku"]
    return "V2" if sku.lower().endswith("gen2") else "V1"


def machine(document: dict, extensions: list[dict], agent: AgentView | None, power: str, settled: str) -> dict:
    """Return the instance view of a machine. `extensions` are documents, `settled` is when its state was reached."""
    properties = document["properties"]
    view: dict = {}
    if power != "deallocated":
        view = _inside(extensions, agent, power)
    done = {"level": "Info", "displayStatus": "Provisioning succeeded", "time": properties["timeCreated"]}
    disk = properties["storageProfile"]["osDisk"]["name"]
    view["disks"] = [{"name": disk, "statuses": [{"code": "ProvisioningState/succeeded", **done}]}]
    view["hyperVGeneration"] = generation(properties)
    state = properties["provisioningState"].lower()
    provisioning = {
        "code": f"ProvisioningState/{state}", "level": "Error" if state == "failed" else "Info",
        "displayStatus": f"Provisioning {state}" if state in ("succeeded", "failed") else state.capitalize(),
        "time": settled,
    }  # fmt: skip
    view["statuses"] = [provisioning]
    if power != "unknown":
        running = {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"}
        view["statuses"].append(running)
    return view


def _inside(extensions: list[dict], agent: AgentView | None, power: str) -> dict:
    view: dict = {}
    if agent is not None:
        view = {"computerName": agent.computer_name, "osName": agent.os_name, "osVersion": agent.os_version}
    view["vmAgent"] = _agent(agent, power == "running")
    reported = []
    for document in extensions:
        properties = document["properties"]
        handler = handler_of(agent, properties["publisher"], properties["type"])
        if handler is not None and handler.state is not None:
            reported.append(extension(document["name"], properties["publisher"], properties["type"], handler))
    if reported:
        view["extensions"] = reported
    return view
