# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract between Resource Manager and the machines: what it asks of them and what it can see of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class VmSpec:
    """What a machine is made from. `address`, `prefix_length` and `gateway` are those of the primary interface."""

    vm_id: str
    name: str
    computer_name: str
    admin_username: str
    ssh_public_keys: tuple[str, ...]
    custom_data: bytes | None
    address: str
    prefix_length: int
    gateway: str
    subscription: str
    resource_group: str
    location: str
    size: str
    image: dict
    tags: dict


@dataclass(frozen=True)
class ExtensionGoal:
    """What the agent of a machine shall do with one handler, or with one instance of a handler that can have many.

    `state` is "enabled" or "uninstall"; an instance has a `name` and is "enabled" or "disabled".
    """

    publisher: str
    type: str
    version: str
    sequence: int
    state: str
    settings: dict | None
    sealed_settings: str | None
    thumbprint: str | None
    name: str | None = None


@dataclass(frozen=True)
class HandlerView:
    """What the agent said of one handler ("Publisher.Type") and of the settings it ran last.

    A handler that can have many instances has none of the settings itself: `instances` are by their names.
    """

    name: str
    version: str
    status: str
    message: str = ""
    sequence: int | None = None
    state: str | None = None
    code: int = 0
    text: str = ""
    substatus: list[dict] = field(default_factory=list)
    operation: str = ""
    instances: dict[str, HandlerView] = field(default_factory=dict)


@dataclass(frozen=True)
class AgentView:
    """The agent's last report. `reported_at` is in epoch seconds of the clock of this process, not of the guest."""

    version: str
    reported_at: float
    os_name: str
    os_version: str
    computer_name: str
    status: str
    message: str
    handlers: dict[str, HandlerView] = field(default_factory=dict)


class FabricError(Exception):
    """A machine could not do what was asked; `code` and `message` reach the client as those of the operation."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Fabric(Protocol):
    """The machines. `running` and `agent` are called on every read and must answer at once."""

    def boot(self, spec: VmSpec) -> None:
        """Create the disk if it is new, boot, and return when the machine is up; FabricError if it does not come up."""

    def stop(self, vm_id: str) -> None:
        """Stop a machine that runs and keep its disk."""

    def delete(self, vm_id: str) -> None:
        """Stop the machine and remove its disk. FabricError VMNotFound for an unknown machine counts as done."""

    def running(self, vm_id: str) -> bool:
        """Say whether the machine runs now."""

    def seal(self, vm_id: str, protected: dict) -> tuple[str, str]:
        """Encrypt to the machine's certificate: (base64 CMS, thumbprint). The clear text lives only in this call."""

    def set_goals(self, vm_id: str, goals: list[ExtensionGoal]) -> None:
        """Publish the whole list of goals; a handler that is not listed is of no concern any more."""

    def agent(self, vm_id: str) -> AgentView | None:
        """Return what the real agent reported last, None if it never did."""
