# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Which packages of this machine the program installed: only these does it ever remove."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from . import packages, system

RECORD = pathlib.Path("/var/lib/bulwark-azure-docker/packages")  # one name a line


def recorded() -> t.FrozenSet[str]:
    """Names of the packages that came with an installation of ours, whether still installed or not."""
    return frozenset((system.read(RECORD) or "").split())


@contextlib.contextmanager
def remembering(backend: packages.Backend) -> t.Iterator[None]:
    """Remember what comes meanwhile, also when only a part of it does."""
    before = backend.everything()
    try:
        yield
    finally:
        new = backend.everything().keys() - before.keys()
        if new:
            system.write(RECORD, "\n".join(sorted(recorded() | new)) + "\n", 0o644)
