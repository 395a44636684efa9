# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Decide what to change and why. Pure: the same two arguments always give the same plan."""

from __future__ import annotations

import dataclasses
import typing as t

from . import keys, packages_apt, unit
from .desired import Desired, Refusal
from .observe import DAEMON_JSON, SUPPORTED, Observed

ENROLLED, SERVING, KEY_MISMATCH = "enrolled", "serving", "key_mismatch"
FORBIDDEN_KEYS = ("hosts", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey")  # they clash with the drop-in's flags
UNKNOWN_COMMAND = "(the package's start command)"


@dataclasses.dataclass(frozen=True)
class Change:
    """``action`` is one of install, key, write, remove, restart; ``content`` is never a private key."""

    action: str
    target: str
    reason: str
    content: t.Optional[str] = None

    def __str__(self) -> str:
        return f"{self.action} {self.target}: {self.reason}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """``state`` is what the host is once the changes are made."""

    state: str
    changes: t.Tuple[Change, ...]


def refuse(seen: Observed) -> None:
    """Raise Refusal for a machine that this program must not touch."""
    if seen.os_id not in SUPPORTED:
        raise Refusal(
            f"this machine runs {seen.os_id} {seen.os_version}, supported are {' and '.join(SUPPORTED)}; "
            "choose an image of one of these"
        )
    if seen.strangers:
        raise Refusal(f"found {', '.join(seen.strangers)}, which stands in Docker's place; remove it and run again")
    clash = [name for name in FORBIDDEN_KEYS if name in seen.daemon_json_keys]
    if clash:
        raise Refusal(
            f"{DAEMON_JSON} sets {', '.join(clash)}, which the listener's flags would contradict (dockerd refuses to "
            "start then); remove these keys and run again"
        )
    if seen.certificate_expired:
        raise Refusal("the certificate for this machine has expired or cannot be read; issue a new one and run again")
    command = seen.effective_start or seen.exec_start
    foreign = unit.foreign_listener(command) if command else None
    if foreign:
        raise Refusal(
            f"docker.service already starts with {foreign}, set by somebody else; remove that drop-in, unit edit or "
            "entry in /etc/default/docker and run again"
        )


def install_reason(desired: Desired, seen: Observed) -> t.Optional[str]:
    """Why the engine is to be installed, None when it is there. Raises Refusal for another vendor's wrong version."""
    if seen.engine_version is None:
        return "not installed"
    if packages_apt.matches(seen.engine_version, desired.engine_version):
        return None
    if packages_apt.PACKAGE not in seen.engines:
        raise Refusal(
            f"found {next(iter(seen.engines))} {seen.engine_version}, wanted version {desired.engine_version}; another "
            "vendor's engine is kept as it is: upgrade it yourself, or ask for no version"
        )
    return f"version {seen.engine_version}, wanted {desired.engine_version}"


def key_reason(desired: Desired, seen: Observed) -> t.Optional[str]:
    """Why a new private key is due, None when the present one is right."""
    if desired.tls is not None and desired.tls.key is not None:
        return None if seen.key_sha256 == seen.certificate_key_sha256 else "the controller sent another key"
    if not seen.key_exists:
        return "there is none"
    if seen.key_sha256 is None:
        return "it cannot be read"
    if seen.key_owner != desired.vm_id:
        return f"it was made for VM id {seen.key_owner or 'unknown'}, this is {desired.vm_id}"
    return None


def file_changes(desired: Desired, seen: Observed, key_sha256: str) -> t.List[Change]:
    """The set of public files that serve; each difference is one change."""
    wanted = {
        unit.CERTIFICATE: desired.complete_tls.certificate,
        unit.CLIENT_AUTHORITIES: desired.complete_tls.client_authorities,
        unit.DROP_IN: unit.drop_in(desired, seen.exec_start or UNKNOWN_COMMAND, key_sha256),
    }
    return [
        Change("write", path, "absent" if seen.files.get(path) is None else "content differs", text)
        for path, text in wanted.items()
        if seen.files.get(path) != text
    ]


def closing_changes(seen: Observed, reason: str) -> t.List[Change]:
    """Take a listener away: without a matching pair of key and declared certificate there is no TCP."""
    paths = (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)
    return [Change("remove", path, reason) for path in paths if seen.files.get(path) is not None]


def restart_reason(desired: Desired, seen: Observed, key_sha256: str, changes: t.Sequence[Change]) -> t.Optional[str]:
    """Why dockerd must be restarted although perhaps no file changes; None when the running one is right."""
    if any(change.action in ("key", "write", "remove") for change in changes):
        return "files that are read at its start changed"
    if not seen.active:
        return "it is not running"
    if desired.tls is None or seen.exec_start is None:
        return None
    if seen.live_mark != unit.mark(desired, seen.exec_start, key_sha256):
        return "the running daemon was started with another configuration"
    return None if seen.listening else f"it does not listen on {unit.listener(desired)}"


def plan(desired: Desired, seen: Observed) -> Plan:
    """Changes in the order in which they must be made."""
    refuse(seen)
    changes: t.List[Change] = []
    due = install_reason(desired, seen)
    if due is not None:
        changes.append(Change("install", "engine", due))
    reason = key_reason(desired, seen)
    brought = desired.tls is not None and desired.tls.key is not None
    if reason is not None:
        changes.append(Change("key", str(keys.KEY), reason))
        if not brought:
            changes.extend(closing_changes(seen, "its key is replaced"))
    elif desired.tls is None:
        changes.extend(closing_changes(seen, "no certificate is declared"))
    key_sha256 = seen.certificate_key_sha256 if brought else seen.key_sha256
    matching = (brought or reason is None) and key_sha256 == seen.certificate_key_sha256
    if desired.tls is not None and matching and key_sha256 is not None:
        changes.extend(file_changes(desired, seen, key_sha256))
        return Plan(SERVING, with_restart(desired, seen, key_sha256, changes))
    state = ENROLLED if desired.tls is None else KEY_MISMATCH
    without_tls = dataclasses.replace(desired, tls=None)
    closing = [change for change in changes if change.action == "remove"]
    return Plan(state, with_restart(without_tls, seen, "", closing, before=changes))


def with_restart(
    desired: Desired,
    seen: Observed,
    key_sha256: str,
    causes: t.Sequence[Change],
    before: t.Optional[t.Sequence[Change]] = None,
) -> t.Tuple[Change, ...]:
    """``before`` (default: ``causes``) and, if due, the restart. A fresh installation starts the daemon itself."""
    planned = tuple(causes if before is None else before)
    reason = restart_reason(desired, seen, key_sha256, causes)
    if reason is None or (reason == "it is not running" and seen.engine_version is None):
        return planned
    return (*planned, Change("restart", "docker.service", reason))
