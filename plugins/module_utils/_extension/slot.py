# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""A Linux VM takes one extension of each handler: who has that place, and whether it may be taken over. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .._azure.errors import Failure
from . import observed, secret_digest
from .desired import Desired


def to_adopt(desired: Desired, vm: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """The extension of the same handler under another name, if it may be taken over; None if there is none.

    Raises Failure if it may not: a Linux VM takes one extension of each handler.
    """
    other = observed.by_handler(vm, desired.publisher, desired.type)
    if other is None:
        return None
    if not desired.adopt:
        raise Failure(
            "The handler %s is already on %s under the name %r; a Linux VM takes one extension of each handler."
            % (desired.handler(), vm.get("id"), other.get("name")),
            code="HandlerInUse",
            hint="Give name: %s to manage that one, adopt: true to take it over, or remove it first."
            % other.get("name"),
        )
    if _is_foreign_script(desired, other):
        raise _foreign_script(vm, other)
    return other


def check_foreign_script(desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any]) -> None:
    """Raise Failure if a change would put our script in the place of one that somebody else runs.

    Whoever gives the extension's name has seen it.
    """
    if desired.name is None and _is_foreign_script(desired, extension):
        raise _foreign_script(vm, extension)


def check_not_deleting(vm: Mapping[str, Any], extension: Mapping[str, Any]) -> None:
    """Raise Failure if the extension is on its way out."""
    if observed.properties_of(extension).get("provisioningState") == "Deleting":
        raise Failure(
            "The extension %r of %s is being deleted." % (extension.get("name"), vm.get("id")),
            code="OperationInProgress",
            hint="Run again when it is gone.",
        )


def is_other_handler(desired: Desired, extension: Mapping[str, Any]) -> bool:
    """True if the extension is of another publisher or type than declared."""
    found = observed.properties_of(extension)
    publisher, kind = desired.publisher or found.get("publisher"), desired.type or found.get("type")
    return not observed.is_of_handler(extension, publisher, kind)


def check_may_reinstall(desired: Desired, vm: Mapping[str, Any], extension: Mapping[str, Any]) -> None:
    """Raise Failure unless an extension of another handler may be deleted to make room for the declared one."""
    if desired.on_immutable_change == "reinstall":
        return
    found = observed.properties_of(extension)
    raise Failure(
        "The extension %r of %s is of the handler %s.%s, not %s; Azure cannot change that in place."
        % (extension.get("name"), vm.get("id"), found.get("publisher"), found.get("type"), desired.handler()),
        code="HandlerDiffers",
        hint="Use another name, or on_immutable_change: reinstall, which deletes it and creates the declared one.",
    )


def _is_foreign_script(desired: Desired, extension: Mapping[str, Any]) -> bool:
    properties = observed.properties_of(extension)
    if not str(properties.get("type")).lower().startswith("customscript"):
        return False
    tag = properties.get("forceUpdateTag")
    users = desired.force_update_tag is not None and secret_digest.is_users_tag(tag, desired.force_update_tag)
    return secret_digest.read_tag(tag) is None and not users


def _foreign_script(vm: Mapping[str, Any], extension: Mapping[str, Any]) -> Failure:
    return Failure(
        "The extension %r on %s runs a script that this collection did not send (its forceUpdateTag is not ours), and "
        "a VM takes one CustomScript only." % (extension.get("name"), vm.get("id")),
        code="ForeignScript",
        hint="Ask its owner; then give name: %s to replace the script, or remove it first." % extension.get("name"),
    )
