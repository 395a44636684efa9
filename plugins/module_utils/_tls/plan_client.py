# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What one client needs. Pure: stored facts and declaration in, a plan with reasons out."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import trust
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import ClientDesired, Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENTS,
    CertificateFacts,
    ClientFacts,
    Offered,
    Snapshot,
    client_authority_label,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_errors import import_error
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.imports import judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import Key, key_reasons
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Expected, Reason, leaf_reasons
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.renewal import renew_before

NEXT_REQUEST = "next-csr.pem"


class ClientPlan(t.NamedTuple):
    """What happens to one client's directory. issue: new key and leaf; copy_ca: its copy of the server authority.

    certificate: a leaf to write as it came. Of an external signer only, and as of a host: make_key, promote, pending.
    error: why the certificate that came is not taken.
    """

    reasons: t.Tuple[Reason, ...]
    authority: str
    days: int
    issue: bool = False
    copy_ca: bool = False
    key_type: t.Optional[str] = None
    certificate: t.Optional[CertificateFacts] = None
    make_key: bool = False
    promote: bool = False
    pending: str = ""
    error: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything is written for this client."""
        return self.issue or self.copy_ca or self.make_key or self.certificate is not None


def plan_client(client: ClientDesired, desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> ClientPlan:
    """The plan for one client."""
    found = snapshot.clients.get(client.name, ClientFacts())
    expected = _expected(client, desired, snapshot)
    leaf = found.certificate
    reasons = leaf_reasons(leaf, found.certificate_fault, expected, now)
    if leaf:
        reasons += key_reasons(Key(leaf.key_sha256, leaf.key_type, leaf.weak_key), client.key_type, 0, now)
    if leaf and not found.has_key:
        reasons += (Reason("key_missing", "%s/%s/key.pem is not there" % (CLIENTS, client.name)),)
    plan = ClientPlan(reasons, client.authority, client.valid_days, key_type=client.key_type)
    if not desired.external:
        plan = plan._replace(issue=bool(reasons))
    else:
        plan = _external(plan, client, found, snapshot.offered_clients.get(client.name), expected, now)
    if not ca_differs(found, snapshot):
        return plan
    if leaf:
        plan = plan._replace(reasons=(*plan.reasons, CA_DIFFERS))
    return plan._replace(copy_ca=True)


CA_DIFFERS = Reason("ca_differs", "its ca.pem is not the present server authority")


def ca_differs(found: ClientFacts, snapshot: Snapshot) -> bool:
    """Whether a client's ca.pem is not what it shall trust; so it is while that is still to be made."""
    text = trust.server_text(snapshot.authorities)
    return text is None or found.ca != text


def _expected(client: ClientDesired, desired: Desired, snapshot: Snapshot) -> Expected:
    authority = snapshot.authorities.clients.get(client.authority)
    return Expected(
        issuer=client_authority_label(client.authority),
        authority_ends=authority.certificate.not_after if authority and authority.certificate else None,
        usage="clientAuth",
        names=None,
        key_sha256=None,
        renew_before=renew_before(client.valid_days, desired.renew_before_days, desired.spread, client.name),
    )


def _external(
    plan: ClientPlan,
    client: ClientDesired,
    found: ClientFacts,
    offered: t.Optional[Offered],
    expected: Expected,
    now: datetime.datetime,
) -> ClientPlan:
    """A new key each time, as where this directory signs; the present pair stays until the certificate has come."""
    leaf = found.certificate
    waiting = found.next_request if found.has_next_key else None
    if waiting and (waiting.fault or client.key_type not in (None, waiting.key_type)):
        waiting = None
    if waiting and leaf and waiting.key_sha256 == leaf.key_sha256:
        # What a killed import leaves: its key is in use already.
        waiting = None
    keys = {waiting.key_sha256} if waiting else set()
    keys |= {leaf.key_sha256} if leaf and found.has_key else set()
    judged = judge(offered, leaf, plan.reasons, expected, keys, now)
    if judged.certificate:
        promote = waiting is not None and judged.certificate.key_sha256 == waiting.key_sha256
        reason = Reason("imported", "the certificate that came takes its place")
        return plan._replace(reasons=(*plan.reasons, reason), certificate=judged.certificate, promote=promote)
    if judged.fault:
        plan = plan._replace(error=import_error("client", client.name, judged.fault, expected.issuer))
    if not plan.reasons:
        return plan
    return plan._replace(make_key=waiting is None, pending=NEXT_REQUEST)
