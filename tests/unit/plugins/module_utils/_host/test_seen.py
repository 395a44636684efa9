# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import ssl

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import keys
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
    VM,
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
        "certificate": SERVING["tls"]["certificate"],
        "findings": [],
        "restart_pending": None,
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


def test_fingerprints():
    assert keys.fingerprints("") == []
    assert keys.fingerprints("no PEM") == []
    text = "# a comment\n%s\n\n%s" % (AUTHORITY, LEAF.replace("\n", "\r\n"))
    assert keys.fingerprints(text) == [sha256(AUTHORITY), sha256(LEAF)]


def test_sha256_of_a_broken_pem():
    broken = AUTHORITY.replace("MII", "MI", 1)
    body = broken.partition("CERTIFICATE-----")[2].partition("-----END")[0]
    itself = hashlib.sha256(body.encode("ascii")).hexdigest()
    assert keys.fingerprints(broken) == [itself]
    assert keys.fingerprints(LEAF + broken + AUTHORITY) == [sha256(LEAF), itself, sha256(AUTHORITY)]
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
    assert seen.trusts(seen.Seen(vm(), sent=sent)) == expected


def test_what_the_program_said_last_counts_more():
    said_so = {"server_authority_sha256": "cd" * 32, "client_authority_sha256s": []}
    report = {"vm_id": VM_ID, "trusts": said_so}
    assert seen.trusts(seen.Seen(vm(), sent=OURS, report=report)) == said_so
    assert seen.trusts(seen.Seen(vm(), report={**report, "vm_id": "another"})) == {}


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


OURS_EXTENSION, FOREIGN = extension(STATE), extension(tag=None, settings={"commandToExecute": "x"})
HANDLER = "Microsoft.CPlat.Core.RunCommandHandlerLinux"
COMMAND_ID = VM + "/runCommands/" + NAME
OUR_COMMAND = {"name": NAME, "properties": {"source": {"script": bundle.build(STATE)}}}
THEIR_COMMAND = {"name": NAME, "properties": {"source": {"script": "echo"}}}

# declared carrier, extension, handlers that the agent tells of, run command, (carrier, whose it is), requests
FOUND = {
    "the declared extension": ("custom_script", OURS_EXTENSION, [HANDLER], None, ("custom_script", True), 1),
    "a new VM": ("custom_script", None, [], None, ("custom_script", False), 1),
    "a new VM whose agent is silent": ("custom_script", None, None, None, ("custom_script", False), 2),
    "somebody else's run commands": ("custom_script", None, [HANDLER], THEIR_COMMAND, ("custom_script", False), 2),
    "somebody else's extension": ("custom_script", FOREIGN, ["A.B"], None, ("custom_script", False), 1),
    "changed to the extension": ("custom_script", None, [HANDLER.upper()], OUR_COMMAND, ("run_command", True), 2),
    "changed, beside an extension": ("custom_script", FOREIGN, [HANDLER], OUR_COMMAND, ("run_command", True), 2),
    "the declared run command": ("run_command", None, [HANDLER], OUR_COMMAND, ("run_command", True), 2),
    "a new VM for run commands": ("run_command", None, [], None, ("run_command", False), 2),
    "changed to the run command": ("run_command", OURS_EXTENSION, [], None, ("custom_script", True), 2),
    "changed, and not yet withdrawn": ("run_command", OURS_EXTENSION, [HANDLER], OUR_COMMAND, ("run_command", True), 2),
    "auto, the extension": ("auto", OURS_EXTENSION, [HANDLER], OUR_COMMAND, ("custom_script", True), 1),
    "auto, the run command": ("auto", None, [], OUR_COMMAND, ("run_command", True), 2),
    "auto, nothing": ("auto", None, [], None, ("custom_script", False), 2),
    "auto, the slot is taken": ("auto", FOREIGN, [], None, ("run_command", False), 2),
}


@pytest.mark.parametrize("name", FOUND)
def test_find_what_is_there_whatever_is_declared(name):
    declared, there, handlers, command, expected, requests = FOUND[name]
    told = {} if handlers is None else {"extensionHandlers": [{"type": handler} for handler in handlers]}
    document = vm(*([there] if there else []), agent={**machines.READY, **told})
    session = Session({VM: document, COMMAND_ID: command})
    found = seen.find(session, VM, declared, NAME)
    assert (found.carrier, found.sent is not None) == expected
    assert session.asked == [VM, COMMAND_ID][:requests]


def test_find_no_vm():
    session = Session({})
    assert seen.find(session, VM, "run_command", NAME).vm is None
    assert session.asked == [VM]
