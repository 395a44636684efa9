# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Reading a VM document that was got with its instance view. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

EXTENSION_TYPE = "microsoft.compute/virtualmachines/extensions"
IN_PROGRESS = frozenset(["Creating", "Updating", "Deleting", "Migrating"])
FAILED = frozenset(["Failed", "Canceled"])


def extensions(vm: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The extension resources of the VM, with settings, without instance view."""
    return [item for item in vm.get("resources") or [] if str(item.get("type", "")).lower() == EXTENSION_TYPE]


def by_name(vm: Mapping[str, Any], name: Optional[str]) -> Optional[Dict[str, Any]]:
    """The extension of that name, or None."""
    for item in extensions(vm):
        if _same(item.get("name"), name):
            return item
    return None


def by_handler(vm: Mapping[str, Any], publisher: Optional[str], kind: Optional[str]) -> Optional[Dict[str, Any]]:
    """The extension of that handler, whatever its name, or None."""
    for item in extensions(vm):
        if is_of_handler(item, publisher, kind):
            return item
    return None


def is_of_handler(extension: Mapping[str, Any], publisher: Optional[str], kind: Optional[str]) -> bool:
    """True if the extension is of that publisher and type."""
    properties = properties_of(extension)
    return _same(properties.get("publisher"), publisher) and _same(properties.get("type"), kind)


def properties_of(document: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """The ``properties`` of a document, {} if there is none."""
    return dict((document or {}).get("properties") or {})


def instance_view(vm: Mapping[str, Any]) -> Dict[str, Any]:
    """The VM's instance view, {} if it was not asked for."""
    return properties_of(vm).get("instanceView") or {}


def view_of(vm: Mapping[str, Any], extension: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """The instance view of one extension: its own if it carries one, else the VM's entry of that name; {} if none."""
    own = properties_of(extension).get("instanceView")
    if own:
        return dict(own)
    name = (extension or {}).get("name")
    for view in instance_view(vm).get("extensions") or []:
        if name is not None and _same(view.get("name"), name):
            return dict(view)
    return {}


def status_text(view: Mapping[str, Any]) -> str:
    """What the handler said: messages of its statuses, then of its substatuses (standard output and error)."""
    texts = []
    for status in (view.get("statuses") or []) + (view.get("substatuses") or []):
        text = str(status.get("message") or "").strip()
        if text and text not in texts:
            texts.append(text)
    return "\n".join(texts)


def failure_status(extension: Mapping[str, Any], view: Mapping[str, Any]) -> Optional[str]:
    """The text of the failure if the extension has failed, else None."""
    state = properties_of(extension).get("provisioningState")
    bad = [status for status in view.get("statuses") or [] if is_error(status)]
    if state not in FAILED and not bad:
        return None
    return status_text(view) or "provisioningState is %s, and Azure shows no status of the handler" % state


def is_error(status: Mapping[str, Any]) -> bool:
    """True for a status that tells of a failure."""
    return str(status.get("level", "")).lower() == "error" or "/failed" in str(status.get("code", "")).lower()


def power_state(vm: Mapping[str, Any]) -> Optional[str]:
    """ "running", "deallocated", ...; None if the instance view does not say."""
    for status in instance_view(vm).get("statuses") or []:
        code = str(status.get("code", ""))
        if code.lower().startswith("powerstate/"):
            return code.split("/", 1)[1]
    return None


def agent_state(vm: Mapping[str, Any]) -> str:
    """ "ready", "absent", or what the VM agent's status says instead."""
    agent = instance_view(vm).get("vmAgent")
    if not agent:
        return "absent"
    statuses = agent.get("statuses") or []
    if any(_same(status.get("displayStatus"), "Ready") for status in statuses):
        return "ready"
    texts = [str(status.get("displayStatus") or status.get("code")) for status in statuses]
    return ", ".join(texts) or "silent"


def numbers(version: Any) -> List[int]:
    """A dotted version as numbers that compare; what is no number counts as 0."""
    return [int(part) if part.isdigit() else 0 for part in str(version or "").split(".")]


def _same(one: Optional[str], other: Optional[str]) -> bool:
    return one is not None and other is not None and str(one).lower() == str(other).lower()
