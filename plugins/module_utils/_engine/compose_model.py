# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What a Compose project's files amount to, as Compose itself tells it, and what we remember of it (pure)."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import typing as t

RECORD = ".bulwark-azure-docker.json"  # in the project's directory

Document = t.Mapping[str, t.Any]
Texts = t.Mapping[str, str]


class Service(t.NamedTuple):
    """A declared service. ``hash``: Compose's own, of its configuration; ``inputs``: ours, of what that leaves out."""

    hash: str
    replicas: int = 1
    inputs: str = ""


@dataclasses.dataclass(frozen=True)
class Record:
    """What we remember of a project beside its files.

    ``files``: names of the files that we wrote; ``hashes``: by service, what ``config --hash`` said and what the label
    of its containers was after our last start, where these differ (they do for a service with an env_file);
    ``inputs``: by service, as in Service; ``salt``: key of those, so that nobody can compare them with other machines.
    """

    files: t.Tuple[str, ...] = ()
    hashes: t.Mapping[str, t.Tuple[str, str]] = dataclasses.field(default_factory=dict)
    inputs: Texts = dataclasses.field(default_factory=dict)
    salt: str = ""


def services(hashes: str, model: Document, texts: Texts, variables: Texts, salt: str) -> t.Dict[str, Service]:
    """Services by name. ``hashes``: of ``config --hash "*"``; ``model``: of ``config --format json``."""
    pairs = (line.split() for line in hashes.splitlines())
    found = {}
    for name, digest in (pair for pair in pairs if len(pair) == 2):
        service = (model.get("services") or {}).get(name) or {}
        content = inputs(service, model, texts, variables)
        keyed = hmac.new(salt.encode(), json.dumps(content).encode(), hashlib.sha256).hexdigest() if content else ""
        found[name] = Service(digest, replicas(service), keyed)
    return found


def replicas(service: Document) -> int:
    """How many containers a service has."""
    declared = (service.get("deploy") or {}).get("replicas")
    return int(service.get("scale", 1) if declared is None else declared)


def inputs(service: Document, model: Document, texts: Texts, variables: Texts) -> t.List[t.Tuple[str, str]]:
    """Contents that a container is given, but that are in no hash of Compose's: configs, secrets, our mounted files.

    ``texts``: our files by path. Pairs of what it is and its content.
    """
    found = []
    for kind in ("configs", "secrets"):
        for reference in service.get(kind) or ():
            name = str(reference.get("source"))
            definition = (model.get(kind) or {}).get(name) or {}
            content = definition.get("content") or variables.get(str(definition.get("environment")))
            content = texts.get(str(definition.get("file"))) if content is None else content
            if content is not None:
                found.append((f"{kind} {name}", str(content)))
    for volume in service.get("volumes") or ():
        source = str(volume.get("source"))
        if volume.get("type") == "bind" and source in texts:
            found.append((f"file {source}", texts[source]))
    return sorted(found)


def parse_record(text: t.Optional[str]) -> t.Optional[Record]:
    """The record as stored; None where there is none, or none that can be read."""
    try:
        data = json.loads(text or "null")
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("files"), list):
        return None
    hashes = {name: (pair[0], pair[1]) for name, pair in (data.get("hashes") or {}).items()}
    return Record(tuple(data["files"]), hashes, data.get("inputs") or {}, data.get("salt") or "")


def record_text(record: Record) -> str:
    return json.dumps(dataclasses.asdict(record), indent=1, sort_keys=True) + "\n"
