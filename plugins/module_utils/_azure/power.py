# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The power state of a VM, and the action that leads to the wanted one. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Optional

# Power state -> the action of a VM that leads to it.
ACTIONS = {"running": "start", "stopped": "powerOff", "deallocated": "deallocate"}


def power_state(vm: Mapping[str, Any]) -> str:
    """ "running", "deallocated", "starting", ... from a VM document with its instance view; "unknown" without one."""
    properties = vm.get("properties") or {}
    for status in (properties.get("instanceView") or {}).get("statuses") or []:
        code = str(status.get("code", ""))
        if code.lower().startswith("powerstate/"):
            return code.split("/", 1)[1].lower()
    return "unknown"


def power_action(wanted: Optional[str], found: str) -> Optional[str]:
    """The action that leads from power state ``found`` to ``wanted`` (None: any); None if there is nothing to do."""
    if wanted is None or wanted == found:
        return None
    # Azure leaves a deallocated VM as it is when it is powered off: it does not run, and costs less.
    if wanted == "stopped" and found == "deallocated":
        return None
    return ACTIONS[wanted]
