# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Carrying out a plan: the only place that writes to the certificate directory."""

from __future__ import annotations

import datetime
import json
import secrets
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import absence
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import authority as authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import leaf as leaves
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request as requests
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import Signer
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    DIGEST_KEY,
    SERVER_AUTHORITY,
    SERVERS,
    Authorities,
    CertificateFacts,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import ClientPlan, Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import HostPlan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

Signers = t.Dict[str, Signer]


class Applied(t.NamedTuple):
    """What was made: certificates of authorities by label, of hosts and clients by name."""

    authorities: t.Dict[str, CertificateFacts]
    hosts: t.Dict[str, CertificateFacts]
    clients: t.Dict[str, CertificateFacts]


def load_signers(store: Store, plan: Plan, found: Authorities) -> Signers:
    """The existing authorities that the plan signs with. Failure when a key is not usable. Writes nothing."""
    existing = [found.server, *found.clients.values()]
    wanted = plan.signing()
    return {facts.label: authorities.load_signer(store, facts) for facts in existing if facts and facts.label in wanted}


def apply(
    store: Store, desired: Desired, plan: Plan, found: Authorities, signers: Signers, now: datetime.datetime
) -> Applied:
    """Do everything the plan says. The caller holds the lock."""
    made: t.Dict[str, CertificateFacts] = {}
    for wanted in plan.authorities:
        signer = authorities.create(store, wanted.label, wanted.common_name, desired.site, wanted.valid_days, now)
        signers[wanted.label] = signer
        made[wanted.label] = certificates.of(signer.certificate, {})
    if plan.make_digest_key:
        store.swap("", [FileWrite(DIGEST_KEY, secrets.token_hex(32).encode("ascii"), SECRET_MODE)])
    for fault in plan.mode_faults:
        store.restrict(fault)
    for gone in plan.forget:
        store.remove(gone.label, gone.files)
    hosts = {
        host.name: _apply_host(store, desired, host, plan.hosts[host.name], signers, now)
        for host in desired.hosts
        if plan.hosts[host.name].changed
    }
    ca_pem = {**found.certificates(), **made}[SERVER_AUTHORITY].pem
    clients = {
        name: _apply_client(store, desired, name, wanted, ca_pem, signers, now)
        for name, wanted in plan.clients.items()
        if wanted.changed
    }
    return Applied(
        made,
        {name: leaf for name, leaf in hosts.items() if leaf},
        {name: leaf for name, leaf in clients.items() if leaf},
    )


def _apply_host(
    store: Store, desired: Desired, host: HostDesired, plan: HostPlan, signers: Signers, now: datetime.datetime
) -> t.Optional[CertificateFacts]:
    directory = "%s/%s" % (SERVERS, host.name)
    if plan.drop:
        store.swap(directory, [], absence.FILES[SERVERS])
        return None
    request, writes, removals = plan.request, [], []
    if plan.make_key:
        request, key = requests.create(host.name)
        writes.append(FileWrite("key.pem", key, SECRET_MODE))
    else:
        removals += ["key.pem"] if host.key_origin == "vm" and plan.store else []
    if plan.store and request:
        writes.append(FileWrite("csr.pem", request.pem.encode("ascii")))
    leaf = None
    if plan.issue and request:
        leaf = leaves.issue(signers[SERVER_AUTHORITY], _server_leaf(desired, host, request), now)
        # Where the key changes, the old certificate goes first; else it is there at every moment.
        removals += ["cert.pem"] if plan.store else []
        writes.append(FileWrite("cert.pem", leaf.pem.encode("ascii")))
    record = {"vm_id": plan.vm_id, "key_sha256": request.key_sha256 if request else plan.key_sha256}
    writes.append(FileWrite("host.json", (json.dumps(record, sort_keys=True) + "\n").encode("ascii")))
    store.swap(directory, writes, removals)
    return leaf


def _server_leaf(desired: Desired, host: HostDesired, request: requests.RequestFacts) -> leaves.LeafRequest:
    return leaves.LeafRequest(
        public_key=requests.public_key(request),
        common_name=host.name,
        site=desired.site,
        usage="serverAuth",
        names=host.names,
        days=desired.leaf_days,
    )


def _apply_client(
    store: Store,
    desired: Desired,
    name: str,
    plan: ClientPlan,
    ca_pem: str,
    signers: Signers,
    now: datetime.datetime,
) -> t.Optional[CertificateFacts]:
    writes = [FileWrite("ca.pem", ca_pem.encode("ascii"))] if plan.copy_ca else []
    leaf = None
    removals = []
    if plan.issue:
        # A new key each time: a key that leaked dies with the certificate it came with.
        request, key = requests.create(name)
        wanted = leaves.LeafRequest(requests.public_key(request), name, desired.site, "clientAuth", (), plan.days)
        leaf = leaves.issue(signers[client_authority_label(plan.authority)], wanted, now)
        removals = ["cert.pem"]
        writes += [FileWrite("key.pem", key, SECRET_MODE), FileWrite("cert.pem", leaf.pem.encode("ascii"))]
    store.swap("%s/%s" % (CLIENTS, name), writes, removals)
    return leaf
