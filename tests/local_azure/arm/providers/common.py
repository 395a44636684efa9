# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every provider does alike: find the group and the resource, check conditions, page lists, follow references."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlencode

from .. import errors, ids, shapes
from ..context import Context
from ..messages import Call, Reply
from ..store import Record

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
PAGE = 50


def subscription_of(ctx: Context, call: Call) -> str:
    """Return the subscription in its configured casing, or raise SubscriptionNotFound."""
    wanted = call.params["subscription"]
    for known in ctx.subscriptions:
        if known.lower() == wanted.lower():
            return known
    raise errors.subscription_not_found(wanted)


def group_id(ctx: Context, call: Call) -> str:
    """Return the id of the group that the path names, whether it exists or not."""
    return f"/subscriptions/{subscription_of(ctx, call)}/resourceGroups/{call.params['group']}"


def group_of(ctx: Context, call: Call, writing: bool = False) -> Record:
    """Return the group, or raise ResourceGroupNotFound; a group on its way out takes no writes."""
    group = ctx.store.get(group_id(ctx, call))
    if group is None:
        raise errors.group_not_found(call.params["group"])
    if writing and group.properties["provisioningState"] == "Deleting":
        raise errors.group_being_deleted(group.document["name"])
    return group


def target_id(ctx: Context, call: Call, writing: bool = False) -> str:
    """Return the canonical id of the resource that the path names: its stored casing, else that of the path."""
    group = group_of(ctx, call, writing)
    below = "/".join(call.path.strip("/").split("/")[4:])
    wanted = ids.canonical(f"{group.id}/{below}")
    found = ctx.store.get(wanted)
    return found.id if found else wanted


def resource(ctx: Context, call: Call) -> Record:
    """Return the resource that the path names, or raise ResourceNotFound."""
    wanted = target_id(ctx, call)
    found = ctx.store.get(wanted)
    if found is None:
        raise errors.resource_not_found(ids.relative(wanted), ids.group(wanted))
    return found


def body_of(call: Call) -> dict:
    """Return the body, which must be an object."""
    if not isinstance(call.body, dict):
        raise errors.invalid_content("Request content is empty or not an object.")
    for name, kind in (("properties", dict), ("tags", dict), ("location", str)):
        if call.body.get(name) is not None and not isinstance(call.body[name], kind):
            raise errors.invalid_content(f"The value of '{name}' has the wrong type.")
    return call.body


def properties_of(call: Call) -> dict:
    """Return a copy of the body's properties; a null in them is as good as nothing."""
    return shapes.without_nulls(body_of(call).get("properties") or {})


def location_of(body: dict, existing: Record | None, name: str, group: str) -> str:
    """Return the normalised location; it is required, and fixed once the resource exists."""
    if not body.get("location"):
        raise errors.location_required()
    wanted = ids.location(body["location"])
    if existing is not None and existing.document["location"] != wanted:
        raise errors.location_changed(name, group, existing.document["location"], wanted)
    return wanted


def check_conditions(call: Call, etag: str | None) -> None:
    """Honour If-Match and If-None-Match; `etag` is None for a resource that does not exist."""
    match, none_match = call.headers.get("If-Match"), call.headers.get("If-None-Match")
    if match and (etag is None or match not in ("*", etag)):
        raise errors.precondition_failed()
    if none_match and etag is not None and none_match in ("*", etag):
        raise errors.precondition_failed()


def page(call: Call, records: Iterable[Record], render: Callable[[Record], dict]) -> Reply:
    """Return one page of 50 and the link to the next."""
    found = list(records)
    start = _skip(call.query.get("$skiptoken"))
    body: dict[str, Any] = {"value": [render(record) for record in found[start : start + PAGE]]}
    if start + PAGE < len(found):
        query = urlencode({name: value for name, value in call.query.items() if name != "$skiptoken"}, safe="$")
        token = base64.urlsafe_b64encode(str(start + PAGE).encode()).decode().rstrip("=")
        body["nextLink"] = f"{call.base_url}{quote(call.path)}?{query}&$skiptoken={token}"
    return Reply(200, body)


def _skip(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError as error:
        raise errors.invalid_parameter("The value of parameter $skiptoken is invalid.") from error


def in_group(ctx: Context, call: Call, resource_type: str) -> list[Record]:
    """Return the group's resources of one type."""
    return ctx.store.children(group_of(ctx, call).id, resource_type)


def in_subscription(ctx: Context, call: Call, resource_type: str) -> list[Record]:
    """Return the subscription's resources of one type."""
    groups = ctx.store.children(f"/subscriptions/{subscription_of(ctx, call)}", ids.GROUP_TYPE)
    return [record for group in groups for record in ctx.store.children(group.id, resource_type)]


def reference(ctx: Context, value: Any, source: str, kind: str, type_name: str) -> str | None:
    """Return the canonical id of a sub-resource {"id": ..} that must exist; None if there is no reference."""
    if value is None:
        return None
    wanted = value.get("id") if isinstance(value, dict) else None
    if not isinstance(wanted, str):
        raise errors.missing_parameter(f"{kind}.id")
    found = ctx.store.get(wanted)
    if found is None or found.type != type_name:
        raise errors.invalid_reference(ids.canonical(wanted), source)
    return found.id
