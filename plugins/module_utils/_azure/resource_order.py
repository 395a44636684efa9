# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""From a list of documents to work in order: duplicates merged, references read. Pure."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .create_only import VM
from .documents import id_key, merge, parse_id, strings
from .errors import Failure

# Their secrets cannot be read back, so a generic merge would drop them.
BELONGS_ELSEWHERE = {
    "microsoft.compute/virtualmachines/extensions": "vm_extension",
    "microsoft.compute/virtualmachines/runcommands": "vm_run_command",
}
# A free document cannot be kept out of logs: secrets have an option of their own.
SECRETS_IN_DOCUMENT = frozenset(["adminPassword", "protectedSettings"])


class Resource(NamedTuple):
    """One resource as declared. ``protected`` is merged into ``document`` when it is sent, and never shown.

    ``power`` is what a VM's power state is to be ("running", "stopped", "deallocated"); None leaves it alone.
    """

    id: str
    document: Dict[str, Any]
    protected: Dict[str, Any]
    list_keys: Dict[str, str]
    exclusive: Tuple[str, ...]
    depends_on: Tuple[str, ...]
    api_version: Optional[str]
    power: Optional[str] = None

    def full(self) -> Dict[str, Any]:
        """The document with its protected part."""
        return merge(self.document, self.protected) if self.protected else self.document


def read_resources(items: Sequence[Mapping[str, Any]]) -> Dict[str, Resource]:
    """The declared resources by comparable id; equal declarations of one id become one.

    Raises Failure for a malformed id, a type that has a module of its own, a secret in a document, the power of what is
    no VM, and two different declarations of one id.
    """
    found: Dict[str, Resource] = {}
    for item in items:
        resource = _read(item)
        key = id_key(resource.id)
        if key in found and not _same(found[key], resource):
            raise Failure(
                "%s is declared more than once, with different documents." % resource.id,
                code="ConflictingDeclarations",
                hint="Declare each resource once, or make all its declarations equal.",
            )
        found.setdefault(key, resource)
    return found


def dependencies(
    resources: Mapping[str, Resource], documents: Optional[Mapping[str, Any]] = None
) -> Dict[str, Set[str]]:
    """What has to exist before each resource: its parents, what its document mentions, and its ``depends_on``.

    ``documents`` replaces the declared documents, by the same keys.
    """
    needs: Dict[str, Set[str]] = {}
    for key, resource in resources.items():
        document = resource.document if documents is None else documents.get(key)
        mentioned = [text for text in strings(document) if text.lower().startswith("/subscriptions/")]
        wanted = [id_key(text) for text in [*mentioned, *resource.depends_on]] + [key]
        needs[key] = {other for text in wanted for other in _self_and_parents(text) if other in resources}
        needs[key].discard(key)
        # A parent that mentions its own child (a load balancer its rules) does not wait for it.
        needs[key] = {other for other in needs[key] if not other.startswith(key + "/")}
    return needs


def reverse(needs: Mapping[str, Set[str]]) -> Dict[str, Set[str]]:
    """The same edges the other way round: what has to be gone before each resource."""
    turned: Dict[str, Set[str]] = {key: set() for key in needs}
    for key, others in needs.items():
        for other in others:
            turned[other].add(key)
    return turned


def in_sequence(needs: Mapping[str, Set[str]]) -> Dict[str, Set[str]]:
    """The same edges, each entry behind what it needs: the order in which work that follows them ends.

    Entries in a circle come last; whoever walks the edges refuses them.
    """
    ordered: Dict[str, Set[str]] = {}
    waiting = dict(needs)
    while waiting:
        ready = [key for key, others in waiting.items() if not others & waiting.keys()] or list(waiting)
        for key in ready:
            ordered[key] = waiting[key]
        for key in ready:
            del waiting[key]
    return ordered


def _read(item: Mapping[str, Any]) -> Resource:
    kind = parse_id(item["id"]).type.lower()
    if kind in BELONGS_ELSEWHERE:
        raise Failure(
            "%s cannot be managed as a plain resource: its protected settings would be lost." % item["id"],
            code="WrongModule",
            hint="Use the module bulwark.azure_docker.%s." % BELONGS_ELSEWHERE[kind],
        )
    document = item.get("document") or {}
    secret = _secret_path(document, "")
    if secret:
        raise Failure(
            "The document of %s holds a secret at %s, where logs would show it." % (item["id"], secret),
            code="SecretInDocument",
            hint="Move that part, with its path, to option `protected` of the resource.",
        )
    if item.get("power") and kind != VM:
        raise Failure(
            "%s has power %r, but only a virtual machine has a power state." % (item["id"], item["power"]),
            code="NoPowerState",
            hint="Leave option `power` out for this resource.",
        )
    return Resource(
        item["id"].rstrip("/"),
        document,
        item.get("protected") or {},
        item.get("list_keys") or {},
        tuple(item.get("exclusive") or ()),
        tuple(item.get("depends_on") or ()),
        item.get("api_version"),
        item.get("power"),
    )


def _same(one: Resource, other: Resource) -> bool:
    return json.dumps(one[1:], sort_keys=True) == json.dumps(other[1:], sort_keys=True)


def _self_and_parents(key: str) -> List[str]:
    parts = key.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 2, -1)]


def _secret_path(value: Any, path: str) -> Optional[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            spot = "%s.%s" % (path, name) if path else name
            found = spot if name in SECRETS_IN_DOCUMENT else _secret_path(item, spot)
            if found:
                return found
    if isinstance(value, list):
        for item in value:
            found = _secret_path(item, path)
            if found:
                return found
    return None
