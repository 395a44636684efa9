# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next step of a rotation is."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import trust
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    Retired,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import rotate
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    authority,
    leaf,
    options,
)

SERVER = "server-authority"
CI = "client-authorities/ci"
HOUR = datetime.timedelta(hours=1)
STEADY = authority(CI, sha256="c0")
NEXT = authority(CI + "/next", sha256="c1", pem="NEXT")
OLD = leaf(sha256="cf")
BEGUN = STEADY._replace(next=NEXT)
SWITCHED = authority(CI, sha256="c1", pem="NEXT")._replace(previous=STEADY.certificate)
# What a switch leaves that was killed before, and after, it replaced the certificate.
HALF = BEGUN._replace(previous=STEADY.certificate)
ALMOST = SWITCHED._replace(next=NEXT)


def desired(phase=None, label=CI, hours=24, **given):
    rotation = [{"authority": label, "phase": phase, "min_age_hours": hours}] if phase else []
    return parse(options("/unused", **{"client_authorities": ["ci"], "rotation": rotation, **given}))


def found(ci):
    server = authority()
    return Authorities(server, {"ci": ci} if ci else {})


def turn(ci, phase=None, at=NOW, **given):
    return rotate(desired(phase, **given), found(ci), at)


# phase, authority -> steps, phase afterwards, signer, next, previous
STEPS = {
    "begin": ("begin", STEADY, ["begin"], "begun", "c0", None, None),
    "begin again": ("begin", BEGUN, [], "begun", "c0", "c1", None),
    "switch": ("switch", BEGUN, ["switch"], "switched", "c1", None, "c0"),
    "switch again": ("switch", SWITCHED, [], "switched", "c1", None, "c0"),
    "finish": ("finish", SWITCHED, ["finish"], "steady", "c1", None, None),
    "finish again": ("finish", STEADY, [], "steady", "c0", None, None),
    "finish what is only begun": ("finish", BEGUN, [], "begun", "c0", "c1", None),
    "cancel": ("cancel", BEGUN, ["cancel"], "steady", "c0", None, None),
    "cancel again": ("cancel", STEADY, [], "steady", "c0", None, None),
    "nothing": (None, BEGUN, [], "begun", "c0", "c1", None),
    "a killed switch, called again": ("switch", HALF, ["switch"], "switched", "c1", None, "c0"),
    "a killed switch, nothing asked": (None, HALF, ["switch"], "switched", "c1", None, "c0"),
    "a switch killed at its end": (None, ALMOST, ["switch"], "switched", "c1", None, "c0"),
    "a switch killed at its end, its key moved": (
        None,
        SWITCHED._replace(next=NEXT._replace(has_key=False)),
        ["switch"],
        "switched",
        "c1",
        None,
        "c0",
    ),
    "finish after a killed switch": ("finish", HALF, ["switch", "finish"], "steady", "c1", None, None),
}


@pytest.mark.parametrize(
    ("phase", "ci", "steps", "after", "signer", "successor", "previous"), STEPS.values(), ids=STEPS
)
def test_the_next_step(phase, ci, steps, after, signer, successor, previous):
    result = turn(ci, phase)
    assert [step.phase for step in result.steps] == steps
    then = result.authorities.clients["ci"]
    assert (then.phase, then.certificate.sha256) == (after, signer)
    assert (then.next.certificate.sha256 if then.next and then.next.certificate else None) == successor
    assert (then.previous.sha256 if then.previous else None) == previous
    assert bool(result.warnings) is (phase == "finish" and ci is BEGUN)
    assert result.authorities.server == authority()


REFUSED = {
    "begin before the last one is finished": ("begin", SWITCHED, "switched and not finished", "Finish"),
    "begin after a killed switch": ("begin", HALF, "switched and not finished", "Finish"),
    "switch without a successor": ("switch", STEADY, "no successor is there", "Begin"),
    "switch to a successor without its key": (
        "switch",
        BEGUN._replace(next=NEXT._replace(has_key=False)),
        "next/ca-key.pem is missing",
        "cancel the rotation",
    ),
    "begin where the successor's key is lost": (
        "begin",
        BEGUN._replace(next=NEXT._replace(has_key=False)),
        "next/ca-key.pem is missing",
        "Restore it",
    ),
    "switch to a successor that expired": (
        "switch",
        BEGUN._replace(next=authority(CI + "/next", sha256="c1", not_after=NOW)),
        "next/ca.pem is valid from 2026-11-23T12:00:00Z to 2026-11-24T12:00:00Z",
        "Cancel",
    ),
    "switch to a successor of tomorrow": (
        "switch",
        BEGUN._replace(next=authority(CI + "/next", sha256="c1", not_before=NOW + DAY)),
        "next/ca.pem is valid from 2026-11-25",
        "Cancel",
    ),
    "switch to a leaf": (
        "switch",
        BEGUN._replace(next=authority(CI + "/next", sha256="c1", is_authority=False)),
        "not a certificate authority",
        "Cancel",
    ),
    "switch while both are there and neither signs": (
        "switch",
        BEGUN._replace(previous=OLD),
        "neither of them signs",
        "Finish",
    ),
    "cancel after the switch": ("cancel", SWITCHED, "switched already", "Finish it instead"),
    "cancel after a killed switch": ("cancel", HALF, "switched already", "Finish it instead"),
}


@pytest.mark.parametrize(("phase", "ci", "text", "step"), REFUSED.values(), ids=REFUSED)
def test_a_phase_that_cannot_follow(phase, ci, text, step):
    with pytest.raises(Failure) as caught:
        turn(ci, phase)
    assert caught.value.code == "RotationRefused"
    assert "Phase %s of the rotation of %s is not possible: " % (phase, CI) in str(caught.value)
    assert text in str(caught.value)
    assert step in caught.value.hint
    assert "Nothing was written" in caught.value.hint


def young(age, *retired):
    return authority(CI, sha256="c0", not_before=NOW - age)._replace(retired=retired)


# authority, least age in hours -> whether it may be rotated
AGES = {
    "old": (young(25 * HOUR), 24, True),
    "of this day": (young(24 * HOUR), 24, True),
    "an hour too young": (young(23 * HOUR), 24, False),
    "a minute old, and that is enough": (young(HOUR / 60), 0, True),
    "its last rotation has just ended": (young(9 * DAY, Retired("cf", NOW - HOUR, "finish")), 24, False),
    "its last rotation was cancelled": (young(9 * DAY, Retired("cf", NOW - HOUR, "cancel")), 24, True),
    "its last rotation ended long ago": (young(9 * DAY, Retired("cf", NOW - 8 * DAY, "finish")), 24, True),
    "not made yet": (None, 24, False),
}


@pytest.mark.parametrize(("ci", "hours", "possible"), AGES.values(), ids=AGES)
@pytest.mark.parametrize("phase", ["begin", "switch"])
def test_a_call_that_is_only_a_repetition_begins_no_other_rotation(ci, hours, possible, phase):
    if possible and phase == "switch":
        with pytest.raises(Failure):
            turn(ci, phase, hours=hours)
        return
    result = turn(ci, phase, hours=hours)
    assert bool(result.steps) is possible
    assert bool(result.warnings) is not possible
    for text in result.warnings:
        assert "phase %s did nothing" % phase in text
        assert "Next step: " in text


def test_what_is_retired_is_remembered_once():
    first = turn(SWITCHED, "finish").authorities.clients["ci"]
    assert first.retired == (Retired("c0", NOW, "finish"),)
    cancelled = turn(BEGUN._replace(retired=(Retired("c1", NOW - DAY, "cancel"), *first.retired)), "cancel")
    assert cancelled.authorities.clients["ci"].retired == (
        Retired("c0", NOW, "finish"),
        Retired("c1", NOW, "cancel"),
    )


def test_external_signers_bring_the_successor_themselves():
    with pytest.raises(Failure) as caught:
        turn(STEADY, "begin", signer="external")
    assert "authority_certificates[client-authorities/ci/next]" in caught.value.hint
    given = BEGUN._replace(next=NEXT._replace(has_key=False))
    assert not turn(given, "begin", signer="external").steps
    assert [step.phase for step in turn(given, "switch", signer="external").steps] == ["switch"]


def test_a_successors_key_may_come_as_an_option():
    given = BEGUN._replace(next=NEXT._replace(has_key=False))
    result = turn(given, "switch", authority_keys={CI + "/next": "PEM"})
    assert [(step.phase, step.directory) for step in result.steps] == [("switch", CI)]
    assert turn(BEGUN, "switch").steps[0].directory == CI + "/next"


def test_the_bundles_of_a_rotation():
    names = ["ci"]
    steps = [STEADY, BEGUN, SWITCHED, turn(SWITCHED, "finish").authorities.clients["ci"]]
    bundles = [[part.sha256 for part in trust.client_bundle(found(step), names)] for step in steps]
    assert bundles == [["c0"], ["c0", "c1"], ["c0", "c1"], ["c1"]]
    texts = ["".join(part.pem for part in trust.client_bundle(found(step), names)) for step in steps]
    assert texts[1] == texts[2]
    assert trust.known([steps[3]]) == {"c0", "c1"}
    assert [part.sha256 for part in trust.trusted(HALF)] == ["c0", "c1"]


def test_a_rooms_text_is_not_known_while_a_part_of_it_is_to_be_made():
    server = authority()
    assert trust.server_text(Authorities(None, {})) is None
    assert trust.server_text(Authorities(server, {})) == server.certificate.pem
    made = authority(SERVER + "/next")
    assert trust.server_text(Authorities(server._replace(next=made._replace(certificate=None)), {})) is None
    chained = server._replace(certificate=server.certificate._replace(chain="ROOT"))
    assert trust.server_text(Authorities(chained, {})) == server.certificate.pem + "ROOT"
