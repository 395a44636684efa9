# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every provider function gets beside the call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .authorization import Authorization
from .catalogue import Catalogue
from .fabric import Fabric
from .messages import Call, Reply
from .operations import Operations
from .store import Store


def _no_graph(_call: Call) -> Reply:
    raise RuntimeError("the server sets this")


@dataclass
class Context:
    """The parts of the server. `agent_timeout` and `poll` are in seconds.

    `tenants` has, by lower-case id, the subscriptions that are not in `tenant`.
    """

    store: Store
    operations: Operations
    fabric: Fabric
    catalogue: Catalogue
    subscriptions: list[str]
    tenant: str
    authorization: Authorization
    tenants: dict[str, str]
    agent_timeout: float = 120.0
    poll: float = 0.1
    graph: Callable[[Call], Reply] = _no_graph
    goal_lock: threading.Lock = field(default_factory=threading.Lock)

    def tenant_of(self, subscription: str) -> str:
        """Return the tenant that a subscription belongs to."""
        return self.tenants.get(subscription.lower(), self.tenant)
