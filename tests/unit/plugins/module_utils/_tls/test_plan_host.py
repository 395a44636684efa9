# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, Offered, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.host_state import public_key_of, same_vm
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import Given, Terms, failed, plan_host
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Expected
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NAMES,
    NOW,
    codes,
    leaf,
)

TERMS = Terms(Expected("server-authority", NOW + 3650 * DAY, "serverAuth", None, None, 30 * DAY))
HOST = HostDesired("one", NAMES, vm_id="vm-1")
CONTROLLER = HOST._replace(key_origin="controller")
STORED_REQUEST = RequestFacts("CSR", "key")
NEW_REQUEST = RequestFacts("NEW", "new")
WEAK_REQUEST = RequestFacts("WEAK", "weak", "its key is RSA of 1024 bits, expected at least 2048")
WHOLE = HostFacts("vm-1", "key", STORED_REQUEST, leaf())
ON_CONTROLLER = WHOLE._replace(has_key=True)
ABSENT = HostFacts()
DUE = leaf(not_after=NOW + 5 * DAY)
EXPIRED = leaf(not_after=NOW - DAY)

# host, stored, presented -> what is done (set of flags), enrolled, codes of the reasons
CASES = {
    "nothing to do": (HOST, WHOLE, None, set(), True, []),
    "nothing to do, key on the controller": (CONTROLLER, ON_CONTROLLER, None, set(), True, []),
    "the id of the VM is written in capitals": (HOST._replace(vm_id="VM-1"), WHOLE, None, set(), True, []),
    "the id of the VM is not given": (HOST._replace(vm_id=None), WHOLE, None, set(), True, []),
    "the same key presented again": (HOST, WHOLE, RequestFacts("CSR 2", "key"), set(), True, []),
    "first request": (HOST, ABSENT, NEW_REQUEST, {"store", "issue"}, True, ["missing"]),
    "no request yet": (HOST, ABSENT, None, set(), False, ["missing", "no_request"]),
    "no request and no names yet": (
        HOST._replace(names=()),
        ABSENT,
        None,
        set(),
        False,
        ["missing", "no_names"],
    ),
    "certificate lost": (HOST, WHOLE._replace(certificate=None), None, {"issue"}, True, ["missing"]),
    "certificate damaged": (
        HOST,
        WHOLE._replace(certificate=None, certificate_fault="broken"),
        None,
        {"issue"},
        True,
        ["unreadable"],
    ),
    "renewal due": (HOST, WHOLE._replace(certificate=DUE), None, {"issue"}, True, ["renew_window"]),
    "expired": (HOST, WHOLE._replace(certificate=EXPIRED), None, {"issue"}, True, ["expired"]),
    "another address": (
        HOST._replace(names=(*NAMES, "IP:10.9.9.9")),
        WHOLE,
        None,
        {"issue"},
        True,
        ["names_differ"],
    ),
    "new key presented": (HOST, WHOLE, NEW_REQUEST, {"store", "issue"}, True, ["key_mismatch"]),
    "certificate for another key than the stored request": (
        HOST,
        WHOLE._replace(certificate=leaf(key_sha256="other")),
        None,
        {"issue"},
        True,
        ["key_mismatch"],
    ),
    "request lost, nothing due": (HOST, WHOLE._replace(request=None), None, set(), True, []),
    "request lost, presented again": (
        HOST,
        WHOLE._replace(request=None),
        STORED_REQUEST,
        {"store"},
        True,
        ["request_missing"],
    ),
    "request lost, renewal due": (
        HOST,
        WHOLE._replace(request=None, certificate=DUE),
        None,
        set(),
        True,
        ["renew_window", "no_request"],
    ),
    "request lost, expired": (
        HOST,
        WHOLE._replace(request=None, certificate=EXPIRED),
        None,
        set(),
        False,
        ["expired", "no_request"],
    ),
    "stored request damaged, expired": (
        HOST,
        WHOLE._replace(request=WEAK_REQUEST, certificate=EXPIRED),
        None,
        set(),
        False,
        ["expired", "no_request"],
    ),
    "VM made anew": (HOST._replace(vm_id="vm-2"), WHOLE, None, {"drop"}, False, ["vm_id_changed", "no_request"]),
    "VM made anew, its request presented": (
        HOST._replace(vm_id="vm-2"),
        WHOLE,
        NEW_REQUEST,
        {"store", "issue"},
        True,
        ["vm_id_changed"],
    ),
    "VM made anew, presents the old key": (
        HOST._replace(vm_id="vm-2"),
        WHOLE,
        STORED_REQUEST,
        {"store", "issue"},
        True,
        ["vm_id_changed"],
    ),
    "no record": (
        HOST,
        WHOLE._replace(vm_id=None, recorded_key=None),
        None,
        {"record"},
        True,
        ["not_recorded"],
    ),
    "record of another key": (HOST, WHOLE._replace(recorded_key="old"), None, {"record"}, True, ["not_recorded"]),
    "key on the controller, first run": (
        CONTROLLER,
        ABSENT,
        None,
        {"make_key", "store", "issue"},
        True,
        ["missing"],
    ),
    "key on the controller, no address yet": (
        CONTROLLER._replace(names=()),
        ABSENT,
        None,
        set(),
        False,
        ["missing", "no_names"],
    ),
    "key on the controller lost": (
        CONTROLLER,
        WHOLE,
        None,
        {"make_key", "store", "issue"},
        True,
        ["key_missing"],
    ),
    "request of the key on the controller lost": (
        CONTROLLER,
        ON_CONTROLLER._replace(request=None),
        None,
        {"make_key", "store", "issue"},
        True,
        ["key_missing"],
    ),
    "key on the controller, renewal due": (
        CONTROLLER,
        ON_CONTROLLER._replace(certificate=DUE),
        None,
        {"issue"},
        True,
        ["renew_window"],
    ),
    "key on the controller, VM made anew": (
        CONTROLLER._replace(vm_id="vm-2"),
        ON_CONTROLLER,
        None,
        {"make_key", "store", "issue"},
        True,
        ["vm_id_changed"],
    ),
    "key must move to the VM": (HOST, ON_CONTROLLER, None, {"drop"}, False, ["key_origin_changed", "no_request"]),
    "key moves to the VM": (HOST, ON_CONTROLLER, NEW_REQUEST, {"store", "issue"}, True, ["key_origin_changed"]),
}
FLAGS = ("store", "issue", "drop", "record", "make_key")


@pytest.mark.parametrize(("host", "found", "presented", "done", "enrolled", "reasons"), CASES.values(), ids=CASES)
def test_what_is_done_for_a_host(host, found, presented, done, enrolled, reasons):
    plan = plan_host(host, found, Given(presented), TERMS, NOW)
    assert {flag for flag in FLAGS if getattr(plan, flag)} == done
    assert plan.changed is bool(done)
    assert plan.enrolled is enrolled
    assert codes(plan.reasons) == reasons
    assert plan.error == ""


OFFERED = Offered(leaf())
# host, stored, presented, offered -> what is done, enrolled, codes of the reasons
RESTORED = {
    "nothing stored": (HOST, ABSENT, None, OFFERED, {"certificate", "record"}, True, ["restored"]),
    "nothing stored, its request comes too": (
        HOST,
        ABSENT,
        STORED_REQUEST,
        OFFERED,
        {"certificate", "record", "store"},
        True,
        ["restored"],
    ),
    "the request is for another key": (
        HOST,
        ABSENT,
        NEW_REQUEST,
        OFFERED,
        {"store", "issue"},
        True,
        ["missing", "not_restored"],
    ),
    "only its record is left, of this key": (
        HOST,
        HostFacts("vm-1", "key"),
        None,
        OFFERED,
        {"certificate"},
        True,
        ["restored"],
    ),
    "only its record is left, of another key": (
        HOST,
        HostFacts("vm-1", "old"),
        None,
        OFFERED,
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "certificate damaged": (
        HOST,
        WHOLE._replace(certificate=None, certificate_fault="broken"),
        None,
        OFFERED,
        {"certificate"},
        True,
        ["restored"],
    ),
    "something is stored": (HOST, WHOLE, None, Offered(leaf(sha256="bb", pem="OTHER")), set(), True, []),
    "something is stored, and what came is nonsense": (HOST, WHOLE, None, Offered(None, "nonsense"), set(), True, []),
    "nonsense": (
        HOST,
        ABSENT,
        None,
        Offered(None, "nonsense"),
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "expired": (
        HOST,
        ABSENT,
        None,
        Offered(EXPIRED),
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "of other names": (
        HOST,
        ABSENT,
        None,
        Offered(leaf(names=NAMES[:1])),
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "of a stranger": (
        HOST,
        ABSENT,
        None,
        Offered(leaf(issuer="")),
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "weak": (
        HOST,
        ABSENT,
        None,
        Offered(leaf(weak_signature="old")),
        set(),
        False,
        ["missing", "no_request", "not_restored"],
    ),
    "renewal due, no request": (
        HOST,
        ABSENT,
        None,
        Offered(DUE),
        {"certificate", "record"},
        True,
        ["renew_window", "no_request", "restored"],
    ),
    "renewal due, request there": (
        HOST,
        ABSENT,
        STORED_REQUEST,
        Offered(DUE),
        {"store", "issue"},
        True,
        ["renew_window"],
    ),
    "of the predecessor, no request": (
        HOST,
        ABSENT,
        None,
        Offered(leaf(issuer="server-authority/previous")),
        {"certificate", "record"},
        True,
        ["issuer_differs", "no_request", "restored"],
    ),
    "of a VM that was made anew": (
        HOST._replace(vm_id="vm-2"),
        WHOLE,
        None,
        OFFERED,
        {"drop"},
        False,
        ["vm_id_changed", "no_request"],
    ),
    "names are not known yet": (HOST._replace(names=()), ABSENT, None, OFFERED, set(), False, ["missing", "no_names"]),
    "key on the controller": (
        CONTROLLER,
        ON_CONTROLLER._replace(certificate=None),
        None,
        OFFERED,
        {"certificate"},
        True,
        ["restored"],
    ),
    "key on the controller lost": (
        CONTROLLER,
        ABSENT,
        None,
        OFFERED,
        {"make_key", "store", "issue"},
        True,
        ["missing"],
    ),
}


@pytest.mark.parametrize(
    ("host", "found", "presented", "offered", "done", "enrolled", "reasons"), RESTORED.values(), ids=RESTORED
)
def test_a_certificate_that_came_is_taken_where_none_is_stored(
    host, found, presented, offered, done, enrolled, reasons
):
    plan = plan_host(host, found, Given(presented, offered), TERMS, NOW)
    assert {flag for flag in (*FLAGS, "certificate") if getattr(plan, flag)} == done
    assert (plan.enrolled, plan.error, codes(plan.reasons)) == (enrolled, "", reasons)
    assert plan.changed is bool(done)


TYPED = HOST._replace(key_type="EC-P256")
RSA = leaf(key_type="RSA-2048")
RSA_WHOLE = WHOLE._replace(certificate=RSA, request=RequestFacts("CSR", "key", key_type="RSA-2048"))
EC_REQUEST = RequestFacts("NEW", "new", key_type="EC-P256")
RSA_REQUEST = RequestFacts("NEW", "new", key_type="RSA-2048")
OLD = WHOLE._replace(key_since="2025-11-24")
WEAK = WHOLE._replace(certificate=leaf(weak_key="bad"), request=WEAK_REQUEST)

# host, stored, presented, limit in days -> what is done, the key to replace, codes
REKEY = {
    "right type": (TYPED, WHOLE, None, 0, set(), None, []),
    "another type": (TYPED, RSA_WHOLE, None, 0, set(), "key", ["key_type_differs"]),
    "another type, answered": (TYPED, RSA_WHOLE, EC_REQUEST, 0, {"store", "issue"}, None, ["key_mismatch"]),
    "first key of another type": (
        TYPED,
        ABSENT,
        RSA_REQUEST,
        0,
        {"store", "issue"},
        "new",
        ["missing", "key_type_differs"],
    ),
    "right type gives way to another": (
        TYPED,
        WHOLE,
        RSA_REQUEST,
        0,
        {"store", "issue"},
        "new",
        ["key_mismatch", "key_type_differs"],
    ),
    "any type": (HOST, RSA_WHOLE, None, 0, set(), None, []),
    "old": (HOST, OLD, None, 365, set(), "key", ["key_too_old"]),
    "old, no limit": (HOST, OLD, None, 0, set(), None, []),
    "old, answered": (HOST, OLD, NEW_REQUEST, 365, {"store", "issue"}, None, ["key_mismatch"]),
    "old, and due": (HOST, OLD._replace(certificate=DUE), None, 365, {"issue"}, "key", ["renew_window", "key_too_old"]),
    "old, and the VM is new": (
        HOST._replace(vm_id="vm-2"),
        OLD,
        None,
        365,
        {"drop"},
        None,
        ["vm_id_changed", "no_request"],
    ),
    "weak": (HOST, WEAK, None, 0, set(), "key", ["weak"]),
    "weak signature": (
        HOST,
        WHOLE._replace(certificate=leaf(weak_signature="old")),
        None,
        0,
        {"issue"},
        None,
        ["weak"],
    ),
    "another type on the controller": (
        CONTROLLER._replace(key_type="EC-P256"),
        ON_CONTROLLER._replace(certificate=RSA),
        None,
        0,
        {"make_key", "store", "issue"},
        None,
        ["key_type_differs"],
    ),
    "old on the controller": (
        CONTROLLER,
        OLD._replace(has_key=True),
        None,
        365,
        {"make_key", "store", "issue"},
        None,
        ["key_too_old"],
    ),
    "old on the controller, no names": (
        CONTROLLER._replace(names=()),
        HostFacts(),
        None,
        1,
        set(),
        None,
        ["missing", "no_names"],
    ),
}


@pytest.mark.parametrize(("host", "found", "presented", "limit", "done", "rekey", "reasons"), REKEY.values(), ids=REKEY)
def test_keys_that_must_be_replaced(host, found, presented, limit, done, rekey, reasons):
    plan = plan_host(host, found, Given(presented), TERMS._replace(key_days=limit), NOW)
    assert {flag for flag in FLAGS if getattr(plan, flag)} == done
    assert (plan.rekey, codes(plan.reasons), plan.error) == (rekey, reasons, "")
    if rekey:
        assert plan.enrolled


def test_an_answer_of_the_wrong_type_is_passed_over_with_an_error():
    plan = plan_host(
        TYPED, RSA_WHOLE._replace(certificate=DUE._replace(key_type="RSA-2048")), Given(RSA_REQUEST), TERMS, NOW
    )
    assert "The new key of one is RSA-2048, expected EC-P256" in plan.error
    assert (plan.issue, plan.store, plan.rekey, plan.request.pem) == (True, False, None, "CSR")


ERRORS = {
    "options that cannot be used": (HOST._replace(fault="'x' in ip_addresses is bad"), WHOLE, None, "'x' in ip_addr"),
    "a weak key": (HOST, WHOLE, WEAK_REQUEST, "RSA of 1024 bits"),
    "a request but no names": (HOST._replace(names=()), ABSENT, NEW_REQUEST, "neither dns_names nor ip_addresses"),
    "a stored request but no names": (HOST._replace(names=()), WHOLE, None, "neither dns_names nor ip_addresses"),
    "a certificate but no names": (
        HOST._replace(names=()),
        WHOLE._replace(request=None),
        None,
        "neither dns_names nor ip_addresses",
    ),
}


@pytest.mark.parametrize(("host", "found", "presented", "text"), ERRORS.values(), ids=ERRORS)
def test_a_host_with_an_error_is_left_alone(host, found, presented, text):
    plan = plan_host(host, found, Given(presented), TERMS, NOW)
    assert text in plan.error
    assert "Next step: " in plan.error
    assert not plan.changed
    assert plan.enrolled is (found is not ABSENT)


def test_the_record_of_a_changed_host():
    plan = plan_host(HOST._replace(vm_id="vm-2"), WHOLE, Given(NEW_REQUEST), TERMS, NOW)
    assert (plan.vm_id, plan.key_sha256, plan.request) == ("vm-2", "new", NEW_REQUEST)


def test_a_stored_request_of_the_same_key_is_kept():
    # Signatures are random, so a new request of an old key differs: storing it would be a change on every run.
    again = RequestFacts("CSR 2", "key")
    assert plan_host(HOST, WHOLE._replace(certificate=DUE), Given(again), TERMS, NOW).request == STORED_REQUEST


def test_an_error_does_not_make_the_certificate_of_another_vm_good():
    plan = failed(HOST._replace(vm_id="vm-2"), WHOLE, "boom", TERMS, NOW)
    assert (plan.enrolled, plan.vm_id, plan.error, codes(plan.reasons)) == (False, "vm-1", "boom", ["vm_id_changed"])


@pytest.mark.parametrize(
    ("host", "found", "presented", "key"),
    [
        (HOST, ABSENT, None, None),
        (HOST, ABSENT, NEW_REQUEST, "new"),
        (HOST, WHOLE, NEW_REQUEST, "new"),
        (HOST, WHOLE, None, "key"),
        (HOST, WHOLE, WEAK_REQUEST, "key"),
        (HOST, WHOLE._replace(request=None, recorded_key="recorded"), None, "recorded"),
        (HOST, WHOLE._replace(request=None, recorded_key=None), None, "key"),
        (HOST._replace(vm_id="vm-2"), WHOLE, None, None),
        (HOST._replace(vm_id="vm-2"), WHOLE, NEW_REQUEST, "new"),
    ],
)
def test_the_key_a_host_comes_with(host, found, presented, key):
    assert public_key_of(host, found, presented) == key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a", "a", True), ("a", "A", True), ("a", "b", False), (None, "b", True), ("a", None, True), ("", "b", True)],
)
def test_same_vm(one, other, same):
    assert same_vm(one, other) is same
