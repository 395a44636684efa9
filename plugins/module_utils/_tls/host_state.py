# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What of a host's stored facts still counts, and what key it comes with. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import ORIGIN_CONTROLLER, HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason


class Stored(t.NamedTuple):
    """The part of a host's facts that still counts, and why the rest does not (stale)."""

    facts: HostFacts
    stale: t.Tuple[Reason, ...]


def still_good(host: HostDesired, found: HostFacts) -> Stored:
    """What is stored, unless it belongs to another VM or to a key that may not be used any more."""
    stale = []
    if not same_vm(host.vm_id, found.vm_id):
        stale.append(Reason("vm_id_changed", "the VM id was %s, it is %s" % (found.vm_id, host.vm_id)))
    if found.has_key and host.key_origin != ORIGIN_CONTROLLER:
        stale.append(Reason("key_origin_changed", "the key was made on the controller, expected on the VM"))
    if stale:
        return Stored(HostFacts(), tuple(stale))
    if found.request and found.request.fault:
        found = found._replace(request=None)
    if found.next_request and found.next_request.fault:
        found = found._replace(next_request=None)
    return Stored(found, ())


def effective_key(request: t.Optional[RequestFacts], facts: HostFacts) -> t.Optional[str]:
    """The SHA-256 of the public key to be certified: of this request, else of what is stored."""
    if request and not request.fault:
        return request.key_sha256
    if facts.request:
        return facts.request.key_sha256
    return facts.recorded_key or (facts.certificate.key_sha256 if facts.certificate else None)


def public_key_of(host: HostDesired, found: HostFacts, presented: t.Optional[RequestFacts]) -> t.Optional[str]:
    """The SHA-256 of the public key this host comes with: presented now, or stored and still its own."""
    return effective_key(presented, still_good(host, found).facts)


def same_vm(one: t.Optional[str], other: t.Optional[str]) -> bool:
    """Whether two VM ids can be of one VM; an unknown id contradicts nothing."""
    return not one or not other or one.lower() == other.lower()
