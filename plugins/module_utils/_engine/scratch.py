# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Directories for one moment: in memory, closed to others, and gone afterwards, at the latest with the next run."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import tempfile
import typing as t

PLACE = pathlib.Path("/run")  # a file system in memory on every machine with systemd
PREFIX = "bulwark-azure-docker-scratch."


@contextlib.contextmanager
def directory() -> t.Iterator[pathlib.Path]:
    """A directory that only root can open."""
    made = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def sweep() -> None:
    """Remove what a run that was killed has left. To be called while no other run is at work."""
    for left in PLACE.glob(PREFIX + "*"):
        shutil.rmtree(left)
