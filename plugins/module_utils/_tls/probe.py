# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The handshake matrix over many targets: observe, judge, collect."""

from __future__ import annotations

import collections
import concurrent.futures
import datetime
import ssl
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import verdict as verdicts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import good_context, stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import require_cryptography, x509
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import (
    days_left,
    iso,
    normal_sha256,
    sha256_hex,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.foreign import foreign_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.handshake import Endpoint, observe
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import host_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.verdict import Observation, Verdict

Document = t.Dict[str, t.Any]
Contexts = t.Dict[str, t.Optional[ssl.SSLContext]]


def probe(options: t.Mapping[str, t.Any], now: t.Optional[datetime.datetime] = None) -> Document:
    """Probe all targets of docker_tls_probe. Returns {"targets", "summary", "failed_targets", "unverified_targets"}.

    Failure when the options or the client directory cannot be used; what a server does is in its verdicts.
    """
    now = now or datetime.datetime.now(datetime.timezone.utc)
    checks = [check for check in verdicts.CHECKS if check in options["checks"]]
    names = [target["name"] for target in options["targets"]]
    _refuse(_faults(options["targets"]))
    contexts = _contexts(checks, options["client_directory"])

    def work(target: t.Mapping[str, t.Any]) -> Document:
        return _probe_target(target, checks, contexts, float(options["timeout"]), now)

    with concurrent.futures.ThreadPoolExecutor(max(1, options["concurrency"])) as pool:
        targets = dict(zip(names, pool.map(work, options["targets"])))
    return _collected(targets)


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


def _refuse(faults: t.Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise Failure(
            "The options cannot be used: %s." % "; ".join(found),
            code="InvalidOptions",
            hint="Correct the options and run again. Nothing was probed.",
        )


def _contexts(checks: t.Sequence[str], directory: str) -> Contexts:
    makers: t.Dict[str, t.Callable[[], t.Optional[ssl.SSLContext]]] = {
        verdicts.GOOD_CLIENT: lambda: good_context(directory),
        verdicts.NO_CERTIFICATE: stranger_context,
        verdicts.FOREIGN_AUTHORITY: foreign_context,
        verdicts.PLAIN_HTTP: lambda: None,
        verdicts.SERVED_CERTIFICATE: lambda: stranger_context(directory),
    }
    if {verdicts.FOREIGN_AUTHORITY, verdicts.SERVED_CERTIFICATE} & set(checks):
        require_cryptography()
    return {check: makers[check]() for check in checks}


def _probe_target(
    target: t.Mapping[str, t.Any], checks: t.Sequence[str], contexts: Contexts, timeout: float, now: datetime.datetime
) -> Document:
    address = target["address"]
    endpoint = Endpoint(address, target["port"], target.get("server_name") or address, timeout)
    sha256 = normal_sha256(target.get("certificate_sha256") or "") or None
    seen = _observe_all(checks, endpoint, contexts)
    admits = _admits(seen)
    results = {
        check: _entry(verdicts.judge(check, observation, now, sha256, admits), observation, now)
        for check, observation in seen.items()
    }
    return {
        "address": address,
        "port": endpoint.port,
        "verdict": verdicts.worst(result["verdict"] for result in results.values()),
        "checks": results,
    }


def _observe_all(checks: t.Sequence[str], endpoint: Endpoint, contexts: Contexts) -> t.Dict[str, Observation]:
    # An absent or mute host costs its timeout once without TLS and once with, not once for each check.
    seen: t.Dict[str, Observation] = {}
    absent: t.Optional[Observation] = None
    mute: t.Optional[Observation] = None
    for check in checks:
        known = absent or (mute if check != verdicts.PLAIN_HTTP else None)
        seen[check] = known or _with_certificate(observe(check, endpoint, contexts[check]))
        if not seen[check].connected:
            absent = seen[check]
        elif check != verdicts.PLAIN_HTTP and seen[check].kind == verdicts.TIMED_OUT and not seen[check].version:
            mute = seen[check]
    return seen


def _admits(seen: t.Mapping[str, Observation]) -> t.Optional[bool]:
    tried = [seen[check] for check in (verdicts.GOOD_CLIENT, verdicts.SERVED_CERTIFICATE) if check in seen]
    return any(found.version for found in tried) if tried else None


def _with_certificate(seen: Observation) -> Observation:
    if not seen.served:
        return seen
    try:
        not_after = x509.load_der_x509_certificate(seen.served).not_valid_after_utc
    except ValueError:
        not_after = None
    return seen._replace(sha256=sha256_hex(seen.served), not_after=not_after)


def _entry(judged: Verdict, seen: Observation, now: datetime.datetime) -> Document:
    details = {
        "tls_version": seen.version,
        "tls_alert": seen.alert.lower() or None,
        "http_status": seen.status,
        "engine_version": seen.engine,
        "api_version": seen.api,
        "certificate_sha256": seen.sha256,
        "not_after": iso(seen.not_after) if seen.not_after else None,
        "days_left": days_left(seen.not_after, now) if seen.not_after else None,
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
