# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a step of a rotation waits for."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    Authorities,
    ClientFacts,
    HostFacts,
    Offered,
    Snapshot,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.options import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import rotate
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation_checks import check
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import (
    NOW,
    authority,
    client_leaf,
    host,
    leaf,
    options,
)

SERVER = "server-authority"
CI = "client-authorities/ci"


def pair(label):
    """(an authority whose rotation is begun, the same one switched). Fingerprints: c0, its successor's c1."""
    steady = authority(label, sha256="c0", pem="PRESENT")
    successor = authority(label + "/next", sha256="c1", pem="NEXT")
    switched = authority(label, sha256="c1", pem="NEXT")._replace(previous=steady.certificate)
    return steady._replace(next=successor), switched


BEGUN, SWITCHED = pair(CI)
SERVER_BEGUN, SERVER_SWITCHED = pair(SERVER)
ENROLLED = HostFacts("vm-one", "key", None, leaf())


def checked(found, phase, stored=None, stored_clients=None, offered=None, **given):
    """The phases that are possible now. Failure when somebody would be cut off."""
    rotation = [{"authority": found.label, "phase": phase}]
    wanted = parse(options("/unused", client_authorities=["ci"], rotation=rotation, **given))
    is_server = found.label == SERVER
    every = Authorities(found if is_server else authority(), {} if is_server else {"ci": found})
    result = rotate(wanted, every, NOW)
    snapshot = Snapshot(result.authorities, stored or {}, stored_clients or {}, {}, offered_hosts=offered or {})
    check(wanted, result, snapshot, NOW)
    return [step.phase for step in result.steps]


def refused(who, names, *arguments, **given):
    with pytest.raises(Failure) as caught:
        checked(*arguments, **given)
    assert caught.value.code == "RotationRefused"
    assert "would cut off %d %s(s): %s. Nothing was written" % (len(names), who, ", ".join(names)) in str(caught.value)
    assert [detail["message"].split()[1].rstrip(":") for detail in caught.value.details] == names
    assert "Then call phase %s again" % arguments[1] in caught.value.hint
    return caught.value


def told(name="one", clients=(), server=None):
    return {"host": name, "server_authority_sha256": server, "client_authority_sha256s": list(clients)}


BOTH = ["c0", "c1"]
# what hosts are told, stored hosts, hosts of the call -> hosts that would be cut off
SWITCH = {
    "all trust the successor": ([told(clients=BOTH)], {"one": ENROLLED}, [], []),
    "nobody is enrolled": ([], {}, [], []),
    "one does not trust it": ([told(clients=["c0"])], {"one": ENROLLED}, [], ["one"]),
    "nothing is known of one": ([], {"one": ENROLLED}, [], ["one"]),
    "one of two": ([told(clients=BOTH), told("two", ["c0"])], {"one": ENROLLED, "two": ENROLLED}, [], ["two"]),
    "one that is not in this run": ([told(clients=BOTH)], {"one": ENROLLED, "two": ENROLLED}, [host()], ["two"]),
    "told twice, once without": ([told(clients=BOTH), told(clients=["c0"])], {"one": ENROLLED}, [], ["one"]),
    "its certificate has expired": ([], {"one": ENROLLED._replace(certificate=leaf(not_after=NOW))}, [], []),
    "it has no certificate": ([], {"one": HostFacts("vm-one", "key")}, [], []),
    "it is declared absent": ([], {"one": ENROLLED}, [host(state="absent")], []),
    "its VM is new": ([], {"one": ENROLLED}, [host(vm_id="vm-2")], []),
}


@pytest.mark.parametrize(("trusted", "stored", "hosts", "missing"), SWITCH.values(), ids=SWITCH)
def test_a_client_authority_is_switched_when_all_hosts_trust_the_successor(trusted, stored, hosts, missing):
    given = {"stored": stored, "hosts": hosts, "trusted_authorities": trusted}
    if missing:
        failure = refused("host", missing, BEGUN, "switch", **given)
        assert "not known to trust the successor c1" in failure.details[0]["message"]
        assert "role docker_engine" in failure.hint
    else:
        assert checked(BEGUN, "switch", **given) == ["switch"]


def test_the_refusal_of_a_fleet_stays_readable():
    stored = {"host-%03d" % number: ENROLLED for number in range(500)}
    with pytest.raises(Failure) as caught:
        checked(BEGUN, "switch", stored=stored)
    assert "would cut off 500 host(s)" in str(caught.value)
    assert "host-009 and 490 more" in str(caught.value)
    assert len(caught.value.details) == 10


def client(**given):
    return ClientFacts(**{"ca": "PRESENTNEXT", "certificate": client_leaf(), "has_key": True, **given})


# stored clients, clients of the call -> clients that would be cut off
SERVER_SWITCH = {
    "all have it": ({"alice": client(), "bob": client()}, [], []),
    "one has not": ({"alice": client(), "bob": client(ca="PRESENT")}, [], ["bob"]),
    "one lost its file": ({"alice": client(ca=None)}, [], ["alice"]),
    "one is declared absent": ({"alice": client(ca="PRESENT")}, [{"name": "alice", "state": "absent"}], []),
    "others' files": ({"notes": ClientFacts()}, [], []),
    "no clients": ({}, [], []),
}


@pytest.mark.parametrize(("clients", "declared", "missing"), SERVER_SWITCH.values(), ids=SERVER_SWITCH)
def test_the_server_authority_is_switched_when_all_clients_trust_the_successor(clients, declared, missing):
    # Hosts need not know: they show a certificate, they do not judge one.
    given = {"stored": {"one": ENROLLED}, "stored_clients": clients, "clients": declared}
    if missing:
        failure = refused("client", missing, SERVER_BEGUN, "switch", **given)
        assert "phase begin again" in failure.hint
    else:
        assert checked(SERVER_BEGUN, "switch", **given) == ["switch"]


OF_OLD = leaf(issuer="server-authority/previous")
NEW = [told(server="c1")]
# what hosts are told, stored hosts, certificates found on hosts -> hosts that would be cut off, and why
FINISH = {
    "all serve by the new one": (NEW, {"one": ENROLLED}, {}, [], ""),
    "found there as well": (NEW, {"one": ENROLLED}, {"one": Offered(leaf())}, [], ""),
    "told of the new one with the old certificate": (
        NEW,
        {"one": ENROLLED},
        {"one": Offered(OF_OLD)},
        ["one"],
        "found on it is not of the present signer",
    ),
    "stored certificate of the old one": (
        NEW,
        {"one": ENROLLED._replace(certificate=OF_OLD)},
        {},
        ["one"],
        "its stored certificate is not of the present signer",
    ),
    "told of the old one": ([told(server="c0")], {"one": ENROLLED}, {}, ["one"], "not known to serve by"),
    "nothing is known": ([], {"one": ENROLLED}, {}, ["one"], "not known to serve by"),
    "told of none": ([told()], {"one": ENROLLED}, {}, ["one"], "not known to serve by"),
    "expired": ([], {"one": ENROLLED._replace(certificate=leaf(not_after=NOW))}, {}, [], ""),
}


@pytest.mark.parametrize(("trusted", "stored", "offered", "missing", "why"), FINISH.values(), ids=FINISH)
def test_the_server_authority_is_finished_when_all_hosts_serve_by_it(trusted, stored, offered, missing, why):
    given = {"stored": stored, "offered": offered, "trusted_authorities": trusted}
    if missing:
        failure = refused("host", missing, SERVER_SWITCHED, "finish", **given)
        assert why in failure.details[0]["message"]
    else:
        assert checked(SERVER_SWITCHED, "finish", **given) == ["finish"]


PREVIOUS = client_leaf(issuer=CI + "/previous")
# stored clients -> clients that would be cut off
CLIENT_FINISH = {
    "all are of the new one": ({"alice": client(certificate=client_leaf(issuer=CI))}, []),
    "one is of the old one": ({"alice": client(certificate=PREVIOUS)}, ["alice"]),
    "it has expired": ({"alice": client(certificate=PREVIOUS._replace(not_after=NOW))}, []),
    "of another authority": ({"alice": client(certificate=client_leaf(issuer="client-authorities/x/previous"))}, []),
    "no certificate": ({"alice": client(certificate=None)}, []),
}


@pytest.mark.parametrize(("clients", "missing"), CLIENT_FINISH.values(), ids=CLIENT_FINISH)
def test_a_client_authority_is_finished_when_no_client_is_of_the_old_one(clients, missing):
    stored = {"one": ENROLLED}
    if missing:
        failure = refused("client", missing, SWITCHED, "finish", stored=stored, stored_clients=clients)
        assert "declare clients that are gone absent" in failure.hint
    else:
        assert checked(SWITCHED, "finish", stored=stored, stored_clients=clients) == ["finish"]


@pytest.mark.parametrize("phase", ["begin", "cancel"])
def test_other_phases_wait_for_nobody(phase):
    expected = {"begin": [], "cancel": ["cancel"]}[phase]
    assert checked(BEGUN, phase, stored={"one": ENROLLED}) == expected


def test_a_switch_that_was_begun_goes_on_without_asking_again():
    half = BEGUN._replace(previous=BEGUN.certificate)
    assert checked(half, "switch", stored={"one": ENROLLED}) == ["switch"]
