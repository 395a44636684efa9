# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The group ``docker``: whoever is in it is as good as root on the machine."""

from __future__ import annotations

import dataclasses
import typing as t

from . import system
from .change import Change
from .desired import Group
from .refusal import Refusal

NAME = "docker"


@dataclasses.dataclass(frozen=True)
class Members:
    """``found``: the group's members; ``unknown``: declared names that are no users of this machine."""

    found: t.Tuple[str, ...] = ()
    unknown: t.Tuple[str, ...] = ()


def look(declared: Group) -> Members:
    """Read the machine, by its name service (users may come from a directory)."""
    fields = (system.output(["getent", "group", NAME]) or "").strip().split(":")
    found = tuple(sorted(name for name in fields[-1].split(",") if name)) if len(fields) > 3 else ()
    unknown = [name for name in declared.members if system.output(["getent", "passwd", name]) is None]
    return Members(found, tuple(unknown))


def changes(declared: Group, seen: Members) -> t.List[Change]:
    """Who joins and who leaves (pure). Raises Refusal for a user who does not exist."""
    if seen.unknown:
        raise Refusal(
            f"group.members names {', '.join(seen.unknown)}, expected users of this machine; create them first, or "
            "correct the names, and run again"
        )
    joining = [Change("join", name, "not a member of the group docker") for name in declared.members]
    leaving = [
        Change("leave", name, "a member of the group docker that is not declared") for name in extra(declared, seen)
    ]
    return [change for change in joining if change.target not in seen.found] + (leaving if declared.exclusive else [])


def extra(declared: Group, seen: Members) -> t.Tuple[str, ...]:
    """Members that nobody declared (pure)."""
    return tuple(name for name in seen.found if name not in declared.members)


def findings(declared: Group, seen: Members) -> t.Tuple[str, ...]:
    """What is left as it is and should be looked at (pure)."""
    names = extra(declared, seen)
    if not names or declared.exclusive:
        return ()
    return (f"the group docker has members that are not declared (each is as good as root): {', '.join(names)}",)


def carry_out(change: Change) -> None:
    """Make one change. Raises Refusal."""
    option = "--add" if change.action == "join" else "--delete"
    code, tail = system.logged(["gpasswd", option, change.target, NAME])
    if code:
        raise Refusal(
            f"gpasswd {option} {change.target} {NAME} ended with {code}, expected 0: {tail}; mend it and run again"
        )
