# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent reported, as the fabric sees it: the status blob (JSON) turned into an AgentView (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..arm.fabric import AgentView, HandlerView

PROVENANCE = {
    "an instance of a handler with many: an entry of its own with runtimeSettingsStatus.extensionName": "agent",
    "no entry for an instance that is asked to be disabled and is": "agent",
    "a handler of which no instance is reported: one entry without runtimeSettingsStatus": "agent",
}


def message(value: Any) -> str:
    return str((value or {}).get("message") or "") if isinstance(value, dict) else str(value or "")


def handler_view(entry: dict[str, Any]) -> HandlerView:
    """One entry of handlerAggregateStatus; a handler that has not written a status file has none of the settings."""
    runtime = entry.get("runtimeSettingsStatus") or {}
    status = (runtime.get("settingsStatus") or {}).get("status") or {}
    sequence = runtime.get("sequenceNumber")
    return HandlerView(
        name=entry["handlerName"],
        version=entry.get("handlerVersion", ""),
        status=entry.get("status", ""),
        message=message(entry.get("formattedMessage") or entry.get("message")),
        sequence=None if sequence is None else int(sequence),
        state=status.get("status"),
        code=int(status.get("code") or entry.get("code") or 0),
        text=message(status.get("formattedMessage")),
        substatus=list(status.get("substatus") or []),
        operation=status.get("operation") or "",
    )


def handler_views(entries: list[dict[str, Any]]) -> dict[str, HandlerView]:
    """All handlers by name. The entries of one handler's instances are told apart by their extensionName."""
    handlers: dict[str, HandlerView] = {}
    for entry in entries:
        view = handler_view(entry)
        instance = (entry.get("runtimeSettingsStatus") or {}).get("extensionName")
        if instance is None:
            handlers[view.name] = view
            continue
        whole = handlers.get(view.name) or HandlerView(view.name, view.version, view.status, view.message)
        handlers[view.name] = replace(whole, instances={**whole.instances, instance: view})
    return handlers


def agent_view(blob: dict[str, Any], received_at: float) -> AgentView:
    """``blob`` is what the agent uploads; ``received_at`` (epoch seconds) is the fabric's own clock."""
    aggregate = blob.get("aggregateStatus") or {}
    guest = aggregate.get("guestAgentStatus") or {}
    info = blob.get("guestOSInfo") or {}
    return AgentView(
        version=guest.get("version", ""),
        reported_at=received_at,
        os_name=info.get("osName", ""),
        os_version=info.get("osVersion", ""),
        computer_name=info.get("computerName", ""),
        status=guest.get("status", ""),
        message=message(guest.get("formattedMessage")),
        handlers=handler_views(aggregate.get("handlerAggregateStatus") or []),
    )
