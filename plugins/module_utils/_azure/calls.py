# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Which operation of which SDK client serves a resource id."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, NamedTuple, Optional

from .api_versions import api_version
from .clients import Clients
from .documents import GROUP_TYPE, ResourceId, parse_id


class Calls(NamedTuple):
    """The operations for one resource: ``get(**k)``, ``put(body, **k)``, ``delete(**k)``."""

    get: Callable[..., Any]
    put: Callable[..., Any]
    delete: Callable[..., Any]


class _Group(NamedTuple):
    attribute: str
    get: str = "get"


# The types that azure-mgmt-compute serves; every other type goes through azure-mgmt-resource by its id.
COMPUTE_GROUPS: Dict[str, _Group] = {
    "microsoft.compute/virtualmachines": _Group("virtual_machines"),
    "microsoft.compute/virtualmachines/extensions": _Group("virtual_machine_extensions"),
    "microsoft.compute/virtualmachines/runcommands": _Group("virtual_machine_run_commands", "get_by_virtual_machine"),
}


def calls_for(clients: Clients, resource_id: str, version: Optional[str] = None) -> Calls:
    """The operations for ``resource_id``. Raises Failure for a malformed id or a type without a known api-version."""
    parsed = parse_id(resource_id)
    version = version or api_version(parsed.type)
    group = COMPUTE_GROUPS.get(parsed.type.lower())
    if group and parsed.group:
        return _compute(clients, parsed, group, version)
    if parsed.type == GROUP_TYPE:
        return _resource_group(clients, parsed, version)
    return _by_id(clients, parsed, resource_id, version)


def _compute(clients: Clients, parsed: ResourceId, group: _Group, version: str) -> Calls:
    operations = getattr(clients.compute(parsed.subscription), group.attribute)
    names = (parsed.group, *parsed.names)
    return Calls(
        partial(_with_version, getattr(operations, group.get), names, version),
        lambda body, **keywords: _with_version(operations.begin_create_or_update, (*names, body), version, **keywords),
        partial(_with_version, operations.begin_delete, names, version),
    )


def _resource_group(clients: Clients, parsed: ResourceId, version: str) -> Calls:
    operations = clients.resources(parsed.subscription).resource_groups
    names = (parsed.group,)
    return Calls(
        partial(_with_version, operations.get, names, version),
        lambda body, **keywords: _with_version(operations.create_or_update, (*names, body), version, **keywords),
        partial(_with_version, operations.begin_delete, names, version),
    )


def _by_id(clients: Clients, parsed: ResourceId, resource_id: str, version: str) -> Calls:
    operations = clients.resources(parsed.subscription).resources
    return Calls(
        partial(operations.get_by_id, resource_id, api_version=version),
        # By name: older SDKs have these parameters in another order.
        lambda body, **keywords: operations.begin_create_or_update_by_id(
            resource_id=resource_id, api_version=version, parameters=body, **keywords
        ),
        partial(operations.begin_delete_by_id, resource_id, api_version=version),
    )


def _with_version(operation: Callable[..., Any], names: Any, version: str, **keywords: Any) -> Any:
    params = dict(keywords.pop("params", {}))
    params["api-version"] = version
    return operation(*names, params=params, **keywords)
