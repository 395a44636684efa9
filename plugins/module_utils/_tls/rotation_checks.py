# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What a step of a rotation waits for: nobody may be cut off by it. Pure; raises Failure that names them."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    PREVIOUS,
    SERVER_AUTHORITY,
    CertificateFacts,
    HostFacts,
    Snapshot,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_state import same_vm
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import shortened
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import FINISH, SWITCH, Rotation, Step

LONGEST_LIST = 10
"""Details shown of one refusal."""

_Missing = t.Dict[str, str]
"""Who is not ready yet, and why."""


def check(desired: Desired, rotation: Rotation, snapshot: Snapshot, now: datetime.datetime) -> None:
    """Failure unless everybody is ready for every step. snapshot: all hosts and clients, read before the steps.

    The issuers in it are labelled as after the steps: what the present signer signed is of "LABEL/previous" when the
    step is the switch.
    """
    for step in rotation.steps:
        if step.resumed:
            continue
        after = rotation.authorities.get(step.label)
        signer = after.certificate if after else None
        if signer and step.phase == SWITCH:
            _check_switch(step, signer, desired, snapshot, now)
        if signer and step.phase == FINISH:
            _check_finish(step, signer, desired, snapshot, now)


def _check_switch(
    step: Step, successor: CertificateFacts, desired: Desired, snapshot: Snapshot, now: datetime.datetime
) -> None:
    if step.label == SERVER_AUTHORITY:
        clients = {
            name: "its ca.pem does not hold the successor"
            for name, client in snapshot.clients.items()
            if (client.ca or client.certificate)
            and successor.pem not in (client.ca or "")
            and name not in desired.absent_clients
        }
        _refuse(step, "client", clients, "Call phase begin again, which writes it, and give it to those who use it")
        return
    hosts = {
        name: "it is not known to trust the successor %s" % successor.sha256[:16]
        for name in _enrolled(desired, snapshot, now)
        if not _trusts_client_authority(desired, name, successor.sha256)
    }
    _refuse(step, "host", hosts, _BRING)


def _check_finish(
    step: Step, signer: CertificateFacts, desired: Desired, snapshot: Snapshot, now: datetime.datetime
) -> None:
    if step.label == SERVER_AUTHORITY:
        reasons = {name: _old_server(desired, snapshot, name, signer) for name in _enrolled(desired, snapshot, now)}
        _refuse(step, "host", {name: reason for name, reason in reasons.items() if reason}, _BRING)
        return
    clients = {
        name: "its certificate is the predecessor's"
        for name, client in snapshot.clients.items()
        if _is_of(client.certificate, "%s/%s" % (step.label, PREVIOUS), now) and name not in desired.absent_clients
    }
    _refuse(
        step,
        "client",
        clients,
        "Call once with those clients and without this phase, which issues them anew, and give the new files to those "
        "who use them; declare clients that are gone absent",
    )


_BRING = (
    "Bring the present bundle and certificates to those hosts (role docker_engine), then give all of them in "
    "trusted_authorities; declare hosts that are gone absent"
)


def _enrolled(desired: Desired, snapshot: Snapshot, now: datetime.datetime) -> t.List[str]:
    """The hosts that serve by a certificate of this directory: not those that expired, are new VMs or leave it."""
    vm_ids = {host.name: host.vm_id for host in desired.hosts}
    return [
        name
        for name, found in sorted(snapshot.hosts.items())
        if found.certificate
        and now < found.certificate.not_after
        and name not in desired.absent_hosts
        and same_vm(vm_ids.get(name), found.vm_id)
    ]


def _trusts_client_authority(desired: Desired, host: str, sha256: str) -> bool:
    said = [trusted for trusted in desired.trusted if trusted.host == host]
    return bool(said) and all(sha256 in trusted.clients for trusted in said)


def _old_server(desired: Desired, snapshot: Snapshot, host: str, signer: CertificateFacts) -> str:
    """Why a host may still show a certificate of the predecessor, "" when it does not.

    What it was told last is not enough: it may have been told of the new authority together with its old certificate.
    """
    stored = snapshot.hosts.get(host, HostFacts()).certificate
    if stored and stored.issuer != SERVER_AUTHORITY:
        return "its stored certificate is not of the present signer"
    offered = snapshot.offered_hosts.get(host)
    if offered and offered.certificate and offered.certificate.issuer != SERVER_AUTHORITY:
        return "the certificate that was found on it is not of the present signer"
    said = [trusted for trusted in desired.trusted if trusted.host == host]
    if not said or any(trusted.server != signer.sha256 for trusted in said):
        return "it is not known to serve by the present signer %s" % signer.sha256[:16]
    return ""


def _is_of(leaf: t.Optional[CertificateFacts], label: str, now: datetime.datetime) -> bool:
    return leaf is not None and leaf.issuer == label and now < leaf.not_after


def _refuse(step: Step, kind: str, missing: _Missing, hint: str) -> None:
    if not missing:
        return
    raise Failure(
        "Phase %s of the rotation of %s would cut off %d %s(s): %s. Nothing was written."
        % (step.phase, step.label, len(missing), kind, shortened(sorted(missing), LONGEST_LIST)),
        code="RotationRefused",
        details=[
            {"code": "RotationRefused", "message": "%s %s: %s." % (kind, name, missing[name])}
            for name in sorted(missing)[:LONGEST_LIST]
        ],
        hint="%s. Then call phase %s again." % (hint, step.phase),
    )
