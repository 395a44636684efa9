# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every provider function gets beside the call."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .catalogue import Catalogue
from .fabric import Fabric
from .operations import Operations
from .store import Store


@dataclass
class Context:
    """The parts of the server. `agent_timeout` and `poll` are in seconds."""

    store: Store
    operations: Operations
    fabric: Fabric
    catalogue: Catalogue
    subscriptions: list[str]
    tenant: str
    agent_timeout: float = 120.0
    poll: float = 0.1
    goal_lock: threading.Lock = field(default_factory=threading.Lock)
