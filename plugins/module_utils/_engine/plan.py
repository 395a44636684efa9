# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Decide what to change and why. Pure: the same two arguments always give the same plan."""

from __future__ import annotations

import dataclasses
import typing as t

from . import compose_plan, daemon_json, group, live, packages, plan_supply, unit
from .change import Change
from .desired import NOW, Desired
from .observe import Observed
from .plan_tls import SERVING, TlsPlan, plan_tls
from .refusal import Refusal

UNREAD = "the running daemon has not read what daemon.json says"


@dataclasses.dataclass(frozen=True)
class Plan:
    """``state``: what the host is once the changes are made; ``options``: what daemon.json then holds (None: no file).

    ``pending``: why a restart is due that is not made now; ``findings``: what is left as it is and should be looked at.
    """

    state: str
    changes: t.Tuple[Change, ...]
    options: t.Optional[t.Mapping[str, t.Any]] = None
    pending: t.Optional[str] = None
    findings: t.Tuple[str, ...] = ()


def plan(desired: Desired, seen: Observed) -> Plan:
    """Changes in the order in which they must be made. Raises Refusal for a machine that must not be touched."""
    packages.refuse(desired.source, seen.os_id, seen.os_version, seen.supply.known)
    refuse(seen)
    options, record = daemon_json.declare(
        seen.daemon_options, seen.daemon_record, daemon_json.ENGINE, desired.all_options
    )
    refuse_options(options or {}, desired, seen)
    installing, upgrade = plan_supply.changes(desired, seen)
    tls = plan_tls(desired, seen)
    daemon = daemon_changes(options, record, seen)
    acting, restart = restarts(desired, seen, tls, daemon, options)
    pending = "; ".join(filter(None, (upgrade, restart))) or None
    members = group.changes(desired.group, seen.members)
    projects = compose_plan.changes(
        desired.projects, seen.compose, seen.engine_version is not None, any(it.action == "restart" for it in acting)
    )
    return Plan(
        tls.state,
        (*installing, *tls.changes, *daemon, *members, *acting, *projects),
        options,
        pending,
        (*group.findings(desired.group, seen.members), *compose_plan.findings(desired.projects, seen.compose)),
    )


def refuse(seen: Observed) -> None:
    """Raise Refusal for a machine that this program must not touch."""
    if seen.strangers:
        raise Refusal(f"found {', '.join(seen.strangers)}, which stands in Docker's place; remove it and run again")
    if seen.certificate_expired:
        raise Refusal("the certificate for this machine has expired or cannot be read; issue a new one and run again")
    command = seen.effective_start or seen.exec_start
    foreign = unit.foreign_listener(command) if command else None
    if foreign:
        raise Refusal(
            f"docker.service already starts with {foreign}, set by somebody else; remove that drop-in, unit edit or "
            "entry in /etc/default/docker and run again"
        )


def refuse_options(options: t.Mapping[str, t.Any], desired: Desired, seen: Observed) -> None:
    """Raise Refusal for options with which the daemon would not start, or would start without its data."""
    clash = [name for name in daemon_json.LISTENER_KEYS if name in options]
    if clash:
        raise Refusal(
            f"{daemon_json.PATH} sets {', '.join(clash)}, which the listener's flags would contradict (dockerd refuses "
            "to start then); remove these keys and run again"
        )
    command = seen.effective_start or seen.exec_start or ""
    elsewhere = unit.flag_value(unit.words_of(command), "--config-file")
    if options and elsewhere not in (None, daemon_json.PATH):
        raise Refusal(
            f"docker.service starts with --config-file {elsewhere}, expected none, or {daemon_json.PATH}: remove the "
            "flag and run again"
        )
    both = daemon_json.twice(options, unit.words_of(command))
    if both:
        raise Refusal(
            f"{', '.join(both)} would be set by {daemon_json.PATH} and by a flag of docker.service's start command "
            f"({command}); dockerd refuses to start then: keep one of them and run again"
        )
    if seen.in_swarm and options.get("live-restore"):
        raise Refusal(
            "this engine is part of a swarm, and dockerd refuses to start with live-restore then; declare live-restore "
            "false (role: docker_engine_live_restore), or leave the swarm, and run again"
        )
    wanted = str(options.get("data-root") or seen.default_data_root)
    if seen.holdings and wanted != seen.data_root and not seen.wanted_root_holds:
        raise Refusal(
            f"the engine's data is in {seen.data_root} ({', '.join(seen.holdings)}), wanted is {wanted}, where there "
            "is none; stop docker, copy the data there (rsync -aHAX), and run again, or declare the present data-root"
        )


def daemon_changes(
    options: t.Optional[t.Mapping[str, t.Any]], record: daemon_json.Record, seen: Observed
) -> t.Tuple[Change, ...]:
    """daemon.json and the record of who declared what in it. Equal options in another wording stay as they are."""
    changes: t.List[Change] = []
    if options is None and seen.daemon_options is not None:
        changes.append(Change("remove", daemon_json.PATH, "nobody declares any option"))
    elif options is not None and (seen.daemon_options != options or seen.daemon_broken):
        keys = ", ".join(sorted(differing(seen.daemon_options or {}, options)))
        changes.append(Change("write", daemon_json.PATH, f"{keys or 'content'} differs", daemon_json.text(options)))
    if record.fragments and record != seen.daemon_record:
        changes.append(
            Change(
                "write", daemon_json.RECORD, "remembers what is ours in daemon.json", daemon_json.record_text(record)
            )
        )
    elif not record.fragments and seen.daemon_record is not None:
        changes.append(Change("remove", daemon_json.RECORD, "nothing in daemon.json is ours"))
    return tuple(changes)


def differing(before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> t.List[str]:
    return [key for key in {**before, **after} if (key in before, before.get(key)) != (key in after, after.get(key))]


def restart_reason(desired: Desired, seen: Observed, tls: TlsPlan, at_start: str) -> t.Optional[str]:
    """Why dockerd must be restarted although perhaps no file changes; None when the running one is right."""
    if tls.causes:
        return "files that are read at its start changed"
    if not seen.active:
        return "it is not running"
    if seen.replaced:
        return "the running daemon is not the one that is installed: it was upgraded, and not restarted"
    if (seen.daemon_record or desired.all_options) and seen.live.at_start != at_start:
        return UNREAD
    if tls.state != SERVING or seen.exec_start is None:
        return None
    if seen.live_mark != unit.mark(desired, seen.exec_start, tls.key_sha256):
        return "the running daemon was started with another configuration"
    return None if seen.listening else f"it does not listen on {unit.listener(desired)}"


def reloads(seen: Observed, options: t.Optional[t.Mapping[str, t.Any]], ours: bool) -> t.List[Change]:
    """The reload, if one is due. ``options``: what daemon.json then holds; ``ours``: whether anything in it is."""
    due = seen.active and ours and seen.live.reloaded != live.of(options).reloaded
    return [Change("reload", "docker.service", UNREAD)] if due else []


def restarts(
    desired: Desired,
    seen: Observed,
    tls: TlsPlan,
    daemon: t.Sequence[Change],
    options: t.Optional[t.Mapping[str, t.Any]],
) -> t.Tuple[t.List[Change], t.Optional[str]]:
    """(restart or reload, if due; why a restart is left pending). A fresh installation starts the daemon itself.

    Where live-restore is new, a reload comes before the restart: the containers that run survive it then.
    """
    reason = restart_reason(desired, seen, tls, str(live.of(options).at_start))
    ours = bool(seen.daemon_record or desired.all_options or daemon)
    reload = reloads(seen, options, ours)
    if reason is None or (reason == "it is not running" and seen.engine_version is None):
        return reload, None
    before = reload if (options or {}).get("live-restore") else []
    if desired.restart != NOW:
        return reload, reason
    return [*before, Change("restart", "docker.service", reason)], None
