# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""A fragment of daemon.json in force on a machine whose engine is there, with all that the daemons read at their start.

Not a part of the program that travels: who declares a fragment reaches the machine by SSH. Drop-ins of others in the
collection carry a variable ``BULWARK_...`` with a digest of what they say, so the environment of a running daemon tells
whether it has read them.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from .._engine import apply, daemon_json, live, lock, plan, system, unit
from .._engine.change import Change
from .._engine.desired import NOW, Desired
from .._engine.observe import Observed, observe, process_environment, properties, variables
from .._engine.refusal import Refusal

RUNTIME, ENGINE = "containerd.service", "docker.service"  # in the order in which they are restarted
DROP_INS = pathlib.Path("/etc/systemd/system")
MARKS = "BULWARK_"
UNREAD = "it runs with another configuration than its unit and drop-ins say"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A fragment (one of daemon_json.FRAGMENTS) with its options; {} withdraws it. ``restart``: now|deferred|never."""

    fragment: str
    options: t.Mapping[str, t.Any]
    restart: str = NOW


@dataclasses.dataclass(frozen=True)
class Service:
    """A unit: ``marks`` are the variables of ours that it has now, ``read`` those of the process that runs."""

    active: bool = True
    needs_reload: bool = False
    marks: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    read: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return self.active and self.marks != self.read


class Plan(t.NamedTuple):
    """``options``: what daemon.json then holds (None: no file); ``pending``: why a restart is due that is not made."""

    changes: t.Tuple[Change, ...]
    options: t.Optional[t.Mapping[str, t.Any]]
    pending: t.Optional[str]


def plan_fragment(wanted: Wanted, desired: Desired, seen: Observed, services: t.Mapping[str, Service]) -> Plan:
    """What to change, in order (pure). Raises Refusal for options with which the daemon would not start."""
    if seen.engine_version is None:
        raise Refusal(
            "found no Docker Engine on this machine, expected one: this only declares options of an engine that is "
            "there; install it first (role docker_engine) and run again"
        )
    options, record = daemon_json.declare(seen.daemon_options, seen.daemon_record, wanted.fragment, wanted.options)
    plan.refuse_options(options or {}, desired, seen)
    changes = list(plan.daemon_changes(options, record, seen))
    if any(service.needs_reload for service in services.values()):
        changes.append(Change("read_units", "systemd", "it has not read what the units' files say"))
    acting = restarts(options, record, seen, services)
    due = [change for change in acting if change.action != "reload"]
    if due and wanted.restart != NOW:
        pending = "; ".join(f"{change.target}: {change.reason}" for change in due)
        return Plan((*changes, *(change for change in acting if change.action == "reload")), options, pending)
    return Plan((*changes, *acting), options, None)


def restarts(
    options: t.Optional[t.Mapping[str, t.Any]],
    record: daemon_json.Record,
    seen: Observed,
    services: t.Mapping[str, Service],
) -> t.List[Change]:
    """Reload and restarts that are due. A reload comes first where live-restore is new: containers survive then."""
    present = live.of(options)
    ours = bool(record.fragments or seen.daemon_record)
    unread = ours and seen.live.at_start != present.at_start
    reload = plan.reloads(seen, options, ours)
    runtime, engine = services.get(RUNTIME, Service()), services.get(ENGINE, Service())
    found = []
    if runtime.stale:
        found.append(Change("runtime", RUNTIME, UNREAD))
    if not seen.active:
        found.append(Change("restart", ENGINE, "it is not running"))
    elif unread or seen.replaced:
        found.append(Change("restart", ENGINE, plan.UNREAD))
    elif engine.stale:
        found.append(Change("restart", ENGINE, UNREAD))
    if reload and (not found or (options or {}).get("live-restore")):
        return [*reload, *found]
    return found


def look_at(name: str) -> Service:
    """One unit and the process that it runs. What it has now is read from the files: systemd may not have read them."""
    shown = properties(name, "ActiveState", "MainPID", "NeedDaemonReload")
    return Service(
        shown.get("ActiveState") == "active",
        shown.get("NeedDaemonReload") == "yes",
        marks(variables(" ".join(environment_of(path) for path in sorted((DROP_INS / f"{name}.d").glob("*.conf"))))),
        marks(process_environment(shown.get("MainPID", ""))),
    )


def environment_of(path: pathlib.Path) -> str:
    """The values of a drop-in's Environment= lines."""
    lines = (line.strip().partition("=") for line in (system.read(path) or "").splitlines())
    return " ".join(value for name, _equals, value in lines if name.strip() == "Environment")


def marks(environment: t.Mapping[str, str]) -> t.Dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(MARKS)}


def desired_of(drop_in: t.Optional[str]) -> Desired:
    """The listener that is there, as the one that has to be there after a restart."""
    words = unit.words_of(drop_in or "")
    found = next((word[len("tcp://") :] for word in words if word.startswith("tcp://")), "")
    address, _colon, port = found.rpartition(":")
    return Desired(host="", vm_id="", address=address.strip("[]"), port=int(port or 0))


def difference(wanted: Wanted, planned: Plan, seen: Observed) -> t.List[t.Dict[str, str]]:
    """Ansible's diff. Of daemon.json only what this fragment declares or declared: others' parts may hold secrets."""
    former = seen.daemon_record.fragments.get(wanted.fragment, {}) if seen.daemon_record else {}
    ours = {**former, **wanted.options}

    def part(options: t.Optional[t.Mapping[str, t.Any]]) -> str:
        return daemon_json.text({key: value for key, value in (options or {}).items() if key in ours})

    shown = []
    for change in planned.changes:
        if change.target == daemon_json.RECORD:
            continue
        before, after = "", f"{change}\n"
        if change.target == daemon_json.PATH:
            before, after = part(seen.daemon_options), part(planned.options)
        shown.append({"before": before, "after": after, "before_header": change.target, "after_header": change.target})
    return shown


def declare(wanted: Wanted, check: bool) -> t.Dict[str, t.Any]:
    """The result of the module ``docker_daemon_options``. Raises Refusal."""
    desired = desired_of(system.read(unit.DROP_IN))
    with lock.held():
        seen = observe(desired)
        planned = plan_fragment(wanted, desired, seen, {name: look_at(name) for name in (RUNTIME, ENGINE)})
        if planned.changes and not check:
            apply.apply(desired, planned.changes, seen, planned.options)
    result: t.Dict[str, t.Any] = {
        "changed": bool(planned.changes),
        "changes": [str(change) for change in planned.changes],
        "diff": difference(wanted, planned, seen),
    }
    if planned.pending:
        result["restart_pending"] = planned.pending
    return result
