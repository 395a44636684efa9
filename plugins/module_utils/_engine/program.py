# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The program: observe, plan, apply; one JSON line tells what came of it. The same bytes by every carrier."""

from __future__ import annotations

import base64
import dataclasses
import fcntl
import json
import os
import pathlib
import sys
import typing as t

from . import absence, apply, keys, system
from .desired import Desired, Refusal, parse
from .observe import Observed, observe, os_release
from .plan import SERVING, Change, plan

KEY_VARIABLE = "BULWARK_AZURE_DOCKER_KEY"  # PEM in base64
PREFIX = "bulwark.azure_docker.report: "
LOCK = "/run/bulwark-azure-docker.lock"
HOST_KEYS = ("ed25519", "ecdsa")  # rsa would make the report long, and every client knows these


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run did (or, in check mode, would do) and what the machine then is."""

    state: str
    changes: t.Tuple[Change, ...]
    engine_version: t.Optional[str]
    os: str
    before: t.Mapping[str, t.Optional[str]]


def converge(desired: Desired, check: bool) -> Outcome:
    """Bring the machine to its desired state. Raises Refusal. With ``check`` nothing is changed.

    The start command is only known once the engine is installed, so an installation is followed by a second look.
    """
    if desired.absent:
        return leave(desired, check)
    seen = observe(desired)
    before = seen.files
    made: t.Tuple[Change, ...] = ()
    planned = plan(desired, seen)
    if check:
        return outcome(planned.state, planned.changes, seen, before)
    installs = tuple(change for change in planned.changes if change.action == "install")
    if installs:
        apply.apply(desired, installs, {})
        made += installs
        seen = observe(desired)
        planned = plan(desired, seen)
    if planned.changes:
        apply.apply(desired, planned.changes, seen.files)
        made += planned.changes
        seen = observe(desired)
    return outcome(planned.state, made, seen, before)


def outcome(
    state: str, changes: t.Tuple[Change, ...], seen: Observed, before: t.Mapping[str, t.Optional[str]]
) -> Outcome:
    return Outcome(state, changes, seen.engine_version, f"{seen.os_id} {seen.os_version}", before)


def leave(desired: Desired, check: bool) -> Outcome:
    """Make the machine no Docker host. Raises Refusal."""
    seen = absence.look()
    changes = absence.plan(desired, seen)
    if changes and not check:
        absence.carry_out(desired, changes)
    release = os_release(system.read("/etc/os-release") or "")
    kept = None if seen.engine_ours else seen.engine
    return Outcome(absence.ABSENT, changes, kept, f"{release.get('ID')} {release.get('VERSION_ID')}", seen.files)


def ssh_host_keys() -> t.List[str]:
    """Public host keys ("type base64") for the site's known_hosts; they come back over an authenticated channel."""
    found = []
    for kind in HOST_KEYS:
        text = system.read(pathlib.Path("/etc/ssh") / f"ssh_host_{kind}_key.pub")
        if text:
            found.append(" ".join(text.split()[:2]))
    return found


def report(desired: Desired, outcome: Outcome) -> t.Dict[str, t.Any]:
    """The report, at most 3 KB as JSON. A CSR is in it until the machine serves with a leaf for its own key."""
    result: t.Dict[str, t.Any] = {
        "schema": 1,
        "state": outcome.state,
        "vm_id": desired.vm_id,
        "engine_version": outcome.engine_version,
        "os": outcome.os,
        "changes": [str(change)[:160] for change in outcome.changes][:8],
        "ssh_host_keys": ssh_host_keys(),
    }
    if outcome.state not in (SERVING, absence.ABSENT) and keys.KEY.exists():
        result["csr"] = keys.request(desired.host)
    return result


def locked(desired: Desired, check: bool) -> Outcome:
    """``converge``, one run at a time on this machine: an extension and an SSH session may meet."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return converge(desired, check)
    finally:
        os.close(descriptor)


def difference(outcome: Outcome) -> t.List[t.Dict[str, str]]:
    """Ansible's diff: the public files' texts, and a line for every other change. Never a private key."""
    shown = []
    for change in outcome.changes:
        if change.action in apply.SET:
            before, after = outcome.before.get(change.target) or "", change.content or ""
        else:
            before, after = "", f"{change}\n"
        shown.append({"before": before, "after": after, "before_header": change.target, "after_header": change.target})
    return shown


def declare(desired: Desired, check: bool) -> t.Dict[str, t.Any]:
    """The result of the module ``docker_engine``. Raises Refusal."""
    outcome = locked(desired, check)
    result = report(desired, outcome)
    result["changes"] = [str(change) for change in outcome.changes]
    return dict(result, changed=bool(outcome.changes), diff=difference(outcome))


def run(data: t.Mapping[str, t.Any]) -> int:
    """Converge and print the report. Exit code 1 with the reason on standard error when refused."""
    try:
        desired = parse(data)
        line = json.dumps(report(desired, locked(desired, check=False)), separators=(",", ":"))
    except Refusal as refusal:
        sys.stderr.write(f"bulwark.azure_docker: {refusal}\n")
        return 1
    sys.stdout.write(f"{PREFIX}{line}\n")
    return 0


def main() -> int:
    """Entry of the bundle: the desired state comes as JSON on standard input.

    A key that the controller made comes in it, or where the script itself can be read by others, in a variable.
    """
    data = json.load(sys.stdin)
    key = os.environ.pop(KEY_VARIABLE, "")
    if key and data.get("tls"):
        data["tls"]["key"] = base64.b64decode(key).decode("ascii")
    return run(data)
