# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    Expected,
    Reason,
    leaf_reasons,
    valid_despite,
)
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NAMES,
    NOW,
    codes,
    leaf,
)

EXPECTED = Expected(
    issuer="server-authority",
    authority_ends=NOW + 3650 * DAY,
    usage="serverAuth",
    names=NAMES,
    key_sha256="key",
    renew_before=30 * DAY,
)
SECOND = datetime.timedelta(seconds=1)

CASES = {
    "nothing is wrong": ({}, {}, []),
    "last second before the renewal window": ({"not_after": NOW + 30 * DAY + SECOND}, {}, []),
    "first second of the renewal window": ({"not_after": NOW + 30 * DAY}, {}, ["renew_window"]),
    "last second of its life": ({"not_after": NOW + SECOND}, {}, ["renew_window"]),
    "expired this second": ({"not_after": NOW}, {}, ["expired"]),
    "expired long ago": ({"not_after": NOW - DAY}, {}, ["expired"]),
    "valid from this second": ({"not_before": NOW}, {}, []),
    "valid from the next second": ({"not_before": NOW + SECOND}, {}, ["not_yet_valid"]),
    "lives as long as its authority": ({"not_after": NOW + DAY}, {"authority_ends": NOW + DAY}, []),
    "authority that would let it live longer": (
        {"not_after": NOW + DAY},
        {"authority_ends": NOW + DAY + SECOND},
        ["renew_window"],
    ),
    "authority still to be made": (
        {"not_after": NOW + DAY, "issuer": ""},
        {"authority_ends": None},
        ["renew_window", "issuer_differs"],
    ),
    "a name is missing": ({"names": NAMES[:1]}, {}, ["names_differ"]),
    "a name too many": ({"names": (*NAMES, "IP:10.0.0.5")}, {}, ["names_differ"]),
    "no names at all": ({"names": ()}, {}, ["names_differ"]),
    "names are not compared": ({"names": ()}, {"names": None}, []),
    "for clients": ({"usages": ("clientAuth",)}, {}, ["usage_differs"]),
    "for both": ({"usages": ("clientAuth", "serverAuth")}, {}, ["usage_differs"]),
    "for anything": ({"usages": ()}, {}, ["usage_differs"]),
    "an authority itself": ({"is_authority": True}, {}, ["usage_differs"]),
    "signed by nobody we know": ({"issuer": ""}, {}, ["issuer_differs"]),
    "signed by another of ours": ({"issuer": "client-authorities/default"}, {}, ["issuer_differs"]),
    "for another key": ({"key_sha256": "other"}, {}, ["key_mismatch"]),
    "the key is not compared": ({"key_sha256": "other"}, {"key_sha256": None}, []),
    "everything at once": (
        {"not_after": NOW, "names": (), "usages": (), "issuer": "", "key_sha256": "other"},
        {},
        ["expired", "names_differ", "usage_differs", "issuer_differs", "key_mismatch"],
    ),
}


@pytest.mark.parametrize(("changes", "expected", "found"), CASES.values(), ids=CASES)
def test_every_reason_by_itself(changes, expected, found):
    assert codes(leaf_reasons(leaf(**changes), "", EXPECTED._replace(**expected), NOW)) == found


def test_an_absent_and_an_unreadable_leaf():
    assert codes(leaf_reasons(None, "", EXPECTED, NOW)) == ["missing"]
    (reason,) = leaf_reasons(None, "not a readable PEM certificate", EXPECTED, NOW)
    assert str(reason) == "unreadable: not a readable PEM certificate"


TEXTS = {
    "expired": ({"not_after": NOW - DAY}, "it expired on 2026-11-23T12:00:00Z"),
    "not_yet_valid": ({"not_before": NOW + DAY}, "it is valid only from 2026-11-25T12:00:00Z"),
    "renew_window": (
        {"not_after": NOW + 5 * DAY},
        "5 days are left, renewal is due since 2026-10-30, 30 days before the end",
    ),
    "names_differ": (
        {"names": ("DNS:old",)},
        "it names DNS:old, expected DNS:host.example.com, IP:10.0.0.4",
    ),
    "usage_differs": (
        {"usages": (), "is_authority": True},
        "its extended key usage is none and it is an authority, expected serverAuth",
    ),
    "issuer_differs": (
        {"issuer": ""},
        "it was signed by an authority that is not in this directory, expected the present server-authority",
    ),
    "key_mismatch": ({"key_sha256": "f" * 64}, "it is for the key ffffffffffffffff, expected the key key"),
}


@pytest.mark.parametrize("code", TEXTS)
def test_texts_say_found_and_expected(code):
    changes, text = TEXTS[code]
    (reason,) = leaf_reasons(leaf(**changes), "", EXPECTED, NOW)
    assert reason == Reason(code, text)


@pytest.mark.parametrize(
    ("found", "valid"),
    [
        ([], True),
        (["renew_window"], True),
        (["renew_window", "no_request"], True),
        (["no_request", "missing"], False),
        (["expired"], False),
        (["renew_window", "names_differ"], False),
    ],
)
def test_what_a_leaf_may_have_and_still_serve(found, valid):
    assert valid_despite([Reason(code, "") for code in found]) is valid
