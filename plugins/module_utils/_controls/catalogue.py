# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""All controls, in the order in which they are shown and selected."""

from __future__ import annotations

from typing import Mapping, Tuple

from . import (
    catalogue_access,
    catalogue_containers,
    catalogue_daemon,
    catalogue_daemon_audited,
    catalogue_host,
    catalogue_lockdown,
    catalogue_network,
    catalogue_runtime,
)
from .control import Control

ALL: Tuple[Control, ...] = (
    *catalogue_host.CONTROLS,
    *catalogue_daemon.CONTROLS,
    *catalogue_daemon_audited.CONTROLS,
    *catalogue_runtime.CONTROLS,
    *catalogue_access.CONTROLS,
    *catalogue_network.CONTROLS,
    *catalogue_containers.CONTROLS,
    *catalogue_lockdown.CONTROLS,
)
BY_ID: Mapping[str, Control] = {control.id: control for control in ALL}
