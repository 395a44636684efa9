# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client may do: everything, until a test gives it roles or a permissions.json."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import ids
from .actions import Access
from .errors import ArmError
from .messages import Caller

PROVENANCE = {
    "AuthorizationFailed: code and text": "docs",
    "LinkedAuthorizationFailed: code and text": "docs",
    "actions and notActions with wildcards; assignments are inherited and add up": "docs",
    "a client without any role or permissions.json may do everything": "inferred",
    "a client may always manage roles": "inferred",
}
ROLE, ASSIGNMENT = "Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleAssignments"
BUILT_IN = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", ["*"], []),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": ("Contributor", ["*"], [
        "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
    ]),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ["*/read"], []),
}  # fmt: skip
Permissions = list[dict[str, Any]]


def covers(scope: str, other: str) -> bool:
    """Say whether `other` is the scope itself or lies below it."""
    outer, inner = ids.key(scope), ids.key(other)
    return inner == outer or inner.startswith(f"{outer}/")


def grants(permissions: Permissions, action: str, scope: str) -> bool:
    """Say whether one of the permissions allows the action there. Each is {scope?, actions, notActions?}."""
    return any(
        covers(entry.get("scope", "/"), scope)
        and any(_pattern(word).fullmatch(action) for word in entry.get("actions", ()))
        and not any(_pattern(word).fullmatch(action) for word in entry.get("notActions", ()))
        for entry in permissions
    )


@functools.lru_cache(maxsize=1024)
def _pattern(wildcard: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, wildcard.split("*"))), re.IGNORECASE)


class Authorization:
    """Checks what a request needs against the permissions of its caller.

    They come from `path` (JSON, read again when it changes), else from `permissions`, else from the role assignments
    in `governance`, whose documents name the caller's object id or client id. `tenant_of` tells the tenant of a
    subscription.
    """

    def __init__(
        self, path: Path, permissions: Permissions | None, governance: dict[str, dict], tenant_of: Callable[[str], str]
    ) -> None:
        self._path = path
        self._given = permissions
        self._governance = governance
        self._tenant_of = tenant_of
        self._read: tuple[int, Permissions] | None = None

    def permissions(self, caller: Caller) -> Permissions | None:
        """Return what the caller may do; None: everything."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._given if self._given is not None else self._assigned(caller)
        if self._read is None or self._read[0] != changed:
            self._read = (changed, json.loads(self._path.read_text()))
        return self._read[1]

    def _assigned(self, caller: Caller) -> Permissions | None:
        who = (caller.object_id.lower(), caller.client.lower())
        found = [document for document in self._governance.values() if document["type"] == ASSIGNMENT]
        mine = [d["properties"] for d in found if str(d["properties"].get("principalId")).lower() in who]
        result = [{**one, "scope": mine_["scope"]} for mine_ in mine for one in self._role(mine_["roleDefinitionId"])]
        return result if mine else None

    def _role(self, role_id: str) -> Permissions:
        name = ids.name(role_id).lower()
        if name in BUILT_IN:
            return [{"actions": BUILT_IN[name][1], "notActions": BUILT_IN[name][2]}]
        roles = (document for document in self._governance.values() if document["type"] == ROLE)
        return next((d["properties"]["permissions"] for d in roles if d["name"].lower() == name), [])

    def allowed(self, caller: Caller, action: str, scope: str) -> bool:
        """Say whether the caller may do this."""
        permissions = self.permissions(caller)
        return permissions is None or action.startswith((ROLE, ASSIGNMENT)) or grants(permissions, action, scope)

    def check(self, caller: Caller, access: Access) -> None:
        """Refuse a request whose action, or an action on what it refers to, the caller may not do."""
        if access.free:
            return
        who = f"The client '{caller.client}' with object id '{caller.object_id}'"
        if not self.allowed(caller, access.action, access.scope):
            raise ArmError(403, "AuthorizationFailed", (
                f"{who} does not have authorization to perform action '{access.action}' over scope '{access.scope}' "
                "or the scope is invalid. If access was recently granted, please refresh your credentials."
            ))  # fmt: skip
        has = f"{who} has permission to perform action '{access.action}' on scope '{access.scope}'"
        for link in access.links:
            subscription = ids.subscription(f"{link.scope}//")
            if self._tenant_of(subscription).lower() != caller.tenant.lower():
                raise ArmError(403, "LinkedAuthorizationFailed", (
                    f"{has}, however the current tenant '{caller.tenant}' is not authorized to access linked "
                    f"subscription '{subscription}'."
                ))  # fmt: skip
        missing = [link for link in access.links if not self.allowed(caller, link.action, link.scope)]
        if missing:
            actions, scopes = (",".join(dict.fromkeys(words)) for words in zip(*((m.action, m.scope) for m in missing)))
            raise ArmError(403, "LinkedAuthorizationFailed", (
                f"{has}; however, it does not have permission to perform action(s) '{actions}' on the linked scope(s) "
                f"'{scopes}' (respectively) or the linked scope(s) are invalid."
            ))  # fmt: skip
