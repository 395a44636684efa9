# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The age, type and strength of keys: what is decided, then a fleet through its years."""

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import Key, key_of, key_reasons
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    codes,
    csr,
    host,
    leaf,
    parsed,
    run,
)

REQUEST = RequestFacts("CSR", "key", key_type="RSA-2048")
WHOLE = HostFacts("vm-1", "key", REQUEST, leaf(), key_since="2026-01-31")

# stored -> the key that is known
KEYS = {
    "nothing": (HostFacts(), None),
    "recorded": (WHOLE, Key("key", "EC-P256", "", "2026-01-31")),
    "not recorded since when": (WHOLE._replace(key_since=None), Key("key", "EC-P256", "", "2026-11-23")),
    "recorded for another key": (WHOLE._replace(recorded_key="old"), Key("key", "EC-P256", "", "2026-11-23")),
    "weak": (WHOLE._replace(certificate=leaf(weak_key="bad")), Key("key", "EC-P256", "bad", "2026-01-31")),
    "no certificate": (WHOLE._replace(certificate=None), Key("key", "RSA-2048", "", "2026-01-31")),
    "no certificate and no record": (HostFacts(request=REQUEST), Key("key", "RSA-2048")),
    "a request that is refused": (HostFacts(request=REQUEST._replace(fault="weak")), None),
    "a record only": (HostFacts("vm-1", "key", key_since="2026-01-31"), Key("key", since="2026-01-31")),
}


@pytest.mark.parametrize(("found", "key"), KEYS.values(), ids=KEYS)
def test_the_key_in_use(found, key):
    assert key_of(found) == key


KEY = Key("key", "EC-P256", "", "2026-11-14")
# key, declared type, limit in days -> reasons
REASONS = {
    "no key": (None, "Ed25519", 1, []),
    "nothing declared": (KEY, None, 0, []),
    "the declared type": (KEY, "EC-P256", 0, []),
    "another type": (KEY, "EC-P384", 0, ["key_type_differs"]),
    "a type that is not known": (Key("key"), "EC-P384", 0, []),
    "weak": (KEY._replace(weak="bad"), None, 0, ["weak"]),
    "the last day": (KEY, None, 11, []),
    "a day too old": (KEY, None, 10, ["key_too_old"]),
    "since when is not known": (KEY._replace(since=None), None, 1, []),
    "everything": (KEY._replace(weak="bad"), "EC-P384", 1, ["key_type_differs", "weak", "key_too_old"]),
}


@pytest.mark.parametrize(("key", "key_type", "limit", "found"), REASONS.values(), ids=REASONS)
def test_reasons_to_replace_a_key(key, key_type, limit, found):
    reasons = key_reasons(key, key_type, limit, NOW)
    assert codes(reasons) == found
    assert all(reason.usable for reason in reasons)


def test_texts_say_found_and_expected():
    texts = [str(reason) for reason in key_reasons(KEY, "EC-P384", 5, NOW)]
    assert texts == [
        "key_type_differs: its key is EC-P256, expected EC-P384",
        "key_too_old: its key is in use since 2026-11-14, expected no longer than 5 days",
    ]


def record(directory, name="one"):
    return json.loads((directory / "servers" / name / "host.json").read_text())


def test_the_day_of_a_key_is_written_with_its_first_leaf_and_kept(tmp_path):
    directory = tmp_path / "certs"
    pem = csr()[0]
    run(directory, hosts=[host(csr=pem)])
    assert record(directory)["key_since"] == "2026-11-24"
    run(directory, hosts=[host(dns_names=["other"])], at=NOW + 10 * DAY)
    assert record(directory)["key_since"] == "2026-11-24"
    run(directory, hosts=[host(dns_names=["other"], csr=csr()[0])], at=NOW + 20 * DAY)
    assert record(directory)["key_since"] == "2026-12-14"


@pytest.mark.parametrize("value", ["MISSING", None, 5, "yesterday", "2026-02-30", "2026-11-24T12:00:00Z"])
def test_records_of_before_count_from_the_certificate_and_are_not_rewritten_for_that(tmp_path, value):
    directory = tmp_path / "certs"
    run(directory, hosts=[host(csr=csr()[0])])
    old = {**record(directory), "key_since": value}
    if value == "MISSING":
        del old["key_since"]
    (directory / "servers" / "one" / "host.json").write_text(json.dumps(old))
    given = {"hosts": [host()], "key_max_age_days": 50}
    assert not run(directory, at=NOW + 49 * DAY, **given)["changed"]
    assert record(directory) == old
    asked = run(directory, at=NOW + 50 * DAY, **given)
    assert (asked["changed"], codes(asked["hosts"]["one"]["reasons"])) == (False, ["key_too_old"])
    # Written anew for another reason, it says since when as well.
    run(directory, at=NOW + 50 * DAY, **{**given, "hosts": [host(dns_names=["other"])]})
    assert record(directory)["key_since"] == "2026-11-24"


def test_a_key_of_the_controller_is_made_anew_when_it_is_too_old(tmp_path):
    directory = tmp_path / "certs"
    given = {"hosts": [host(key_origin="controller")], "key_max_age_days": 100}
    keys = set()
    for day in range(0, 401, 20):
        result = run(directory, at=NOW + day * DAY, **given)["hosts"]["one"]
        keys.add(parsed(result["certificate"]).public_key().public_numbers())
        assert ("key_too_old" in codes(result["reasons"])) is (day in (100, 200, 300, 400))
        assert result["rekey"] is None
        assert not run(directory, at=NOW + day * DAY, **given)["changed"]
    assert len(keys) == 5


def test_a_vm_is_asked_for_another_key_until_its_request_comes_and_then_no_more(tmp_path):
    directory = tmp_path / "certs"
    run(directory, hosts=[host(csr=csr()[0])])
    given = {"hosts": [host()], "key_max_age_days": 30}
    before = record(directory)
    for day in (30, 31):
        asked = run(directory, at=NOW + day * DAY, **given)
        entry = asked["hosts"]["one"]
        assert (asked["changed"], entry["changed"], entry["enrolled"]) == (False, False, True)
        assert entry["rekey"] == before["key_sha256"]
        assert codes(entry["reasons"]) == ["key_too_old"]
        assert entry["certificate"]
    # The old key's request comes again and again in the host's report: nothing new.
    stored = (directory / "servers" / "one" / "csr.pem").read_text()
    assert run(directory, at=NOW + 31 * DAY, **{**given, "hosts": [host(csr=stored)]})["hosts"]["one"]["rekey"]
    # Meanwhile its leaf is renewed as usual, and the key stays as old as it is.
    renewed = run(directory, at=NOW + 60 * DAY, **given)["hosts"]["one"]
    assert (renewed["changed"], codes(renewed["reasons"])) == (True, ["renew_window", "key_too_old"])
    assert renewed["rekey"] == before["key_sha256"]
    answer = {**given, "hosts": [host(csr=csr()[0])]}
    signed = run(directory, at=NOW + 61 * DAY, **answer)["hosts"]["one"]
    assert (codes(signed["reasons"]), signed["rekey"], signed["enrolled"]) == (["key_mismatch"], None, True)
    assert record(directory)["key_since"] == "2027-01-24"
    for again in (answer, given):
        result = run(directory, at=NOW + 62 * DAY, **again)
        assert (result["changed"], result["hosts"]["one"]["rekey"]) == (False, None)
    assert run(directory, at=NOW + 91 * DAY, **given)["hosts"]["one"]["rekey"] == record(directory)["key_sha256"]


def test_a_fleet_of_one_day_is_not_asked_on_one_day(tmp_path):
    hosts = [host("h%02d" % number, csr=csr()[0]) for number in range(20)]
    run(tmp_path / "certs", hosts=hosts)
    given = {"hosts": [{**one, "csr": None} for one in hosts], "key_max_age_days": 40, "renew_jitter_days": 7}
    due = [
        sum(1 for entry in run(tmp_path / "certs", at=NOW + day * DAY, **given)["hosts"].values() if entry["rekey"])
        for day in (32, 34, 37, 40)
    ]
    assert due[0] == 0
    assert due[-1] == 20
    assert due == sorted(due)
    assert 0 < due[1] < due[2] < 20


def test_a_vm_that_cannot_make_the_type_is_an_error_once_it_has_answered_and_serves_on(tmp_path):
    directory = tmp_path / "certs"
    run(directory, hosts=[host(csr=csr()[0])])
    wanted = {"hosts": [host()], "leaf_key_type": "Ed25519"}
    assert run(directory, **wanted)["hosts"]["one"]["rekey"]
    answer = {**wanted, "hosts": [host(csr=csr()[0])]}
    before = (directory / "servers" / "one" / "csr.pem").read_text()
    refused = run(directory, **answer)["hosts"]["one"]
    assert "The new key of one is EC-P256, expected Ed25519" in refused["error"]
    assert "Next step: " in refused["error"]
    assert (refused["enrolled"], refused["rekey"], refused["changed"]) == (True, None, False)
    assert (directory / "servers" / "one" / "csr.pem").read_text() == before
    renewed = run(directory, at=NOW + 70 * DAY, **answer)["hosts"]["one"]
    assert "error" in renewed
    assert (renewed["changed"], renewed["enrolled"], renewed["days_left"]) == (True, True, 90)


def test_a_first_key_of_the_wrong_type_is_signed_and_another_is_asked_for(tmp_path):
    result = run(tmp_path / "certs", hosts=[host(csr=csr()[0])], leaf_key_type="EC-P384")["hosts"]["one"]
    assert (result["enrolled"], codes(result["reasons"])) == (True, ["missing", "key_type_differs"])
    assert len(result["rekey"]) == 64
