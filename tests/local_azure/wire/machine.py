# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine as the wire server knows it: goals, incarnation, transport of secrets, last report."""

from __future__ import annotations

import json
import os
import pathlib
import threading
import time
import uuid
from typing import Any

from ..arm.fabric import AgentView, ExtensionGoal, VmSpec
from . import documents, status
from .certificates import TenantCertificate, seal


class Machine:
    """Thread-safe; persisted in ``path`` with nothing secret in clear."""

    def __init__(self, spec: VmSpec, path: pathlib.Path) -> None:
        self.spec = spec
        self.path = path
        self.lock = threading.RLock()
        self.goals: list[ExtensionGoal] = []
        self.view: AgentView | None = None
        saved = json.loads(path.read_text()) if path.exists() else {}
        self.incarnation: int = saved.get("incarnation", 1)
        self.container: str = saved.get("container", str(uuid.uuid4()))
        tenant = saved.get("tenant")
        self.tenant = TenantCertificate.from_json(tenant) if tenant else TenantCertificate.create()
        self.save()

    @property
    def identity(self) -> documents.Identity:
        return documents.Identity(self.container, self.spec.name, self.container.replace("-", ""))

    def save(self) -> None:
        data = {"incarnation": self.incarnation, "container": self.container, "tenant": self.tenant.to_json()}
        temporary = self.path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(data, file)
        os.replace(temporary, self.path)

    def set_goals(self, goals: list[ExtensionGoal]) -> None:
        """A new goal state has a new incarnation: that is what the agent looks at."""
        with self.lock:
            if goals != self.goals:
                self.goals = list(goals)
                self.incarnation += 1
                self.save()

    def seal(self, protected: dict[str, Any]) -> tuple[bytes, str]:
        with self.lock:
            return seal(json.dumps(protected).encode(), self.tenant.certificate), self.tenant.thumbprint

    def certificates(self, transport: str) -> bytes | None:
        """The sealed tenant key for the agent; an agent with a new identity (re-imaged disk) gets a new key pair."""
        with self.lock:
            sealed = self.tenant.hand_over(transport)
            if sealed is None:
                self.tenant = TenantCertificate.create()
                sealed = self.tenant.hand_over(transport)
            self.save()
            return sealed

    def report(self, blob: dict[str, Any]) -> None:
        with self.lock:
            self.view = status.agent_view(blob, time.time())

    def goal_state(self) -> str:
        with self.lock:
            return documents.goal_state(self.identity, self.incarnation)

    def config(self, kind: str) -> str | None:
        """The document behind one of the goal state's links; None for an unknown kind."""
        with self.lock:
            if kind == "hostingEnvironmentConfig":
                return documents.hosting_environment(self.identity)
            if kind == "sharedConfig":
                return documents.shared_config(self.identity, self.spec.address)
            if kind == "extensionsConfig":
                return documents.extensions_config(self.identity, self.incarnation, self.goals, time.time())
            return None
