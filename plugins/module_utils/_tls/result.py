# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The dictionary that docker_tls and docker_tls_info return. No secret can get in: facts hold none."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import absence
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.apply import Applied
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    SERVERS,
    Authorities,
    CertificateFacts,
    ClientFacts,
    HostFacts,
    Snapshot,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.pending import pending
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_client import CA_DIFFERS, ClientPlan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import HostPlan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.result_authorities import (
    authority_changes,
    authority_entries,
    authority_reasons,
)

Document = t.Dict[str, t.Any]
NOTHING_APPLIED = Applied({}, {}, {})


def converged(
    root: str,
    desired: Desired,
    before: Authorities,
    snapshot: Snapshot,
    plan: Plan,
    applied: Applied,
    now: datetime.datetime,
) -> Document:
    """The result of docker_tls. Check mode: applied is NOTHING_APPLIED, and a certificate that would be issued is
    null. before: the authorities as they were; those of snapshot are as after the rotation."""
    hosts = {name: _host(name, wanted, snapshot, applied, now) for name, wanted in plan.hosts.items()}
    clients = {name: _client(root, name, client, snapshot, applied, now) for name, client in plan.clients.items()}
    for name in desired.absent_hosts:
        reasons = absence.reasons(plan.forget, SERVERS, name)
        hosts[name] = host_entry(None, reasons, None, False, bool(reasons), now)
    for name in desired.absent_clients:
        reasons = absence.reasons(plan.forget, CLIENTS, name)
        clients[name] = client_entry(root, name, None, None, reasons, bool(reasons), now)
    after = snapshot.authorities.with_made(applied.authorities)
    document = authority_entries(desired.client_authorities, after, authority_reasons(plan), now)
    document.update(
        changed=plan.changed,
        hosts=hosts,
        clients=clients,
        pending=pending(root, desired, plan),
        digest_key_file="%s/digest.key" % root,
        diff=difference(root, before, after, snapshot, plan, hosts, clients, now),
    )
    return document


def _host(name: str, plan: HostPlan, snapshot: Snapshot, applied: Applied, now: datetime.datetime) -> Document:
    stored = snapshot.hosts.get(name, HostFacts()).certificate
    if plan.issue:
        leaf = applied.hosts.get(name)
    elif plan.drop or (plan.wipe and not plan.certificate):
        leaf = None
    else:
        leaf = plan.certificate or stored
    entry = host_entry(leaf, plan.reasons, plan.vm_id, plan.enrolled, plan.changed, now, plan.rekey)
    if plan.error:
        entry["error"] = plan.error
    return entry


def _client(
    root: str, name: str, plan: ClientPlan, snapshot: Snapshot, applied: Applied, now: datetime.datetime
) -> Document:
    kept = plan.certificate or snapshot.clients.get(name, ClientFacts()).certificate
    leaf = applied.clients.get(name) if plan.issue else kept
    entry = client_entry(root, name, leaf, plan.authority, plan.reasons, plan.changed, now)
    if plan.error:
        entry["error"] = plan.error
    return entry


def host_entry(
    leaf: t.Optional[CertificateFacts],
    reasons: t.Iterable[Reason],
    vm_id: t.Optional[str],
    enrolled: bool,
    changed: bool,
    now: datetime.datetime,
    rekey: t.Optional[str] = None,
) -> Document:
    """One host in a result. certificate: with the intermediates that came with it."""
    entry = _leaf_entry(leaf, now)
    entry.update(
        certificate=leaf.text if leaf else None,
        vm_id=vm_id,
        enrolled=enrolled,
        rekey=rekey,
        reasons=[str(reason) for reason in reasons],
        changed=changed,
    )
    return entry


def client_entry(
    root: str,
    name: str,
    leaf: t.Optional[CertificateFacts],
    authority: t.Optional[str],
    reasons: t.Iterable[Reason],
    changed: bool,
    now: datetime.datetime,
) -> Document:
    """One client in a result. directory: what DOCKER_CERT_PATH is set to."""
    entry = _leaf_entry(leaf, now)
    entry.update(
        directory="%s/%s/%s" % (root, CLIENTS, name),
        authority=authority,
        reasons=[str(reason) for reason in reasons],
        changed=changed,
    )
    return entry


def difference(
    root: str,
    authorities: Authorities,
    made: Authorities,
    snapshot: Snapshot,
    plan: Plan,
    hosts: Document,
    clients: Document,
    now: datetime.datetime,
) -> Document:
    """Before and after of what changes, and why; whatever stays is left out. authorities, made: before and after."""
    names = {wanted.label: wanted.common_name for wanted in plan.authorities}
    before, after = authority_changes(authority_reasons(plan), authorities, made, names, now)
    if plan.make_digest_key:
        before["digest.key"], after["digest.key"] = "absent", "present"
    for fault in plan.mode_faults:
        key = "mode of %s" % fault.path
        before[key], after[key] = "%04o" % fault.found, "%04o" % (fault.found & fault.expected)
    for name in plan.copies:
        key = "%s/%s" % (CLIENTS, name)
        before[key], after[key] = None, {"reasons": [str(CA_DIFFERS)]}
    for room, entries, stored in ((SERVERS, hosts, snapshot.hosts), (CLIENTS, clients, snapshot.clients)):
        for name, entry in entries.items():
            if entry["changed"]:
                found = stored.get(name)
                before["%s/%s" % (room, name)] = _summary(found.certificate if found else None)
                after["%s/%s" % (room, name)] = _after(entry)
    return {"before_header": root, "after_header": root, "before": before, "after": after}


def _leaf_entry(leaf: t.Optional[CertificateFacts], now: datetime.datetime) -> Document:
    return {
        "certificate_sha256": leaf.sha256 if leaf else None,
        "not_after": iso(leaf.not_after) if leaf else None,
        "days_left": days_left(leaf.not_after, now) if leaf else None,
    }


def _summary(leaf: t.Optional[CertificateFacts]) -> t.Optional[Document]:
    if leaf is None:
        return None
    return {"certificate_sha256": leaf.sha256, "not_after": iso(leaf.not_after), "names": list(leaf.names)}


def _after(entry: Document) -> Document:
    shown = {key: entry[key] for key in ("certificate_sha256", "not_after", "reasons")}
    if "enrolled" in entry:
        shown["enrolled"] = entry["enrolled"]
    return shown
