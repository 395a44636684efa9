# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Extensions as results show them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .._azure.session import Session
from . import observed
from .plan import public_properties
from .preflight import require_vm


def observe(session: Session, vm_id: str) -> Optional[Dict[str, Any]]:
    """The VM with its instance view and extension resources, in one GET; None if it does not exist."""
    return session.get(vm_id, expand="instanceView")


def describe(extension: Optional[Mapping[str, Any]], view: Mapping[str, Any]) -> Dict[str, Any]:
    """An extension in a result: {name, properties, handler_version, provisioning_state, statuses, substatuses}."""
    return {
        "name": (extension or {}).get("name"),
        "properties": public_properties(extension),
        "handler_version": view.get("typeHandlerVersion"),
        "provisioning_state": observed.properties_of(extension).get("provisioningState"),
        "statuses": view.get("statuses") or [],
        "substatuses": view.get("substatuses") or [],
    }


def read(session: Session, vm_id: str, name: Optional[str] = None) -> Dict[str, Any]:
    """{power_state, agent_state, extensions: {name: as ``describe``}} of a VM; only the extension ``name`` if given.

    Raises Failure if the VM does not exist.
    """
    vm = require_vm(vm_id, observe(session, vm_id))
    wanted = observed.extensions(vm)
    if name is not None:
        wanted = [item for item in wanted if str(item.get("name")).lower() == name.lower()]
    described = [describe(item, observed.view_of(vm, item)) for item in wanted]
    return {
        "power_state": observed.power_state(vm),
        "agent_state": observed.agent_state(vm),
        "extensions": {item["name"]: item for item in described},
    }
