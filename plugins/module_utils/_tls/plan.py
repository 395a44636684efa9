# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What the whole directory needs. Pure: snapshot and declaration in, a plan out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.absence import Forget, forget
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.adoption import Adopted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.clones import clone_text, clones
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import (
    Desired,
    client_authority_common_name,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    NEXT,
    SERVER_AUTHORITY,
    Authorities,
    AuthorityFacts,
    HostFacts,
    ModeFault,
    Snapshot,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_client import (
    ClientPlan,
    ca_differs,
    plan_client,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_external_host import plan_external_host
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import (
    Given,
    HostPlan,
    Terms,
    failed,
    plan_host,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Expected
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.renewal import key_age_limit, renew_before
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import BEGIN, Rotation, Step


class AuthorityPlan(t.NamedTuple):
    """An authority to make. label: its directory, a successor's is inside its authority's; key_type: None for any."""

    label: str
    common_name: str
    valid_days: int
    key_type: t.Optional[str] = None


class Plan(t.NamedTuple):
    """Everything to do, in the order in which it is done.

    encrypt: directories whose ca-key.pem is written encrypted; copies: clients that are not declared and get a new
    ca.pem because the server authority is rotated.
    """

    adopted: Adopted
    steps: t.Tuple[Step, ...]
    authorities: t.Tuple[AuthorityPlan, ...]
    encrypt: t.Tuple[str, ...]
    make_digest_key: bool
    mode_faults: t.Tuple[ModeFault, ...]
    forget: t.Tuple[Forget, ...]
    hosts: t.Dict[str, HostPlan]
    clients: t.Dict[str, ClientPlan]
    copies: t.Tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether the plan is not empty."""
        leaves = any(host.changed for host in self.hosts.values()) or any(
            client.changed for client in self.clients.values()
        )
        authorities = self.adopted or self.steps or self.authorities or self.encrypt or self.copies
        return bool(authorities or self.make_digest_key or self.mode_faults or self.forget or leaves)

    def signing(self) -> t.Set[str]:
        """Labels of the authorities whose keys this plan needs."""
        labels = {client_authority_label(client.authority) for client in self.clients.values() if client.issue}
        if any(host.issue for host in self.hosts.values()):
            labels.add(SERVER_AUTHORITY)
        return labels


def plan(
    desired: Desired,
    snapshot: Snapshot,
    now: datetime.datetime,
    rotation: t.Optional[Rotation] = None,
    adopted: t.Optional[Adopted] = None,
) -> Plan:
    """The plan for one call, after health and rotation found nothing that forbids it. now: UTC.

    snapshot: its authorities are those after the rotation, and its issuers are labelled accordingly.
    """
    steps = rotation.steps if rotation else ()
    return Plan(
        adopted=adopted or {},
        steps=steps,
        authorities=plan_authorities(desired, snapshot.authorities, steps),
        encrypt=_to_encrypt(desired, snapshot.authorities),
        make_digest_key=not snapshot.has_digest_key,
        mode_faults=snapshot.mode_faults,
        forget=forget(snapshot.remains),
        hosts=_plan_hosts(desired, snapshot, now),
        clients={client.name: plan_client(client, desired, snapshot, now) for client in desired.clients},
        copies=_copies(desired, snapshot),
    )


def plan_authorities(desired: Desired, found: Authorities, steps: t.Iterable[Step] = ()) -> t.Tuple[AuthorityPlan, ...]:
    """The authorities to make: those declared and absent, and successors of those whose rotation begins."""
    missing = [
        _new(desired, label, label)
        for label in [SERVER_AUTHORITY, *(client_authority_label(name) for name in desired.client_authorities)]
        if found.get(label) is None
    ]
    begun = [step.label for step in steps if step.phase == BEGIN]
    return (*missing, *(_new(desired, label, "%s/%s" % (label, NEXT)) for label in begun))


def _new(desired: Desired, label: str, directory: str) -> AuthorityPlan:
    if label == SERVER_AUTHORITY:
        return AuthorityPlan(directory, desired.server_common_name, desired.server_valid_days, desired.server_key_type)
    common_name = client_authority_common_name(desired.site, label.partition("/")[2])
    return AuthorityPlan(directory, common_name, desired.client_valid_days, desired.client_key_type)


def _to_encrypt(desired: Desired, found: Authorities) -> t.Tuple[str, ...]:
    if not desired.encrypt or desired.external:
        return ()
    used = [SERVER_AUTHORITY, *(client_authority_label(name) for name in desired.client_authorities)]
    every = [part for label in used for part in _with_successor(found.get(label))]
    return tuple(part.label for part in every if part.clear_key)


def _with_successor(found: t.Optional[AuthorityFacts]) -> t.List[AuthorityFacts]:
    return [part for part in (found, found.next) if part] if found else []


def _plan_hosts(desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> t.Dict[str, HostPlan]:
    server = snapshot.authorities.server
    common = Expected(
        issuer=SERVER_AUTHORITY,
        authority_ends=server.certificate.not_after if server and server.certificate else None,
        usage="serverAuth",
        names=None,
        key_sha256=None,
        renew_before=datetime.timedelta(0),
    )
    twins = clones(desired, snapshot)
    plan_one = plan_external_host if desired.external else plan_host
    plans = {}
    for host in desired.hosts:
        found = snapshot.hosts.get(host.name, HostFacts())
        before = renew_before(desired.leaf_days, desired.renew_before_days, desired.spread, host.name)
        limit = key_age_limit(desired.key_max_age_days, desired.spread, host.name)
        terms = Terms(common._replace(renew_before=before), limit)
        if host.name in twins and not host.fault:
            plans[host.name] = failed(host, found, clone_text(host.name, twins[host.name]), terms, now)
        else:
            given = Given(snapshot.presented.get(host.name), snapshot.offered_hosts.get(host.name))
            plans[host.name] = plan_one(host, found, given, terms, now)
    return plans


def _copies(desired: Desired, snapshot: Snapshot) -> t.Tuple[str, ...]:
    """Clients that are stored and not declared: while the server authority is rotated, none may be forgotten."""
    if SERVER_AUTHORITY not in [wanted.label for wanted in desired.rotation]:
        return ()
    passed = {client.name for client in desired.clients}.union(desired.absent_clients)
    return tuple(
        name
        for name, found in sorted(snapshot.clients.items())
        if name not in passed and (found.ca or found.certificate) and ca_differs(found, snapshot)
    )
