# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The program: observe, plan, apply; one JSON line tells what came of it. The same bytes by every carrier."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import pathlib
import sys
import typing as t

from . import (
    absence,
    apply,
    compose,
    compose_apply,
    daemon_json,
    keys,
    lock,
    options,
    packages,
    release,
    scratch,
    system,
)
from .change import Change
from .desired import Desired, parse
from .observe import Observed, observe
from .plan import Plan, plan
from .plan_tls import SERVING
from .refusal import Refusal

SECRETS_VARIABLE = "BULWARK_AZURE_DOCKER_SECRETS"  # JSON in base64, see options.secrets
PREFIX = "bulwark.azure_docker.report: "
CONFIGURED = "configured"  # all is in place, but the restart that makes it serve was left to somebody else
PHASES = ("packages", "engine", "projects")
LONGEST = 3000  # characters of a report; handlers keep 4 KB of all that is said
HOST_KEYS = ("ed25519", "ecdsa")  # rsa would make the report long, and every client knows these


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run did (or, in check mode, would do) and what the machine then is."""

    state: str
    changes: t.Tuple[Change, ...]
    engine_version: t.Optional[str]
    os: str
    before: t.Mapping[str, t.Optional[str]]
    pending: t.Optional[str] = None
    findings: t.Tuple[str, ...] = ()


def converge(desired: Desired, check: bool) -> Outcome:
    """Bring the machine to its desired state. Raises Refusal. With ``check`` nothing is changed.

    The start command is only known once the engine is installed, and what containers do once it runs as it shall: so
    each phase is followed by another look.
    """
    if desired.absent:
        return leave(desired, check)
    seen = observe(desired)
    before = {**seen.files, **compose.files(seen.compose)}
    made: t.Tuple[Change, ...] = ()
    planned = plan(desired, seen)
    if check:
        return outcome(planned, planned.changes, seen, before)
    for phase in PHASES:
        due = tuple(change for change in planned.changes if phase_of(change) == phase)
        if due:
            apply.apply(desired, due, seen, planned.options)
            made += due
            seen = observe(desired)
            planned = plan(desired, seen)
    return outcome(planned, made, seen, before)


def phase_of(change: Change) -> str:
    """When a change is made: packages first, then the engine, then the projects that run on it."""
    if change.action == "install" or change.target in packages.places():
        return PHASES[0]
    return PHASES[2] if change.action in compose_apply.ACTIONS else PHASES[1]


def outcome(
    planned: Plan, made: t.Tuple[Change, ...], seen: Observed, before: t.Mapping[str, t.Optional[str]]
) -> Outcome:
    waits = planned.state == SERVING and planned.pending is not None and not seen.listening
    distribution = f"{seen.os_id} {seen.os_version}"
    state = CONFIGURED if waits else planned.state
    return Outcome(state, made, seen.engine_version, distribution, before, planned.pending, planned.findings)


def leave(desired: Desired, check: bool) -> Outcome:
    """Make the machine no Docker host. Raises Refusal."""
    seen = absence.look()
    changes = absence.plan(desired, seen)
    if changes and not check:
        absence.carry_out(desired, changes, seen.others_options)
    found = release.look()
    kept = None if seen.engine_ours else seen.engine
    return Outcome(absence.ABSENT, changes, kept, f"{found.get('ID')} {found.get('VERSION_ID')}", seen.files)


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
    asking = keys.NEXT if keys.NEXT.exists() else keys.KEY
    if asking == keys.NEXT or (outcome.state not in (SERVING, CONFIGURED) and keys.KEY.exists()):
        result["csr"] = keys.request(desired.host, asking)
    if outcome.pending:
        result["restart_pending"] = outcome.pending
    elif outcome.state == SERVING and desired.tls is not None:
        result["trusts"] = {
            "server_authority_sha256": desired.tls.server_authority_sha256 or None,
            "client_authority_sha256s": keys.fingerprints(desired.tls.client_authorities),
        }
    if outcome.findings:
        result["findings"] = [finding[:300] for finding in outcome.findings][:4]
    if len(json.dumps(result)) > LONGEST:
        result.pop("trusts", None)  # then Azure's word counts: what was sent
    return result


def locked(desired: Desired, check: bool) -> Outcome:
    """``converge``, one run at a time on this machine."""
    with lock.held():
        scratch.sweep()
        return converge(desired, check)


def difference(desired: Desired, outcome: Outcome) -> t.List[t.Dict[str, str]]:
    """Ansible's diff: the public files' texts, and a line for every other change. Never a private key."""
    shown = []
    for change in outcome.changes:
        if change.action in (*apply.SET, *compose_apply.SHOWN) and change.target != daemon_json.RECORD:
            before, after = outcome.before.get(change.target) or "", change.content or ""
            if change.target == daemon_json.PATH:
                before, after = (daemon_json.shown(text, desired.protected_options) for text in (before, after))
        else:
            before, after = "", f"{change}\n"
        shown.append({"before": before, "after": after, "before_header": change.target, "after_header": change.target})
    return shown


def declare(desired: Desired, check: bool) -> t.Dict[str, t.Any]:
    """The result of the module ``docker_engine``. Raises Refusal."""
    outcome = locked(desired, check)
    result = report(desired, outcome)
    result["changes"] = [str(change) for change in outcome.changes]
    return dict(result, changed=bool(outcome.changes), diff=difference(desired, outcome))


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

    Its secrets come in it, or where the script itself can be read by others, in a variable.
    """
    data = json.load(sys.stdin)
    hidden = os.environ.pop(SECRETS_VARIABLE, "")
    return run(options.united(data, json.loads(base64.b64decode(hidden))) if hidden else data)
