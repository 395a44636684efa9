# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role definitions and assignments, with which a test takes permissions away from the client."""

from __future__ import annotations

from .. import errors
from ..authorization import ASSIGNMENT, ROLE
from . import scoped

PROVENANCE = {"documents of role definitions and assignments": "spec"}


def _role(scope: str, given: dict) -> dict:
    permissions = given.get("permissions")
    if not isinstance(permissions, list) or not all(isinstance(entry, dict) for entry in permissions):
        raise errors.missing_parameter("properties.permissions")
    return {"type": "CustomRole", "assignableScopes": [scope], **given}


def _assignment(scope: str, given: dict) -> dict:
    for name in ("principalId", "roleDefinitionId"):
        if not isinstance(given.get(name), str):
            raise errors.missing_parameter(f"properties.{name}")
    return {**given, "scope": scope}


ROUTES = {**scoped.routes(ROLE, _role), **scoped.routes(ASSIGNMENT, _assignment)}
