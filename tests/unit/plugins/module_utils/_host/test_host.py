# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host shall be and how that is shown: the pure part."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import (
    bundle,
    by_extension,
    desired,
    host,
    seen,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.desired import Site

from .._extension import machines
from .documents import (
    AUTHORITY,
    ENROL,
    NAME,
    SERVE,
    SERVING,
    SITE,
    STATE,
    TLS,
    VM_ID,
    extension,
    said,
    script,
    vm,
)

KEY = "planted-S3cret"
BROUGHT = dataclasses.replace(SERVE, key=KEY)


# host, site, desired state
STATES = {
    "nothing given": (ENROL, SITE, STATE),
    "leaf": (SERVE, SITE, SERVING),
    "leaf of another VM": (dataclasses.replace(SERVE, vm_id="vm-0"), SITE, STATE),
    "leaf of nobody knows which VM": (dataclasses.replace(SERVE, vm_id=""), SITE, STATE),
    "no authorities": (SERVE, Site(NAME), STATE),
    "authorities without a leaf": (dataclasses.replace(SERVE, certificate=""), SITE, STATE),
    "unknown server authority": (
        SERVE,
        Site(NAME, AUTHORITY),
        {**STATE, "tls": {**TLS, "server_authority_sha256": ""}},
    ),
    "brought key": (BROUGHT, SITE, {**STATE, "tls": {**TLS, "key": KEY}}),
    "brought key without a leaf": (dataclasses.replace(ENROL, key=KEY), SITE, STATE),
    "port and version": (
        dataclasses.replace(ENROL, port=2377, engine={"engine_version": "26.1"}),
        SITE,
        {**STATE, "port": 2377, "engine": {"version": "26.1"}},
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_desired_state(name):
    declared, site, expected = STATES[name]
    assert desired.desired_state(declared, site, VM_ID, "10.0.0.4") == expected


def test_no_secret_in_the_words_of_a_host_or_a_site():
    assert KEY not in repr(BROUGHT) + repr(dataclasses.replace(SITE, digest_key=KEY))


def wanted(declared, document, state):
    return by_extension.extension(declared, SITE, seen.judge(document), state)


def test_the_first_extension():
    found = wanted(ENROL, vm(), STATE)
    assert found.settings == {"skipDos2Unix": True, "script": script(STATE)}
    assert (found.name, found.handler(), found.version) == (NAME, "Microsoft.Azure.Extensions.CustomScript", "2.1")
    assert (found.protected_settings, found.rerun, found.on_unknown_secret) == ({}, False, "apply")


def test_another_name_is_kept():
    assert wanted(ENROL, vm(extension(STATE, name="old-name")), STATE).name == "old-name"


def test_what_azure_holds_in_another_wording_stays():
    reworded = bundle.encoded(bundle.build(STATE).replace('\n "', '\n      "'))
    assert reworded != script(STATE), "the control: it is another wording"
    settings = {"skipDos2Unix": True, "script": reworded, "timestamp": 7}
    assert wanted(ENROL, vm(extension(settings=settings)), STATE).settings == settings
    assert wanted(ENROL, vm(extension(settings=settings)), SERVING).settings["script"] == script(SERVING)


def test_a_key_travels_sealed():
    state = desired.desired_state(BROUGHT, SITE, VM_ID, "10.0.0.4")
    for document in (vm(), vm(extension(SERVING)), vm(extension(), views=[said(stderr="bulwark.azure_docker")])):
        found = wanted(BROUGHT, document, state)
        assert found.settings == {"skipDos2Unix": True}
        assert bundle.decode(found.protected_settings["script"]).desired == state


def test_repair_asks_for_another_run():
    assert wanted(dataclasses.replace(ENROL, repair=True), vm(), STATE).rerun is True


NOT_THIS = bundle.Bundle("0" * 64, STATE)


@pytest.mark.parametrize(
    ("sent", "state", "reasons"),
    [
        (None, STATE, []),
        (bundle.Bundle(bundle.digest(), STATE), STATE, []),
        (bundle.Bundle(bundle.digest(), STATE), SERVING, ["tls differs"]),
        (bundle.Bundle(bundle.digest(), STATE), {**SERVING, "port": 1}, ["port differs", "tls differs"]),
        (bundle.Bundle(bundle.digest(), {}), STATE, [name + " differs" for name in sorted(STATE) if name != "tls"]),
        (NOT_THIS, STATE, ["the engine program is another version"]),
        (NOT_THIS, SERVING, ["tls differs", "the engine program is another version"]),
    ],
)
def test_differing(sent, state, reasons):
    assert host.differing(sent, state) == reasons


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, {}),
        ({}, {}),
        (STATE, STATE),
        (SERVING, SERVING),
        ({**STATE, "tls": {**TLS, "key": KEY}}, SERVING),
        ({"host": "x"}, {"host": "x"}),
        ({"daemon": {"options": {}, "protected_options": {"a": KEY}}}, {"daemon": {"options": {}}}),
    ],
)
def test_public(state, expected):
    assert desired.public(state) == expected


def changed(*reasons):
    return {"changed": True, "action": "update", "reasons": list(reasons), "before": {"x": 1}, "after": {"x": 2}}


# result of the extension, VM, desired state, repair, (reasons, before, after)
SHOWN = {
    "nothing": ({**changed(), "changed": False}, vm(), STATE, False, ([], {}, {})),
    "created": (changed("absent"), vm(), STATE, False, (["absent"], {}, STATE)),
    "differs": (
        changed("settings.script differs"),
        vm(extension(STATE)),
        SERVING,
        False,
        (["tls differs"], STATE, SERVING),
    ),
    "failed": (changed("Failed: why"), vm(extension(STATE)), STATE, False, (["Failed: why"], STATE, STATE)),
    "repair": (
        changed("asked to run again"),
        vm(extension(STATE)),
        STATE,
        True,
        (["what looks inside found it changed"], STATE, STATE),
    ),
    "a key that somebody sent in public": (
        changed("settings.script differs"),
        vm(extension({**STATE, "tls": {**TLS, "key": KEY}})),
        SERVING,
        False,
        (["tls differs"], SERVING, SERVING),
    ),
    "sealed": (
        changed("protected settings differ"),
        vm(extension(), views=[said(stderr="bulwark.azure_docker")]),
        {**STATE, "tls": {**TLS, "key": KEY}},
        False,
        (["protected settings differ"], {}, SERVING),
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_shown(name):
    result, document, state, repair, expected = SHOWN[name]
    found = host.shown(result, seen.judge(document), state, repair)
    assert (found["reasons"], found["before"], found["after"]) == expected
    assert found["action"] == "update"
    assert KEY not in repr(found)


def test_somebody_elses_extension_is_named_and_left_alone():
    theirs = machines.extension("theirs", settings={"commandToExecute": "x"})
    with pytest.raises(Failure) as caught:
        by_extension.refuse_foreign(ENROL, seen.judge(vm(theirs)))
    assert caught.value.code == "CustomScriptSlotTaken"
    assert "is taken by the extension 'theirs', which this collection did not make" in caught.value.text()
    assert "az vm extension delete --name theirs" in caught.value.text()


@pytest.mark.parametrize("document", [None, vm(), vm(extension(STATE)), vm(extension(), views=[said({})])])
def test_what_is_not_foreign_is_not_refused(document):
    assert seen.judge(document).is_foreign is False
    by_extension.refuse_foreign(ENROL, seen.judge(document))
