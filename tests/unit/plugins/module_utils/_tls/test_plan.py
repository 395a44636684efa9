# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.clones import clones
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    ClientFacts,
    HostFacts,
    ModeFault,
    Offered,
    Remains,
    RequestFacts,
    Snapshot,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.plan import plan
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    DAY,
    NOW,
    authorities,
    client_leaf,
    codes,
    host,
    leaf,
    options,
)

ONE_LEAF = leaf(names=("DNS:one.example.com",))
STORED = HostFacts("vm-one", "key", RequestFacts("CSR", "key"), ONE_LEAF)
CA = authorities("default").server.certificate.pem
CLIENT = ClientFacts(ca=CA, certificate=client_leaf(), has_key=True)


def desired(**given):
    return parse(options("/unused", **given))


def snapshot(found=None, hosts=None, clients=None, presented=None, **given):
    found = found or authorities("default")
    return Snapshot(found, hosts or {}, clients or {}, presented or {}, **{"has_digest_key": True, **given})


AUTHORITIES = {
    "all there": (authorities("default"), ["default"], []),
    "none there": (Authorities(None, {}), ["default"], ["server-authority", "client-authorities/default"]),
    "one declared more": (authorities("default"), ["default", "ci"], ["client-authorities/ci"]),
    "one declared twice": (authorities(), ["ci", "ci"], ["client-authorities/ci"]),
    "one declared less": (authorities("default", "ci"), ["default"], []),
    "no clients at all": (authorities(), [], []),
}


@pytest.mark.parametrize(("found", "declared", "made"), AUTHORITIES.values(), ids=AUTHORITIES)
def test_authorities_are_made_when_absent_only(found, declared, made):
    result = plan(desired(client_authorities=declared), snapshot(found), NOW)
    assert [authority.label for authority in result.authorities] == made
    assert result.changed is bool(made)


def test_names_of_authorities():
    result = plan(desired(site="west"), snapshot(Authorities(None, {})), NOW)
    assert [(made.common_name, made.valid_days) for made in result.authorities] == [
        ("west docker server authority", 3650),
        ("west docker client authority default", 3650),
    ]
    own = {"common_name": "Our authority", "valid_days": 400}
    result = plan(desired(server_authority=own, client_authority_valid_days=500), snapshot(Authorities(None, {})), NOW)
    assert [(made.common_name, made.valid_days) for made in result.authorities] == [
        ("Our authority", 400),
        ("site docker client authority default", 500),
    ]


# stored -> (issue, copy_ca), codes
CLIENTS = {
    "whole": (CLIENT, (False, False), []),
    "absent": (ClientFacts(), (True, True), ["missing"]),
    "certificate damaged": (CLIENT._replace(certificate=None, certificate_fault="x"), (True, False), ["unreadable"]),
    "key lost": (CLIENT._replace(has_key=False), (True, False), ["key_missing"]),
    "for servers": (CLIENT._replace(certificate=client_leaf(usages=("serverAuth",))), (True, False), ["usage_differs"]),
    "of another authority": (
        CLIENT._replace(certificate=client_leaf(issuer="client-authorities/ci")),
        (True, False),
        ["issuer_differs"],
    ),
    "renewal due": (CLIENT._replace(certificate=client_leaf(not_after=NOW + DAY)), (True, False), ["renew_window"]),
    "server authority replaced": (CLIENT._replace(ca="OLD"), (False, True), ["ca_differs"]),
    "copy of the server authority lost": (CLIENT._replace(ca=None), (False, True), ["ca_differs"]),
    "expired, and the server authority replaced": (
        CLIENT._replace(certificate=client_leaf(not_after=NOW), ca="OLD"),
        (True, True),
        ["expired", "ca_differs"],
    ),
}


@pytest.mark.parametrize(("found", "done", "reasons"), CLIENTS.values(), ids=CLIENTS)
def test_what_is_done_for_a_client(found, done, reasons):
    result = plan(desired(clients=[{"name": "alice"}]), snapshot(clients={"alice": found}), NOW)
    client = result.clients["alice"]
    assert (client.issue, client.copy_ca) == done
    assert codes(client.reasons) == reasons
    assert client.changed is result.changed is any(done)


NEXT = RequestFacts("NEXT", "next", key_type="EC-P256")
WAITING = {"next_request": NEXT, "has_next_key": True}
NEW_LEAF = Offered(client_leaf(pem="NEW", key_sha256="next", not_before=NOW))
DUE_LEAF = client_leaf(not_after=NOW + DAY)
# stored, offered, declared type -> what is done, the request that waits, codes
EXTERNAL = {
    "whole": (CLIENT, None, None, set(), "", []),
    "absent": (ClientFacts(ca=CA), None, None, {"make_key"}, "next-csr.pem", ["missing"]),
    "it waits": (ClientFacts(ca=CA, **WAITING), None, None, set(), "next-csr.pem", ["missing"]),
    "its request is damaged": (
        ClientFacts(ca=CA, next_request=NEXT._replace(fault="x"), has_next_key=True),
        None,
        None,
        {"make_key"},
        "next-csr.pem",
        ["missing"],
    ),
    "its key is lost": (ClientFacts(ca=CA, next_request=NEXT), None, None, {"make_key"}, "next-csr.pem", ["missing"]),
    "it comes": (
        ClientFacts(ca=CA, **WAITING),
        NEW_LEAF,
        None,
        {"certificate", "promote"},
        "",
        ["missing", "imported"],
    ),
    "renewal due": (
        CLIENT._replace(certificate=DUE_LEAF),
        None,
        None,
        {"make_key"},
        "next-csr.pem",
        ["renew_window"],
    ),
    "left by a killed import": (
        CLIENT._replace(certificate=DUE_LEAF, next_request=NEXT._replace(key_sha256="key"), has_next_key=True),
        None,
        None,
        {"make_key"},
        "next-csr.pem",
        ["renew_window"],
    ),
    "what waits is of the wrong type": (
        CLIENT._replace(**WAITING),
        None,
        "EC-P384",
        {"make_key"},
        "next-csr.pem",
        ["key_type_differs"],
    ),
    "signed again for the same key": (
        CLIENT,
        Offered(client_leaf(pem="NEW", not_before=NOW)),
        None,
        {"certificate"},
        "",
        ["imported"],
    ),
    "bad, and it waits": (
        ClientFacts(ca=CA, **WAITING),
        Offered(None, "nonsense"),
        None,
        set(),
        "next-csr.pem",
        ["missing"],
    ),
    "bad, and a good one is stored": (CLIENT, Offered(None, "nonsense"), None, set(), "", []),
    "the server authority differs": (CLIENT._replace(ca="OLD"), None, None, {"copy_ca"}, "", ["ca_differs"]),
}


@pytest.mark.parametrize(
    ("found", "offered", "key_type", "done", "pending", "reasons"), EXTERNAL.values(), ids=EXTERNAL
)
def test_what_is_done_for_a_client_that_another_signs(found, offered, key_type, done, pending, reasons):
    declared = desired(clients=[{"name": "alice", "key_type": key_type}], signer="external")
    offers = {"alice": offered} if offered else {}
    result = plan(declared, snapshot(clients={"alice": found}, offered_clients=offers), NOW)
    client = result.clients["alice"]
    flags = ("issue", "copy_ca", "certificate", "make_key", "promote")
    assert {flag for flag in flags if getattr(client, flag)} == done
    assert (client.pending, codes(client.reasons)) == (pending, reasons)
    assert bool(client.error) is bool(offered and offered.fault)
    assert client.changed is result.changed is bool(done)
    assert result.signing() == set()


@pytest.mark.parametrize(
    ("found", "key_type", "reasons"),
    [
        (CLIENT, "EC-P384", ["key_type_differs"]),
        (CLIENT, "EC-P256", []),
        (CLIENT._replace(certificate=client_leaf(weak_key="x")), None, ["weak"]),
        (CLIENT._replace(certificate=client_leaf(weak_signature="x")), None, ["weak"]),
        (
            CLIENT._replace(certificate=client_leaf(issuer="client-authorities/default/previous")),
            None,
            ["issuer_differs"],
        ),
    ],
)
def test_reasons_for_another_client_certificate(found, key_type, reasons):
    declared = desired(clients=[{"name": "alice", "key_type": key_type}])
    result = plan(declared, snapshot(clients={"alice": found}), NOW).clients["alice"]
    assert codes(result.reasons) == reasons
    assert result.issue is bool(reasons)


# stored clients -> those that are not declared and get a new ca.pem
COPIES = {
    "all have it": ({"robot": CLIENT}, ()),
    "one has not": ({"robot": CLIENT._replace(ca="OLD"), "other": CLIENT}, ("robot",)),
    "one lost it": ({"robot": CLIENT._replace(ca=None)}, ("robot",)),
    "one is declared": ({"alice": CLIENT._replace(ca="OLD")}, ()),
    "one is declared absent": ({"gone": CLIENT._replace(ca="OLD")}, ()),
    "others' files": ({"notes": ClientFacts()}, ()),
}


@pytest.mark.parametrize(("clients", "copies"), COPIES.values(), ids=COPIES)
def test_no_client_is_forgotten_while_the_server_authority_is_rotated(clients, copies):
    given = {"clients": [{"name": "alice"}, {"name": "gone", "state": "absent"}]}
    rotated = desired(**given, rotation=[{"authority": "server-authority", "phase": "begin"}])
    other = desired(**given, rotation=[{"authority": "client-authorities/default", "phase": "begin"}])
    assert plan(rotated, snapshot(clients=clients), NOW).copies == copies
    assert plan(other, snapshot(clients=clients), NOW).copies == ()
    assert plan(desired(**given), snapshot(clients=clients), NOW).copies == ()


@pytest.mark.parametrize(
    ("days", "left", "due"),
    [(90, 31, False), (90, 30, True), (7, 3, False), (7, 2, True), (30, 11, False), (30, 10, True)],
)
def test_short_lived_clients_are_renewed_in_their_last_third(days, left, due):
    found = CLIENT._replace(certificate=client_leaf(not_after=NOW + left * DAY))
    result = plan(desired(clients=[{"name": "alice", "valid_days": days}]), snapshot(clients={"alice": found}), NOW)
    assert result.clients["alice"].issue is due


def test_a_new_server_authority_reaches_the_clients():
    found = Authorities(None, authorities("default").clients)
    result = plan(desired(clients=[{"name": "alice"}]), snapshot(found, clients={"alice": CLIENT}), NOW)
    assert (result.clients["alice"].issue, result.clients["alice"].copy_ca) == (False, True)


@pytest.mark.parametrize(
    "given",
    [
        {"has_digest_key": False},
        {"mode_faults": (ModeFault("servers", 0o755, 0o700),)},
        {"remains": (Remains("servers/gone", ("cert.pem",)),)},
    ],
    ids=["digest key absent", "a mode grants too much", "a host to forget"],
)
def test_other_changes(given):
    assert plan(desired(), snapshot(**given), NOW).changed
    assert not plan(desired(), snapshot(), NOW).changed


@pytest.mark.parametrize(
    ("hosts", "clients", "labels"),
    [
        ({"one": STORED}, {"alice": CLIENT}, set()),
        ({"one": STORED._replace(certificate=None)}, {"alice": CLIENT}, {"server-authority"}),
        ({"one": STORED}, {"alice": CLIENT._replace(has_key=False)}, {"client-authorities/default"}),
        ({"one": STORED}, {"alice": CLIENT._replace(ca="OLD")}, set()),
    ],
)
def test_only_the_keys_that_sign_are_needed(hosts, clients, labels):
    declared = desired(hosts=[host()], clients=[{"name": "alice"}])
    assert plan(declared, snapshot(hosts=hosts, clients=clients), NOW).signing() == labels


def twin(vm_id="vm-other", key="key"):
    return HostFacts(vm_id, key)


CLONES = {
    "different keys": ([host("one"), host("two")], {"one": "a", "two": "b"}, {}, {}),
    "two present one key": (
        [host("one"), host("two"), host("three")],
        {"one": "a", "two": "a", "three": "b"},
        {},
        {"one": ["two"], "two": ["one"]},
    ),
    "three present one key": (
        [host("one"), host("two"), host("three")],
        {"one": "a", "two": "a", "three": "a"},
        {},
        {"one": ["three", "two"], "two": ["one", "three"], "three": ["one", "two"]},
    ),
    "presented and stored": (
        [host("one"), host("two")],
        {"two": "key"},
        {"one": STORED},
        {"one": ["two"], "two": ["one"]},
    ),
    "stored by a host that is not in this run": ([host("one")], {"one": "key"}, {"old": twin()}, {"one": ["old"]}),
    "its own earlier name": ([host("one")], {"one": "key"}, {"old": twin("VM-one")}, {}),
    "an earlier name, VM unknown there": ([host("one")], {"one": "key"}, {"old": twin(None)}, {"one": ["old"]}),
    "an earlier name, VM unknown here": (
        [host("one", vm_id=None)],
        {"one": "key"},
        {"old": twin()},
        {"one": ["old"]},
    ),
    "stored by a host that is declared absent": (
        [host("one"), host("old", state="absent")],
        {"one": "key"},
        {"old": twin()},
        {},
    ),
    "stored by a host that is declared absent, and by another": (
        [host("one"), host("old", state="absent")],
        {"one": "key"},
        {"old": twin(), "older": twin()},
        {"one": ["older"]},
    ),
    "somebody else's other key": ([host("one")], {"one": "key"}, {"old": twin(key="b")}, {}),
    "two without any key": ([host("one"), host("two")], {}, {}, {}),
    "the old key of a VM that was made anew": (
        [host("one", vm_id="vm-2"), host("two")],
        {"two": "key"},
        {"one": STORED},
        {},
    ),
}


@pytest.mark.parametrize(("hosts", "presented", "stored", "found"), CLONES.values(), ids=CLONES)
def test_clones(hosts, presented, stored, found):
    requests = {name: RequestFacts("CSR", key) for name, key in presented.items()}
    assert clones(desired(hosts=hosts), snapshot(hosts=stored, presented=requests)) == found


def test_only_the_clones_fail():
    requests = {name: RequestFacts("CSR", key) for name, key in {"one": "a", "two": "a", "three": "b"}.items()}
    declared = desired(hosts=[host("one"), host("two"), host("three")])
    hosts = plan(declared, snapshot(presented=requests), NOW).hosts
    assert {name for name, result in hosts.items() if result.error} == {"one", "two"}
    assert "one comes with the same public key as two" in hosts["one"].error
    assert "two comes with the same public key as one" in hosts["two"].error
    assert [hosts[name].changed for name in ("one", "two", "three")] == [False, False, True]


def test_the_options_of_a_host_are_blamed_before_its_key():
    requests = {name: RequestFacts("CSR", "a") for name in ("one", "two")}
    declared = desired(hosts=[host("one", ip_addresses=["ten"]), host("two")])
    hosts = plan(declared, snapshot(presented=requests), NOW).hosts
    assert "'ten' in ip_addresses" in hosts["one"].error
    assert "same public key as one" in hosts["two"].error
