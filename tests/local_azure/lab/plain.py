# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local Azure without guests: no namespaces and no root, ARM in this process and the command beside it."""

from __future__ import annotations

import os
import pathlib

from . import inside, launcher


def run(arguments: list[str], state: pathlib.Path, fresh: bool = False) -> int:
    """Serve, run the command that ``arguments`` (those of ``inside``) end with, and return its exit code."""
    from ..fabric_null import NullFabric  # only here: guests need none of it

    options = inside.parse(arguments)
    descriptor = launcher.lock(state)
    try:
        if fresh:
            launcher.empty(state)
        inside.end_in_order()
        secret = inside.client_secret(state)
        arm = inside.resource_manager(options, NullFabric(state), secret)
        arm.start()
        try:
            return inside.attend(arm, options, secret)
        finally:
            arm.stop()
    finally:
        os.close(descriptor)
