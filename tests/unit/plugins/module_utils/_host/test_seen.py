# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import ssl

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle, seen

from .._extension import machines
from .documents import (
    AUTHORITY,
    LEAF,
    NAME,
    NIC,
    PUBLIC_ADDRESS,
    REPORT,
    SERVING,
    STATE,
    TLS,
    VM_ID,
    configuration,
    extension,
    interface,
    said,
    vm,
)

OURS = bundle.Bundle(bundle.digest(), STATE)
THEIRS = machines.extension(NAME, settings={"script": "ZWNobwo="})


def sha256(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


# VM, (name of the extension, what was sent, whether it is foreign, whether it is sealed, the report)
JUDGED = {
    "no VM": (None, (None, None, False, False, None)),
    "no extension": (vm(), (None, None, False, False, None)),
    "another handler": (vm(machines.extension("x", "P", "T"), views=[said(REPORT)]), (None, None, False, False, None)),
    "ours, never ran": (vm(extension(STATE)), (NAME, OURS, False, False, None)),
    "ours": (vm(extension(STATE), views=[said(REPORT)]), (NAME, OURS, False, False, REPORT)),
    "ours, by another name": (
        vm(extension(STATE, name="x"), views=[{**said(REPORT), "name": "x"}]),
        ("x", OURS, False, False, REPORT),
    ),
    "ours, nothing reported": (vm(extension(STATE), views=[said()]), (NAME, OURS, False, False, None)),
    "ours, its view in the extension": (
        vm(extension(STATE, instanceView=said(REPORT))),
        (NAME, OURS, False, False, REPORT),
    ),
    "sealed": (vm(extension(), views=[said(REPORT)]), (NAME, None, False, True, REPORT)),
    "sealed and refused": (
        vm(extension(), views=[said(stderr="bulwark.azure_docker: no", state="failed")]),
        (NAME, None, False, True, None),
    ),
    "sealed, without settings": (
        vm(extension(settings=None), views=[said(REPORT)]),
        (NAME, None, False, True, REPORT),
    ),
    "sealed, never ran": (vm(extension(tag="bulwark1:" + "0" * 16)), (NAME, None, False, True, None)),
    "sealed without a digest key, never ran": (
        vm(extension(tag="bulwark1:unkeyed:1a")),
        (NAME, None, False, True, None),
    ),
    "theirs, sealed, never ran": (vm(extension(tag=None)), (NAME, None, True, False, None)),
    "theirs, sealed with a tag, never ran": (vm(extension(tag="1")), (NAME, None, True, False, None)),
    "theirs, sealed with our tag, says something else": (
        vm(extension(tag="bulwark1:" + "0" * 16), views=[said(stderr="hello")]),
        (NAME, None, True, False, None),
    ),
    "theirs, a public command with our tag, never ran": (
        vm(extension(tag="bulwark1:" + "0" * 16, settings={"commandToExecute": "x"})),
        (NAME, None, True, False, None),
    ),
    "theirs": (vm(THEIRS, views=[said()]), (NAME, None, True, False, None)),
    "theirs, and speaks our words": (vm(THEIRS, views=[said(REPORT)]), (NAME, None, True, False, None)),
    "theirs, a public command that speaks our words": (
        vm(extension(settings={"commandToExecute": "x"}), views=[said(REPORT)]),
        (NAME, None, True, False, None),
    ),
    "theirs, sealed": (vm(extension(), views=[said(stderr="hello")]), (NAME, None, True, False, None)),
}


@pytest.mark.parametrize("name", JUDGED)
def test_judge(name):
    document, expected = JUDGED[name]
    found = seen.judge(document)
    assert found.vm is document
    assert ((found.extension or {}).get("name"), found.sent, found.is_foreign, found.sealed, found.report) == expected
    assert found.vm_id == (None if document is None else VM_ID)


def test_describe_a_host():
    document = vm(extension(SERVING), views=[said({**REPORT, "state": "serving"})])
    assert seen.describe(seen.judge(document)) == {
        "exists": True,
        "vm_id": VM_ID,
        "power_state": "running",
        "agent": "ready",
        "carrier": "custom_script",
        "extension": NAME,
        "run_command": None,
        "provisioning_state": "Succeeded",
        "is_foreign": False,
        "state": "serving",
        "engine_version": "26.1.5+dfsg1-9",
        "os": "debian 13",
        "csr": "CSR",
        "ssh_host_keys": ["ssh-ed25519 AAAAC3"],
        "trusts": {"server_authority_sha256": "ab" * 32, "client_authority_sha256s": [sha256(AUTHORITY)]},
    }


@pytest.mark.parametrize("document", [None, vm(power="deallocated", agent=None)])
def test_describe_what_has_nothing_to_say(document):
    described = seen.describe(seen.judge(document))
    there = {"carrier"} | ({"exists", "vm_id", "power_state", "agent"} if document else set())
    assert {name for name, value in described.items() if value} == there
    assert (described["ssh_host_keys"], described["trusts"], described["is_foreign"]) == ([], {}, False)


@pytest.mark.parametrize(("vm_id", "csr"), [(VM_ID, "CSR"), ("vm-2", None)])
def test_a_request_of_another_vm_is_not_handed_on(vm_id, csr):
    document = vm(extension(STATE), views=[said(REPORT)], vm_id=vm_id)
    assert seen.describe(seen.judge(document))["csr"] == csr


def test_sha256_of_pem():
    assert seen.sha256_of_pem("") == []
    assert seen.sha256_of_pem("no PEM") == []
    text = "# a comment\n%s\n\n%s" % (AUTHORITY, LEAF.replace("\n", "\r\n"))
    assert seen.sha256_of_pem(text) == [sha256(AUTHORITY), sha256(LEAF)]


def test_sha256_of_a_broken_pem():
    broken = AUTHORITY.replace("MII", "MI", 1)
    body = broken.partition("CERTIFICATE-----")[2].partition("-----END")[0]
    itself = hashlib.sha256(body.encode("ascii")).hexdigest()
    assert seen.sha256_of_pem(broken) == [itself]
    assert seen.sha256_of_pem(LEAF + broken + AUTHORITY) == [sha256(LEAF), itself, sha256(AUTHORITY)]
    assert itself != sha256(AUTHORITY)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, {}),
        (OURS, {}),
        (bundle.Bundle("0", {}), {}),
        (
            bundle.Bundle("0", {"tls": {**TLS, "client_authorities": AUTHORITY + LEAF}}),
            {"server_authority_sha256": "ab" * 32, "client_authority_sha256s": [sha256(AUTHORITY), sha256(LEAF)]},
        ),
        (
            bundle.Bundle("0", {"tls": {"server_authority_sha256": "", "certificate": LEAF}}),
            {"server_authority_sha256": None, "client_authority_sha256s": []},
        ),
    ],
)
def test_trusts(sent, expected):
    assert seen.trusts(sent) == expected


class Session:
    """Answers from a table, and keeps what it was asked for."""

    def __init__(self, documents):
        self.documents = documents
        self.asked = []

    def get(self, resource_id, expand=None):
        self.asked.append(resource_id)
        return self.documents.get(resource_id)


SECOND = NIC.replace("nic1", "nic2")
PUBLIC = {"properties": {"ipAddress": "20.1.2.3"}}
ONE, TWO = configuration("10.0.0.4"), configuration("10.0.0.5")


def networked(*interfaces):
    return {"properties": {"networkProfile": {"networkInterfaces": list(interfaces)}}}


# VM, documents of the network, (private address, public address), requests
ADDRESSES = {
    "no network": ({}, {}, (None, None), 0),
    "no interface": (networked(), {}, (None, None), 0),
    "an interface that is gone": (networked({"id": NIC}), {}, (None, None), 1),
    "private": (networked({"id": NIC}), {NIC: interface(ONE)}, ("10.0.0.4", None), 1),
    "private and public": (
        networked({"id": NIC}),
        {NIC: interface(configuration("10.0.0.4", PUBLIC_ADDRESS)), PUBLIC_ADDRESS: PUBLIC},
        ("10.0.0.4", "20.1.2.3"),
        2,
    ),
    "a public address that is gone": (
        networked({"id": NIC}),
        {NIC: interface(configuration("10.0.0.4", PUBLIC_ADDRESS))},
        ("10.0.0.4", None),
        2,
    ),
    "the primary interface": (
        networked({"id": NIC, "properties": {"primary": False}}, {"id": SECOND, "properties": {"primary": True}}),
        {NIC: interface(ONE), SECOND: interface(TWO)},
        ("10.0.0.5", None),
        1,
    ),
    "no primary interface": (
        networked({"id": NIC}, {"id": SECOND, "properties": None}),
        {NIC: interface(ONE), SECOND: interface(TWO)},
        ("10.0.0.4", None),
        1,
    ),
    "the primary configuration": (
        networked({"id": NIC}),
        {NIC: interface(ONE, configuration("10.0.0.5", primary=True))},
        ("10.0.0.5", None),
        1,
    ),
    "no primary configuration": (networked({"id": NIC}), {NIC: interface(ONE, TWO)}, ("10.0.0.4", None), 1),
    "the primary configuration first": (
        networked({"id": NIC}),
        {NIC: interface(configuration("10.0.0.5", primary=True), ONE)},
        ("10.0.0.5", None),
        1,
    ),
    "the primary configuration has no public address": (
        networked({"id": NIC}),
        {
            NIC: interface(configuration("10.0.0.4", PUBLIC_ADDRESS), configuration("10.0.0.5", primary=True)),
            PUBLIC_ADDRESS: PUBLIC,
        },
        ("10.0.0.5", None),
        2,
    ),
    "an interface without configurations": (networked({"id": NIC}), {NIC: {"properties": {}}}, (None, None), 1),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses(name):
    document, documents, (private, public), requests = ADDRESSES[name]
    session = Session(documents)
    assert seen.addresses(session, document) == {"private_address": private, "public_address": public}
    assert len(session.asked) == requests
