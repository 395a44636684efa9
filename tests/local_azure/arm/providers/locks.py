# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource locks: on a subscription, a group or a resource, inherited by all below."""

from __future__ import annotations

from .. import errors, ids
from ..actions import Access
from ..authorization import covers
from ..context import Context
from ..messages import Call
from . import scoped

PROVENANCE = {
    "ScopeLocked: 409, code and text": "docs",
    "ReadOnly refuses POST actions as well": "docs",
    "a lock below refuses DELETE of what is above": "docs",
    "deleting and changing locks is not refused by locks": "docs",
}
TYPE = "Microsoft.Authorization/locks"
_LEVELS = {"cannotdelete": "CanNotDelete", "readonly": "ReadOnly"}
_VERBS = {"PUT": "write", "PATCH": "write", "POST": "write", "DELETE": "delete"}


def _complete(_scope: str, given: dict) -> dict:
    level = _LEVELS.get(str(given.get("level", "")).lower())
    if level is None:
        text = f"The lock level '{given.get('level')}' is invalid: it must be CanNotDelete or ReadOnly."
        raise errors.ArmError(400, "InvalidLockLevel", text)
    return {**given, "level": level}


def check(ctx: Context, call: Call, access: Access) -> None:
    """Raise ScopeLocked if a lock forbids the request."""
    verb = _VERBS.get(call.method)
    if verb is None or access.action.lower().startswith("microsoft.authorization/"):
        return
    with ctx.store.lock:
        locks = scoped.all_of(ctx, TYPE)
    found = [scoped.scope_in(lock) for lock in locks if _forbids(lock, verb, access.scope)]
    if found:
        target = ids.canonical(access.scope)
        text = (
            f"The scope '{target}' cannot perform {verb} operation because following scope(s) are locked: "
            f"'{','.join(dict.fromkeys(found))}'. Please remove the lock and try again."
        )
        raise errors.ArmError(409, "ScopeLocked", text)


def _forbids(lock: dict, verb: str, target: str) -> bool:
    scope = scoped.scope_in(lock)
    if verb == "delete":
        return covers(scope, target) or covers(target, scope)
    return lock["properties"]["level"] == "ReadOnly" and covers(scope, target)


ROUTES = scoped.routes(TYPE, _complete)
