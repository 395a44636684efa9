# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The one call behind docker_tls."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import (
    absence,
    health,
    observe,
    result,
    rotation_checks,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.adoption import Adopted, adopt
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.apply import apply, load_signers
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import require_cryptography
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import Authorities, Snapshot
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observe_authorities import authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import by_label, parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import plan as make_plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import Rotation, rotate
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

Document = t.Dict[str, t.Any]


class _Prepared(t.NamedTuple):
    """found: the authorities with those that were given; rotation: what becomes of them."""

    found: Authorities
    adopted: Adopted
    rotation: Rotation


def converge(options: t.Mapping[str, t.Any], check_mode: bool, now: t.Optional[datetime.datetime] = None) -> Document:
    """Bring the certificate directory to what the options of docker_tls declare; the result dictionary with "warnings".

    Failure when nothing may be done; the faults of single hosts are in their entries.
    """
    require_cryptography()
    now = now or datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    desired = parse(options)
    keyring = Keyring(options.get("authority_passphrase"), by_label(options.get("authority_keys")))
    store = Store(os.path.expanduser(options["directory"]))
    # Before the lock: a run that must not write at all does not even leave a lock file.
    _prepare(store, desired, now)
    with store.lock(exclusive=not check_mode):
        return _converge(store, desired, keyring, check_mode, now)


def _prepare(store: Store, desired: Desired, now: datetime.datetime) -> _Prepared:
    found, adopted = adopt(dict(desired.authority_certificates), authorities(store, look_at_keys=desired.encrypt))
    health.check_trust(desired, found, store.root)
    rotation = rotate(desired, found, now)
    health.check_authorities(desired, rotation.authorities, store.root, now)
    return _Prepared(found, adopted, rotation)


def _converge(store: Store, desired: Desired, keyring: Keyring, check_mode: bool, now: datetime.datetime) -> Document:
    prepared = _prepare(store, desired, now)
    rotation = prepared.rotation
    snapshot = _observe(store, desired, rotation)
    rotation_checks.check(desired, rotation, snapshot, now)
    plan = make_plan(desired, snapshot, now, rotation, prepared.adopted)
    # Loaded in check mode too: a key that does not fit its certificate must not wait for the real run to be found.
    signers = load_signers(store, desired, plan, rotation.authorities, keyring)
    applied = result.NOTHING_APPLIED
    if plan.changed and not check_mode:
        applied = apply(store, desired, plan, rotation.authorities, signers, keyring, now)
    document = result.converged(store.root, desired, prepared.found, snapshot, plan, applied, now)
    document["foreign_authorities"] = health.foreign(desired, prepared.found)
    document["warnings"] = [
        *health.warnings(desired, rotation.authorities, now),
        *rotation.warnings,
        *absence.warnings(snapshot.remains),
    ]
    return document


def _observe(store: Store, desired: Desired, rotation: Rotation) -> Snapshot:
    # A rotation asks whether everybody is ready; else nobody is looked at who is not in this call.
    everybody = bool(desired.rotation)
    hosts = [host.name for host in desired.hosts if not directory_fault(host.name)] + list(desired.absent_hosts)
    clients = [client.name for client in desired.clients] + list(desired.absent_clients)
    return observe.snapshot(
        store,
        rotation.authorities,
        observe.Wanted(
            hosts=None if everybody else hosts,
            clients=None if everybody else clients,
            csrs={host.name: host.csr for host in desired.hosts if host.csr},
            host_certificates={host.name: host.certificate for host in desired.hosts if host.certificate},
            client_certificates={client.name: client.certificate for client in desired.clients if client.certificate},
            absent=absence.labels(desired),
        ),
        rotation.issuers(),
    )
