# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host needs while another signs, and which of the certificates that come are taken."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, Offered, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.imports import Judged, judge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_external_host import plan_external_host
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan_host import Given, Terms
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Expected, Reason
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NAMES,
    NOW,
    codes,
    leaf,
)

EXPECTED = Expected("server-authority", NOW + 3650 * DAY, "serverAuth", None, None, 30 * DAY)
TERMS = Terms(EXPECTED)
HOST = HostDesired("one", NAMES, vm_id="vm-1")
CONTROLLER = HOST._replace(key_origin="controller")
REQUEST = RequestFacts("CSR", "key", key_type="EC-P256")
NEW_REQUEST = RequestFacts("NEW", "new", key_type="EC-P256")
WEAK_REQUEST = RequestFacts("WEAK", "weak", "its key is weak")
NEXT_REQUEST = RequestFacts("NEXT", "next", key_type="EC-P256")
GOOD = leaf()
NEWER = Offered(leaf(sha256="bb", pem="NEWER", not_before=NOW))
NEWER_OF_NEW = Offered(leaf(sha256="bb", pem="NEWER", not_before=NOW, key_sha256="new"))
NEWER_OF_NEXT = Offered(leaf(sha256="bb", pem="NEWER", not_before=NOW, key_sha256="next"))
BAD = Offered(leaf(sha256="bb", pem="BAD", not_before=NOW, issuer=""))
WHOLE = HostFacts("vm-1", "key", REQUEST, GOOD)
ABSENT = HostFacts()
DUE = WHOLE._replace(certificate=leaf(not_after=NOW + 5 * DAY))
EXPIRED = WHOLE._replace(certificate=leaf(not_after=NOW))
OLD = WHOLE._replace(key_since="2025-01-01")
HERE = WHOLE._replace(has_key=True)
WAITING = {"next_request": NEXT_REQUEST, "has_next_key": True}

# host, stored, presented, offered, limit of the key -> what is done, request that waits, enrolled, codes
CASES = {
    "nothing to do": (HOST, WHOLE, None, None, 0, set(), "", True, []),
    "first request": (HOST, ABSENT, NEW_REQUEST, None, 0, {"store"}, "csr.pem", False, ["missing"]),
    "it waits": (HOST, HostFacts("vm-1", "key", REQUEST), None, None, 0, set(), "csr.pem", False, ["missing"]),
    "no request yet": (HOST, ABSENT, None, None, 0, set(), "", False, ["missing", "no_request"]),
    "no names yet": (HOST._replace(names=()), ABSENT, None, None, 0, set(), "", False, ["missing", "no_names"]),
    "it comes": (
        HOST,
        HostFacts("vm-1", "key", REQUEST),
        None,
        NEWER,
        0,
        {"certificate"},
        "",
        True,
        ["missing", "imported"],
    ),
    "request and certificate come": (
        HOST,
        ABSENT,
        NEW_REQUEST,
        NEWER_OF_NEW,
        0,
        {"store", "certificate"},
        "",
        True,
        ["missing", "imported"],
    ),
    "renewal due": (HOST, DUE, None, None, 0, set(), "csr.pem", True, ["renew_window"]),
    "renewal due, request damaged": (
        HOST,
        DUE._replace(request=WEAK_REQUEST),
        None,
        None,
        0,
        set(),
        "",
        True,
        ["renew_window", "no_request"],
    ),
    "expired": (HOST, EXPIRED, None, None, 0, set(), "csr.pem", False, ["expired"]),
    "renewed": (HOST, DUE, None, NEWER, 0, {"certificate"}, "", True, ["renew_window", "imported"]),
    "a record only": (
        HOST,
        HostFacts("vm-1", "key"),
        None,
        NEWER,
        0,
        {"certificate"},
        "",
        True,
        ["missing", "no_request", "imported"],
    ),
    "nothing known": (HOST, ABSENT, None, NEWER, 0, {"certificate"}, "", True, ["missing", "no_request", "imported"]),
    "no record": (
        HOST,
        WHOLE._replace(vm_id=None, recorded_key=None),
        None,
        None,
        0,
        {"record"},
        "",
        True,
        ["not_recorded"],
    ),
    "another address": (
        HOST._replace(names=(*NAMES, "IP:10.9.9.9")),
        WHOLE,
        None,
        None,
        0,
        set(),
        "csr.pem",
        True,
        ["names_differ"],
    ),
    "the VM lost its key": (HOST, WHOLE, NEW_REQUEST, None, 0, {"store"}, "csr.pem", False, ["key_mismatch"]),
    "the VM was asked for another": (HOST, OLD, NEW_REQUEST, None, 9, {"store"}, "csr.pem", True, ["key_mismatch"]),
    "meanwhile its old key is signed for": (
        HOST,
        OLD._replace(request=NEW_REQUEST),
        None,
        NEWER,
        9,
        {"certificate"},
        "",
        True,
        ["key_mismatch", "imported"],
    ),
    "VM made anew": (
        HOST._replace(vm_id="vm-2"),
        WHOLE,
        None,
        NEWER,
        0,
        {"drop", "wipe"},
        "",
        False,
        ["vm_id_changed", "no_request"],
    ),
    "VM made anew, its request comes": (
        HOST._replace(vm_id="vm-2"),
        WHOLE,
        NEW_REQUEST,
        None,
        0,
        {"store", "wipe"},
        "csr.pem",
        False,
        ["vm_id_changed"],
    ),
    "controller, first": (
        CONTROLLER,
        ABSENT,
        None,
        None,
        0,
        {"make_key", "aside"},
        "next-csr.pem",
        False,
        ["missing"],
    ),
    "controller, it waits": (
        CONTROLLER,
        ABSENT._replace(**WAITING),
        None,
        None,
        0,
        {"aside"},
        "next-csr.pem",
        False,
        ["missing"],
    ),
    "controller, its request was lost": (
        CONTROLLER,
        ABSENT._replace(has_next_key=True),
        None,
        None,
        0,
        {"make_key", "aside"},
        "next-csr.pem",
        False,
        ["missing"],
    ),
    "controller, its request is damaged": (
        CONTROLLER,
        ABSENT._replace(next_request=WEAK_REQUEST, has_next_key=True),
        None,
        None,
        0,
        {"make_key", "aside"},
        "next-csr.pem",
        False,
        ["missing"],
    ),
    "controller, it comes": (
        CONTROLLER,
        ABSENT._replace(**WAITING),
        None,
        NEWER_OF_NEXT,
        0,
        {"aside", "certificate", "promote"},
        "",
        True,
        ["missing", "imported"],
    ),
    "controller, whole": (CONTROLLER, HERE, None, None, 0, set(), "", True, []),
    "controller, left by a killed import": (
        CONTROLLER,
        HERE._replace(next_request=REQUEST, has_next_key=True, certificate=leaf(not_after=NOW + DAY)),
        None,
        None,
        0,
        set(),
        "csr.pem",
        True,
        ["renew_window"],
    ),
    "controller, renewed": (
        CONTROLLER,
        HERE._replace(certificate=leaf(not_after=NOW + DAY)),
        None,
        NEWER,
        0,
        {"certificate"},
        "",
        True,
        ["renew_window", "imported"],
    ),
    "controller, too old": (
        CONTROLLER,
        OLD._replace(has_key=True),
        None,
        None,
        9,
        {"make_key", "aside"},
        "next-csr.pem",
        True,
        ["key_too_old"],
    ),
    "controller, too old, it waits": (
        CONTROLLER,
        OLD._replace(has_key=True, **WAITING),
        None,
        None,
        9,
        {"aside"},
        "next-csr.pem",
        True,
        ["key_too_old"],
    ),
    "controller, what waits is of the wrong type": (
        CONTROLLER._replace(key_type="EC-P384"),
        HERE._replace(**WAITING),
        None,
        None,
        0,
        {"make_key", "aside"},
        "next-csr.pem",
        True,
        ["key_type_differs"],
    ),
    "controller, key lost": (
        CONTROLLER,
        WHOLE,
        None,
        None,
        0,
        {"make_key", "aside"},
        "next-csr.pem",
        False,
        ["key_missing"],
    ),
    "controller, no names yet": (
        CONTROLLER._replace(names=()),
        ABSENT,
        None,
        None,
        0,
        {"aside"},
        "",
        False,
        ["missing", "no_names"],
    ),
    "controller, VM made anew": (
        CONTROLLER._replace(vm_id="vm-2"),
        HERE,
        None,
        NEWER,
        0,
        {"make_key", "aside", "wipe"},
        "next-csr.pem",
        False,
        ["vm_id_changed"],
    ),
}
FLAGS = ("store", "issue", "drop", "record", "make_key", "aside", "promote", "wipe", "certificate")


@pytest.mark.parametrize(
    ("host", "found", "presented", "offered", "limit", "done", "pending", "enrolled", "reasons"),
    CASES.values(),
    ids=CASES,
)
def test_what_is_done_for_a_host(host, found, presented, offered, limit, done, pending, enrolled, reasons):
    plan = plan_external_host(host, found, Given(presented, offered), TERMS._replace(key_days=limit), NOW)
    assert {flag for flag in FLAGS if getattr(plan, flag)} == done
    assert (plan.pending, plan.enrolled, codes(plan.reasons)) == (pending, enrolled, reasons)
    assert plan.changed is bool(done - {"aside", "promote", "wipe"})
    assert (plan.issue, plan.rekey, plan.error) == (False, None, "")


ERRORS = {
    "options that cannot be used": (HOST._replace(fault="'x' is bad"), WHOLE, None, None, "'x' is bad", ""),
    "a refused request": (HOST, WHOLE, WEAK_REQUEST, None, "its key is weak", ""),
    "a bad certificate, a good one is stored": (HOST, WHOLE, None, BAD, "issuer_differs", ""),
    "a bad certificate, it waits": (HOST, DUE, None, BAD, "issuer_differs", "csr.pem"),
    "a bad certificate of a key made here": (CONTROLLER, ABSENT, None, BAD, "issuer_differs", "next-csr.pem"),
    "a new key of the wrong type": (
        HOST._replace(key_type="EC-P384"),
        WHOLE,
        NEW_REQUEST,
        None,
        "The new key of one is EC-P256, expected EC-P384",
        "",
    ),
}


@pytest.mark.parametrize(("host", "found", "presented", "offered", "text", "pending"), ERRORS.values(), ids=ERRORS)
def test_a_host_with_an_error_keeps_what_it_has(host, found, presented, offered, text, pending):
    plan = plan_external_host(host, found, Given(presented, offered), TERMS, NOW)
    assert text in plan.error
    assert "Next step: " in plan.error
    assert (plan.certificate, plan.store, plan.rekey, plan.pending) == (None, False, None, pending)
    assert plan.enrolled is (found is not ABSENT)


def test_a_vm_is_asked_for_another_key():
    plan = plan_external_host(HOST._replace(key_type="EC-P384"), WHOLE, Given(), TERMS, NOW)
    assert (plan.rekey, plan.changed, plan.enrolled, plan.pending) == ("key", False, True, "")
    assert codes(plan.reasons) == ["key_type_differs"]


USABLE = (Reason("renew_window", ""),)
# offered, stored, its reasons -> what is taken, what is wrong
JUDGED = {
    "nothing came": (None, GOOD, (), False, ""),
    "nonsense": (Offered(None, "nonsense"), GOOD, (), False, "it is nonsense"),
    "nothing is stored": (NEWER, None, (), True, ""),
    "what is stored": (Offered(GOOD), GOOD, (), False, ""),
    "newer": (NEWER, GOOD, (), True, ""),
    "of the same day, another chain": (Offered(leaf(chain="MORE")), GOOD, (), True, ""),
    "it ends earlier": (Offered(leaf(pem="X", not_after=NOW + DAY)), GOOD, (), False, ""),
    "it ends later": (Offered(leaf(pem="X", not_after=NOW + 61 * DAY)), GOOD, (), True, ""),
    "older, and the stored one is due": (Offered(leaf(pem="X", not_before=NOW - 2 * DAY)), GOOD, USABLE, False, ""),
    "older, and the stored one is bad": (
        Offered(leaf(pem="X", not_before=NOW - 2 * DAY)),
        GOOD,
        (Reason("usage_differs", ""),),
        True,
        "",
    ),
    "renewal due": (Offered(leaf(pem="X", not_after=NOW + DAY)), None, (), True, ""),
    "of the predecessor": (Offered(leaf(pem="X", issuer="server-authority/previous")), None, (), True, ""),
    "of a stranger": (BAD, None, (), False, "issuer_differs: "),
    "weak signature": (Offered(leaf(pem="X", weak_signature="old")), None, (), False, "weak: old"),
    "weak key": (Offered(leaf(pem="X", weak_key="small")), None, (), False, "weak: small"),
    "another key": (NEWER_OF_NEW, None, (), False, "key_mismatch: it is for the key new, expected key"),
    "everything": (
        Offered(leaf(pem="X", usages=(), issuer="", key_sha256="new")),
        None,
        (),
        False,
        "usage_differs: ",
    ),
}


@pytest.mark.parametrize(("offered", "stored", "reasons", "taken", "fault"), JUDGED.values(), ids=JUDGED)
def test_which_certificates_are_taken(offered, stored, reasons, taken, fault):
    found = judge(offered, stored, reasons, EXPECTED._replace(names=NAMES), {"key"}, NOW)
    assert found.certificate == (offered.certificate if taken else None)
    assert found.fault.startswith(fault) if fault else found == Judged(found.certificate)


def test_no_key_is_known():
    found = judge(NEWER, None, (), EXPECTED, set(), NOW)
    assert "expected a key that is known" in found.fault
