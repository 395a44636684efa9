# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The carrier custom_script: the engine program as the script of the VM's one CustomScript extension."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import converge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from . import bundle
from .desired import Host, Site, secrets
from .seen import PUBLISHER, TYPE, VERSION, Document, Seen


def refuse_foreign(host: Host, seen: Seen) -> None:
    if not seen.is_foreign:
        return
    name = (seen.extension or {}).get("name")
    raise Failure(
        f"The CustomScript slot of {host.id} is taken by the extension {name!r}, which this collection did not make; "
        "a VM takes one CustomScript only.",
        code="CustomScriptSlotTaken",
        hint=f"Ask its owner; if it has done its work, remove it (az vm extension delete --name {name}), or choose "
        "carrier: auto; then run again.",
    )


def extension(host: Host, site: Site, seen: Seen, state: Document) -> Desired:
    """The extension that carries ``state``. What Azure already holds in another wording stays as it is."""
    settings: Document = {"skipDos2Unix": True}
    protected: Document = {}
    compared: t.Optional[Document] = None  # another zlib packs the same program in another way
    if secrets(state):
        script = bundle.build(state)
        protected, compared = {"script": bundle.encoded(script)}, {"script": bundle.plain(script)}
    elif seen.sent == bundle.Bundle(bundle.digest(), state):
        settings = observed.properties_of(seen.extension).get("settings") or {}
    else:
        settings["script"] = bundle.encoded(bundle.build(state))
    return Desired(
        name=(seen.extension or {}).get("name") or site.extension_name,
        publisher=PUBLISHER,
        type=TYPE,
        version=VERSION,
        settings=settings,
        protected_settings=protected,
        compared_secrets=compared,
        on_unknown_secret="apply",
        rerun=host.repair,
    )


def deliver(session: Session, host: Host, site: Site, seen: Seen, state: Document, check: bool) -> Document:
    """Have the extension carry ``state``. Raises Failure."""
    wanted = extension(host, site, seen, state)
    return converge(session, host.id, wanted, digest_key=site.digest_key, check=check, vm=seen.vm)


def withdraw(session: Session, host: Host, seen: Seen, check: bool) -> t.Optional[Document]:
    """Take our extension off the VM; None where there is none of ours."""
    if seen.vm is None or not seen.extension_is_ours:
        return None
    name = (seen.extension or {}).get("name")
    wanted = Desired(name=name, publisher=PUBLISHER, type=TYPE, state="absent")
    return converge(session, host.id, wanted, check=check, vm=seen.vm)
