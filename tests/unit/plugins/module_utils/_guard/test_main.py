# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard as a program: what it rewrites, what a client is told, what happens when something is broken."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sys
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import arguments, journal, main, policy
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.break_glass import BreakGlass
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.host import Host
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed, Spec

from . import material
from .material import ID
from .test_exemption import EXEMPTION, agent


class Started(Exception):
    """The real runc runs in the guard's place."""


class Machine(material.FakeHost, Host):
    """A fake host whose bundle is a real directory."""

    def __init__(self, root: pathlib.Path) -> None:
        super().__init__()
        self.root = root
        self.config = root / "config.json"
        self.rules: t.Dict[str, t.Any] = {}
        self.broken = False
        self.glass: t.Optional[BreakGlass] = None
        self.links[str(root)] = material.BUNDLE

    def policy(self) -> policy.Policy:
        if self.broken:
            raise Closed("found no policy, expected one")
        return material.rules(**self.rules)

    def break_glass(self) -> t.Optional[BreakGlass]:
        return self.glass

    def set_exempt(self, container: str, name: t.Optional[str]) -> None:
        self.exempted.pop(container, None)
        if name:
            self.exempted[container] = name

    def real_runc(self) -> str:
        return "/usr/bin/runc"

    def write(self, spec: Spec) -> None:
        self.config.write_text(json.dumps(spec))

    def run(self, verb: str = "create", *more: str) -> int:
        bundle = [] if more else ["--bundle", str(self.root)]
        return main.Run(["--log", str(self.root / "log"), verb, *bundle, *more, ID], self).go()

    @property
    def said(self) -> str:
        return json.loads((self.root / "log").read_text())["msg"]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> t.List[t.Tuple[t.Dict[str, t.Any], int]]:
    entries: t.List[t.Tuple[t.Dict[str, t.Any], int]] = []
    monkeypatch.setattr(
        journal, "send", lambda entry, priority: entries.append((json.loads(json.dumps(entry)), priority))
    )
    return entries


@pytest.fixture(autouse=True)
def signals() -> t.Iterator[None]:
    """The guard sets signals for the runc that it becomes; here it stays Python, which other tests go on with."""
    before = {name: signal.getsignal(name) for name in (signal.SIGPIPE, signal.SIGXFSZ)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, logged: t.List[t.Any]) -> Machine:
    def start(path: str, argv: t.List[str]) -> None:
        raise Started(argv[1:])

    monkeypatch.setattr(os, "execv", start)
    found = Machine(tmp_path)
    found.write(material.docker_config())
    return found


def privileged() -> Spec:
    spec = material.docker_config()
    spec["linux"].update(maskedPaths=[], readonlyPaths=[], seccomp=None)
    return spec


def test_a_plain_container_is_rewritten_and_starts(machine: Machine, logged: t.List[t.Any]) -> None:
    machine.config.chmod(0o640)
    with pytest.raises(Started):
        machine.run()
    found = json.loads(machine.config.read_text())
    assert found["process"]["apparmorProfile"] == "docker-hardened"
    assert machine.config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in machine.root.iterdir()] == ["config.json"]
    assert logged == []


def test_a_refusal_reaches_the_client(
    machine: Machine, logged: t.List[t.Any], capsys: pytest.CaptureFixture[str]
) -> None:
    machine.write(privileged())
    before = machine.config.read_text()
    assert machine.run() == 1
    assert machine.said.startswith("bulwark policy: masked-paths: found no maskedPaths (") and "ask" in machine.said
    assert machine.config.read_text() == before
    entry, priority = logged[0]
    assert (entry["event"], entry["passed"], priority) == ("refused", None, journal.WARNING)
    assert entry["proposal"]["relax"] == ["masked-paths"]
    assert machine.said in capsys.readouterr().err


@pytest.mark.parametrize("lenient", ["audit", "break-glass"])
def test_nothing_is_refused_or_changed(machine: Machine, logged: t.List[t.Any], lenient: str) -> None:
    machine.write(privileged())
    before = machine.config.read_text()
    machine.rules = {"mode": "audit"} if lenient == "audit" else {}
    machine.glass = BreakGlass(1, "night shift") if lenient == "break-glass" else None
    with pytest.raises(Started):
        machine.run()
    assert machine.config.read_text() == before
    assert logged[0][0]["event"] == "refused" and logged[0][0]["passed"].startswith(lenient)
    assert logged[0][0]["refusals"] and logged[0][0]["caps"]


def test_what_is_only_audited_is_logged(machine: Machine, logged: t.List[t.Any]) -> None:
    """The rest of the policy holds."""
    machine.write(privileged())
    machine.rules = {"audited": ["masked-paths", "seccomp", "capabilities"]}
    with pytest.raises(Started):
        machine.run()
    found = json.loads(machine.config.read_text())
    assert found["linux"]["seccomp"] is None
    assert found["process"]["capabilities"] == material.docker_config()["process"]["capabilities"]
    assert found["process"]["apparmorProfile"] == "docker-hardened"
    entry, priority = logged[0]
    assert (entry["event"], entry["refusals"], entry["passed"], priority) == ("audited", [], None, journal.NOTICE)
    assert [text.partition(": ")[0] for text in entry["audited"]] == ["masked-paths", "masked-paths", "seccomp"]
    assert entry["audited"][2] == "seccomp: our filter in the place of none"


def test_an_exempt_container_is_remembered(machine: Machine, logged: t.List[t.Any]) -> None:
    machine.rules = {"exemptions": [EXEMPTION]}
    machine.write(agent())
    with pytest.raises(Started):
        machine.run()
    assert machine.exempted == {ID: "agent"}
    assert logged[0][0]["event"] == "exempt"
    machine.write(material.docker_config())
    with pytest.raises(Started):
        machine.run()
    assert machine.exempted == {}


def test_exec_is_rewritten(machine: Machine) -> None:
    path = machine.root / "process.json"
    path.write_text(json.dumps({**material.docker_config()["process"], "noNewPrivileges": False}))
    with pytest.raises(Started):
        machine.run("exec", "--process", str(path))
    assert json.loads(path.read_text())["noNewPrivileges"] is True


def test_free_verbs_need_no_policy(machine: Machine) -> None:
    machine.broken = True
    with pytest.raises(Started):
        main.Run(["state", ID], machine).go()


# what is broken, what the text names
BROKEN: t.Dict[str, t.Tuple[t.Callable[[Machine], t.Any], str]] = {
    "no policy": (lambda machine: setattr(machine, "broken", True), "policy"),
    "no configuration": (lambda machine: machine.config.unlink(), "config.json"),
    "no JSON": (lambda machine: machine.config.write_text("{"), "JSON"),
    "another JSON": (lambda machine: machine.config.write_text("[]"), "list"),
    "a key twice": (lambda machine: machine.config.write_text('{"linux": {}, "linux": {}}'), "twice"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_is_closed(machine: Machine, name: str) -> None:
    change, named = BROKEN[name]
    change(machine)
    with pytest.raises(Closed, match=named):
        machine.run()


def test_main_says_what_is_closed(machine: Machine, monkeypatch: pytest.MonkeyPatch, logged: t.List[t.Any]) -> None:
    machine.broken = True
    monkeypatch.setattr(main, "Host", lambda: machine)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    argv = ["--log", str(machine.root / "log"), "create", "--bundle", str(machine.root), ID]
    assert main.main(argv) == 1
    assert "found no policy" in machine.said and "bulwark-docker-break-glass" in machine.said
    machine.glass = BreakGlass(1, "x")
    with pytest.raises(Started):
        main.main(argv)
    assert [(entry["event"], entry["passed"]) for entry, _priority in logged] == [
        ("failed", None),
        ("failed", "break-glass: x"),
    ]


def test_judge_only(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path)
    machine.write(privileged())
    before = machine.config.read_text()
    monkeypatch.setattr(main, "Host", lambda: machine)
    assert main.main(["--judge", str(machine.config), ID]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"masked-paths", "seccomp"} <= set(found["rules"])
    assert machine.config.read_text() == before


def test_every_guarded_verb_has_its_rules() -> None:
    assert set(main.VERBS) == set(arguments.OPTIONS)
