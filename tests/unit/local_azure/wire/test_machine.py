# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import stat
import time
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from local_azure.wire.machine import Machine

from .machines import SECRET, Agent, clear, decrypt, goal, spec
from .test_status import BLOB


@pytest.fixture
def machine(tmp_path):
    return Machine(spec(), tmp_path / "wire.json")


@pytest.fixture(scope="module")
def agents(tmp_path_factory):
    directory = tmp_path_factory.mktemp("agents")
    return Agent(directory, "one"), Agent(directory, "two")


def saved(machine):
    return json.loads(machine.path.read_text())


def test_the_incarnation_goes_up_only_when_the_goals_change(machine):
    assert machine.incarnation == 1
    for goals, incarnation in (
        ([], 1),
        ([goal()], 2),
        ([goal()], 2),
        ([goal(sequence=4)], 3),
        ([goal(sequence=4), goal(type="T")], 4),
        ([goal(type="T"), goal(sequence=4)], 5),
        ([], 6),
        ([], 6),
    ):
        machine.set_goals(goals)
        assert (machine.incarnation, machine.goals) == (incarnation, goals)
        assert saved(machine)["incarnation"] == incarnation
        assert "<Incarnation>%d</Incarnation>" % incarnation in machine.goal_state()


def test_the_goals_are_its_own(machine):
    goals = [goal()]
    machine.set_goals(goals)
    goals.clear()
    assert machine.goals == [goal()]


def test_it_is_the_same_machine_after_a_restart(machine, agents):
    machine.set_goals([goal()])
    sealed = machine.certificates(agents[0].transport)
    again = Machine(machine.spec, machine.path)
    assert (again.identity, again.incarnation) == (machine.identity, machine.incarnation)
    assert again.certificates(agents[0].transport) == sealed
    assert again.seal({})[1] == machine.seal({})[1]
    again.set_goals([goal()])
    assert again.incarnation == 3, "what the agent has seen is never given out again"


def test_nothing_secret_lies_on_disk(machine, agents):
    key = clear(machine.tenant.key).decode()
    machine.set_goals([goal(sealed_settings="Q01T", thumbprint="AB")])
    machine.seal({"script": SECRET})
    for _turn in ("before the hand-over", "after it"):
        text = machine.path.read_text()
        assert "PRIVATE KEY" not in text
        assert SECRET not in text
        assert not any(line in text for line in key.splitlines()[1:-1])
        assert stat.S_IMODE(machine.path.stat().st_mode) == 0o600
        assert [path.name for path in machine.path.parent.iterdir()] == ["wire.json"]
        machine.certificates(agents[0].transport)
    assert saved(machine)["tenant"]["transport"] == agents[0].transport


def test_the_agent_opens_what_was_sealed(machine, agents, tmp_path):
    sealed, thumbprint = machine.seal({"script": SECRET})
    bundle = agents[0].open(machine.certificates(agents[0].transport))
    key, certificate, _more = pkcs12.load_key_and_certificates(bundle, None)
    (tmp_path / "key").write_bytes(clear(key))
    (tmp_path / "crt").write_bytes(machine.tenant.to_json()["certificate"].encode())
    assert json.loads(decrypt(sealed, tmp_path / "crt", tmp_path / "key")) == {"script": SECRET}
    assert certificate == machine.tenant.certificate
    assert thumbprint == machine.tenant.thumbprint


def test_a_re_imaged_machine_gets_another_key(machine, agents):
    thumbprint = machine.tenant.thumbprint
    first = machine.certificates(agents[0].transport)
    assert machine.certificates(agents[0].transport) == first
    second = machine.certificates(agents[1].transport)
    assert agents[0].open(second) is None
    assert agents[1].open(second) is not None
    assert machine.tenant.thumbprint != thumbprint
    assert saved(machine)["tenant"]["transport"] == agents[1].transport


def test_reports(machine):
    assert machine.view is None
    before = time.time()
    machine.report(BLOB)
    assert (machine.view.version, machine.view.computer_name) == ("2.12.0", "docker1")
    assert before <= machine.view.reported_at <= time.time()


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("hostingEnvironmentConfig", "HostingEnvironmentConfig"),
        ("sharedConfig", "SharedConfig"),
        ("extensionsConfig", "Extensions"),
    ],
)
def test_config(machine, kind, tag):
    machine.set_goals([goal()])
    assert ElementTree.fromstring(machine.config(kind).encode()).tag == tag


@pytest.mark.parametrize("kind", ["fullConfig", "", "remoteAccessInfo"])
def test_no_such_config(machine, kind):
    assert machine.config(kind) is None


def test_the_names_of_the_fabric(machine):
    identity = machine.identity
    assert identity.role == "docker1"
    assert identity.deployment == identity.container.replace("-", "")
    assert identity != Machine(spec(), machine.path.with_name("other.json")).identity
