# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every decision of the engine program, from an observation to changes with reasons."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import keys, plan, plan_tls, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.change import Change
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.plan_tls import (
    ENROLLED,
    KEY_MISMATCH,
    SERVING,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import ABSENT, BROUGHT, COMMAND, ENROL, SERVE, VM_ID, bare, files, seen

DIRECTORY = str(keys.DIRECTORY) + "/"
INSTALL = "install engine: not installed"
KEY = "key %sserver-key.pem: " % DIRECTORY
WRITES = [
    "write %sserver-cert.pem: absent" % DIRECTORY,
    "write %sclient-authorities.pem: absent" % DIRECTORY,
    "write %s: absent" % unit.DROP_IN,
]
REMOVES = [
    "remove %s: its key is replaced" % path for path in (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)
]
RESTART = "restart docker.service: "
CHANGED = RESTART + "files that are read at its start changed"
OTHER_VM = KEY + "it was made for VM id vm-0, this is " + VM_ID
NOT_LIVE = RESTART + "the running daemon was started with another configuration"
SERIES = dataclasses.replace(SERVE, engine_version="26.1")
NEWER = dataclasses.replace(SERVE, engine_version="27.0")
FREE = {"files": ABSENT, "live_mark": None, "listening": False}
CLONE = {"key_owner": "vm-0"}
OPTIONS = {
    "files": files(command=COMMAND + " $DOCKER_OPTS"),
    "live_mark": unit.mark(SERVE, COMMAND + " $DOCKER_OPTS", "k"),
}

# desired, observed, state afterwards, changes
PLANS = {
    "a bare machine enrols": (ENROL, bare(), ENROLLED, [INSTALL, KEY + "there is none"]),
    "an engine that somebody installed is kept": (
        ENROL,
        seen(**FREE, key_exists=False, key_sha256=None, key_owner=None, engines={"docker-ce": "5:29.1"}),
        ENROLLED,
        [KEY + "there is none"],
    ),
    "enrolled": (ENROL, seen(**FREE), ENROLLED, []),
    "enrolled and stopped": (ENROL, seen(**FREE, active=False), ENROLLED, [RESTART + "it is not running"]),
    "the certificate is declared no more": (
        ENROL,
        seen(),
        ENROLLED,
        [*(text.replace("its key is replaced", "no certificate is declared") for text in REMOVES), CHANGED],
    ),
    "the leaf has come": (SERVE, seen(**FREE), SERVING, [*WRITES, CHANGED]),
    "serves": (SERVE, seen(), SERVING, []),
    "serves in a version of the series": (SERIES, seen(), SERVING, []),
    "serves in another version": (
        NEWER,
        seen(),
        SERVING,
        ["install engine: version 26.1.5+dfsg1-9, wanted 27.0"],
    ),
    "the certificate was replaced by hand": (
        SERVE,
        seen(files={**files(), unit.CERTIFICATE: "x"}),
        SERVING,
        ["write %sserver-cert.pem: content differs" % DIRECTORY, CHANGED],
    ),
    "the drop-in was removed by hand": (
        SERVE,
        seen(files={**files(), unit.DROP_IN: None}, live_mark=None),
        SERVING,
        [WRITES[2], CHANGED],
    ),
    "the vendor's command is another one": (
        SERVE,
        seen(exec_start=COMMAND + " --debug"),
        SERVING,
        ["write %s: content differs" % unit.DROP_IN, CHANGED],
    ),
    "stopped by hand": (
        SERVE,
        seen(active=False, live_mark=None, listening=False),
        SERVING,
        [RESTART + "it is not running"],
    ),
    "files put back by hand, and not live": (SERVE, seen(live_mark="x" * 32), SERVING, [NOT_LIVE]),
    "upgraded by somebody else, and not restarted": (
        SERVE,
        seen(replaced=True),
        SERVING,
        [RESTART + "the running daemon is not the one that is installed: it was upgraded, and not restarted"],
    ),
    "started before the drop-in was there": (SERVE, seen(live_mark=None), SERVING, [NOT_LIVE]),
    "does not listen": (
        SERVE,
        seen(listening=False),
        SERVING,
        [RESTART + "it does not listen on tcp://10.0.0.4:2376"],
    ),
    "check mode before the engine is there": (
        SERVE,
        seen(**FREE, engines={}, exec_start=None, active=False),
        SERVING,
        [INSTALL, *WRITES, CHANGED],
    ),
    "no start command is known, nothing else is wrong": (
        SERVE,
        seen(exec_start=None, live_mark=None, files=files(command=plan_tls.UNKNOWN_COMMAND)),
        SERVING,
        [],
    ),
    "variables stay variables in the drop-in": (
        SERVE,
        seen(exec_start=COMMAND + " $DOCKER_OPTS", effective_start=COMMAND + " --debug", **OPTIONS),
        SERVING,
        [],
    ),
    "a leaf for a bare machine": (SERVE, bare(), KEY_MISMATCH, [INSTALL, KEY + "there is none"]),
    "a leaf for another key": (SERVE, seen(certificate_key_sha256="other"), KEY_MISMATCH, []),
    "a leaf for another key, engine stopped": (
        SERVE,
        seen(certificate_key_sha256="other", active=False),
        KEY_MISMATCH,
        [RESTART + "it is not running"],
    ),
    "a clone enrols": (ENROL, seen(**CLONE), ENROLLED, [OTHER_VM, *REMOVES, CHANGED]),
    "a clone with the leaf of the other": (SERVE, seen(**CLONE), KEY_MISMATCH, [OTHER_VM, *REMOVES, CHANGED]),
    "a clone that never listened": (ENROL, seen(**FREE, **CLONE), ENROLLED, [OTHER_VM]),
    "a clone with a part of the files": (
        ENROL,
        seen(**CLONE, files={**ABSENT, unit.CERTIFICATE: "x"}),
        ENROLLED,
        [OTHER_VM, REMOVES[1], CHANGED],
    ),
    "a crash between key and owner": (
        ENROL,
        seen(**FREE, key_owner=None),
        ENROLLED,
        [KEY + "it was made for VM id unknown, this is " + VM_ID],
    ),
    "a key that cannot be read": (
        SERVE,
        seen(key_sha256=None),
        KEY_MISMATCH,
        [KEY + "it cannot be read", *REMOVES, CHANGED],
    ),
    "a key was brought": (
        BROUGHT,
        seen(**FREE, key_exists=False, key_sha256=None, key_owner=None),
        SERVING,
        [KEY + "the controller sent another key", *WRITES, CHANGED],
    ),
    "a key was brought to a bare machine": (
        BROUGHT,
        bare(),
        SERVING,
        [INSTALL, KEY + "the controller sent another key", *WRITES, CHANGED],
    ),
    "the key that was brought is there": (BROUGHT, seen(), SERVING, []),
    "the key that was brought is there, on a clone": (BROUGHT, seen(**CLONE), SERVING, []),
    "another key was brought": (
        BROUGHT,
        seen(key_sha256="former", files=files(key_sha256="former")),
        SERVING,
        [KEY + "the controller sent another key", "write %s: content differs" % unit.DROP_IN, CHANGED],
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_plan(name):
    desired, observed, state, changes = PLANS[name]
    planned = plan.plan(desired, observed)
    assert [str(change) for change in planned.changes] == changes
    assert planned.state == state
    assert plan.plan(desired, observed) == planned


@pytest.mark.parametrize("name", PLANS)
def test_no_plan_holds_a_private_key(name):
    desired, observed, _state, _changes = PLANS[name]
    assert "S3cret" not in repr(plan.plan(desired, observed)) + repr(desired)


@pytest.mark.parametrize("name", PLANS)
def test_once_its_files_are_written_a_machine_has_nothing_left_to_write(name):
    desired, observed, _state, _changes = PLANS[name]
    planned = plan.plan(desired, observed)
    after = {change.target: change.content for change in planned.changes if change.action in ("write", "remove")}
    if any(change.action == "key" for change in planned.changes):
        return_to = {"key_exists": True, "key_sha256": "new", "key_owner": VM_ID}
        if desired is BROUGHT:
            return_to["key_sha256"] = observed.certificate_key_sha256
        observed = dataclasses.replace(observed, **return_to)
    again = plan.plan(desired, dataclasses.replace(observed, files={**observed.files, **after}))
    assert [str(change) for change in again.changes if change.action not in ("install", "restart")] == []


# observed, words of the refusal
REFUSALS = {
    "another distribution": (
        {"os_id": "rhel", "os_version": "9.4"},
        "this machine runs rhel 9.4, supported are debian and ubuntu; choose an image of one of these",
    ),
    "Docker's place is taken": (
        {"strangers": ("podman-docker",)},
        "found podman-docker, which stands in Docker's place; remove it",
    ),
    "daemon.json has TLS of its own": (
        {"daemon_options": {"log-driver": "local", "tlsverify": True, "hosts": []}},
        "/etc/docker/daemon.json sets hosts, tlsverify, which the listener's flags would contradict",
    ),
    "the certificate has expired": (
        {"certificate_expired": True},
        "certificate for this machine has expired or cannot be read; issue a new one and run again",
    ),
    "somebody else listens": (
        {"exec_start": COMMAND + " -H tcp://0.0.0.0:2375"},
        "already starts with -H tcp://0.0.0.0:2375, set by somebody else; remove that drop-in",
    ),
    "somebody else set TLS": ({"exec_start": COMMAND + " --tls"}, "already starts with --tls"),
    "somebody else listens by $DOCKER_OPTS": (
        {"exec_start": COMMAND + " $DOCKER_OPTS", "effective_start": COMMAND + " -H tcp://0.0.0.0:2375"},
        "already starts with -H tcp://0.0.0.0:2375, set by somebody else; remove that drop-in, unit edit or entry in "
        "/etc/default/docker and run again",
    ),
}


@pytest.mark.parametrize("desired", [ENROL, SERVE, BROUGHT])
@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name, desired):
    given, words = REFUSALS[name]
    with pytest.raises(Refusal) as refused:
        plan.plan(desired, seen(**given))
    assert words in str(refused.value)


@pytest.mark.parametrize("package", ["docker-ce", "moby-engine"])
def test_another_vendors_engine_is_not_replaced(package):
    with pytest.raises(Refusal) as refused:
        plan.plan(SERIES, seen(engines={package: "5:29.1.3-1"}))
    assert str(refused.value) == (
        "found %s 5:29.1.3-1, wanted version 26.1; another vendor's engine is kept as it is: upgrade it yourself, "
        "or ask for no version" % package
    )


@pytest.mark.parametrize("version", ["5:26.1.3-1", "26.1.3"])
def test_another_vendors_engine_of_the_right_version_is_kept(version):
    assert plan.plan(SERIES, seen(engines={"docker-ce": version})) == plan.Plan(SERVING, ())


@pytest.mark.parametrize(
    "given",
    [
        {"os_id": "ubuntu"},
        {"daemon_options": {"log-driver": "local", "tlsx": 1}},
        {"effective_start": COMMAND + " --debug"},
    ],
)
def test_what_is_not_refused(given):
    assert plan.plan(SERVE, seen(**given)) == plan.Plan(SERVING, (), given.get("daemon_options"))


def test_a_change_says_what_and_why():
    assert str(Change("write", "/etc/x", "absent", "text")) == "write /etc/x: absent"


def test_a_listener_from_an_environment_file_is_refused():
    with pytest.raises(Refusal, match=r"already starts with -H tcp://0\.0\.0\.0:2375.*/etc/default/docker"):
        plan.plan(SERVE, seen(effective_start=COMMAND + " -H tcp://0.0.0.0:2375"))


def test_the_version_of_docker_ce():
    ce = {"docker-ce": "5:29.1.3-1~debian.13~trixie"}
    wanted = dataclasses.replace(SERVE, engine_version="29.1")
    assert plan.plan(wanted, seen(engines=ce)).changes == ()
    with pytest.raises(Refusal, match=r"found docker-ce 5:29\.1\.3-1.*wanted version 28\.5"):
        plan.plan(dataclasses.replace(SERVE, engine_version="28.5"), seen(engines=ce))
