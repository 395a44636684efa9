# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose projects on the scripted machine: brought up, drifted, mended, taken down; and who gets to see secrets."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    compose,
    compose_apply,
    docker_command,
    ownership,
    program,
    projects,
    scratch,
    system,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

from .material import VM_ID

HOST = {"schema": 1, "host": "docker1", "vm_id": VM_ID, "address": "10.0.0.4", "port": 2376, "remote_access": "none"}
SERVICES = {
    "web": {"image": "web:1", "restart": "always", "environment": {"PORT": "$PORT"}},
    "db": {"image": "db:1", "environment": {"TOKEN": "$TOKEN"}},
}
TOKEN, PASSWORD = "planted-T0ken", "planted-P4ssword"


def shop(model=None, name="shop", **given):
    text = json.dumps(model or {"services": SERVICES})
    return {"name": name, "files": {"compose.yaml": text}, "environment": {"PORT": "80"}, **given}


def declared(*entries, secret=None, **given):
    found = {"projects": list(entries)}
    if any(entry["name"] == "shop" and entry.get("state") != "absent" for entry in entries):
        found["secret_environment"] = {"shop": {"TOKEN": TOKEN}} if secret is None else secret
    return {**HOST, "compose": found, **given}


def declare(state, check=False):
    return program.declare(parse(state), check)


def words(result):
    """What was done, without the directories."""
    return [change.replace(str(projects.ROOT) + "/", "") for change in result["changes"]]


def service_of(machine, key):
    return machine.docker.label(key, "service")


@pytest.fixture
def up(machine):
    """A machine on which the project runs; nothing was done to it since."""
    machine.have_engine()
    declare(declared(shop()))
    del machine.events[:], machine.docker.environments[:]
    return machine


def test_from_nothing(machine):
    checked = declare(declared(shop()), True)
    assert (machine.events, machine.docker.environments) == ([], [])
    done = declare(declared(shop()))
    assert words(done) == words(checked)
    assert words(done) == [
        "install engine: not installed",
        "install compose: the Compose plugin is not installed",
        "place shop/compose.yaml: absent",
        "place shop/.env: absent",
        "up Compose project shop: it is not there",
    ]
    assert [event for event in machine.events if event.startswith("up")] == ["up shop"]
    assert "docker-compose-plugin" in ownership.recorded(), "the first that the fake package source has"
    directory = projects.ROOT / "shop"
    assert [machine.mode(path) for path in (projects.ROOT, directory)] == [0o700, 0o700]
    assert {machine.mode(path) for path in directory.iterdir()} == {0o600}
    assert sorted(service_of(machine, key) for key in machine.docker.of("shop")) == ["db", "web"]
    again = declare(declared(shop()))
    assert (again["changes"], again["changed"], "findings" in again) == ([], False, False)


def test_the_environment_of_compose(up, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere")
    monkeypatch.setenv("HOSTNAME", "docker1")
    declare(declared(shop(environment={"PORT": "81"})))
    assert up.docker.environments[-1] == {**projects.BASE, "PORT": "81", "TOKEN": TOKEN}


def one(service):
    return lambda machine: next(key for key in machine.docker.of("shop") if service_of(machine, key) == service)


def stop(service, *status):
    return lambda machine: machine.docker.set(one(service)(machine), *status)


def drop(service):
    return lambda machine: machine.docker.containers.pop(one(service)(machine))


def by_hand(name, text):
    return lambda machine: machine.put(projects.ROOT / "shop" / name, text)


def open_up(name):
    return lambda machine: os.chmod(projects.ROOT / "shop" / name, 0o755)


# what somebody did, what is then done
DRIFT = {
    "killed": (stop("web", "exited", 137), ["up Compose project shop: service web: shop-web-1 exited (137)"]),
    "removed": (drop("db"), ["up Compose project shop: service db has 0 containers, declared are 1"]),
    "an orphan": (
        lambda machine: machine.docker.add("shop", "old"),
        ["up Compose project shop: service old is not declared"],
    ),
    "a Compose file": (
        by_hand("compose.yaml", "{}"),
        ["place shop/compose.yaml: content differs", "up Compose project shop: its files differ"],
    ),
    "its environment": (
        by_hand(".env", "PORT=1"),
        ["place shop/.env: content differs", "up Compose project shop: its files differ"],
    ),
    "a container for one command": (lambda machine: machine.docker.add("shop", "web", oneoff="True"), []),
    "an open file": (open_up(".env"), ["protect shop/.env: its mode is 0755, expected 0600"]),
    "an open directory": (open_up("."), ["protect shop: its mode is 0755, expected 0700"]),
    "the plugin": (
        lambda machine: machine.packages.pop("docker-compose-plugin"),
        ["install compose: the Compose plugin is not installed"],
    ),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_found_in_check_mode_and_corrected_without(up, name):
    spoil, expected = DRIFT[name]
    spoil(up)
    checked = declare(declared(shop()), True)
    assert up.events == []
    assert words(checked) == expected
    done = declare(declared(shop()))
    assert (done["changes"], done["diff"]) == (checked["changes"], checked["diff"])
    assert declare(declared(shop()))["changes"] == []
    assert {service_of(up, key) for key in up.docker.of("shop")} == {"db", "web"}


@pytest.mark.parametrize(
    ("state", "reasons", "kept"),
    [
        (declared(shop(environment={"PORT": "81"})), "its files differ", {"db"}),
        (declared(shop(), secret={"shop": {"TOKEN": "another"}}), "service db has another configuration", {"web"}),
        (declared(shop({"services": {"web": SERVICES["web"]}})), "its files differ", {"web"}),
        (
            declared(shop({"services": {**SERVICES, "db": {**SERVICES["db"], "scale": 2}}})),
            "its files differ",
            {"web", "db"},
        ),
    ],
)
def test_only_what_changed_is_made_anew(up, state, reasons, kept):
    before = {key: service_of(up, key) for key in up.docker.of("shop")}
    done = declare(state)
    assert words(done)[-1] == "up Compose project shop: " + reasons
    assert {service for key, service in before.items() if key in up.docker.containers} == kept
    assert declare(state)["changes"] == []


def test_other_contents_make_a_container_anew_although_compose_does_not_notice(up):
    def state(token):
        using = {**SERVICES["db"], "environment": {}, "secrets": [{"source": "token"}]}
        model = {"services": {**SERVICES, "db": using}, "secrets": {"token": {"environment": "TOKEN"}}}
        return declared(shop(model), secret={"shop": {"TOKEN": token}})

    declare(state("one"))
    before = {service_of(up, key): key for key in up.docker.of("shop")}
    done = declare(state("two"))
    assert words(done) == ["up Compose project shop: service db was given other configs, secrets or files"]
    after = {service_of(up, key): key for key in up.docker.of("shop")}
    assert (after["web"] == before["web"], after["db"] == before["db"]) == (True, False)
    assert declare(state("two"))["changes"] == []


def test_a_hash_that_compose_itself_tells_otherwise_is_no_drift(up):
    services = {**SERVICES, "web": {**SERVICES["web"], "env_file": "web.env"}}
    state = declared(shop(files={"compose.yaml": json.dumps({"services": services}), "web.env": "A=1\n"}))
    assert declare(state)["changed"]
    assert declare(state)["changes"] == []
    by_hand("web.env", "A=2\n")(up)
    assert words(declare(state)) == [
        "place shop/web.env: content differs",
        "up Compose project shop: its files differ",
    ]


def test_absent_and_absent_again(up):
    up.docker.volumes["shop_data"] = "shop"
    up.put(projects.ROOT / "shop" / "data" / "theirs", "x")
    gone = declared(shop(state="absent"))
    assert words(declare(gone)) == ["down Compose project shop: declared absent"]
    assert (up.docker.of("shop"), up.docker.volumes) == ([], {"shop_data": "shop"})
    assert [path.name for path in (projects.ROOT / "shop").iterdir()] == ["data"], "what is not ours stays"
    assert declare(gone)["changes"] == []
    purged = declared(shop(state="absent", remove_volumes=True))
    assert words(declare(purged)) == ["down Compose project shop: declared absent with its volumes"]
    assert up.docker.volumes == {}
    assert declare(purged)["changes"] == []


def test_a_project_that_does_not_go_down(up, monkeypatch):
    monkeypatch.setattr(docker_command, "act", lambda words, variables, hidden: (1, "network is in use"))
    with pytest.raises(
        Refusal, match="down of the project shop ended with 1, expected 0; its last lines:\nnetwork is in"
    ):
        declare(declared(shop(state="absent")))
    assert up.text(projects.ROOT / "shop" / "compose.yaml") is not None


def test_not_declared_any_more(up):
    result = declare(HOST)
    assert (result["changes"], len(up.docker.of("shop"))) == ([], 2)
    assert result["findings"] == [
        "Compose project shop is not declared any more and runs on; declare it with state absent to take it down"
    ]


def test_somebody_elses_project(machine):
    machine.have_engine()
    machine.packages["docker-compose-plugin"] = "2.26.1"
    theirs = machine.docker.add("shop", "web")
    for state in (declared(shop()), declared(shop(state="absent"))):
        with pytest.raises(Refusal, match="shop-web-1 running; its files are in /srv/shop"):
            declare(state)
    assert (list(machine.docker.containers), projects.ROOT.exists()) == ([theirs], False)
    assert declare(declared(shop(adopt=True)))["changed"]
    assert theirs not in machine.docker.containers
    assert declare(declared(shop()))["changes"] == [], "once adopted it is ours"


def test_files_that_compose_refuses_change_nothing(up):
    before = up.text(projects.ROOT / "shop" / "compose.yaml")
    for check in (True, False):
        with pytest.raises(Refusal, match=r"refuses the files of the project shop: yaml: compose\.yaml: did not find"):
            declare(declared(shop(files={"compose.yaml": "services: ["})), check)
    assert up.text(projects.ROOT / "shop" / "compose.yaml") == before
    assert list(scratch.PLACE.glob(scratch.PREFIX + "*")) == []


def test_nor_do_variables_that_it_refuses(up):
    up.docker.refusing = "required variable TOKEN is missing a value: %s" % TOKEN
    with pytest.raises(
        Refusal, match=r"files of the project shop: required variable TOKEN .*: \(hidden\); correct them"
    ):
        declare(declared(shop()))
    up.docker.refusing = " "
    with pytest.raises(Refusal, match="files of the project shop: no reason given; correct them"):
        declare(declared(shop()), True)


@pytest.mark.parametrize("check", [True, False])
def test_somebody_elses_file(up, monkeypatch, check):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "chown", lambda path, user, group: up.events.append("chown %d %s" % (user, path)))
    result = declare(declared(shop()), check)
    assert "protect shop/.env: its owner has the user id %d, expected 12345" % os.getuid() in words(result)
    assert ("chown 12345 %s" % (projects.ROOT / "shop" / ".env") in up.events) is not check


LOGINS = {"registries": {"logins": [{"registry": "r.example", "username": "ada", "password": PASSWORD}]}}


def test_logins_are_there_for_the_pulls_and_no_change(up):
    assert declare(declared(shop(), **LOGINS))["changes"] == []
    assert up.docker.logins == []
    stop("web", "exited", 1)(up)
    declare(declared(shop(), **LOGINS))
    assert [json.loads(text)["auths"].keys() for text in up.docker.logins] == [{"r.example"}]
    assert list(scratch.PLACE.glob(scratch.PREFIX + "*")) == []


def test_a_project_that_does_not_come_up_says_why_and_no_secret(up):
    token = docker_command.registry_logins.token(parse(declared(shop(), **LOGINS)).logins[0])
    said = "web Pulling\n" * 20 + "invalid port %s, %s, %s" % (TOKEN, PASSWORD, token)
    up.docker.answer = (1, "", said)
    up.docker.ending["web"] = ("restarting", 3)
    stop("db", "exited", 1)(up)
    with pytest.raises(Refusal) as refused:
        declare(declared(shop(), **LOGINS))
    text = str(refused.value)
    assert "docker compose up of the project shop ended with 1, expected 0" in text
    assert "invalid port (hidden), (hidden), (hidden)" in text
    assert "shop-web-1 restarting (3)" in text
    log = up.text(system.LOG)
    assert (text.count("web Pulling"), log.count("web Pulling")) == (7, 20)
    assert "$ docker compose --ansi never --project-name shop" in log
    for secret in (TOKEN, PASSWORD, token):
        assert secret not in text + log


def test_no_file_and_no_result_holds_a_secret(up):
    stop("web", "exited", 1)(up)
    result = declare(declared(shop(), **LOGINS))
    found = [path for path in up.root.rglob("*") if path.is_file() and "planted" in path.read_text(errors="replace")]
    assert (found, "planted" in repr(result)) == ([], False)
    assert any(TOKEN in repr(it) for it in up.docker.environments), "the control: it was used"


def test_a_job_that_has_done_its_work_is_no_failure(up, monkeypatch):
    monkeypatch.setattr(compose_apply, "POLL_SECONDS", 0)
    up.docker.answer = (1, "", "container shop-db-1 exited (0)")
    up.docker.ending["db"] = ("exited", 0)
    stop("web", "exited", 1)(up)
    assert declare(declared(shop()))["changed"]
    assert declare(declared(shop()))["changes"] == []


@pytest.mark.parametrize("status", [("exited", 1), ("restarting", 1), ("created", 0)])
def test_nor_is_another_container_then_a_success(up, status):
    up.docker.answer = (1, "", "container shop-db-1 exited (0)")
    up.docker.ending = {"db": ("exited", 0), "web": status}
    stop("web", "exited", 1)(up)
    with pytest.raises(Refusal, match="shop-web-1 " + status[0]):
        declare(declared(shop()))


def test_waiting_for_health_has_an_end(up, monkeypatch):
    monkeypatch.setattr(compose_apply, "POLL_SECONDS", 0.01)
    for state in up.docker.containers.values():
        state["State"]["Health"] = {"Status": "starting"}
    project = parse(declared(shop(wait_seconds=1))).projects[0]
    assert not compose_apply.settles(project)


@pytest.mark.parametrize(("pull", "expected"), [("missing", []), ("always", ["--pull", "always"])])
def test_pull(up, monkeypatch, pull, expected):
    commands = []

    def act(words, variables, hidden):
        commands.append(words)
        return 0, ""

    monkeypatch.setattr(docker_command, "act", act)
    compose_apply.start(parse(declared(shop(pull=pull, wait_seconds=9))).projects[0], {}, ())
    (command,) = commands
    assert command[command.index("up") :] == [
        *("up", "--detach", "--quiet-pull", "--wait", "--wait-timeout", "9"), *expected, "--remove-orphans",
    ]  # fmt: skip


def test_projects_come_after_the_restart(up):
    up.docker.volumes["x"] = "shop"
    up.environ.clear()
    state = {**declared(shop(environment={"PORT": "81"})), "daemon": {"options": {"icc": False}}}
    declare(state)
    acted = [event for event in up.events if event.startswith(("up ", "systemctl restart"))]
    assert acted == ["systemctl restart docker.service", "up shop"]


def test_an_engine_that_does_not_run_is_not_asked(up):
    up.active = False
    del up.docker.environments[:]
    checked = declare(declared(shop()), True)
    assert words(checked) == ["restart docker.service: it is not running"]
    assert up.docker.environments == []
    assert declare(declared(shop()))["changes"] == checked["changes"]


def test_the_engine_goes_and_the_projects_before_it(machine):
    declare(declared(shop(), secret={}))
    machine.docker.volumes["shop_data"] = "shop"
    done = declare({"schema": 1, "state": "absent"})
    assert words(done)[0] == "down Compose project shop: declared absent"
    assert (machine.docker.containers, machine.docker.volumes) == ({}, {"shop_data": "shop"})
    assert not projects.ROOT.exists()
    assert machine.packages == {}
    assert declare({"schema": 1, "state": "absent"})["changes"] == []


def test_only_the_plugin_goes_where_the_engine_stays(up):
    done = declare({"schema": 1, "state": "absent"})
    assert "uninstall docker-compose-plugin: declared absent" in words(done)
    assert "docker.io" in up.packages
    assert up.docker.of("shop") == []


def test_without_a_docker_command(machine, monkeypatch):
    def execute(command, stdin="", **options):
        raise FileNotFoundError(command[0])

    monkeypatch.setattr(system, "execute", execute)
    assert docker_command.plugin_version() is None
    assert compose.containers() == ({}, "found no docker command")
    with pytest.raises(Refusal, match="found no docker command, expected the one of the engine's packages"):
        docker_command.act(["compose"], {}, ())


def test_an_engine_that_does_not_answer(up, monkeypatch):
    monkeypatch.setattr(up.docker, "_container_ls", lambda words: (1, "", "it hangs\n"), raising=False)
    with pytest.raises(
        Refusal, match=r"its containers cannot be listed: docker container ls .* ended with 1: it hangs"
    ):
        declare(declared(shop()), True)


@pytest.mark.parametrize(
    ("code", "out", "version"), [(0, "2.26.1-4\n", "2.26.1-4"), (0, "v2.40.0\n", "2.40.0"), (1, "", None)]
)
def test_plugin_version(monkeypatch, code, out, version):
    done = subprocess.CompletedProcess([], code, out, "")
    monkeypatch.setattr(system, "execute", lambda command, **options: done)
    assert docker_command.plugin_version() == version


def test_secrets_in_all_their_forms():
    state = declared(shop(), secret={"shop": {"A": 'with "quotes"', "B": "line one\nline two", "C": "no"}}, **LOGINS)
    desired = parse(state)
    hidden = docker_command.secrets(desired.projects[0], desired.logins)
    said = 'a \\"x\\" with \\"quotes\\" b line two c no %s' % PASSWORD
    assert docker_command.masked(said, hidden) == 'a \\"x\\" (hidden) b (hidden) c no (hidden)'
