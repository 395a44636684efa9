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
    SERVER_AUTHORITY,
    SERVERS,
    Authorities,
    CertificateFacts,
    ClientFacts,
    HostFacts,
    Snapshot,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import days_left, iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

Document = t.Dict[str, t.Any]
NOTHING_APPLIED = Applied({}, {}, {})


def converged(
    root: str,
    desired: Desired,
    snapshot: Snapshot,
    plan: Plan,
    applied: Applied,
    now: datetime.datetime,
) -> Document:
    """The result of docker_tls. Check mode: applied is NOTHING_APPLIED, and a certificate that would be issued is
    null."""
    hosts = {}
    for name, wanted in plan.hosts.items():
        stored = snapshot.hosts.get(name, HostFacts()).certificate
        leaf = applied.hosts.get(name) if wanted.issue else None if wanted.drop else stored
        hosts[name] = host_entry(leaf, wanted.reasons, wanted.vm_id, wanted.enrolled, wanted.changed, now)
        if wanted.error:
            hosts[name]["error"] = wanted.error
    clients = {}
    for name, client in plan.clients.items():
        kept = snapshot.clients.get(name, ClientFacts()).certificate
        leaf = applied.clients.get(name) if client.issue else kept
        clients[name] = client_entry(root, name, leaf, client.authority, client.reasons, client.changed, now)
    for name in desired.absent_hosts:
        reasons = absence.reasons(plan.forget, SERVERS, name)
        hosts[name] = host_entry(None, reasons, None, False, bool(reasons), now)
    for name in desired.absent_clients:
        reasons = absence.reasons(plan.forget, CLIENTS, name)
        clients[name] = client_entry(root, name, None, None, reasons, bool(reasons), now)
    document = authority_entries(desired.client_authorities, snapshot.authorities, applied.authorities, now)
    document.update(
        changed=plan.changed,
        hosts=hosts,
        clients=clients,
        digest_key_file="%s/digest.key" % root,
        diff=difference(root, snapshot, plan, document, hosts, clients),
    )
    return document


def authority_entries(
    names: t.Sequence[str],
    found: Authorities,
    made: t.Mapping[str, CertificateFacts],
    now: datetime.datetime,
) -> Document:
    """The part of a result about authorities. names: the client authorities in the bundle; one that is still to be made
    (check mode) makes the bundle null, because a bundle without it would be wrong."""
    known = {**found.certificates(), **made}
    server = known.get(SERVER_AUTHORITY)
    bundle = [known.get(client_authority_label(name)) for name in sorted(names)]
    whole = [certificate for certificate in bundle if certificate]
    return {
        "server_authority": server.pem if server else None,
        "server_authority_sha256": server.sha256 if server else None,
        "client_bundle": "".join(found.pem for found in whole) if len(whole) == len(bundle) else None,
        "client_authority_sha256s": [certificate.sha256 for certificate in whole],
        "undeclared_client_authorities": sorted(set(found.clients) - set(names)),
        "authorities": {label: _authority_entry(known[label], label in made, now) for label in sorted(known)},
    }


def host_entry(
    leaf: t.Optional[CertificateFacts],
    reasons: t.Iterable[Reason],
    vm_id: t.Optional[str],
    enrolled: bool,
    changed: bool,
    now: datetime.datetime,
) -> Document:
    """One host in a result."""
    entry = _leaf_entry(leaf, now)
    entry.update(
        certificate=leaf.pem if leaf else None,
        vm_id=vm_id,
        enrolled=enrolled,
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
    root: str, snapshot: Snapshot, plan: Plan, authorities: Document, hosts: Document, clients: Document
) -> Document:
    """Before and after of what changes, and why; whatever stays is left out."""
    before: Document = {}
    after: Document = {}
    for wanted in plan.authorities:
        before[wanted.label] = None
        after[wanted.label] = authorities["authorities"].get(wanted.label) or {"common_name": wanted.common_name}
    if plan.make_digest_key:
        before["digest.key"], after["digest.key"] = "absent", "present"
    for fault in plan.mode_faults:
        key = "mode of %s" % fault.path
        before[key], after[key] = "%04o" % fault.found, "%04o" % (fault.found & fault.expected)
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


def _authority_entry(certificate: CertificateFacts, changed: bool, now: datetime.datetime) -> Document:
    return {
        "sha256": certificate.sha256,
        "not_after": iso(certificate.not_after),
        "days_left": days_left(certificate.not_after, now),
        "changed": changed,
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
