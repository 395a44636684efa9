# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""One run at a time on a machine: an extension and an SSH session may meet, and all restart the same services."""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t

PATH = "/run/bulwark-azure-docker.lock"


@contextlib.contextmanager
def held() -> t.Iterator[None]:
    """Wait for the others, and keep them waiting. Raises OSError where the lock cannot be made."""
    descriptor = os.open(PATH, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
