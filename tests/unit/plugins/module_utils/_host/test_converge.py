# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host from declaration to result, with the real session on a scripted network."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle, desired, host

from .._azure.wire import ASYNC, VM, Reply, Wire, absent, error, make_session
from .._engine.material import new_key
from .._extension import machines
from .documents import (
    ENROL,
    ID,
    NAME,
    NIC,
    PUBLIC_ADDRESS,
    REPORT,
    SERVE,
    SERVING,
    SITE,
    STATE,
    SUCCEEDED,
    VM_ID,
    configuration,
    extension,
    got,
    interface,
    put,
    said,
    script,
    vm,
)

ENROLLED = vm(extension(STATE), views=[said(REPORT)])
SERVES = vm(extension(SERVING), views=[said({**REPORT, "state": "serving"})])
NETWORK = got(interface(), NIC)
KEY = new_key()[1]
SEALED = dataclasses.replace(SITE, digest_key="planted-key-S3cret")
BROUGHT = dataclasses.replace(SERVE, key=KEY)
LINES = KEY.splitlines()[1:-1]


def run(wire, declared=ENROL, site=SITE, check=False):
    return host.converge(make_session(wire), declared, site, check)


def told(result):
    return result["changed"], result["action"], result["reasons"]


def test_enrolment():
    wire = Wire(got(vm()), NETWORK, *put(), got(ENROLLED))
    result = run(wire)
    assert [sent.method for sent in wire.sent] == ["GET", "GET", "PUT", "GET", "GET", "GET", "GET"]
    assert wire.replies == []
    sent = wire.only("PUT")
    assert sent.path == ID
    settings = sent.body["properties"]["settings"]
    assert bundle.decode(settings.pop("script")) == bundle.Bundle(bundle.digest(), STATE)
    assert settings == {"skipDos2Unix": True}
    assert sent.body["properties"]["forceUpdateTag"] == "bulwark1:none"
    assert "protectedSettings" not in sent.body["properties"]
    assert told(result) == (True, "create", ["absent"])
    assert (result["before"], result["after"], result["warnings"]) == ({}, STATE, [])
    assert (result["state"], result["csr"], result["vm_id"]) == ("enrolled", "CSR", VM_ID)
    assert (result["extension"], result["is_foreign"], result["exists"]) == (NAME, False, True)


@pytest.mark.parametrize(("declared", "document"), [(ENROL, ENROLLED), (SERVE, SERVES)])
def test_the_second_run_sends_nothing(declared, document):
    wire = Wire(got(document), NETWORK)
    result = run(wire, declared)
    assert wire.calls() == ["GET " + VM, "GET " + NIC]
    assert told(result) == (False, "none", [])
    assert (result["before"], result["after"]) == ({}, {})


def test_a_declared_address_is_not_looked_up():
    wire = Wire(got(ENROLLED))
    assert run(wire, dataclasses.replace(ENROL, address="10.0.0.4"))["changed"] is False
    assert len(wire.sent) == 1


def test_the_leaf_has_come():
    wire = Wire(got(ENROLLED), NETWORK, *put(status=200), got(SERVES))
    result = run(wire, SERVE)
    assert told(result) == (True, "update", ["tls differs"])
    assert (result["before"], result["after"], result["state"]) == (STATE, SERVING, "serving")
    assert result["trusts"]["server_authority_sha256"] == "ab" * 32


# what is declared, VM, reasons
DRIFT = {
    "another program": (
        ENROL,
        vm(extension(settings={"skipDos2Unix": True, "script": script(STATE, "0" * 64)}), views=[said(REPORT)]),
        ["the engine program is another version"],
    ),
    "another address": (
        dataclasses.replace(ENROL, address="10.0.0.5"),
        ENROLLED,
        ["address differs"],
    ),
    "re-imaged": (
        SERVE,
        vm(extension(SERVING), views=[said(REPORT)], vm_id="vm-2"),
        ["tls differs", "vm_id differs"],
    ),
    "failed": (
        ENROL,
        vm(extension(STATE), views=[said(stderr="bulwark.azure_docker: no space", state="failed")]),
        ["Failed: Enable failed: \n[stdout]\n\n[stderr]\nbulwark.azure_docker: no space"],
    ),
    "found changed inside": (
        dataclasses.replace(ENROL, repair=True),
        ENROLLED,
        ["what looks inside found it changed"],
    ),
    "sealed before": (
        ENROL,
        vm(extension(tag="bulwark1:" + "0" * 16), views=[said(REPORT)]),
        ["protected settings differ"],
    ),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_told_in_check_mode_and_corrected_without(name):
    declared, document, reasons = DRIFT[name]
    network = [] if declared.address else [NETWORK]
    wire = Wire(got(document), *network)
    checked = run(wire, declared, check=True)
    assert {sent.method for sent in wire.sent} == {"GET"}
    wire = Wire(got(document), *network, *put(status=200), got(ENROLLED))
    done = run(wire, declared)
    assert told(done) == told(checked) == (True, "update", reasons)
    assert (done["before"], done["after"]) == (checked["before"], checked["after"])
    assert wire.only("PUT").path == ID
    assert wire.replies == []


# what somebody changed in a script of ours, its marker where it was
TAMPERED = {
    "a line before the program": ("set -eu\n", "set -eu\ntouch /tmp/x\n"),
    "a byte of the program": ("UEsDB", "VEsDB"),
    "a line after the program": ("\nEND-OF-DESIRED-STATE\n", "\nEND-OF-DESIRED-STATE\ntouch /tmp/x\n"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_script_that_was_tampered_with_is_sent_again(name):
    text = bundle.build(STATE).replace(*TAMPERED[name], 1)
    assert text != bundle.build(STATE), "the control: it was tampered with"
    settings = {"skipDos2Unix": True, "script": bundle.encoded(text)}
    document = vm(extension(settings=settings), views=[said(REPORT)])
    assert told(run(Wire(got(document), NETWORK), check=True)) == (
        True,
        "update",
        ["the engine program is another version"],
    )
    wire = Wire(got(document), NETWORK, *put(status=200), got(ENROLLED))
    assert told(run(wire)) == (True, "update", ["the engine program is another version"])
    assert wire.only("PUT").body["properties"]["settings"] == {"skipDos2Unix": True, "script": script(STATE)}


@pytest.mark.parametrize("name", ["failed", "found changed inside"])
def test_a_program_that_must_run_again_gets_another_tag(name):
    declared, document, _reasons = DRIFT[name]
    tags = set()
    for _turn in range(2):
        wire = Wire(got(document), NETWORK, *put(status=200), got(ENROLLED))
        run(wire, declared)
        properties = wire.only("PUT").body["properties"]
        assert properties["settings"]["script"] == script(STATE)
        tags.add(properties["forceUpdateTag"])
    assert len(tags) == 2
    assert all(tag.startswith("bulwark1:none:") for tag in tags)


def test_check_mode_before_anything_is_there():
    wire = Wire(got(vm(agent=None)), NETWORK)
    result = run(wire, check=True)
    assert told(result) == (True, "create", ["absent"])
    assert result["after"] == STATE
    assert (result["extension"], result["csr"], result["state"]) == (None, None, None), "nothing is claimed yet"
    [warning] = result["warnings"]
    assert "has never reported" in warning
    assert {sent.method for sent in wire.sent} == {"GET"}


# VM, code
REFUSED = {
    "no VM": (None, "VMNotFound"),
    "the slot is taken": (
        vm(machines.extension("theirs", settings={"commandToExecute": "x"})),
        "CustomScriptSlotTaken",
    ),
    "stopped": (vm(power="deallocated"), "VMNotRunning"),
    "another handler has our name": (vm(machines.extension(NAME, "P", "T")), "HandlerDiffers"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_sent(name, check):
    document, code = REFUSED[name]
    wire = Wire(got(document) if document else absent("GET", VM), NETWORK)
    with pytest.raises(Failure) as caught:
        run(wire, check=check)
    assert caught.value.code == code
    assert {sent.method for sent in wire.sent} == {"GET"}


NOWHERE = {"id": NIC, "properties": {"ipConfigurations": []}}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("document", [NOWHERE, interface(configuration("")), interface(configuration(None))])
def test_no_address_is_refused_before_anything_is_sent(document, check):
    wire = Wire(got(vm()), got(document, NIC))
    with pytest.raises(Failure) as caught:
        run(wire, check=check)
    assert caught.value.code == "NoPrivateAddress"
    assert caught.value.message == (
        "The VM %s has no private address on its primary network interface, expected one to listen on." % VM
    )
    assert "Give address" in caught.value.text()
    assert wire.calls() == ["GET " + VM, "GET " + NIC]


def test_a_stopped_vm_without_drift_is_fine():
    stopped = vm(extension(STATE), views=[said(REPORT)], power="deallocated")
    assert run(Wire(got(stopped), NETWORK))["changed"] is False


def hidden(text):
    """No line of the private key, in clear or in the base64 of the script, is in a text."""
    assert not any(line in text for line in LINES)
    assert script(desired.desired_state(BROUGHT, SITE, VM_ID, "10.0.0.4")) not in text
    return True


def test_a_key_travels_in_protected_settings_only():
    wire = Wire(got(vm()), NETWORK, *put(), got(vm(extension(), views=[said({**REPORT, "state": "serving"})])))
    result = run(wire, BROUGHT, SEALED)
    properties = wire.only("PUT").body["properties"]
    protected = properties.pop("protectedSettings")
    assert bundle.decode(protected["script"]).desired["tls"]["key"] == KEY, "the control: the key was sent"
    assert properties["settings"] == {"skipDos2Unix": True}
    assert hidden(repr(properties)) and hidden(repr(result)) and "S3cret" not in repr(result)
    assert result["after"] == SERVING
    assert told(result) == (True, "create", ["absent"])

    sealed = extension(tag=properties["forceUpdateTag"])
    wire = Wire(got(vm(sealed, views=[said({**REPORT, "state": "serving"})])), NETWORK)
    again = run(wire, BROUGHT, SEALED)
    assert told(again) == (False, "none", [])
    assert (again["state"], again["is_foreign"]) == ("serving", False)

    other = dataclasses.replace(BROUGHT, key=new_key()[1])
    wire = Wire(got(vm(sealed, views=[said(REPORT)])), NETWORK)
    assert told(run(wire, other, SEALED, check=True)) == (True, "update", ["protected settings differ"])


def test_a_key_that_was_public_before_is_sealed():
    wire = Wire(got(SERVES), NETWORK, *put(status=200), got(SERVES))
    result = run(wire, BROUGHT, SEALED)
    properties = wire.only("PUT").body["properties"]
    assert properties["settings"] == {"skipDos2Unix": True}
    assert "script" in properties["protectedSettings"]
    assert result["reasons"] == ["protected settings differ", "tls differs"]
    assert hidden(repr(result))


def test_no_failure_tells_a_key():
    sent = script(desired.desired_state(BROUGHT, SITE, VM_ID, "10.0.0.4"))
    text = "VM has reported a failure: sh -c %s" % sent
    wire = Wire(
        got(vm()),
        NETWORK,
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED._replace(body={"status": "Failed", **error("VMExtensionProvisioningError", text)}),
        got(extension(provisioningState="Failed", instanceView=said(stderr=sent, state="failed")), ID),
    )
    with pytest.raises(Failure) as caught:
        run(wire, BROUGHT, SEALED)
    assert sent in repr(wire.sent), "the control: the key was sent"
    failure = caught.value
    assert failure.code == "VMExtensionProvisioningError"
    assert hidden(failure.text() + repr(failure.as_error()) + repr(failure.__cause__))
    assert "S3cret" not in failure.text()


# who quotes the key in clear, the answers of Azure
QUOTES = {
    "operation": [
        got(vm()),
        NETWORK,
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED._replace(body={"status": "Failed", **error("VMExtensionProvisioningError", "ran with " + KEY)}),
        got(extension(provisioningState="Failed"), ID),
    ],
    "status": [
        got(vm()),
        NETWORK,
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED._replace(body={"status": "Failed", **error("VMExtensionProvisioningError", "exit status=1")}),
        got(extension(provisioningState="Failed", instanceView=said(stderr=KEY, state="failed")), ID),
    ],
    "a refused PUT": [
        got(vm()),
        NETWORK,
        Reply("PUT", ID, 400, error("BadRequest", "no " + KEY)),
        absent("GET", ID),
    ],
    "a refused GET": [Reply("GET", VM, 403, error("AuthorizationFailed", "no " + KEY))],
}


@pytest.mark.parametrize("name", QUOTES)
def test_no_failure_tells_a_key_in_clear(name):
    with pytest.raises(Failure) as caught:
        run(Wire(*QUOTES[name]), BROUGHT, SEALED)
    failure = caught.value
    told_of_it = failure.text() + repr(failure) + repr(failure.as_error()) + repr(failure.__cause__)
    assert "(hidden)" in told_of_it, "the control: the key was quoted"
    assert hidden(told_of_it)


def test_no_result_tells_a_key_in_clear():
    quoted = vm(extension(tag="bulwark1:" + "0" * 16), views=[said({**REPORT, "os": "debian " + KEY})])
    for replies, check in (([], True), ([*put(status=200), got(quoted)], False)):
        result = run(Wire(got(quoted), NETWORK, *replies), BROUGHT, SEALED, check)
        assert result["os"].startswith("debian (hidden)"), "the control: the key was quoted"
        assert hidden(repr(result))


def test_a_program_that_refuses_is_quoted():
    words = "bulwark.azure_docker: this machine runs rhel 9.4, supported are debian and ubuntu"
    wire = Wire(
        got(vm()),
        NETWORK,
        Reply("PUT", ID, 201, {}, ASYNC),
        SUCCEEDED._replace(body={"status": "Failed", **error("VMExtensionProvisioningError", "exit status=1")}),
        got(extension(provisioningState="Failed", instanceView=said(stderr=words, state="failed")), ID),
    )
    with pytest.raises(Failure) as caught:
        run(wire)
    assert words in caught.value.text()


def remove(wire, check=False):
    return host.remove(make_session(wire), ENROL, SITE, check)


def test_remove():
    wire = Wire(got(SERVES), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    result = remove(wire)
    assert told(result) == (True, "delete", ["present"])
    assert (result["before"], result["after"], result["extension"]) == (SERVING, {}, None)
    assert wire.only("DELETE").path == ID
    wire = Wire(got(SERVES))
    checked = remove(wire, check=True)
    assert (told(checked), checked["before"], checked["after"]) == (told(result), SERVING, {})
    assert checked["extension"] == NAME
    assert len(wire.sent) == 1


@pytest.mark.parametrize("reply", [absent("GET", VM), got(vm()), got(vm(machines.extension("x", "P", "T")))])
def test_nothing_to_remove(reply):
    result = remove(Wire(reply))
    assert told(result) == (False, "none", [])
    assert (result["before"], result["after"]) == ({}, {})


def test_somebody_elses_extension_is_not_removed():
    wire = Wire(got(vm(machines.extension("theirs", settings={"commandToExecute": "x"}))))
    with pytest.raises(Failure) as caught:
        remove(wire)
    assert caught.value.code == "CustomScriptSlotTaken"
    assert len(wire.sent) == 1


def test_a_sealed_extension_is_removed():
    sealed = vm(extension(tag="bulwark1:" + "0" * 16), views=[said(REPORT)])
    result = remove(Wire(got(sealed), Reply("DELETE", ID, 204)))
    assert (told(result), result["before"]) == ((True, "delete", ["present"]), {})


NO_COMMAND = absent("GET", VM + "/runCommands/" + NAME)


def test_information():
    public = got({"properties": {"ipAddress": "20.1.2.3"}}, PUBLIC_ADDRESS)
    wire = Wire(got(ENROLLED), got(interface(configuration("10.0.0.4", PUBLIC_ADDRESS)), NIC), public)
    result = host.information(make_session(wire), VM, "auto", NAME)
    assert (result["private_address"], result["public_address"]) == ("10.0.0.4", "20.1.2.3")
    assert (result["exists"], result["state"], result["csr"], result["changed"]) == (True, "enrolled", "CSR", False)
    assert len(wire.sent) == 3


def test_information_about_what_is_not_there():
    result = host.information(make_session(Wire(absent("GET", VM))), VM, "auto", NAME)
    assert (result["exists"], result["private_address"], result["public_address"]) == (False, None, None)


def test_information_about_a_foreign_extension_is_no_failure():
    theirs = vm(machines.extension("theirs", settings={"commandToExecute": "x"}))
    result = host.information(make_session(Wire(got(theirs), NO_COMMAND, NETWORK)), VM, "auto", NAME)
    assert (result["is_foreign"], result["extension"], result["trusts"]) == (True, "theirs", {})
