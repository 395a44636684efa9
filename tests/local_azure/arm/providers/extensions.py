# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions of virtual machines: what is asked of them and what is answered; the work is in extension_work."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial

from .. import errors, ids, operations
from ..context import Context
from ..messages import Call, Reply
from ..store import Record
from . import extension_model as model
from . import extension_work as work
from . import instance_view
from . import machine_children as children
from .common import GROUP, body_of, location_of
from .machines import EXTENSION as TYPE

PROVENANCE = {
    "PUT 201 Creating, 200 Updating, no Location": "recorded",
    "DELETE 202 with both headers; instance view by $expand": "recorded",
    "DELETE of an absent extension: 204": "spec",
    "collection GET": "spec",
    "MultipleExtensionsPerHandlerNotAllowed": "docs",
    "ArtifactNotFound: 404 at once": "inferred",
}
_KIND = "extensions"
_ALL = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{{vm}}/extensions"
_ONE = f"{_ALL}/{{extension}}"


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
        _machine, extension = children.existing(ctx, call, _KIND)
        call.body = {"location": extension.document["location"], **body_of(call)}
    return _write(ctx, call, keep=True)


def _write(ctx: Context, call: Call, keep: bool) -> Reply:
    body = body_of(call)
    wish = _Wish(body, body.get("properties") or {}, keep)
    model.check_types(wish.given)
    with ctx.store.lock:
        machine, wanted, existing = children.find(ctx, call, _KIND, writing=True)
    children.check_machine(ctx, machine)
    sealed = children.seal(ctx, machine, wish.given.get("protectedSettings"))
    with ctx.store.lock:
        machine, wanted, existing = children.find(ctx, call, _KIND, writing=True)
        extension = _store(ctx, machine, wanted, existing, wish, sealed)
        return _answer(ctx, call, machine, extension, 200 if existing else 201)


def _store(
    ctx: Context, machine: Record, wanted: str, existing: Record | None, wish: _Wish, sealed: children.Sealed
) -> Record:
    location = location_of(wish.body, existing, ids.name(wanted), ids.group(wanted))
    if existing is not None and existing.properties["provisioningState"] == "Deleting":
        raise errors.marked_for_deletion("write", "VM extension", existing.document["name"], "it")
    properties = model.properties(wish.given, existing.properties if existing else None, wish.keep)
    _check_handler(ctx, machine, wanted, properties, location)
    handler = f"{properties['publisher']}.{properties['type']}"
    digest = model.digest(ctx.store.digest_key, properties, wish.given.get("protectedSettings"))
    kept = wish.keep and "protectedSettings" not in wish.given
    configuration = children.configure(machine, existing, handler, digest, sealed, kept)
    private = {"configuration": configuration, "digest": digest}
    return children.store(ctx, wanted, existing, wish.body, properties, private, wish.keep)


def _check_handler(ctx: Context, machine: Record, wanted: str, properties: dict, location: str) -> None:
    handler = f"{properties['publisher']}.{properties['type']}"
    for other in ctx.store.children(machine.id, TYPE):
        theirs = f"{other.properties['publisher']}.{other.properties['type']}"
        if theirs.lower() == handler.lower() and ids.key(other.id) != ids.key(wanted):
            raise errors.one_per_handler(ids.name(wanted), handler)
    ctx.catalogue.handler(properties["publisher"], properties["type"], location)


def _answer(ctx: Context, call: Call, machine: Record, extension: Record, status: int) -> Reply:
    generation = extension.private["generation"]
    body = copy.deepcopy(extension.document)
    effect = partial(work.install, ctx, machine, extension, generation)
    operation = children.start(ctx, machine, extension.id, "extension-put", effect)
    return Reply(status, body, operations.headers(operation, call))


def _render(ctx: Context, machine: Record, extension: Record, with_view: bool) -> dict:
    document = copy.deepcopy(extension.document)
    if with_view:
        properties = document["properties"]
        publisher, kind = properties["publisher"], properties["type"]
        handler = instance_view.handler_of(children.agent_of(ctx, machine), publisher, kind)
        properties["instanceView"] = instance_view.extension(document["name"], publisher, kind, handler)
    return document


def get(ctx: Context, call: Call) -> Reply:
    """Return one extension."""
    with ctx.store.lock:
        machine, extension = children.existing(ctx, call, _KIND)
        return Reply(200, _render(ctx, machine, extension, call.expands_instance_view))


def list_all(ctx: Context, call: Call) -> Reply:
    """Return the extensions of a machine; there is no paging."""
    with ctx.store.lock:
        machine, found = children.siblings(ctx, call, _KIND)
        view = call.expands_instance_view
        return Reply(200, {"value": [_render(ctx, machine, extension, view) for extension in found]})


def delete(ctx: Context, call: Call) -> Reply:
    """Uninstall and remove an extension."""
    with ctx.store.lock:
        machine, _wanted, extension = children.find(ctx, call, _KIND)
    if extension is None:
        return Reply(204)
    children.check_machine(ctx, machine)
    with ctx.store.lock:
        extension.private["generation"] += 1
        effect = partial(work.uninstall, ctx, machine, extension, extension.private["generation"])
        operation = children.start_removal(ctx, machine, extension, "extension-delete", effect)
        return Reply(202, None, operations.headers(operation, call, location=True))


ROUTES = {
    ("PUT", _ONE): put,
    ("PATCH", _ONE): patch,
    ("GET", _ONE): get,
    ("DELETE", _ONE): delete,
    ("GET", _ALL): list_all,
}
