# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import Authorities, AuthorityFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.health import check, expiry_warnings, foreign
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    authorities,
    authority,
    options,
)

CI = "client-authorities/ci"
SERVER_SHA = "sha of server-authority"
CI_SHA = "sha of client-authorities/ci"
FOUND = authorities("ci", "ops")
EMPTY = Authorities(None, {})


def desired(**given):
    return parse(options("/unused", **{"client_authorities": ["ci"], **given}))


def trust(host="one", server=None, clients=()):
    return {"host": host, "server_authority_sha256": server, "client_authority_sha256s": list(clients)}


# what hosts trust, what is in the directory -> (host, kind, expected) of the strangers
TRUSTED = {
    "nothing known": ([], FOUND, []),
    "nothing known of a host": ([trust()], FOUND, []),
    "ours": ([trust(server=SERVER_SHA, clients=[CI_SHA])], FOUND, []),
    "one of ours that is not declared any more": (
        [trust(clients=["sha of client-authorities/ops"])],
        FOUND,
        [],
    ),
    "another server authority": ([trust(server="ff")], FOUND, [("one", "server", SERVER_SHA)]),
    "our client authority as server authority": ([trust(server=CI_SHA)], FOUND, [("one", "server", SERVER_SHA)]),
    "one of two client authorities": (
        [trust(clients=[CI_SHA, "ff"])],
        authorities("ci"),
        [("one", "client", CI_SHA)],
    ),
    "the directory is empty": (
        [trust("one", "ff", ["ee"]), trust("two", "ff")],
        EMPTY,
        [("one", "server", "none"), ("one", "client", "none"), ("two", "server", "none")],
    ),
}


@pytest.mark.parametrize(("trusted", "found", "strangers"), TRUSTED.values(), ids=TRUSTED)
def test_foreign_authorities(trusted, found, strangers):
    wanted = desired(trusted_authorities=trusted)
    seen = [(stranger["host"], stranger["kind"], stranger["expected"]) for stranger in foreign(wanted, found)]
    assert seen == strangers
    if strangers:
        with pytest.raises(Failure) as caught:
            check(wanted, found, "/certs", NOW)
        assert caught.value.code == "ForeignAuthority"
    else:
        check(wanted, found, "/certs", NOW)


def test_fingerprints_compare_as_people_write_them():
    found = Authorities(authority(sha256="ab" * 32), {})
    written = ":".join(["AB"] * 32)
    assert foreign(desired(trusted_authorities=[trust(server=written)]), found) == []


def test_the_refusal_says_who_and_what_and_how_to_go_on():
    with pytest.raises(Failure) as caught:
        check(desired(trusted_authorities=[trust("one", "ff")]), FOUND, "/certs", NOW)
    text = caught.value.as_result()["msg"]
    for part in (
        "/certs",
        "Nothing was written",
        "one trusts the server authority ff",
        SERVER_SHA,
        "Restore",
        "replace",
    ):
        assert part in text


def test_the_refusal_of_a_fleet_stays_readable():
    trusted = [trust("host-%03d" % number, "ff") for number in range(1000)]
    with pytest.raises(Failure) as caught:
        check(desired(trusted_authorities=trusted), FOUND, "/certs", NOW)
    assert "1000 host(s)" in str(caught.value)
    assert "and 990 more" in str(caught.value)
    assert len(caught.value.details) == 10


@pytest.mark.parametrize(("hosts", "text"), [(10, "host-9. Nothing"), (11, "host-9 and 1 more. Nothing")])
def test_the_list_of_hosts_ends_where_it_should(hosts, text):
    trusted = [trust("host-%x" % number, "ff") for number in range(hosts)]
    with pytest.raises(Failure) as caught:
        check(desired(trusted_authorities=trusted), FOUND, "/certs", NOW)
    assert text in str(caught.value)


def test_an_authority_of_this_second_is_valid():
    check(desired(), Authorities(authority(not_before=NOW), {}), "/certs", NOW)


def test_replace_goes_on():
    check(desired(trusted_authorities=[trust(server="ff")], on_foreign_authority="replace"), FOUND, "/certs", NOW)


DAMAGED = {
    "certificate lost": (AuthorityFacts("server-authority", None, True), "ca.pem is missing although ca-key.pem"),
    "key lost": (authority(has_key=False), "ca-key.pem is missing although ca.pem is there"),
    "expired this second": (authority(not_after=NOW), "ca.pem expired on 2026-11-24T12:00:00Z"),
    "not yet valid": (authority(not_before=NOW + DAY), "ca.pem is valid only from 2026-11-25T12:00:00Z"),
    "a leaf": (authority(is_authority=False), "ca.pem is not a certificate authority"),
}


@pytest.mark.parametrize(("found", "text"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("label", ["server-authority", CI])
def test_a_damaged_authority_stops_everything(found, text, label):
    found = found._replace(label=label)
    every = Authorities(found, {}) if label == "server-authority" else Authorities(authority(), {"ci": found})
    with pytest.raises(Failure) as caught:
        check(desired(), every, "/certs", NOW)
    assert "/certs/%s/%s" % (label, text) in str(caught.value)
    assert "Restore" in caught.value.hint


def test_a_damaged_authority_that_nobody_declares_stops_nothing():
    check(desired(), Authorities(authority(), {"old": authority("client-authorities/old", False)}), "/certs", NOW)


@pytest.mark.parametrize(
    ("server_days", "client_days", "named"),
    [(90, 90, []), (89, 90, ["server-authority"]), (90, 89, [CI]), (1, 1, [CI, "server-authority"])],
)
def test_authorities_near_their_end_are_named(server_days, client_days, named):
    found = Authorities(
        authority(not_after=NOW + server_days * DAY),
        {
            "ci": authority(CI, not_after=NOW + client_days * DAY),
            "old": authority("client-authorities/old", not_after=NOW + DAY),
        },
    )
    warnings = expiry_warnings(desired(), found, NOW)
    assert [text.split()[2] for text in warnings] == named
    assert expiry_warnings(desired(), EMPTY, NOW) == []
