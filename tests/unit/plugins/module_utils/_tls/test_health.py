# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    AuthorityFacts,
    Retired,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.health import (
    check_authorities,
    check_trust,
    foreign,
    warnings,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
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
            check_trust(wanted, found, "/certs")
        assert caught.value.code == "ForeignAuthority"
    else:
        check_trust(wanted, found, "/certs")


def test_fingerprints_compare_as_people_write_them():
    found = Authorities(authority(sha256="ab" * 32), {})
    written = ":".join(["AB"] * 32)
    assert foreign(desired(trusted_authorities=[trust(server=written)]), found) == []


def test_the_refusal_says_who_and_what_and_how_to_go_on():
    with pytest.raises(Failure) as caught:
        check_trust(desired(trusted_authorities=[trust("one", "ff")]), FOUND, "/certs")
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
        check_trust(desired(trusted_authorities=trusted), FOUND, "/certs")
    assert "1000 host(s)" in str(caught.value)
    assert "and 990 more" in str(caught.value)
    assert len(caught.value.details) == 10


@pytest.mark.parametrize(("hosts", "text"), [(10, "host-9. Nothing"), (11, "host-9 and 1 more. Nothing")])
def test_the_list_of_hosts_ends_where_it_should(hosts, text):
    trusted = [trust("host-%x" % number, "ff") for number in range(hosts)]
    with pytest.raises(Failure) as caught:
        check_trust(desired(trusted_authorities=trusted), FOUND, "/certs")
    assert text in str(caught.value)


def test_an_authority_of_this_second_is_valid():
    check_authorities(desired(), Authorities(authority(not_before=NOW), {}), "/certs", NOW)


def test_replace_goes_on():
    check_trust(desired(trusted_authorities=[trust(server="ff")], on_foreign_authority="replace"), FOUND, "/certs")


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
        check_authorities(desired(), every, "/certs", NOW)
    assert "/certs/%s/%s" % (label, text) in str(caught.value)
    assert "Restore" in caught.value.hint


def test_a_damaged_authority_that_nobody_declares_stops_nothing():
    check_authorities(
        desired(), Authorities(authority(), {"old": authority("client-authorities/old", False)}), "/certs", NOW
    )


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
    texts = warnings(desired(), found, NOW)
    assert [text.split()[2] for text in texts] == named
    assert warnings(desired(), EMPTY, NOW) == []


def chosen(**given):
    """One client authority that differs from a good one."""
    return Authorities(authority(), {"ci": authority(CI)._replace(**given)})


def certificate(**given):
    return authority(CI, **given).certificate


CARED_FOR = {
    "nothing": (chosen(), {}, ""),
    "the declared type": (chosen(), {"client_authority_key_type": "EC-P256"}, ""),
    "another type": (chosen(), {"client_authority_key_type": "Ed25519"}, "The key of the authority %s is EC-P256" % CI),
    "another type of the server authority": (
        chosen(),
        {"server_authority": {"key_type": "Ed25519"}},
        "The key of the authority server-authority is EC-P256, expected Ed25519",
    ),
    "a weak key": (chosen(certificate=certificate(weak_key="RSA of 1024 bits")), {}, "%s is weak: RSA of 1024" % CI),
    "a weak signature": (chosen(certificate=certificate(weak_signature="SHA1")), {}, "%s is weak: SHA1" % CI),
    "a weak one that nobody declares": (
        chosen(certificate=certificate(weak_key="RSA of 1024 bits")),
        {"client_authorities": []},
        "",
    ),
    "a successor": (chosen(next=authority(CI + "/next")), {}, ""),
    "a successor without its key": (chosen(next=authority(CI + "/next", False)), {}, "%s/next has no key" % CI),
    "whose key came as an option": (
        chosen(next=authority(CI + "/next", False)),
        {"authority_keys": {CI + "/next": "PEM"}},
        "",
    ),
    "which others sign by": (chosen(next=authority(CI + "/next", False)), {"signer": "external"}, ""),
}


@pytest.mark.parametrize(("found", "given", "text"), CARED_FOR.values(), ids=CARED_FOR)
def test_what_a_person_should_look_after(found, given, text):
    texts = warnings(desired(**given), found, NOW)
    assert len(texts) == bool(text)
    for said in texts:
        assert text in said
        assert "Next step: " in said


NO_KEY = authority(CI, has_key=False)
WITHOUT_KEYS = {
    "its key came as an option": ({"authority_keys": {CI: "PEM"}}, ""),
    "the successor's did, in the middle of a switch": ({"authority_keys": {CI + "/next": "PEM"}}, ""),
    "others sign": ({"signer": "external"}, ""),
    "another's key came": ({"authority_keys": {"server-authority": "PEM"}}, "ca-key.pem is missing"),
}


@pytest.mark.parametrize(("given", "text"), WITHOUT_KEYS.values(), ids=WITHOUT_KEYS)
def test_authorities_whose_keys_are_not_here(given, text):
    found = Authorities(authority(), {"ci": NO_KEY})
    if not text:
        check_authorities(desired(**given), found, "/certs", NOW)
        return
    with pytest.raises(Failure) as caught:
        check_authorities(desired(**given), found, "/certs", NOW)
    assert text in str(caught.value)
    assert "authority_keys" in caught.value.hint


@pytest.mark.parametrize("kind", ["server", "client"])
def test_successors_predecessors_and_what_was_retired_are_no_strangers(kind):
    gone = Retired("sha of gone", NOW, "finish")
    label = "server-authority" if kind == "server" else CI
    ours = authority(label)._replace(
        next=authority(label + "/next"), previous=authority(label + "/previous").certificate, retired=(gone,)
    )
    found = Authorities(ours, {}) if kind == "server" else Authorities(authority(), {"ci": ours})
    for sha256 in ("sha of %s/next" % label, "sha of %s/previous" % label, "sha of gone"):
        told = trust(server=sha256) if kind == "server" else trust(clients=[sha256])
        other = trust(clients=[sha256]) if kind == "server" else trust(server=sha256)
        assert foreign(desired(trusted_authorities=[told]), found) == []
        assert len(foreign(desired(trusted_authorities=[other]), found)) == 1


def test_an_external_authority_that_is_absent():
    with pytest.raises(Failure) as caught:
        check_authorities(desired(signer="external"), Authorities(authority(), {}), "/certs", NOW)
    assert caught.value.code == "AuthorityAbsent"
    assert "/certs/%s/ca.pem" % CI in caught.value.hint
