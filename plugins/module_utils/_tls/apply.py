# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Doing what a plan says, in an order in which a crash can only leave something that is seen to be incomplete."""

from __future__ import annotations

import datetime
import secrets
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import authority as authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import certificate as certificates
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import trust
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.apply_leaf import (
    Signers,
    apply_client,
    apply_host,
    copy_ca,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import CERTIFICATE_FILE, KEY_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    DIGEST_KEY,
    NEXT,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import Plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import SWITCH
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation_apply import turn
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store


class Applied(t.NamedTuple):
    """What was made: certificates of authorities by label, of hosts and clients by name."""

    authorities: t.Dict[str, CertificateFacts]
    hosts: t.Dict[str, CertificateFacts]
    clients: t.Dict[str, CertificateFacts]


def load_signers(store: Store, desired: Desired, plan: Plan, after: Authorities, keyring: Keyring) -> Signers:
    """The authorities whose keys the plan needs, and those whose keys came as options. Writes nothing.

    after: the authorities as they are after the plan's rotation. Failure when a key cannot be used.
    """
    if desired.external:
        return {}
    directories = {step.label: step.directory for step in plan.steps if step.phase == SWITCH}
    wanted = plan.signing().union(plan.encrypt, directories, keyring.labels)
    wanted.update(label for label in plan.adopted if _has_key(after, label, keyring))
    signers: Signers = {}
    for label in sorted(wanted.difference(made.label for made in plan.authorities)):
        facts = _part(after, label)
        if facts and facts.certificate:
            signers[label] = authorities.load_signer(store, facts, keyring, directories.get(label))
    return signers


def apply(
    store: Store,
    desired: Desired,
    plan: Plan,
    after: Authorities,
    signers: Signers,
    keyring: Keyring,
    now: datetime.datetime,
) -> Applied:
    """Do everything the plan says. The caller holds the lock."""
    # Before anything moves: a path is what it was when it was looked at.
    for fault in plan.mode_faults:
        store.restrict(fault)
    made = _apply_authorities(store, desired, plan, after, signers, keyring, now)
    if plan.make_digest_key:
        store.swap("", [FileWrite(DIGEST_KEY, secrets.token_hex(32).encode("ascii"), SECRET_MODE)])
    for gone in plan.forget:
        store.remove(gone.label, gone.files)
    hosts = {
        host.name: apply_host(store, desired, host, plan.hosts[host.name], signers, now)
        for host in desired.hosts
        if plan.hosts[host.name].changed
    }
    ca_pem = trust.server_text(after.with_made(made)) or ""
    for name in plan.copies:
        copy_ca(store, name, ca_pem)
    clients = {
        name: apply_client(store, desired, name, wanted, ca_pem, signers, now)
        for name, wanted in plan.clients.items()
        if wanted.changed
    }
    return Applied(
        made,
        {name: leaf for name, leaf in hosts.items() if leaf},
        {name: leaf for name, leaf in clients.items() if leaf},
    )


def _apply_authorities(
    store: Store,
    desired: Desired,
    plan: Plan,
    after: Authorities,
    signers: Signers,
    keyring: Keyring,
    now: datetime.datetime,
) -> t.Dict[str, CertificateFacts]:
    """The certificates that were made, by label. Adds their signers to those that are given."""
    for label, certificate in plan.adopted.items():
        store.swap(label, [FileWrite(CERTIFICATE_FILE, certificate.text.encode("ascii"))])
    for step in plan.steps:
        turn(store, step, after.get(step.label) or step.before)
    made: t.Dict[str, CertificateFacts] = {}
    for new in plan.authorities:
        signer = authorities.create(
            store, new.label, new.common_name, desired.site, new.valid_days, now, new.key_type, keyring
        )
        signers[new.label] = signer
        made[new.label] = certificates.of(signer.certificate, {})
    for label in plan.encrypt:
        store.swap(label, [FileWrite(KEY_FILE, keyring.pem(signers[label].key), SECRET_MODE)])
    return made


def _part(after: Authorities, label: str) -> t.Optional[AuthorityFacts]:
    owner = after.get(owner_of(label))
    return owner if owner is None or label == owner.label else owner.next if label.endswith("/" + NEXT) else None


def _has_key(after: Authorities, label: str, keyring: Keyring) -> bool:
    facts = _part(after, label)
    return facts is not None and (facts.has_key or label in keyring.labels)
