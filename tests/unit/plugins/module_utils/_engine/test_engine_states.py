# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever somebody left on a machine: one run converges, and TCP exists with complete TLS only."""

from __future__ import annotations

import json
import shutil

from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import daemon_json, keys, lock, program, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import VM_ID, leaf, new_key
from .test_program import AUTHORITY, STATE

OWN, OTHER = new_key(), new_key()
LEAVES = {"own": leaf(OWN[0]), "other": leaf(OTHER[0])}
NOTHING = ""
"""Stands for a file that is not there."""

FILES = {
    keys.KEY: (NOTHING, OWN[1], OTHER[1], OWN[1][:60], "no key\n"),
    keys.NEXT: (NOTHING, OTHER[1], "no key\n"),
    keys.OWNER: (NOTHING, VM_ID + "\n", "another-vm\n", "\n"),
    unit.CERTIFICATE: (NOTHING, LEAVES["own"], LEAVES["other"], LEAVES["own"][:80]),
    unit.CLIENT_AUTHORITIES: (NOTHING, AUTHORITY, "no certificate\n"),
    unit.DROP_IN: (NOTHING, "[Service]\nExecStart=\nExecStart=dockerd -H tcp://0.0.0.0:2375\n", "[Service]\n"),
    daemon_json.PATH: (NOTHING, "{}", '{"icc": false}', '{"debug": true, "log-opts": {"max-file": "3"}}', "{", "[]"),
    daemon_json.RECORD: (NOTHING, '{"found": null, "fragments": {"engine": {"icc": false}}}', "{", "[]"),
}
MACHINES = st.fixed_dictionaries(
    {
        "files": st.fixed_dictionaries({path: st.sampled_from(texts) for path, texts in FILES.items()}),
        "engine": st.booleans(),
        "runs": st.booleans(),
    }
)
DECLARED = st.fixed_dictionaries(
    {
        "leaf": st.sampled_from([None, "own", "other"]),
        "rekey": st.booleans(),
        "remote_access": st.sampled_from(["tls", "ssh", "none"]),
        "options": st.sampled_from([{}, {"icc": True}, {"live-restore": True}, {"log-opts": {"max-size": "1m"}}]),
    }
)


def make(machine, given):
    """Put the machine into this state."""
    shutil.rmtree(machine.root)
    machine.__init__(machine.root)
    for path in (lock.PATH, program.system.LOG):
        machine.path(path).parent.mkdir(parents=True, exist_ok=True)
    if given["engine"]:
        machine.have_engine()
    for path, text in given["files"].items():
        if text:
            machine.put(path, text)
    if given["runs"]:
        machine.restart()
    machine.active = given["engine"] and given["runs"]


def state(declared):
    """The desired state as it travels."""
    tls = {"certificate": LEAVES[declared["leaf"]], "client_authorities": AUTHORITY} if declared["leaf"] else None
    engine = {"version": None}
    if declared["rekey"]:
        engine["rekey"] = keys.public_sha256(OWN[1], "key")
    daemon = {"options": declared["options"]}
    return {**STATE, "tls": tls, "engine": engine, "daemon": daemon, "remote_access": declared["remote_access"]}


def pair_fits(machine):
    """Whether key and certificate on the machine belong together."""
    key, certificate = machine.text(keys.KEY), machine.text(unit.CERTIFICATE)
    fingerprint = keys.public_sha256(key, "key")
    return fingerprint is not None and fingerprint == keys.public_sha256(certificate, "certificate")


def check(machine, declared, state_now):
    """What must hold on every machine after every run."""
    drop_in = machine.text(unit.DROP_IN)
    if drop_in is not None:
        assert "--tlsverify" in drop_in
        assert "0.0.0.0" not in drop_in
        assert pair_fits(machine)
        assert machine.text(unit.CLIENT_AUTHORITIES) == AUTHORITY
        assert machine.text(keys.OWNER) == VM_ID + "\n"
    assert (drop_in is not None) == (state_now == "serving")
    if declared["remote_access"] != "tls":
        assert (state_now, machine.text(keys.KEY)) == ("local", None)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(left=MACHINES, declared=DECLARED)
def test_tcp_exists_with_complete_tls_only(machine, left, declared):
    """One run converges: the second changes nothing. A refusal leaves the machine as it was."""
    make(machine, left)
    desired = parse(state(declared))
    before = {path: machine.text(path) for path in FILES}
    try:
        outcome = program.locked(desired, check=False)
    except Refusal:
        assert {path: machine.text(path) for path in FILES} == before
        return
    check(machine, declared, outcome.state)
    assert [str(change) for change in program.locked(desired, check=False).changes] == []
    options = machine.text(daemon_json.PATH)
    assert options is None or declared["options"].items() <= json.loads(options).items() or "log-opts" in options


def test_the_material_is_what_it_says():
    assert serialization.load_pem_private_key(OWN[1].encode(), None) is not None
    assert keys.public_sha256(LEAVES["own"], "certificate") == keys.public_sha256(OWN[1], "key")
