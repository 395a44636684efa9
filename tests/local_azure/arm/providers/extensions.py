# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions of virtual machines: what is asked of them and what is answered; the work is in extension_work."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .. import errors, ids, operations
from ..context import Context
from ..fabric import FabricError
from ..messages import Call, Reply
from ..store import Record
from . import extension_model as model
from . import extension_work as work
from . import instance_view
from .common import GROUP, body_of, location_of, target_id
from .machines import EXTENSION as TYPE
from .machines import power_state

PROVENANCE = {
    "PUT 201 Creating, 200 Updating, no Location": "recorded",
    "DELETE 202 with both headers; instance view by $expand": "recorded",
    "DELETE of an absent extension: 204": "spec",
    "ParentResourceNotFound": "inferred",
    "collection GET": "spec",
    "CannotModifyExtensionsWhenVMNotRunning, for PUT and DELETE": "docs",
    "MultipleExtensionsPerHandlerNotAllowed": "docs",
    "ArtifactNotFound: 404 at once": "inferred",
    "extensions disallowed: text": "inferred",
}
_ALL = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{{vm}}/extensions"
_ONE = f"{_ALL}/{{extension}}"


def _parent(ctx: Context, call: Call, wanted: str) -> Record:
    machine = ctx.store.get(ids.parent_key(wanted))
    if machine is None:
        action = {"GET": "read", "DELETE": "delete"}.get(call.method, "write")
        raise errors.parent_not_found("virtualMachines/extensions", "/".join(wanted.split("/")[:-2]), action)
    return machine


def _find(ctx: Context, call: Call, writing: bool = False) -> tuple[Record, str, Record | None]:
    """Return (the machine, the extension's id, the extension if there is one)."""
    wanted = target_id(ctx, call, writing)
    machine = _parent(ctx, call, wanted)
    wanted = f"{machine.id}/extensions/{ids.name(wanted)}"
    return machine, wanted, ctx.store.get(wanted)


def _check_machine(ctx: Context, machine: Record) -> None:
    if machine.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion("write", "VM", machine.document["name"], "the VM")
    if machine.properties["osProfile"].get("allowExtensionOperations") is False:
        raise errors.extensions_disallowed()
    if power_state(ctx, machine) != "running":
        raise errors.vm_not_running()


@dataclass
class _Wish:
    """What a PUT or PATCH asks for, checked as far as the body alone allows."""

    body: dict
    given: dict
    keep: bool


def put(ctx: Context, call: Call) -> Reply:
    """Create or replace an extension."""
    return _write(ctx, call, keep=False)


def patch(ctx: Context, call: Call) -> Reply:
    """Change what the body names."""
    with ctx.store.lock:
        _machine, wanted, existing = _find(ctx, call)
        if existing is None:
            raise errors.resource_not_found(ids.relative(wanted), ids.group(wanted))
        call.body = {"location": existing.document["location"], **body_of(call)}
    return _write(ctx, call, keep=True)


def _write(ctx: Context, call: Call, keep: bool) -> Reply:
    body = body_of(call)
    wish = _Wish(body, body.get("properties") or {}, keep)
    model.check_types(wish.given)
    with ctx.store.lock:
        machine, wanted, existing = _find(ctx, call, writing=True)
    _check_machine(ctx, machine)
    protected = wish.given.get("protectedSettings")
    sealed: tuple[str | None, str | None] = (None, None)
    if protected is not None:
        sealed = _seal(ctx, machine, protected)
    with ctx.store.lock:
        machine, wanted, existing = _find(ctx, call, writing=True)
        extension = _store(ctx, machine, wanted, existing, wish, sealed)
        return _answer(ctx, call, machine, extension, 200 if existing else 201)


def _seal(ctx: Context, machine: Record, protected: dict) -> tuple[str, str]:
    try:
        return ctx.fabric.seal(machine.properties["vmId"], protected)
    except FabricError as error:
        raise errors.ArmError(500, error.code, error.message) from error


def _store(
    ctx: Context, machine: Record, wanted: str, existing: Record | None, wish: _Wish,
    sealed: tuple[str | None, str | None],
) -> Record:  # fmt: skip
    name = ids.name(wanted)
    location = location_of(wish.body, existing, name, ids.group(wanted))
    if existing is not None and existing.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion("write", "VM extension", existing.document["name"], "it")
    properties = model.properties(wish.given, existing.properties if existing else None, wish.keep)
    _check_handler(ctx, machine, wanted, properties, location)
    configuration, digest = _configure(ctx, machine, existing, properties, wish, sealed)
    document = {
        "name": existing.document["name"] if existing else name, "id": existing.id if existing else wanted,
        "type": TYPE, "location": location,
        "properties": {**properties, "provisioningState": "Updating" if existing else "Creating"},
    }  # fmt: skip
    tags = wish.body.get("tags") or (existing.document.get("tags") if existing and wish.keep else None)
    if tags is not None:
        document["tags"] = copy.deepcopy(tags)
    extension = existing or Record(wanted, TYPE, document, {"generation": 0, "goal": None})
    extension.document = document
    extension.private.update(configuration=configuration, digest=digest)
    extension.private["generation"] += 1
    handler = f"{properties['publisher']}.{properties['type']}".lower()
    machine.private["sequences"][handler] = configuration["sequence"]
    return ctx.store.put(extension)


def _check_handler(ctx: Context, machine: Record, wanted: str, properties: dict, location: str) -> None:
    handler = f"{properties['publisher']}.{properties['type']}"
    for other in ctx.store.children(machine.id, TYPE):
        theirs = f"{other.properties['publisher']}.{other.properties['type']}"
        if theirs.lower() == handler.lower() and ids.key(other.id) != ids.key(wanted):
            raise errors.one_per_handler(ids.name(wanted), handler)
    ctx.catalogue.handler(properties["publisher"], properties["type"], location)


def _configure(
    ctx: Context, machine: Record, existing: Record | None, properties: dict, wish: _Wish,
    sealed: tuple[str | None, str | None],
) -> tuple[dict, dict]:  # fmt: skip
    """Return (what the handler is configured with beside its settings, the digests of all that)."""
    old = existing.private if existing else {"configuration": {}, "digest": None}
    protected = wish.given.get("protectedSettings")
    digest = model.digest(ctx.store.digest_key, properties, protected)
    kept = wish.keep and "protectedSettings" not in wish.given
    if old["digest"] is not None and kept:
        digest["protected"] = old["digest"]["protected"]
    same = digest == old["digest"]
    # Sealing the same text twice gives two texts: keep the old one while it fits, so that the goal is the same too.
    known = old["configuration"]
    if existing is not None and (kept or (same and known["thumbprint"] == sealed[1])):
        sealed = (known["sealed_settings"], known["thumbprint"])
    handler = f"{properties['publisher']}.{properties['type']}".lower()
    sequence = model.next_sequence(machine.private["sequences"].get(handler), same)
    return {"sequence": sequence, "sealed_settings": sealed[0], "thumbprint": sealed[1]}, digest


def _answer(ctx: Context, call: Call, machine: Record, extension: Record, status: int) -> Reply:
    generation = extension.private["generation"]
    body = copy.deepcopy(extension.document)
    effect = partial(work.install, ctx, machine, extension, generation)
    operation = _start(ctx, machine, extension, "extension-put", effect)
    return Reply(status, body, operations.headers(operation, call))


def _start(ctx: Context, machine: Record, extension: Record, kind: str, effect: Callable[[], None]) -> dict:
    location, subscription = machine.document["location"], ids.subscription(machine.id)
    return ctx.operations.start(operations.COMPUTE, location, subscription, kind, extension.id, effect)


def _render(ctx: Context, machine: Record, extension: Record, with_view: bool) -> dict:
    document = copy.deepcopy(extension.document)
    if with_view:
        properties = document["properties"]
        publisher, kind = properties["publisher"], properties["type"]
        agent = None
        if machine.private.get("power") != "deallocated":
            agent = ctx.fabric.agent(machine.properties["vmId"])
        handler = instance_view.handler_of(agent, publisher, kind)
        properties["instanceView"] = instance_view.extension(document["name"], publisher, kind, handler)
    return document


def get(ctx: Context, call: Call) -> Reply:
    """Return one extension."""
    with ctx.store.lock:
        machine, wanted, extension = _find(ctx, call)
        if extension is None:
            raise errors.resource_not_found(ids.relative(wanted), ids.group(wanted))
        return Reply(200, _render(ctx, machine, extension, call.expands_instance_view))


def list_all(ctx: Context, call: Call) -> Reply:
    """Return the extensions of a machine; there is no paging."""
    with ctx.store.lock:
        machine = _parent(ctx, call, f"{target_id(ctx, call)}/any")
        found = ctx.store.children(machine.id, TYPE)
        view = call.expands_instance_view
        return Reply(200, {"value": [_render(ctx, machine, extension, view) for extension in found]})


def delete(ctx: Context, call: Call) -> Reply:
    """Uninstall and remove an extension."""
    with ctx.store.lock:
        machine, _wanted, extension = _find(ctx, call)
    if extension is None:
        return Reply(204)
    _check_machine(ctx, machine)
    with ctx.store.lock:
        extension.private["generation"] += 1
        generation = extension.private["generation"]
        extension.properties["provisioningState"] = "Deleting"
        ctx.store.changed()
        effect = partial(work.uninstall, ctx, machine, extension, generation)
        operation = _start(ctx, machine, extension, "extension-delete", effect)
        return Reply(202, None, operations.headers(operation, call, location=True))


ROUTES = {
    ("PUT", _ONE): put,
    ("PATCH", _ONE): patch,
    ("GET", _ONE): get,
    ("DELETE", _ONE): delete,
    ("GET", _ALL): list_all,
}
