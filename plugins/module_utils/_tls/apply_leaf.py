# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Writing the directory of one host or client."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import absence
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import leaf as leaves
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request as requests
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import Signer
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    SERVER_AUTHORITY,
    SERVERS,
    CertificateFacts,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import DAY
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_client import ClientPlan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import HostPlan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

Signers = t.Dict[str, Signer]
NEXT_FILES = ("next-csr.pem", "next-key.pem")


def apply_host(
    store: Store, desired: Desired, host: HostDesired, plan: HostPlan, signers: Signers, now: datetime.datetime
) -> t.Optional[CertificateFacts]:
    """Do what the plan says for one host; its new leaf, None when it gets none."""
    directory = "%s/%s" % (SERVERS, host.name)
    if plan.drop:
        store.swap(directory, [], absence.FILES[SERVERS])
        return None
    request, writes, removals = plan.request, [], list(absence.FILES[SERVERS][:3] + NEXT_FILES if plan.wipe else ())
    if plan.make_key:
        request, key = requests.create(host.name, plan.key_type)
        writes.append(FileWrite("next-key.pem" if plan.aside else "key.pem", key, SECRET_MODE))
        removals += NEXT_FILES[:1] if plan.aside else ()
    elif plan.promote:
        writes.append(_next_key(store, directory))
    elif host.key_origin == "vm" and plan.store:
        removals.append("key.pem")
    if request and (plan.store or plan.make_key or plan.promote):
        writes.append(FileWrite("next-csr.pem" if plan.make_key and plan.aside else "csr.pem", _ascii(request.pem)))
    leaf = plan.certificate
    if plan.issue and request:
        leaf = leaves.issue(signers[SERVER_AUTHORITY], _server_leaf(desired, host, request), now)
    if leaf:
        # Where the key changes, the old certificate goes first; else it is there at every moment.
        removals += ["cert.pem"] if plan.store or plan.promote else []
        writes.append(FileWrite("cert.pem", _ascii(leaf.text)))
    store.swap(directory, [*writes, _record(plan, request, now)], removals)
    if plan.promote:
        store.swap(directory, [], NEXT_FILES)
    return leaf


def apply_client(
    store: Store,
    desired: Desired,
    name: str,
    plan: ClientPlan,
    ca_pem: str,
    signers: Signers,
    now: datetime.datetime,
) -> t.Optional[CertificateFacts]:
    """Do what the plan says for one client; its new leaf, None when it gets none."""
    directory = "%s/%s" % (CLIENTS, name)
    writes = [FileWrite("ca.pem", _ascii(ca_pem))] if plan.copy_ca else []
    leaf, removals = plan.certificate, list(NEXT_FILES[:1] if plan.make_key else ())
    if plan.issue:
        # A new key each time: a key that leaked dies with the certificate it came with.
        request, key = requests.create(name, plan.key_type)
        wanted = leaves.LeafRequest(requests.public_key(request), name, desired.site, "clientAuth", (), plan.days)
        leaf = leaves.issue(signers[client_authority_label(plan.authority)], wanted, now)
        writes.append(FileWrite("key.pem", key, SECRET_MODE))
    elif plan.make_key:
        request, key = requests.create(name, plan.key_type)
        writes += [FileWrite("next-key.pem", key, SECRET_MODE), FileWrite("next-csr.pem", _ascii(request.pem))]
    elif plan.promote:
        writes.append(_next_key(store, directory))
    if leaf:
        removals += ["cert.pem"] if plan.issue or plan.promote else []
        writes.append(FileWrite("cert.pem", _ascii(leaf.text)))
    store.swap(directory, writes, removals)
    if plan.promote:
        store.swap(directory, [], NEXT_FILES)
    return leaf


def copy_ca(store: Store, name: str, ca_pem: str) -> None:
    """Write only what a client trusts."""
    store.swap("%s/%s" % (CLIENTS, name), [FileWrite("ca.pem", _ascii(ca_pem))])


def _next_key(store: Store, directory: str) -> FileWrite:
    return FileWrite("key.pem", store.read(directory, "next-key.pem") or b"", SECRET_MODE)


def _record(plan: HostPlan, request: t.Optional[requests.RequestFacts], now: datetime.datetime) -> FileWrite:
    record = {
        "vm_id": plan.vm_id,
        "key_sha256": plan.key_sha256 or (request.key_sha256 if request else None),
        "key_since": plan.key_since or now.strftime(DAY),
    }
    return FileWrite("host.json", _ascii(json.dumps(record, sort_keys=True) + "\n"))


def _server_leaf(desired: Desired, host: HostDesired, request: requests.RequestFacts) -> leaves.LeafRequest:
    return leaves.LeafRequest(
        public_key=requests.public_key(request),
        common_name=host.name,
        site=desired.site,
        usage="serverAuth",
        names=host.names,
        days=desired.leaf_days,
    )


def _ascii(text: str) -> bytes:
    return text.encode("ascii")
