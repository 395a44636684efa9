# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a request and its provider: types, tenant, permissions, locks, policies, in Azure's order."""

from __future__ import annotations

from dataclasses import replace

from . import ids, shapes
from .actions import access_of
from .context import Context
from .errors import wrong_tenant
from .messages import Call
from .providers import locks, policies

PROVENANCE = {
    "a token of another tenant: 401 InvalidAuthenticationTokenTenant, the challenge names the right one": "docs",
    "order of checks: tenant, permission, lock, policy": "inferred",
}


def admit(ctx: Context, call: Call) -> Call:
    """Raise what refuses the request, else return it, changed where a policy changes its body. Sets `call.access`."""
    shapes.check(call)
    access = call.access = access_of(call.method, call.path, call.body)
    words = ids.key(call.path).split("/")
    if words[1:2] == ["subscriptions"] and len(words) > 2:
        _check_tenant(ctx, call, words[2])
    if call.caller is not None:
        ctx.authorization.check(call.caller, access)
    locks.check(ctx, call, access)
    body = policies.apply(ctx, call)
    return call if body is call.body else replace(call, body=body)


def _check_tenant(ctx: Context, call: Call, subscription: str) -> None:
    if call.caller is None or subscription not in {known.lower() for known in ctx.subscriptions}:
        return
    right = ctx.tenant_of(subscription)
    if right.lower() != call.caller.tenant.lower():
        raise wrong_tenant(call.caller.tenant, right, call.base_url)
