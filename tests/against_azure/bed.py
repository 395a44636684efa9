# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local Azure without guests in this process, and what a test may do to it.

The directory is not called azure: with tests/ in PYTHONPATH it would stand in the place of Azure's own package.
"""

from __future__ import annotations

import json
import pathlib
import urllib.parse
import urllib.request
from typing import Any

from end_to_end.arm import Arm

from local_azure import seed
from local_azure.arm.server import ArmServer
from local_azure.fabric_null import NullFabric
from local_azure.lab import inside

SUBSCRIPTIONS = inside.SUBSCRIPTIONS
GROUP = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/site"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
LOCATION = "westeurope"
MARKER = {"publisher": "Contoso.Operations", "type": "Marker", "type_handler_version": "1.0"}
# Operations and the pauses between polls last as recorded, so much faster: 20 s of an extension are 40 ms.
FAST = 500


def vm_id(name: str, subscription: str = SUBSCRIPTIONS[0]) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/site/providers/Microsoft.Compute/virtualMachines/{name}"


SCRIPTED, BARE = vm_id("scripted"), vm_id("bare")  # one has an extension "script" of CustomScript, one has none
ELSEWHERE = [vm_id("second", SUBSCRIPTIONS[1]), vm_id("third", SUBSCRIPTIONS[2])]  # the last one is in another tenant


class Azure:
    """`variables` are the LOCAL_AZURE_* ones; `arm`, there once they are in the environment, acts as somebody else."""

    def __init__(self, state: pathlib.Path) -> None:
        state.mkdir(mode=0o700)
        options = ["--state", str(state), "--guests", "null", "--timing", "recorded", "--clock-scale", str(FAST)]
        self.state = state
        self.fabric = NullFabric(state)
        secret = inside.client_secret(state)
        parsed = inside.parse([*options, "--record-bodies", "--agent-timeout", "2", "--", "none"])
        self.server: ArmServer = inside.resource_manager(parsed, self.fabric, secret)
        self.server._arm.poll = 0.01
        self.variables = inside.variables(self.server, state, secret)
        self.arm: Arm

    def start(self) -> None:
        seed.machines_in(self.server._arm, SUBSCRIPTIONS[0], "site", ["scripted"], location=LOCATION)
        for machine in (BARE, *ELSEWHERE):
            words = machine.split("/")
            seed.machines_in(self.server._arm, words[2], "site", [words[-1]], extensions=(), location=LOCATION)
        self.server.start()

    def login(self) -> dict[str, str]:
        """The options by which a module comes here."""
        return {
            "cloud": self.variables["LOCAL_AZURE_CLOUD"],
            "ca_path": self.variables["LOCAL_AZURE_CA"],
            "auth_source": "service_principal",
            "tenant": self.variables["LOCAL_AZURE_TENANT"],
            "client_id": self.variables["LOCAL_AZURE_CLIENT_ID"],
            "secret": self.variables["LOCAL_AZURE_CLIENT_SECRET"],
        }

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.arm.base}/local-azure/{path}", data, method=method)
        with urllib.request.urlopen(request, context=self.arm.context) as answer:
            return json.load(answer)

    def fault(self, method: str, path: str, then: dict[str, Any], **more: Any) -> None:
        """A fault rule; `path` is a pattern, `more` are nth, times and every."""
        self.control("POST", "faults", {"method": method, "path": path, "then": then, **more})

    def fired(self) -> list[int]:
        """How often each rule met a request."""
        return [rule["fired"] for rule in self.control("GET", "faults")["value"]]

    def slow(self, scale: float) -> None:
        """From now on operations last as recorded, `scale` times faster."""
        self.control("POST", "settings", {"clock_scale": scale})

    def lock(self, scope: str, level: str) -> None:
        self.arm.put(f"{scope}/providers/Microsoft.Authorization/locks/frozen", {"properties": {"level": level}})

    def policy(self, rule: dict[str, Any], name: str, scope: str = GROUP, **properties: Any) -> None:
        path = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{urllib.parse.quote(name)}"
        self.arm.put(path, {"properties": {"displayName": name, "metadata": {"policyRule": rule}, **properties}})

    def permit(self, *permissions: dict[str, Any]) -> None:
        """The client may do this, and nothing else."""
        (self.state / "permissions.json").write_text(json.dumps(permissions))

    def outcomes(self, handler: str, outcome: Any) -> None:
        """What a handler ("Publisher.Type") reports from now on, on every VM."""
        (self.state / "outcomes.json").write_text(json.dumps({"*": {handler: outcome}}))

    def extension(self, machine: str, name: str = "other", **properties: Any) -> str:
        """An extension that somebody else puts on a VM; its id."""
        body = {
            "publisher": MARKER["publisher"],
            "type": MARKER["type"],
            "typeHandlerVersion": MARKER["type_handler_version"],
            **properties,
        }
        path = f"{machine}/extensions/{name}"
        self.arm.put(path, {"location": LOCATION, "properties": body})
        return path

    def sent(self, *methods: str) -> list[str]:
        """The requests of these methods to ARM so far, dropped ones too, as "METHOD path"."""
        lines = [(entry["method"], entry["path"].split("?")[0]) for entry in self.arm.requests()]
        return [f"{method} {path}" for method, path in lines if method in methods and "/oauth2/" not in path]
