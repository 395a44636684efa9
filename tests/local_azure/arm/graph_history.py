# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What resources looked like a while ago: Resource Graph always answers a little late."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from . import ids
from .store import Record, Store

# Returns the row of a record, None for what Resource Graph does not list.
Render = Callable[[Record], "dict[str, Any] | None"]


class History:
    """Rows as they were `lag` seconds ago. With a lag of 0 it keeps nothing and reads the store."""

    def __init__(self, store: Store, render: Render, lag: float) -> None:
        self._store = store
        self._render = render
        self._lag = lag
        # By key: (since when, row or None for absent), oldest first.
        self._versions: dict[str, list[tuple[float, dict[str, Any] | None]]] = {}
        if lag > 0:
            with store.lock:
                for record in store.all():
                    self._versions[ids.key(record.id)] = [(0.0, self._complete(record))]
                store.watchers.append(self._note)

    def _complete(self, record: Record) -> dict[str, Any] | None:
        row = self._render(record)
        return None if row is None else {**row, "properties": row["properties"]}

    def _note(self, record: Record, removed: bool) -> None:
        now = time.monotonic()
        versions = self._versions.setdefault(ids.key(record.id), [])
        versions.append((now, None if removed else self._complete(record)))
        while len(versions) > 1 and versions[1][0] <= now - self._lag:
            del versions[0]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the moment that answers are about. Hold the store's lock."""
        if self._lag <= 0:
            found = (self._render(record) for record in self._store.all())
            return [row for row in found if row is not None]
        moment = time.monotonic() - self._lag
        rows = []
        for key, versions in list(self._versions.items()):
            old = [row for since, row in versions if since <= moment]
            if old and old[-1] is not None:
                rows.append(old[-1])
            elif old and len(versions) == len(old):
                del self._versions[key]  # removed, and long enough ago
        return rows
