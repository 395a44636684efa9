# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""daemon.json, merged of fragments by one pure function: who declared what, and what was there before us.

A fragment is a part of daemon.json with an owner. Later ones win: ``found`` (what others wrote), ``engine`` (what is
declared for the engine), ``hardening``, ``site``. What others add later becomes part of ``found``; what they change of
ours is drift. A fragment that is withdrawn brings back what was found.
"""

from __future__ import annotations

import json
import typing as t

PATH = "/etc/docker/daemon.json"
RECORD = "/var/lib/bulwark-azure-docker/daemon.json"  # {"found": object | null, "fragments": {name: object}}
ENGINE = "engine"
FRAGMENTS = (ENGINE, "hardening", "site")

# What the daemon takes over at a reload (SIGHUP); everything else it reads at its start only.
RELOADABLE = frozenset(
    (
        "authorization-plugins",
        "debug",
        "default-cgroupns-mode",
        "default-ipc-mode",
        "default-runtime",
        "default-shm-size",
        "default-stop-timeout",
        "features",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "network-diagnostic-port",
        "nri-opts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    )
)
# The listener is the drop-in's: these keys would contradict its flags, and dockerd would refuse to start.
LISTENER_KEYS = ("hosts", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey")
# Flags whose key has another name, as a flag is given once for each element of the key's list.
KEYS_OF_FLAGS = {
    "-H": "hosts",
    "-D": "debug",
    "-G": "group",
    "-l": "log-level",
    "-p": "pidfile",
    "-b": "bridge",
    "-s": "storage-driver",
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "exec-opt": "exec-opts",
    "feature": "features",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}

Options = t.Dict[str, t.Any]
Path = t.Tuple[str, ...]


class Record(t.NamedTuple):
    """What was merged last. ``found``: what is not ours, None where there was no file; ``fragments``: ours by name."""

    found: t.Optional[Options]
    fragments: t.Mapping[str, Options]


NO_RECORD = Record(None, {})


def merge(*fragments: t.Mapping[str, t.Any]) -> Options:
    """One object of several; the later value wins, objects are merged, lists replaced."""
    merged: Options = {}
    for fragment in fragments:
        for key, value in fragment.items():
            before = merged.get(key)
            both = isinstance(before, dict) and isinstance(value, dict)
            merged[key] = merge(t.cast(Options, before), value) if both else value
    return merged


def declare(
    current: t.Optional[t.Mapping[str, t.Any]], record: t.Optional[Record], name: str, declared: t.Mapping[str, t.Any]
) -> t.Tuple[t.Optional[Options], Record]:
    """(what daemon.json shall be, None for no file; the record to keep with it), once ``name`` declares ``declared``.

    ``current``: what the file holds, None when absent; ``record``: None where nothing of ours was ever merged.
    """
    found = others(current, record or NO_RECORD)
    fragments = {key: dict(value) for key, value in (record.fragments if record else {}).items() if value}
    fragments[name] = dict(declared)
    if not declared:
        del fragments[name]
    merged = merge(found or {}, *(fragments.get(key, {}) for key in FRAGMENTS))
    return (None if found is None and not merged else merged), Record(found, fragments)


def others(current: t.Optional[t.Mapping[str, t.Any]], record: Record) -> t.Optional[Options]:
    """The part of the file that is not ours, with what it said before us where ours is now; None for no file."""
    ours = leaves(merge(*(record.fragments.get(key, {}) for key in FRAGMENTS)))
    found: Options = {}
    for path, value in leaves(record.found or {}).items():
        if _covered(path, ours):
            _set(found, path, value)
    for path, value in leaves(current or {}).items():
        if not _covered(path, ours):
            _set(found, path, value)
    theirs = record.found is not None or (current is not None and not record.fragments)
    return found if found or theirs else None


def leaves(options: t.Mapping[str, t.Any], above: Path = ()) -> t.Dict[Path, t.Any]:
    """Every value by its path; an empty object is a value, a full one is not."""
    found: t.Dict[Path, t.Any] = {}
    for key, value in options.items():
        if isinstance(value, dict) and value:
            found.update(leaves(value, (*above, key)))
        else:
            found[(*above, key)] = value
    return found


def text(options: t.Mapping[str, t.Any]) -> str:
    """As the file holds it; the same options always give the same text."""
    return json.dumps(options, indent=2, sort_keys=True) + "\n"


def shown(content: t.Optional[str], protected: t.Mapping[str, t.Any]) -> str:
    """The file's text for a diff: values that were declared protected, and those of proxies, are not shown."""
    try:
        options = json.loads(content or "{}")
    except ValueError:
        return "(no JSON)\n"
    hidden = leaves(protected)
    visible: Options = {}
    for path, value in leaves(options).items():
        _set(visible, path, "(hidden)" if path in hidden or path[0] == "proxies" else value)
    return text(visible) if content else ""


def restart_part(options: t.Mapping[str, t.Any]) -> Options:
    """What the daemon reads at its start only."""
    return {key: value for key, value in options.items() if key not in RELOADABLE}


def reload_part(options: t.Mapping[str, t.Any]) -> Options:
    """What the daemon takes over at a reload."""
    return {key: value for key, value in options.items() if key in RELOADABLE}


def keys_of(words: t.Sequence[str]) -> t.FrozenSet[str]:
    """The keys that a start command's flags stand for."""
    keys = set()
    for word in words[1:]:
        flag = word.partition("=")[0]
        if flag.startswith("-") and len(flag) > 1:
            keys.add(key_of(flag))
    return frozenset(keys)


def key_of(flag: str) -> str:
    """The key of daemon.json that a flag without its value stands for; the value of a short one may follow at once."""
    if flag.startswith("--"):
        return KEYS_OF_FLAGS.get(flag[2:], flag[2:])
    return KEYS_OF_FLAGS.get(flag[:2], flag)


def twice(options: t.Mapping[str, t.Any], words: t.Sequence[str]) -> t.Tuple[str, ...]:
    """Keys that both the file and the flags set: the daemon refuses to start then."""
    return tuple(sorted(keys_of(words) & set(options)))


def parse_record(content: t.Optional[str]) -> t.Optional[Record]:
    """The record as stored; None where there is none, or none that can be read (then all of the file is others')."""
    try:
        data = json.loads(content or "null")
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("fragments"), dict):
        return None
    return Record(data.get("found"), data["fragments"])


def record_text(record: Record) -> str:
    return text({"found": record.found, "fragments": dict(record.fragments)})


def _covered(path: Path, ours: t.Iterable[Path]) -> bool:
    """Whether one of our values hides the one at ``path``: the same path, or one above or below it."""
    return any(path[: len(other)] == other[: len(path)] for other in ours)


def _set(options: Options, path: Path, value: t.Any) -> None:
    for key in path[:-1]:
        inner = options.get(key)
        options[key] = inner if isinstance(inner, dict) else {}
        options = options[key]
    options[path[-1]] = value
