# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The handshake matrix over many targets: observe, judge, collect."""

from __future__ import annotations

import collections
import concurrent.futures
import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import verdict as verdicts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.attempts import Attempt, attempts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import (
    days_left,
    iso,
    normal_sha256,
    sha256_hex,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.handshake import (
    Connect,
    Endpoint,
    direct,
    observe,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import host_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    CONTROL,
    GOOD_CLIENT,
    MINTED,
    NOT_MADE,
    PLAIN_HTTP,
    SERVED_CERTIFICATE,
    TIMED_OUT,
    Observation,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.refusal import shows_let_in
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.tunnel import Ssh, settings, tunnels
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.verdict import Known, Verdict

Document = t.Dict[str, t.Any]
Seen = t.Dict[str, Observation]
AT_ONCE = 4
"""Connections to one target at the same time, once it is known to answer."""


def probe(options: t.Mapping[str, t.Any], now: t.Optional[datetime.datetime] = None) -> Document:
    """Probe all targets of docker_tls_probe. Returns {"targets", "summary", "failed_targets", "unverified_targets"}.

    Failure when the options or the directories cannot be used; what a server does is in its verdicts.
    """
    now = now or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    targets, timeout = options["targets"], float(options["timeout"])
    routes = [settings(options.get("ssh"), target.get("ssh")) for target in targets]
    _refuse([*_faults(targets), *_route_faults(targets, routes), *_day_faults(options)])
    every = attempts(options, now)
    known = Known(now, min_days_left=options.get("min_days_left") or 0)
    with tunnels(routes, timeout) as by_host:

        def work(target: t.Mapping[str, t.Any], ssh: t.Optional[Ssh]) -> Document:
            if ssh is None:
                return _probe_target(target, every, timeout, direct, known)
            tunnel = by_host.get(ssh)
            with tunnel.held():
                return _probe_target(target, every, timeout, tunnel.connect, known)

        with concurrent.futures.ThreadPoolExecutor(max(1, options["concurrency"])) as pool:
            results = list(pool.map(work, targets, routes))
    return _collected({target["name"]: result for target, result in zip(targets, results)})


def _faults(targets: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    times = collections.Counter(target["name"] for target in targets)
    for name in sorted(name for name in times if times[name] > 1):
        yield "targets names %s %d times, expected once" % (name, times[name])
    for target in targets:
        for option in ("address", "server_name"):
            fault = host_fault(target[option]) if target.get(option) else ""
            if fault:
                yield "%s of target %s: %s" % (option, target["name"], fault)
        if not 0 < target["port"] < 65536:
            yield "port of target %s is %d, expected 1 to 65535" % (target["name"], target["port"])


def _route_faults(targets: t.Sequence[t.Mapping[str, t.Any]], routes: t.Sequence[t.Optional[Ssh]]) -> t.Iterator[str]:
    for target, ssh in zip(targets, routes):
        if ssh is None:
            # An empty host is the way to say: not through the SSH host of the others.
            own = target.get("ssh") or {}
            if own.get("host") is None and any(value is not None for value in own.values()):
                yield "ssh of target %s has no host, expected the SSH host to go through" % target["name"]
            continue
        fault = host_fault(ssh.host)
        if fault:
            yield "ssh.host of target %s: %s" % (target["name"], fault)
        if ssh.port is not None and not 0 < ssh.port < 65536:
            yield "ssh.port of target %s is %d, expected 1 to 65535" % (target["name"], ssh.port)


def _day_faults(options: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    days = options.get("min_days_left") or 0
    if days < 0:
        yield "min_days_left is %d, expected 0 or more" % days


def _refuse(faults: t.Sequence[str]) -> None:
    if faults:
        raise Failure(
            "The options cannot be used: %s." % "; ".join(faults),
            code="InvalidOptions",
            hint="Correct the options and run again. Nothing was probed.",
        )


def _probe_target(
    target: t.Mapping[str, t.Any], every: t.Sequence[Attempt], timeout: float, connect: Connect, known: Known
) -> Document:
    address = target["address"]
    endpoint = Endpoint(address, target["port"], target.get("server_name") or address, timeout)
    known = known._replace(certificate_sha256=normal_sha256(target.get("certificate_sha256") or "") or None)
    seen = _observe_all(every, endpoint, connect)
    results = {}
    for attempt in every:
        if attempt.check != CONTROL:
            about = known._replace(let_in=_let_in(attempt.check, seen), authority=attempt.authority)
            judged = verdicts.judge(attempt.check, seen[attempt.name], about)
            results[attempt.name] = _entry(judged, seen[attempt.name], about)
    return {
        "address": address,
        "port": endpoint.port,
        "verdict": verdicts.worst(result["verdict"] for result in results.values()),
        "checks": results,
    }


def _observe_all(every: t.Sequence[Attempt], endpoint: Endpoint, connect: Connect) -> Seen:
    def look(attempt: Attempt) -> Observation:
        return _with_certificate(observe(attempt.check, endpoint, attempt.context, connect))

    seen = {attempt.name: Observation(NOT_MADE, attempt.obstacle) for attempt in every if attempt.obstacle}
    made = [attempt for attempt in every if not attempt.obstacle]
    if not made:
        return seen
    first = look(made[0])
    # An absent or mute host costs its timeout once without TLS and once with, not once for each check.
    mute = made[0].check != PLAIN_HTTP and first.kind == TIMED_OUT and not first.version
    known = [attempt for attempt in made if not first.connected or (mute and attempt.check != PLAIN_HTTP)]
    seen.update({attempt.name: first for attempt in (made[0], *known)})
    asked = [attempt for attempt in made if attempt.name not in seen]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        seen.update(zip([attempt.name for attempt in asked], pool.map(look, asked)))
    return seen


def _let_in(check: str, seen: Seen) -> t.Optional[bool]:
    witnesses = (CONTROL,) if check in MINTED and CONTROL in seen else (GOOD_CLIENT, SERVED_CERTIFICATE)
    shown = [shows_let_in(seen[witness]) for witness in witnesses if witness in seen]
    return next((found for found in shown if found is not None), None)


def _with_certificate(seen: Observation) -> Observation:
    if not seen.served:
        return seen
    try:
        not_after = x509.load_der_x509_certificate(seen.served).not_valid_after_utc
    except ValueError:
        not_after = None
    return seen._replace(sha256=sha256_hex(seen.served), not_after=not_after)


def _entry(judged: Verdict, seen: Observation, known: Known) -> Document:
    details = {
        "authority": known.authority or None,
        "tls_version": seen.version,
        "tls_alert": seen.alert.lower() or None,
        "http_status": seen.status,
        "engine_version": seen.engine,
        "api_version": seen.api,
        "certificate_sha256": seen.sha256,
        "not_after": iso(seen.not_after) if seen.not_after else None,
        "days_left": days_left(seen.not_after, known.now) if seen.not_after else None,
    }
    entry = {key: value for key, value in details.items() if value is not None}
    entry.update(judged._asdict())
    return entry


def _collected(targets: t.Dict[str, Document]) -> Document:
    every = [check["verdict"] for target in targets.values() for check in target["checks"].values()]
    by_verdict = {
        verdict: sorted(name for name, target in targets.items() if target["verdict"] == verdict)
        for verdict in (verdicts.FAILED, verdicts.NOT_VERIFIED)
    }
    return {
        "targets": targets,
        "summary": {
            verdict: every.count(verdict) for verdict in (verdicts.PASSED, verdicts.FAILED, verdicts.NOT_VERIFIED)
        },
        "failed_targets": by_verdict[verdicts.FAILED],
        "unverified_targets": by_verdict[verdicts.NOT_VERIFIED],
    }
