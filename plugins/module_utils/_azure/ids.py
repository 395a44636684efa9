# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Resource ids and locations, which Azure writes in more than one way."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .errors import Failure

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


class ResourceId(NamedTuple):
    """A resource id in parts: ``types`` is ("Microsoft.Compute/virtualMachines", "extensions"), ``names`` as many."""

    subscription: str
    group: Optional[str]
    types: Tuple[str, ...]
    names: Tuple[str, ...]

    @property
    def type(self) -> str:
        """The full type, for example "Microsoft.Compute/virtualMachines/extensions"."""
        return "/".join(self.types)

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]


def parse_id(resource_id: str) -> ResourceId:
    """The parts of the full ARM id of a subscription, a resource group or a resource; raises Failure for all else."""
    parts = resource_id.strip("/").split("/") if isinstance(resource_id, str) and resource_id.startswith("/") else []
    words = [part.lower() for part in parts]
    if len(parts) < 2 or words[0] != "subscriptions" or not all(parts):
        raise _not_an_id(resource_id)
    subscription = parts[1]
    if len(parts) == 2:
        return ResourceId(subscription, None, (SUBSCRIPTION_TYPE,), (subscription,))
    group = parts[3] if words[2] == "resourcegroups" and len(parts) > 3 else None
    if group and len(parts) == 4:
        return ResourceId(subscription, group, (GROUP_TYPE,), (group,))
    if "providers" not in words:
        raise _not_an_id(resource_id)
    # The last provider names the resource; one before it only says what the resource is attached to.
    start = len(words) - 1 - words[::-1].index("providers")
    tail = parts[start + 1 :]
    if len(tail) < 3 or len(tail) % 2 == 0:
        raise _not_an_id(resource_id)
    types = ("%s/%s" % (tail[0], tail[1]), *tuple(tail[3::2]))
    return ResourceId(subscription, group, types, tuple(tail[2::2]))


def same_id(one: Optional[str], other: Optional[str]) -> bool:
    """True if both are the same resource id: ARM does not tell upper case from lower case."""
    return id_key(one) == id_key(other)


def id_key(resource_id: Optional[str]) -> str:
    """The form of an id that can be compared and used as a key."""
    return (resource_id or "").rstrip("/").lower()


def distinct(resource_ids: Iterable[str]) -> List[str]:
    """The ids without repetitions, each as it was first written. Raises Failure for what is not an id."""
    found: Dict[str, str] = {}
    for resource_id in resource_ids:
        parse_id(resource_id)
        found.setdefault(id_key(resource_id), resource_id)
    return list(found.values())


def normal_location(text: str) -> str:
    """ "East US" as "eastus"."""
    return "".join(text.split()).lower()


def _not_an_id(found: Any) -> Failure:
    return Failure(
        "%r is not a full ARM resource id." % (found,),
        code="InvalidResourceId",
        hint="Expected /subscriptions/SUBSCRIPTION/resourceGroups/GROUP[/providers/NAMESPACE/TYPE/NAME...].",
    )
