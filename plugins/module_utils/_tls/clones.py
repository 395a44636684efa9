# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Hosts that share a public key: one is a copy of the other. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, Snapshot
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_state import public_key_of, same_vm


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


def clone_text(name: str, others: t.Sequence[str]) -> str:
    """The error of a host that comes with the public key of others."""
    return (
        "%s comes with the same public key as %s, expected a key of its own on every VM: one is a copy (clone) of the "
        "other. Next step: on the copy remove /etc/docker/tls/server-key.pem, then let the engine program run again "
        "(role docker_engine: docker_engine_repair=true), which makes a new one." % (name, ", ".join(others))
    )
