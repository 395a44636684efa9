# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Resource Manager as a whole: state directory, listener, and what a restart has to make good."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from . import failures, ids, operations
from .authorization import Authorization, Permissions
from .catalogue import Catalogue
from .context import Context
from .control import Control
from .errors import ArmError
from .fabric import Fabric, FabricError
from .faults import Faults
from .front import Front, Listener
from .journal import Journal
from .limits import Limits
from .operations import Operations
from .providers import machines, power
from .providers.resource_graph import Graph
from .providers.virtual_machines import boot_new
from .routes import Router
from .store import Record, Store
from .timing import Settings
from .tls import server_context
from .tokens import Tokens


class ArmServer:
    """One Resource Manager for up to a few subscriptions, on https://localhost:`port` (0: any free port).

    `handlers` is {"Publisher.Type": [versions]}; `agent_timeout` is in seconds, 25 minutes in the real Azure.
    `tenants` is {subscription: tenant} for those that are not in `tenant`; the client is known in all of them.
    `permissions` restrict the client (see authorization); Resource Graph answers `graph_lag` seconds late.
    `settings` say how strict it is; `about` is what its status shall say beside what it knows itself.
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
        settings: Settings | None = None,
        about: dict[str, Any] | None = None,
        tenants: dict[str, str] | None = None,
        permissions: Permissions | None = None,
        graph_lag: float = 0.0,
    ) -> None:
        self._directory = Path(state_dir)
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._context = server_context(self._directory)
        self._store = Store(self._directory / "arm.json")
        settings = settings or Settings()
        self._operations = Operations(self._store, settings, self._give_up)
        self._journal = Journal(self._directory, record_bodies)
        others = {subscription.lower(): name for subscription, name in (tenants or {}).items()}
        path, governance = self._directory / "permissions.json", self._store.governance
        authorization = Authorization(path, permissions, governance, lambda wanted: others.get(wanted.lower(), tenant))
        self._arm = Context(
            self._store, self._operations, fabric, Catalogue(handlers), list(subscriptions), tenant, authorization,
            others, agent_timeout,
        )  # fmt: skip
        self.graph = Graph(self._arm, graph_lag)
        self._arm.graph = self.graph.answer
        limits, faults = Limits(settings), Faults(self._directory / "faults.json", self._operations)
        control = Control(self._arm, settings, limits, faults, self._directory, about or {})
        tokens = Tokens(dict.fromkeys([tenant, *others.values()]), client_id, client_secret)
        front = Front(tokens, Router(self._arm).dispatch, self._journal, limits, faults, control)
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
            self._give_up(operation["target"])

    def _give_up(self, target_id: str) -> None:
        """Show at the target that an operation on it did not come to its end."""
        with self._store.lock:
            target = self._store.get(target_id)
            if target is None:
                return
            target.properties["provisioningState"] = "Succeeded" if target.type == ids.GROUP_TYPE else "Failed"
            if target.private.get("power") in power.TRANSIENT:
                running = self._arm.fabric.running(target.properties["vmId"])
                target.private["power"] = "running" if running else "stopped"
            self._store.changed(target)


def _creation(arm: Context, machine: Record) -> operations.Effect:
    return lambda: boot_new(arm, machine)
