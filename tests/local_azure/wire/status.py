# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent reported, as the fabric sees it: the status blob (JSON) turned into an AgentView (pure)."""

from __future__ import annotations

from typing import Any

from ..arm.fabric import AgentView, HandlerView


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


def agent_view(blob: dict[str, Any], received_at: float) -> AgentView:
    """``blob`` is what the agent uploads; ``received_at`` (epoch seconds) is the fabric's own clock."""
    aggregate = blob.get("aggregateStatus") or {}
    guest = aggregate.get("guestAgentStatus") or {}
    handlers = [handler_view(entry) for entry in aggregate.get("handlerAggregateStatus") or []]
    info = blob.get("guestOSInfo") or {}
    return AgentView(
        version=guest.get("version", ""),
        reported_at=received_at,
        os_name=info.get("osName", ""),
        os_version=info.get("osVersion", ""),
        computer_name=info.get("computerName", ""),
        status=guest.get("status", ""),
        message=message(guest.get("formattedMessage")),
        handlers={handler.name: handler for handler in handlers},
    )
