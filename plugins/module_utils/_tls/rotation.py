# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Rotation of an authority with overlap: what its next step is. Pure.

The state is which files are there: next/ (begun), previous/ (switched), neither (steady). Both together are a switch
that was interrupted; every call ends it, because what it waited for was true before it wrote anything.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired, RotationDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    NEXT,
    Authorities,
    AuthorityFacts,
    CertificateFacts,
    Retired,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

BEGIN, SWITCH, FINISH, CANCEL = "begin", "switch", "finish", "cancel"


class Step(t.NamedTuple):
    """One authority's next step. resumed: a switch that an earlier call began; before: the authority as it was.

    directory: where the key that signs after the step is now: at the label, or still with the successor.
    """

    label: str
    phase: str
    reason: Reason
    before: AuthorityFacts
    resumed: bool = False

    @property
    def directory(self) -> str:
        """Where the key that signs after this step is before it."""
        successor = self.before.next
        return successor.label if self.phase == SWITCH and successor and successor.has_key else self.label


class Rotation(t.NamedTuple):
    """All steps of one call, and the authorities as they are after them; a successor to be made has no certificate."""

    steps: t.Tuple[Step, ...]
    authorities: Authorities
    warnings: t.Tuple[str, ...] = ()

    def issuers(self) -> Authorities:
        """The authorities by whose labels leaves are judged: those afterwards, and the predecessors that leave now."""
        every = self.authorities
        for step in self.steps:
            after = every.get(step.label)
            if step.phase == FINISH and after:
                every = every.put(after._replace(previous=step.before.previous))
        return every


def rotate(desired: Desired, found: Authorities, now: datetime.datetime) -> Rotation:
    """The steps that are declared and those that were interrupted. Failure for a phase that cannot follow."""
    declared = {wanted.label: wanted for wanted in desired.rotation}
    steps: t.List[Step] = []
    warnings: t.List[str] = []
    after = found
    for authority in found.every():
        if authority.interrupted:
            steps.append(_resumed(authority))
            authority = _switched(authority)
            after = after.put(authority)
        wanted = declared.pop(authority.label, None)
        if wanted:
            step, authority, warning = _step(wanted, authority, desired, now)
            steps += [step] if step else []
            warnings += [warning] if warning else []
            after = after.put(authority)
    # Not made yet: as young as can be.
    warnings += [_young_text(wanted, "is made in this call") for wanted in declared.values()]
    return Rotation(tuple(steps), after, tuple(warnings))


_Next = t.Tuple[t.Optional[Step], AuthorityFacts, str]


def _step(wanted: RotationDesired, found: AuthorityFacts, desired: Desired, now: datetime.datetime) -> _Next:
    return {BEGIN: _begin, SWITCH: _switch, FINISH: _finish, CANCEL: _cancel}[wanted.phase](wanted, found, desired, now)


def _begin(wanted: RotationDesired, found: AuthorityFacts, desired: Desired, now: datetime.datetime) -> _Next:
    if found.previous:
        raise _refused(wanted, "its last rotation is switched and not finished", "Finish that one first (phase finish)")
    successor = found.next
    if successor:
        if not _usable(successor, desired):
            raise _refused(wanted, "next/ca-key.pem is missing", _LOST_KEY)
        return None, found, ""
    young = _young(wanted, found, now)
    if young:
        return None, found, young
    if desired.external:
        raise _refused(
            wanted,
            "the signer is external and no successor is there",
            "Give its certificate in authority_certificates[%s/%s]" % (found.label, NEXT),
        )
    label = "%s/%s" % (found.label, NEXT)
    reason = Reason("rotation_begun", "a successor is made, which is trusted from now on and signs nothing yet")
    return Step(found.label, BEGIN, reason, found), found._replace(next=AuthorityFacts(label, None, True)), ""


def _switch(wanted: RotationDesired, found: AuthorityFacts, desired: Desired, now: datetime.datetime) -> _Next:
    successor = found.next
    if successor is None or successor.certificate is None:  # the latter never: see observe
        if found.previous:
            return None, found, ""
        young = _young(wanted, found, now)
        if young:
            return None, found, young
        raise _refused(wanted, "no successor is there", "Begin the rotation first (phase begin)")
    if found.previous:
        raise _refused(wanted, "next/ and previous/ are there and neither of them signs", "Finish first (phase finish)")
    if not _usable(successor, desired):
        raise _refused(wanted, "next/ca-key.pem is missing", _LOST_KEY)
    _check_successor(wanted, successor.certificate, now)
    reason = Reason(
        "rotation_switched",
        "the successor %s signs from now on, the predecessor stays trusted" % successor.certificate.sha256[:16],
    )
    return Step(found.label, SWITCH, reason, found), _switched(found), ""


def _finish(wanted: RotationDesired, found: AuthorityFacts, _desired: Desired, now: datetime.datetime) -> _Next:
    if not found.previous:
        warning = "" if not found.next else _text(wanted, "it is begun and not switched", "Switch first")
        return None, found, warning
    reason = Reason("rotation_finished", "the predecessor %s is not trusted any more" % found.previous.sha256[:16])
    after = _retired(found._replace(previous=None), found.previous, now, FINISH)
    return Step(found.label, FINISH, reason, found), after, ""


def _cancel(wanted: RotationDesired, found: AuthorityFacts, _desired: Desired, now: datetime.datetime) -> _Next:
    if found.previous:
        raise _refused(wanted, "it is switched already", "Finish it instead, or finish it and begin a rotation back")
    if not found.next:
        return None, found, ""
    reason = Reason("rotation_cancelled", "its successor is removed before it signed anything")
    after = _retired(found._replace(next=None), found.next.certificate, now, CANCEL)
    return Step(found.label, CANCEL, reason, found), after, ""


def _resumed(found: AuthorityFacts) -> Step:
    reason = Reason("rotation_switched", "an earlier call was interrupted while it switched to the successor")
    return Step(found.label, SWITCH, reason, found, resumed=True)


def _switched(found: AuthorityFacts) -> AuthorityFacts:
    successor = found.next
    if not (successor and successor.certificate and found.certificate):
        return found
    if successor.certificate.sha256 == found.certificate.sha256:
        return found._replace(next=None)
    return found._replace(
        certificate=successor.certificate,
        has_key=successor.has_key,
        clear_key=successor.clear_key,
        next=None,
        previous=found.certificate,
    )


def _retired(
    found: AuthorityFacts, gone: t.Optional[CertificateFacts], now: datetime.datetime, phase: str
) -> AuthorityFacts:
    if gone is None:
        return found
    others = tuple(other for other in found.retired if other.sha256 != gone.sha256)
    return found._replace(retired=(*others, Retired(gone.sha256, now, phase)))


def _usable(successor: AuthorityFacts, desired: Desired) -> bool:
    return successor.has_key or desired.external or successor.label in desired.given_keys


def _check_successor(wanted: RotationDesired, successor: CertificateFacts, now: datetime.datetime) -> None:
    if not successor.is_authority:
        raise _refused(wanted, "next/ca.pem is not a certificate authority", "Cancel the rotation and begin it again")
    if not successor.not_before <= now < successor.not_after:
        found = "next/ca.pem is valid from %s to %s" % (iso(successor.not_before), iso(successor.not_after))
        raise _refused(wanted, found, "Cancel the rotation and begin it again")


def _young(wanted: RotationDesired, found: AuthorityFacts, now: datetime.datetime) -> str:
    """The warning for an authority that is too young for another rotation, "" when it is not.

    The end of its last rotation counts as well: a long rotation ends with an authority that is old already.
    """
    finished = [gone.at for gone in found.retired if gone.phase == FINISH]
    since = max([found.certificate.not_before, *finished]) if found.certificate else now
    if now - since >= datetime.timedelta(hours=wanted.min_age_hours):
        return ""
    return _young_text(wanted, "is in use only since %s" % iso(since))


def _young_text(wanted: RotationDesired, found: str) -> str:
    return (
        "The authority %s %s, expected at least min_age_hours (%d) before its rotation: phase %s did nothing. "
        "Next step: none after a rotation that has just ended; else wait, or give a smaller min_age_hours."
        % (wanted.label, found, wanted.min_age_hours, wanted.phase)
    )


_LOST_KEY = "Restore it from a backup, or cancel the rotation and begin it again"


def _text(wanted: RotationDesired, found: str, step: str) -> str:
    return "The rotation of %s cannot be in phase %s now: %s. Next step: %s." % (
        wanted.label,
        wanted.phase,
        found,
        step,
    )


def _refused(wanted: RotationDesired, found: str, step: str) -> Failure:
    return Failure(
        "Phase %s of the rotation of %s is not possible: %s." % (wanted.phase, wanted.label, found),
        code="RotationRefused",
        hint="%s. Nothing was written." % step,
    )
