# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The carrier run_command: the engine program as a managed run command, for VMs whose CustomScript slot is taken.

Everybody who may read the VM can read a run command's script, so what is secret (a key that the controller made) does
not travel in it but as a protected parameter, which the handler passes on as an environment variable.
"""

from __future__ import annotations

import base64
import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.program import SECRETS_VARIABLE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import observed
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.converge import converge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.desired import RunCommand

from . import bundle
from .desired import Document, Host, Site, public, secrets
from .seen import Seen

TIMEOUT_SECONDS = 1800


def command(host: Host, site: Site, seen: Seen, state: Document) -> RunCommand:
    """The run command that carries ``state``. What Azure already holds in another wording stays as it is."""
    told = public(state)
    script = bundle.build(told)
    if seen.command is not None and seen.sent == bundle.Bundle(bundle.digest(), told):
        script = observed.properties_of(seen.command)["source"]["script"]
    hidden = json.dumps(secrets(state), sort_keys=True) if secrets(state) else ""
    protected = {SECRETS_VARIABLE: base64.b64encode(hidden.encode("utf-8")).decode("ascii")} if hidden else {}
    return RunCommand(
        name=(seen.command or {}).get("name") or site.extension_name,
        script=script,
        parameters={},
        protected_parameters=protected,
        timeout_in_seconds=TIMEOUT_SECONDS,
        on_unknown_secret="apply",
        rerun=host.repair,
    )


def deliver(session: Session, host: Host, site: Site, seen: Seen, state: Document, check: bool) -> Document:
    """Have the run command carry ``state``. Raises Failure."""
    wanted = command(host, site, seen, state)
    digest_key = site.digest_key
    return converge(session, host.id, wanted, digest_key=digest_key, check=check, vm=seen.vm, current=seen.command)


def withdraw(session: Session, host: Host, seen: Seen, check: bool) -> t.Optional[Document]:
    """Remove our run command from the VM; None where there is none of ours."""
    if seen.command is None or not seen.command_is_ours:
        return None
    wanted = RunCommand(name=seen.command["name"], state="absent")
    return converge(session, host.id, wanted, check=check, vm=seen.vm, current=seen.command)
