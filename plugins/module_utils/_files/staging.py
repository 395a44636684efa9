# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Copies of the declared files where only root sees them, for the commands that validate them."""

from __future__ import annotations

import os
import typing as t

from .._azure.errors import Failure
from .._engine import scratch
from . import disk
from .commands import Runner
from .document import Desired, parents
from .state import DIRECTORY, FILE, State


def validate(desired: Desired, target: t.Mapping[str, State], runner: Runner) -> None:
    """Stage the files and run every command that validates. Raises Failure of the first that fails, and OSError."""
    if not desired.validate:
        return
    with scratch.directory() as place:
        root = str(place)
        stage(root, target)
        for command in desired.validate:
            failed = runner.failure_of(command, root)
            if failed:
                raise Failure(
                    f"The set {desired.name} is not valid: {failed}",
                    code="ValidationFailed",
                    hint="Correct the contents and run again. Nothing was changed.",
                )


def stage(root: str, target: t.Mapping[str, State]) -> None:
    """Write the files and directories below ``root`` as they shall be on the machine. Raises OSError."""
    for path in sorted(target):
        for directory in parents(path):
            os.makedirs(root + directory, mode=0o700, exist_ok=True)
        if target[path].kind == DIRECTORY:
            disk.commit(root + path, target[path])
        elif target[path].kind == FILE:
            disk.write(root + path, target[path])
