# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The one call behind each of docker_tls and docker_tls_info."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import absence, health, observe, result
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.apply import apply, load_signers
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import require_cryptography
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired, parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    SERVER_AUTHORITY,
    Authorities,
    CertificateFacts,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import plan as make_plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    Expected,
    leaf_reasons,
    valid_despite,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

Document = t.Dict[str, t.Any]


def converge(options: t.Mapping[str, t.Any], check_mode: bool, now: t.Optional[datetime.datetime] = None) -> Document:
    """Bring the certificate directory to what the options of docker_tls declare; the result dictionary with "warnings".

    Failure when nothing may be done; the faults of single hosts are in their entries.
    """
    require_cryptography()
    now = now or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    desired = parse(options)
    store = Store(os.path.expanduser(options["directory"]))
    # Before the lock: a run that must not write at all does not even leave a lock file.
    health.check(desired, observe.authorities(store), store.root, now)
    with store.lock(exclusive=not check_mode):
        return _converge(store, desired, check_mode, now)


def information(options: t.Mapping[str, t.Any], now: t.Optional[datetime.datetime] = None) -> Document:
    """What the certificate directory holds, in the shape of converge(). Reads only."""
    require_cryptography()
    now = now or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    store = Store(os.path.expanduser(options["directory"]))
    with store.lock(exclusive=False):
        found = observe.authorities(store)
        snapshot = observe.snapshot(store, found)
    declared = options.get("client_authorities")
    document = result.authority_entries(sorted(found.clients) if declared is None else declared, found, {}, now)
    judge = _Judge(found, options["renew_before_days"], now)
    hosts, clients = {}, {}
    for name, host in snapshot.hosts.items():
        reasons = judge.reasons(host.certificate, host.certificate_fault, SERVER_AUTHORITY, "serverAuth")
        enrolled = valid_despite(reasons)
        hosts[name] = result.host_entry(host.certificate, reasons, host.vm_id, enrolled, False, now)
    for name, client in snapshot.clients.items():
        issuer = client.certificate.issuer if client.certificate else ""
        label = issuer if issuer.startswith(CLIENT_AUTHORITIES) else CLIENT_AUTHORITIES
        reasons = judge.reasons(client.certificate, client.certificate_fault, label, "clientAuth")
        authority = issuer.partition("/")[2] or None
        clients[name] = result.client_entry(store.root, name, client.certificate, authority, reasons, False, now)
    document.update(changed=False, hosts=hosts, clients=clients, digest_key_file=store.path("digest.key"))
    return document


def _converge(store: Store, desired: Desired, check_mode: bool, now: datetime.datetime) -> Document:
    found = observe.authorities(store)
    health.check(desired, found, store.root, now)
    snapshot = observe.snapshot(
        store,
        found,
        hosts=[host.name for host in desired.hosts if not directory_fault(host.name)] + list(desired.absent_hosts),
        clients=[client.name for client in desired.clients] + list(desired.absent_clients),
        csrs={host.name: host.csr for host in desired.hosts if host.csr},
        absent=absence.labels(desired),
    )
    plan = make_plan(desired, snapshot, now)
    # Loaded in check mode too: a key that does not fit its certificate must not wait for the real run to be found.
    signers = load_signers(store, plan, found)
    applied = result.NOTHING_APPLIED
    if plan.changed and not check_mode:
        applied = apply(store, desired, plan, found, signers, now)
    document = result.converged(store.root, desired, snapshot, plan, applied, now)
    document["foreign_authorities"] = health.foreign(desired, found)
    document["warnings"] = health.expiry_warnings(desired, found, now) + absence.warnings(snapshot.remains)
    return document


class _Judge:
    """Judges leaves without an inventory: names, keys and VM ids are not compared."""

    def __init__(self, found: Authorities, renew_before_days: int, now: datetime.datetime) -> None:
        self._ends = {label: certificate.not_after for label, certificate in found.certificates().items()}
        self._renew_before = datetime.timedelta(days=renew_before_days)
        self._now = now

    def reasons(self, leaf: t.Optional[CertificateFacts], fault: str, issuer: str, usage: str) -> t.Any:
        expected = Expected(issuer, self._ends.get(issuer), usage, None, None, self._renew_before)
        return leaf_reasons(leaf, fault, expected, self._now)
