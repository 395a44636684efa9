# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels between the HTTPS front and the providers: a call, a reply, and the time format of ARM."""

from __future__ import annotations

import datetime
import time
import uuid
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from .actions import Access


@dataclass(frozen=True)
class Caller:
    """Who a token was given to."""

    tenant: str
    client: str

    @property
    def object_id(self) -> str:
        """The service principal's object id: another one in each tenant."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.tenant}/{self.client}".lower()))


@dataclass
class Call:
    """One request. `query` has lower-case names, `params` the words of the path that its route named.

    The front sets `caller`, the gate `access`: what the request asks permission for.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: Any
    base_url: str
    params: dict[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    access: Access | None = None

    @property
    def api_version(self) -> str:
        """The api-version asked for; the front has checked that there is one."""
        return self.query.get("api-version", "")

    @property
    def expands_instance_view(self) -> bool:
        """Whether the caller wants the run-time state as well."""
        return self.query.get("$expand", "").lower() == "instanceview"


@dataclass
class Reply:
    """One answer. A `body` of None is an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def stamp(epoch: float | None = None) -> str:
    """Return the time as Compute writes it: seven digits of a second, UTC."""
    now = time.time() if epoch is None else epoch
    whole = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.%f") + "1+00:00"


def coarse_stamp(epoch: float) -> str:
    """Return the time as the agent's statuses carry it: whole seconds."""
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
