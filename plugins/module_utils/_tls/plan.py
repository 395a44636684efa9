# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What the whole directory needs. Pure: snapshot and declaration in, a plan out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.absence import Forget, forget
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import (
    ClientDesired,
    Desired,
    client_authority_common_name,
    renew_before,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    SERVER_AUTHORITY,
    Authorities,
    AuthorityFacts,
    ClientFacts,
    HostFacts,
    ModeFault,
    Snapshot,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import (
    HostPlan,
    failed,
    plan_host,
    public_key_of,
    same_vm,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Expected, Reason, leaf_reasons


class AuthorityPlan(t.NamedTuple):
    """An authority to make. label: its directory."""

    label: str
    common_name: str
    valid_days: int


class ClientPlan(t.NamedTuple):
    """What happens to one client's directory. issue: new key and leaf; copy_ca: its copy of the server authority."""

    reasons: t.Tuple[Reason, ...]
    authority: str
    days: int
    issue: bool
    copy_ca: bool

    @property
    def changed(self) -> bool:
        """Whether anything is written for this client."""
        return self.issue or self.copy_ca


class Plan(t.NamedTuple):
    """Everything to do, in the order in which it is done."""

    authorities: t.Tuple[AuthorityPlan, ...]
    make_digest_key: bool
    mode_faults: t.Tuple[ModeFault, ...]
    forget: t.Tuple[Forget, ...]
    hosts: t.Dict[str, HostPlan]
    clients: t.Dict[str, ClientPlan]

    @property
    def changed(self) -> bool:
        """Whether the plan is not empty."""
        leaves = any(host.changed for host in self.hosts.values()) or any(
            client.changed for client in self.clients.values()
        )
        return bool(self.authorities or self.make_digest_key or self.mode_faults or self.forget or leaves)

    def signing(self) -> t.Set[str]:
        """Labels of the authorities whose keys this plan needs."""
        labels = {client_authority_label(client.authority) for client in self.clients.values() if client.issue}
        if any(host.issue for host in self.hosts.values()):
            labels.add(SERVER_AUTHORITY)
        return labels


def plan(desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> Plan:
    """The plan for one call, after health.check() found nothing that forbids it. now: UTC."""
    return Plan(
        authorities=plan_authorities(desired, snapshot.authorities),
        make_digest_key=not snapshot.has_digest_key,
        mode_faults=snapshot.mode_faults,
        forget=forget(snapshot.remains),
        hosts=_plan_hosts(desired, snapshot, now),
        clients={client.name: _plan_client(client, desired, snapshot, now) for client in desired.clients},
    )


def plan_authorities(desired: Desired, found: Authorities) -> t.Tuple[AuthorityPlan, ...]:
    """The authorities to make: those declared and absent."""
    missing = []
    if found.server is None:
        missing.append(AuthorityPlan(SERVER_AUTHORITY, desired.server_common_name, desired.server_valid_days))
    for name in desired.client_authorities:
        if name not in found.clients:
            common_name = client_authority_common_name(desired.site, name)
            missing.append(AuthorityPlan(client_authority_label(name), common_name, desired.client_valid_days))
    return tuple(missing)


def clones(desired: Desired, snapshot: Snapshot) -> t.Dict[str, t.List[str]]:
    """For each declared host that comes with another host's public key: the names of those others, sorted.

    Hosts that are stored but not declared count too (a run of a part of the fleet), unless they are the same VM under
    an earlier name. A host that is declared absent does not count: its key may come under a new name.
    """
    vm_ids: t.Dict[str, t.Optional[str]] = {}
    owners: t.Dict[str, t.List[str]] = {}
    for host in desired.hosts:
        found = snapshot.hosts.get(host.name, HostFacts())
        key = public_key_of(host, found, snapshot.presented.get(host.name))
        vm_ids[host.name] = host.vm_id or found.vm_id
        if key:
            owners.setdefault(key, []).append(host.name)
    declared = frozenset(vm_ids)
    in_this_call = declared.union(desired.absent_hosts)
    for name, found in snapshot.hosts.items():
        if name not in in_this_call and found.recorded_key in owners:
            twins = owners[found.recorded_key]
            if not (found.vm_id and all(vm_ids.get(twin) and same_vm(found.vm_id, vm_ids[twin]) for twin in twins)):
                twins.append(name)
    return {
        name: sorted(other for other in names if other != name)
        for names in owners.values()
        if len(names) > 1
        for name in names
        if name in declared
    }


def _plan_hosts(desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> t.Dict[str, HostPlan]:
    expected = Expected(
        issuer=SERVER_AUTHORITY,
        authority_ends=_ends(snapshot.authorities.server),
        usage="serverAuth",
        names=None,
        key_sha256=None,
        renew_before=renew_before(desired.leaf_days, desired.renew_before_days),
    )
    twins = clones(desired, snapshot)
    plans = {}
    for host in desired.hosts:
        found = snapshot.hosts.get(host.name, HostFacts())
        if host.name in twins and not host.fault:
            plans[host.name] = failed(host, found, _clone_text(host.name, twins[host.name]), expected, now)
        else:
            plans[host.name] = plan_host(host, found, snapshot.presented.get(host.name), expected, now)
    return plans


def _plan_client(client: ClientDesired, desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> ClientPlan:
    found = snapshot.clients.get(client.name, ClientFacts())
    expected = Expected(
        issuer=client_authority_label(client.authority),
        authority_ends=_ends(snapshot.authorities.clients.get(client.authority)),
        usage="clientAuth",
        names=None,
        key_sha256=None,
        renew_before=renew_before(client.valid_days, desired.renew_before_days),
    )
    reasons = leaf_reasons(found.certificate, found.certificate_fault, expected, now)
    if found.certificate and not found.has_key:
        reasons += (Reason("key_missing", "%s/%s/key.pem is not there" % (CLIENTS, client.name)),)
    server = snapshot.authorities.server
    ca_differs = server is None or server.certificate is None or found.ca != server.certificate.pem
    issue = bool(reasons)
    if ca_differs and found.certificate:
        reasons += (Reason("ca_differs", "its ca.pem is not the present server authority"),)
    return ClientPlan(reasons, client.authority, client.valid_days, issue=issue, copy_ca=ca_differs)


def _ends(authority: t.Optional[AuthorityFacts]) -> t.Optional[datetime.datetime]:
    return authority.certificate.not_after if authority and authority.certificate else None


def _clone_text(name: str, others: t.Sequence[str]) -> str:
    return (
        "%s comes with the same public key as %s, expected a key of its own on every VM: one is a copy (clone) of the "
        "other. Next step: on the copy remove /etc/docker/tls/server-key.pem, then let the engine program run again "
        "(role docker_engine: docker_engine_repair=true), which makes a new one." % (name, ", ".join(others))
    )
