# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents: by lower-case id, with an index of children and one of referrers, kept in one JSON file."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import ids

# Between two writes lies this many times the time that the first one took, but no more than so many seconds:
# a large state costs a twentieth of a processor at most, and a crash loses what the last seconds brought.
_REST, _LONGEST_REST = 20.0, 5.0


@dataclass
class Record:
    """One resource: what ARM answers (`document`), what it keeps to itself (`private`), and whom it points at."""

    id: str
    type: str
    document: dict
    private: dict = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    version: int = 0

    @property
    def properties(self) -> dict:
        """The document's properties."""
        return self.document.setdefault("properties", {})

    @property
    def etag(self) -> str:
        """Compute's ETag: a counter in quotation marks."""
        return f'"{self.version}"'


class Store:
    """All state. Hold `lock` while a record is in hand.

    The file follows within `delay` seconds while it is small, within five when it is large, and on close. `governance`
    has what hangs on scopes (locks, policies, roles) by lower-case id. `watchers` get each record after its change, and
    whether it was removed.
    """

    def __init__(self, path: Path, delay: float = 0.05) -> None:
        self.lock = threading.RLock()
        self.operations: dict[str, dict] = {}
        self.governance: dict[str, dict] = {}
        self.watchers: list[Callable[[Record, bool], None]] = []
        self.digest_key = secrets.token_hex(32)
        self._path = path
        self._delay = delay
        self._records: dict[str, Record] = {}
        self._children: dict[str, dict[str, dict[str, None]]] = {}  # parent, then type, then child
        self._referrers: dict[str, dict[str, None]] = {}
        self._dirty = threading.Event()
        self._closed = threading.Event()
        self._load()
        self._writer = threading.Thread(target=self._write_when_dirty, name="arm-store", daemon=True)
        self._writer.start()

    def get(self, resource_id: str) -> Record | None:
        """Return the record itself, not a copy."""
        return self._records.get(ids.key(resource_id))

    def put(self, record: Record, references: list[str] | None = None) -> Record:
        """Add or replace a record, count its version up and index what it points at (None: as before)."""
        key = ids.key(record.id)
        self._forget_references(key)
        if references is not None:
            record.references = sorted({ids.key(target) for target in references})
        record.version += 1
        self._index(record)
        self.changed(record)
        return record

    def remove(self, resource_id: str) -> None:
        """Remove a record and everything below it; an absent one is no error."""
        key = ids.key(resource_id)
        record = self._records.pop(key, None)
        if record is None:
            return
        for child in [child for found in self._children.pop(key, {}).values() for child in found]:
            self.remove(child)
        self._children.get(ids.parent_key(key), {}).get(record.type.lower(), {}).pop(key, None)
        for target in record.references:
            self._referrers.get(target, {}).pop(key, None)
        for watch in self.watchers:
            watch(record, True)
        self.changed()

    def clear(self) -> None:
        """Remove all records and what hangs on scopes; operations are not touched."""
        for record in self.all():
            self.remove(record.id)
        self.governance.clear()
        self.changed()

    def children(self, parent_id: str, resource_type: str) -> list[Record]:
        """Return the children of one type in order of creation."""
        found = self._children.get(ids.key(parent_id), {}).get(resource_type.lower(), {})
        return [self._records[key] for key in found]

    def below(self, parent_id: str) -> list[Record]:
        """Return the direct children of every type."""
        found = self._children.get(ids.key(parent_id), {})
        return [self._records[child] for names in found.values() for child in names]

    def referrers(self, target_id: str, resource_type: str) -> list[Record]:
        """Return the records of one type that point at the target."""
        found = (self._records[key] for key in self._referrers.get(ids.key(target_id), {}))
        return [record for record in found if record.type == resource_type]

    def all(self) -> list[Record]:
        """Return all records."""
        return list(self._records.values())

    def of_type(self, resource_type: str) -> list[Record]:
        """Return all records of one type."""
        return [record for record in self._records.values() if record.type == resource_type]

    def changed(self, record: Record | None = None) -> None:
        """Tell the writer that memory is ahead of the file, and the watchers which record it is."""
        if record is not None:
            for watch in self.watchers:
                watch(record, False)
        self._dirty.set()

    def close(self) -> None:
        """Write what is left; later changes stay in memory."""
        self._closed.set()
        self._dirty.set()
        self._writer.join()

    def _index(self, record: Record) -> None:
        key = ids.key(record.id)
        self._records[key] = record
        self._children.setdefault(ids.parent_key(key), {}).setdefault(record.type.lower(), {})[key] = None
        for target in record.references:
            self._referrers.setdefault(target, {})[key] = None

    def _forget_references(self, key: str) -> None:
        for target in self._records[key].references if key in self._records else ():
            self._referrers.get(target, {}).pop(key, None)

    def _load(self) -> None:
        if not self._path.exists():
            return
        saved = json.loads(self._path.read_text())
        self.operations = saved["operations"]
        self.digest_key = saved["digest_key"]
        self.governance = saved.get("governance", {})
        for entry in saved["records"]:
            self._index(Record(**entry))

    def _write_when_dirty(self) -> None:
        while not self._closed.is_set():
            self._dirty.wait()
            self._dirty.clear()
            began = time.monotonic()
            self._write()
            self._closed.wait(max(self._delay, min(_LONGEST_REST, _REST * (time.monotonic() - began))))
        self._write()

    def _write(self) -> None:
        with self.lock:
            content = json.dumps({
                "digest_key": self.digest_key,
                "operations": self.operations,
                "governance": self.governance,
                "records": [vars(record) for record in self._records.values()],
            })  # fmt: skip
        temporary = self._path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        os.replace(temporary, self._path)
