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

from . import keys, packages_apt, system, unit
from .desired import Desired, Refusal

SUPPORTED = ("debian", "ubuntu")
DAEMON_JSON = "/etc/docker/daemon.json"
ESCAPED = {"n": "\n", "t": "\t"}  # what a letter after a backslash means to systemctl; any other is itself


@dataclasses.dataclass(frozen=True)
class Observed:
    """One machine at one moment. Paths in ``files`` map to their text, None when absent."""

    os_id: str
    os_version: str
    engines: t.Mapping[str, str]
    strangers: t.Tuple[str, ...]
    exec_start: t.Optional[str]
    daemon_json_keys: t.Tuple[str, ...]
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

    @property
    def engine_version(self) -> t.Optional[str]:
        return next(iter(self.engines.values()), None)


def os_release(text: str) -> t.Dict[str, str]:
    """Fields of /etc/os-release; lines that are no assignment are passed over."""
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            fields[name] = value.strip().strip("\"'")
    return fields


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


def daemon_options() -> t.Dict[str, t.Any]:
    """What daemon.json says; {} where there is none. Raises Refusal when it is no JSON object."""
    text = system.read(DAEMON_JSON)
    if text is None or not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refusal(
            f"{DAEMON_JSON} is no JSON ({error}); dockerd would not start with it: mend or remove it"
        ) from None
    if not isinstance(found, dict):
        raise Refusal(f"{DAEMON_JSON} holds no JSON object; dockerd would not start with it: mend or remove it")
    return found


def live_mark(pid: str) -> t.Optional[str]:
    """What the running daemon was started with, from its own environment."""
    if pid in ("", "0"):
        return None
    text = system.read(pathlib.Path("/proc") / pid / "environ") or ""
    pairs = dict(entry.partition("=")[::2] for entry in text.split("\0"))
    return pairs.get(unit.MARK)


def is_listening(desired: Desired) -> bool:
    text = system.output(["ss", "--no-header", "--tcp", "--listening", "--numeric"]) or ""
    wanted = unit.listener(desired).partition("//")[2]
    return any(wanted in line.split() for line in text.splitlines())


def observe(desired: Desired) -> Observed:
    """Read the machine. Raises Refusal for what can be judged by no plan (a broken daemon.json, two commands)."""
    release = os_release(system.read("/etc/os-release") or "")
    shown = properties(
        "docker.service", "FragmentPath", "DropInPaths", "ActiveState", "MainPID", "Environment", "EnvironmentFiles"
    )
    command = start_command(shown)
    key = system.read(keys.KEY)
    owner = system.read(keys.OWNER)
    certificate = desired.tls.certificate if desired.tls else None
    paths = (unit.CERTIFICATE, unit.CLIENT_AUTHORITIES, unit.DROP_IN)
    return Observed(
        os_id=release.get("ID", "unknown"),
        os_version=release.get("VERSION_ID", ""),
        engines=packages_apt.installed(packages_apt.ENGINES),
        strangers=tuple(packages_apt.installed(packages_apt.STRANGERS)),
        exec_start=command,
        effective_start=filled_in(command, shown.get("Environment", ""), shown.get("EnvironmentFiles", "")),
        daemon_json_keys=tuple(daemon_options()),
        key_exists=key is not None,
        key_sha256=keys.public_sha256(key, "key"),
        key_owner=owner.strip() if owner else None,
        certificate_key_sha256=keys.public_sha256(certificate, "certificate"),
        certificate_expired=certificate is not None and keys.is_expired(certificate),
        files={path: system.read(path) for path in paths},
        active=shown.get("ActiveState") == "active",
        live_mark=live_mark(shown.get("MainPID", "")),
        listening=is_listening(desired),
    )
