# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, with guests that are none: start, look, upset, empty, stop, and no process left behind."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from local_azure import server_file
from local_azure.commands.background import ended

from .arm.conftest import Client

TESTS = pathlib.Path(__file__).resolve().parents[2]
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g"


class Line:
    """Calls the command line for one state directory."""

    def __init__(self, state: pathlib.Path) -> None:
        self.state = state
        self.environment = {**os.environ, "PYTHONPATH": str(TESTS)}

    def arguments(self, verb: str, *rest: str) -> list[str]:
        return [sys.executable, "-m", "local_azure", verb, "--state", str(self.state), *rest]

    def call(self, verb: str, *rest: str, expect: int = 0, stdin: str | None = None) -> tuple[str, str]:
        done = subprocess.run(
            self.arguments(verb, *rest), env=self.environment, input=stdin, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout, done.stderr

    def start(self, *rest: str) -> dict[str, str]:
        """Start it and return the variables that were printed."""
        lines = self.call("start", "--guests", "null", *rest)[0].splitlines()
        words = [shlex.split(line) for line in lines]
        assert all(word[0] == "export" for word in words)
        return dict(word[1].split("=", 1) for word in words)

    def processes(self) -> list[int]:
        """The server and all that it started."""
        pid = server_file.owner(self.state)
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]


@pytest.fixture
def line(tmp_path) -> Iterator[Line]:
    line = Line(tmp_path / "state")
    yield line
    if server_file.owner(line.state) is not None:
        line.call("stop")


def client_of(variables: dict[str, str]) -> Client:
    base = variables["LOCAL_AZURE_CLOUD"].partition("/metadata")[0]
    client = Client(SimpleNamespace(base_url=base, ca_path=variables["LOCAL_AZURE_CA"]))
    form = {
        "grant_type": "client_credentials", "client_id": variables["LOCAL_AZURE_CLIENT_ID"],
        "client_secret": variables["LOCAL_AZURE_CLIENT_SECRET"],
    }  # fmt: skip
    path = f"/{variables['LOCAL_AZURE_TENANT']}/oauth2/v2.0/token"
    client.headers = {"Authorization": f"Bearer {client.send('POST', path, urlencode(form))[1]['access_token']}"}
    return client


def test_from_start_to_stop(line):
    variables = line.start("--limits", "enforced", "--timing", "recorded", "--clock-scale", "50")
    started = line.processes()
    assert "none" in line.call("status")[0]
    rule = {"method": "PUT", "path": GROUP, "then": {"status": 503, "code": "ServerBusy"}}
    assert "seen 0, fired 0" in line.call("faults", "add", json.dumps(rule))[0]
    client = client_of(variables)
    assert [client.call("PUT", GROUP, {"location": "westeurope"})[0] for _request in range(2)] == [503, 201]
    assert "seen 2, fired 1" in line.call("faults", "list")[0]
    found = json.loads(line.call("status", "--json")[0])
    assert (found["running"], found["pid"], found["guests"]) == (True, started[0], "null")
    assert found["settings"] == {"limits": "enforced", "timing": "recorded", "clock_scale": 50.0}
    assert found["resources"] == {"Microsoft.Resources/resourceGroups": 1}
    assert (found["requests"]["PUT 503"], found["requests"]["PUT 201"]) == (1, 1)
    assert "removed 1 resources" in line.call("reset")[0]
    assert client.call("GET", GROUP)[0] == 404
    assert "removed 1" in line.call("faults", "clear")[0]
    line.call("stop")
    assert all(ended(pid) for pid in started)
    assert not (line.state / server_file.NAME).exists()
    line.call("status", expect=3)


def test_a_second_start_is_the_first_and_a_later_one_has_its_state(line):
    first = line.start()
    client_of(first).call("PUT", GROUP, {"location": "westeurope"})
    assert line.start() == first
    line.call("stop")
    again = line.start()
    assert again["LOCAL_AZURE_CLIENT_SECRET"] == first["LOCAL_AZURE_CLIENT_SECRET"]
    assert client_of(again).call("GET", GROUP)[0] == 200


def test_what_knows_the_secret_is_its_owners(line):
    secret = line.start()["LOCAL_AZURE_CLIENT_SECRET"]
    files = [path for path in line.state.iterdir() if secret in path.read_text()]
    assert {path.name for path in files} == {"client-secret", server_file.NAME}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_run_joins_what_runs_and_else_brings_its_own(line):
    show = ("--", "sh", "-c", "echo $LOCAL_AZURE_CLOUD; exit 7")
    cloud = line.start()["LOCAL_AZURE_CLOUD"]
    output, notes = line.call("run", *show, expect=7)
    assert (output.strip(), "beside the one that runs" in notes) == (cloud, True)
    assert "another local Azure" in line.call("run", "--guests", "null", "--fresh", *show, expect=2)[1]
    line.call("stop")
    output, notes = line.call("run", "--guests", "null", *show, expect=7)
    assert (output.startswith("https://localhost:"), notes) == (True, "")
    assert server_file.owner(line.state) is None


def test_a_server_that_was_killed_is_none(line):
    line.start()
    processes = line.processes()
    os.kill(processes[0], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server_file.owner(line.state) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    line.call("status", expect=3)
    assert "none runs" in line.call("stop")[1]
    assert line.start()


@pytest.mark.parametrize("verb, rest, text", [
    ("start", ["--guests", "null", "--clock-scale", "0"], "clock_scale 0.0"),
    ("start", ["--limits", "none"], "invalid choice"),
    ("start", ["--guests", "null", "--port", "1000000"], "did not come up"),
    ("reset", [], "none runs"),
    ("faults", ["list"], "none runs"),
    ("run", ["--guests", "null"], "found no command"),
])  # fmt: skip
def test_what_is_refused(line, verb, rest, text):
    assert text in line.call(verb, *rest, expect=2)[1]


def test_faults_from_standard_input_and_no_json(line):
    line.start()
    rules = json.dumps([{"then": {"drop": True}}, {"then": {"delay": 1}}])
    assert len(line.call("faults", "add", "-", stdin=rules)[0].splitlines()) == 2
    assert "no JSON" in line.call("faults", "add", "{", expect=2)[1]
    assert "found path 1" in line.call("faults", "add", '{"path": 1, "then": {"drop": true}}', expect=2)[1]
