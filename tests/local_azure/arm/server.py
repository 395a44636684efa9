# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Resource Manager as a whole: state directory, listener, and what a restart has to make good."""

from __future__ import annotations

import threading
from pathlib import Path

from . import failures, operations
from .catalogue import Catalogue
from .context import Context
from .errors import ArmError
from .fabric import Fabric, FabricError
from .front import Front, Listener
from .journal import Journal
from .operations import Operations
from .providers import machines, power
from .providers.virtual_machines import boot_new
from .routes import Router
from .store import Record, Store
from .tls import server_context
from .tokens import Tokens


class ArmServer:
    """One Resource Manager for up to a few subscriptions, on https://localhost:`port` (0: any free port).

    `handlers` is {"Publisher.Type": [versions]}; `agent_timeout` is in seconds, 25 minutes in the real Azure.
    """

    def __init__(
        self,
        state_dir: Path | str,
        fabric: Fabric,
        *,
        port: int,
        subscriptions: list[str],
        tenant: str,
        client_id: str,
        client_secret: str,
        handlers: dict[str, list[str]],
        agent_timeout: float = 120.0,
        record_bodies: bool = False,
    ) -> None:
        self._directory = Path(state_dir)
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._context = server_context(self._directory)
        self._store = Store(self._directory / "arm.json")
        self._operations = Operations(self._store)
        self._journal = Journal(self._directory, record_bodies)
        self._arm = Context(
            self._store, self._operations, fabric, Catalogue(handlers), list(subscriptions), tenant, agent_timeout
        )
        front = Front(Tokens(tenant, client_id, client_secret), Router(self._arm).dispatch, self._journal)
        self._listener = Listener(front, self._context, port)

    @property
    def base_url(self) -> str:
        """Where Resource Manager, login and metadata are."""
        return f"https://localhost:{self._listener.port}"

    @property
    def ca_path(self) -> Path:
        """The certificate that clients have to trust."""
        return self._directory / "ca.pem"

    def start(self) -> None:
        """Boot what ran before, take up or end the operations that were under way, then serve in the background."""
        self._boot_all()
        self._take_up()
        self._listener.start()

    def stop(self) -> None:
        """Stop serving and write the state. The machines are the fabric's: they go on."""
        self._operations.stopping.set()
        self._listener.stop()
        self._store.close()
        self._journal.close()

    def _boot_all(self) -> None:
        threads = [
            threading.Thread(target=self._boot, args=(machine,))
            for machine in self._store.of_type(machines.TYPE)
            if machine.private["power"] == "running" and machine.properties["provisioningState"] != "Deleting"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _boot(self, machine: Record) -> None:
        try:
            power.boot(self._arm, machine)
        except (FabricError, ArmError):
            # The machine shows as stopped and Failed; a client can start it and will then get the reason.
            machines.settle(self._arm, machine, "Failed")

    def _take_up(self) -> None:
        for operation in list(self._store.operations.values()):
            if operation["status"] != "InProgress":
                continue
            target = self._store.get(operation["target"])
            if operation["kind"] == "vm-create" and target is not None:
                self._operations.resume(operation, _creation(self._arm, target))
                continue
            self._operations.finish(operation, failures.interrupted())
            if target is not None:
                _abandon(self._store, target)


def _abandon(store: Store, target: Record) -> None:
    """Show that an operation on the target did not come to its end."""
    target.properties["provisioningState"] = "Failed"
    if target.private.get("power") in power.TRANSIENT:
        target.private["power"] = "stopped"
    store.changed()


def _creation(arm: Context, machine: Record) -> operations.Effect:
    return lambda: boot_new(arm, machine)
