# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked and answered, one JSON line for each request, with nothing secret in it."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from .actions import Access

_SECRET = frozenset({
    "protectedsettings", "protectedparameters", "customdata", "adminpassword", "runaspassword", "userdata",
    "client_secret", "scripturi",
})  # fmt: skip


def sealed(value: Any) -> Any:
    """Return the value with every secret in it replaced by a mark that it was there."""
    if isinstance(value, dict):
        return {
            name: {"sealed": True} if name.lower() in _SECRET and inner is not None else sealed(inner)
            for name, inner in value.items()
        }
    return [sealed(inner) for inner in value] if isinstance(value, list) else value


class Journal:
    """Appends to requests.jsonl; with `record_bodies` the bodies go in clear to bodies.jsonl (0600), for tests only."""

    def __init__(self, directory: Path, record_bodies: bool = False) -> None:
        self._requests = _open(directory / "requests.jsonl")
        self._bodies = _open(directory / "bodies.jsonl") if record_bodies else None
        self._lock = threading.Lock()

    def write(self, method: str, path: str, status: int, body: Any = None, access: Access | None = None) -> None:
        """Write one line; `path` includes the query, a `body` of None is left out.

        `access` adds "action", "free": true if Azure asks for no permission for it, and "links", the actions on what
        the body refers to.
        """
        entry: dict[str, Any] = {"time": round(time.time(), 3), "method": method, "path": path, "status": status}
        if access is not None:
            entry["action"] = access.action
            entry.update({"free": True} if access.free else {})
            entry.update({"links": [link.action for link in access.links]} if access.links else {})
        with self._lock:
            self._line(self._requests, entry if body is None else {**entry, "body": sealed(body)})
            if self._bodies is not None and body is not None:
                self._line(self._bodies, {**entry, "body": body})

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._requests.close()
            if self._bodies is not None:
                self._bodies.close()

    @staticmethod
    def _line(file: Any, entry: dict) -> None:
        if not file.closed:
            file.write(json.dumps(entry) + "\n")
            file.flush()


def _open(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")
