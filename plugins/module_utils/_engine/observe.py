# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Look at the machine: everything ``plan`` needs, and nothing is changed."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

from . import compose, daemon_json, group, keys, live, packages, supply, system, unit
from .desired import Desired
from .refusal import Refusal
from .release import os_release

DATA_ROOT = "/var/lib/docker"  # the vendor's default
ESCAPED = {"n": "\n", "t": "\t"}  # what a letter after a backslash means to systemctl; any other is itself


@dataclasses.dataclass(frozen=True)
class Observed:
    """One machine at one moment. Paths in ``files`` map to their text, None when absent."""

    os_id: str
    os_version: str
    engines: t.Mapping[str, str]
    strangers: t.Tuple[str, ...]
    exec_start: t.Optional[str]
    key_exists: bool
    key_sha256: t.Optional[str]
    key_owner: t.Optional[str]
    certificate_key_sha256: t.Optional[str]  # of the desired certificate
    certificate_expired: bool
    files: t.Mapping[str, t.Optional[str]]
    active: bool
    live_mark: t.Optional[str]
    listening: bool
    effective_start: t.Optional[str] = None  # exec_start with the variables of its environment files filled in
    next_key_sha256: t.Optional[str] = None
    daemon_options: t.Optional[t.Mapping[str, t.Any]] = None  # what daemon.json holds, None when absent
    daemon_broken: bool = False  # it cannot be read; daemon_options then are what we wrote last
    daemon_record: t.Optional[daemon_json.Record] = None
    replaced: bool = False  # the running dockerd is not the one that is installed
    live: live.Live = dataclasses.field(default_factory=live.Live)
    members: group.Members = dataclasses.field(default_factory=group.Members)
    data_root: str = DATA_ROOT
    default_data_root: str = DATA_ROOT  # where it is when daemon.json says nothing
    holdings: t.Tuple[str, ...] = ()  # kinds of things that are in data_root
    wanted_root_holds: bool = False  # whether there is something in the declared one already
    in_swarm: bool = False
    supply: supply.Supply = dataclasses.field(default_factory=supply.Supply)
    compose: compose.Seen = dataclasses.field(default_factory=compose.Seen)

    @property
    def engine_version(self) -> t.Optional[str]:
        return next(iter(self.engines.values()), None)


def properties(unit_name: str, *names: str) -> t.Dict[str, str]:
    text = system.output(["systemctl", "show", unit_name, "--property", ",".join(names)]) or ""
    found: t.Dict[str, str] = {}
    for line in text.splitlines():
        name, _equals, value = line.partition("=")
        found[name] = f"{found[name]} {value}" if name in found else value  # every environment file has its own line
    return found


def start_command(shown: t.Mapping[str, str]) -> t.Optional[str]:
    """The start command without our drop-in: the vendor's, and drop-ins that others made."""
    paths = [shown.get("FragmentPath", ""), *shown.get("DropInPaths", "").split()]
    texts = [system.read(path) or "" for path in paths if path and path != unit.DROP_IN]
    return unit.exec_start(texts)


def variables(environment: str) -> t.Dict[str, str]:
    """The unit's own variables, as ``systemctl show`` prints ``Environment``: ``A=b "C=d \\"e\\""``."""
    known = {}
    for word in re.findall(r'"(?:[^"\\]|\\.)*"|\S+', environment):
        if word.startswith('"'):
            word = re.sub(r"\\(.)", lambda match: ESCAPED.get(match.group(1), match.group(1)), word[1:-1])
        name, _equals, value = word.partition("=")
        known[name] = value
    return known


def filled_in(command: t.Optional[str], environment: str, environment_files: str) -> t.Optional[str]:
    """The start command with the $VARIABLES of the unit and its drop-ins, and of its environment files.

    ``environment`` and ``environment_files`` are as ``systemctl show`` prints them.
    """
    if command is None:
        return None
    known = variables(environment)
    for path in re.findall(r"(/\S+) \(", environment_files):
        known.update(os_release(system.read(path) or ""))  # systemd lets a file override the unit
    return re.sub(r"\$\{?(\w+)\}?", lambda match: known.get(match.group(1), ""), command)


def daemon_file(record: t.Optional[daemon_json.Record]) -> t.Tuple[t.Optional[t.Dict[str, t.Any]], bool]:
    """(what daemon.json holds, None when absent; whether it cannot be read).

    Raises Refusal when it cannot be read and we have not written it: what it should say is not known then.
    """
    text = system.read(daemon_json.PATH)
    if text is None:
        return None, False
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError as error:
        found = str(error)
    if isinstance(found, dict):
        return found, False
    if record is not None:
        parts = (record.fragments.get(name, {}) for name in daemon_json.FRAGMENTS)
        return daemon_json.merge(record.found or {}, *parts), True
    raise Refusal(f"{daemon_json.PATH} is no JSON object ({found}); dockerd would not start with it: mend or remove it")


def holdings(root: str) -> t.Tuple[str, ...]:
    """What is in a data root: a daemon makes its empty directories at its first start."""
    places = {
        "containers": "containers/*",
        "volumes": "volumes/*/_data",
        "images": "image/*/imagedb/content/*/*",
        "plugins": "plugins/*/rootfs",
    }
    base = pathlib.Path(root)
    return tuple(kind for kind, pattern in places.items() if any(base.glob(pattern)))


def data_roots(command: t.Optional[str], options: t.Optional[t.Mapping[str, t.Any]]) -> t.Tuple[str, str]:
    """(the present data root, the one when daemon.json says nothing)."""
    default = (unit.flag_value(unit.words_of(command), "--data-root") if command else None) or DATA_ROOT
    return str((options or {}).get("data-root") or default), default


def live_mark(pid: str) -> t.Optional[str]:
    """Which set the running daemon was started with; None for none, or without our drop-in."""
    return process_environment(pid).get(unit.MARK)


def process_environment(pid: str) -> t.Dict[str, str]:
    """What a process was started with; {} for none (``MainPID`` is 0 then)."""
    if pid in ("", "0"):
        return {}
    text = system.read(pathlib.Path("/proc") / pid / "environ") or ""
    return dict(entry.partition("=")[::2] for entry in text.split("\0"))


def is_listening(desired: Desired) -> bool:
    text = system.output(["ss", "--no-header", "--tcp", "--listening", "--numeric"]) or ""
    wanted = unit.listener(desired).partition("//")[2]
    return any(wanted in line.split() for line in text.splitlines())


def observe(desired: Desired) -> Observed:
    """Read the machine. Raises Refusal for what can be judged by no plan (a broken daemon.json, two commands)."""
    release = os_release(system.read("/etc/os-release") or "")
    names = ("FragmentPath", "DropInPaths", "ActiveState", "MainPID", "Environment", "EnvironmentFiles")
    shown = properties("docker.service", *names)
    command = start_command(shown)
    effective = filled_in(command, shown.get("Environment", ""), shown.get("EnvironmentFiles", ""))
    key, owner = system.read(keys.KEY), system.read(keys.OWNER)
    certificate = desired.tls.certificate if desired.tls else None
    return Observed(
        os_id=release.get("ID", "unknown"),
        os_version=release.get("VERSION_ID", ""),
        exec_start=command,
        effective_start=effective,
        key_exists=key is not None,
        key_sha256=keys.public_sha256(key, "key"),
        key_owner=owner.strip() if owner else None,
        next_key_sha256=keys.public_sha256(system.read(keys.NEXT), "key"),
        certificate_key_sha256=keys.public_sha256(certificate, "certificate"),
        certificate_expired=certificate is not None and keys.is_expired(certificate),
        files={path: system.read(path) for path in owned_files()},
        active=shown.get("ActiveState") == "active",
        live_mark=live_mark(shown.get("MainPID", "")),
        listening=is_listening(desired),
        members=group.look(desired.group),
        compose=compose.look(desired.projects, shown.get("ActiveState") == "active"),
        **daemon(desired, effective or command, shown.get("MainPID", "")),
        **supply.look(desired.source),
    )


def owned_files() -> t.Tuple[str, ...]:
    """The public files that change as one set."""
    daemon = (unit.CERTIFICATE, unit.CLIENT_AUTHORITIES, unit.DROP_IN, daemon_json.PATH, daemon_json.RECORD)
    return (*daemon, *packages.places())


def daemon(desired: Desired, command: t.Optional[str], pid: str) -> t.Dict[str, t.Any]:
    """The part of an observation that is about daemon.json and the daemon's data."""
    record = daemon_json.parse_record(system.read(daemon_json.RECORD))
    options, broken = daemon_file(record)
    root, default = data_roots(command, options)
    wanted = str(desired.all_options.get("data-root") or root)
    return {
        "daemon_options": options,
        "daemon_broken": broken,
        "daemon_record": record,
        "live": live.look(pid, options),
        "replaced": live.is_replaced(pid),
        "data_root": root,
        "default_data_root": default,
        "holdings": holdings(root),
        "wanted_root_holds": wanted != root and bool(holdings(wanted)),
        "in_swarm": system.read(f"{root}/swarm/docker-state.json") is not None,
    }
