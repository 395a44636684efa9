# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No private key travels, no secret is left behind: run at -vvv, search everywhere, with a positive control."""

from __future__ import annotations

import base64
import os
import re

import pytest

from .conftest import machine
from .run import custom, defaults, play, succeeded

PRIVATE = re.compile("BEGIN [A-Z ]*PRIVATE KEY")
BASE64 = re.compile(r"[A-Za-z0-9+/=]{200,}")


def decoded(text: str) -> str:
    """``text`` and, below it, everything in it that is base64: scripts travel so."""
    found = [text]
    for match in BASE64.findall(text):
        try:
            found.append(base64.b64decode(match).decode())
        except ValueError:
            continue
    return "\n".join(found)


def places(arm, site, log: str) -> dict[str, str]:
    """Every place outside the guests where something may have been written down."""
    state = arm.state
    found = {name: (state / name).read_text() for name in ("arm.json", "requests.jsonl", "bodies.jsonl")}
    found["wire"] = "\n".join(path.read_text() for path in state.glob("guests/*/wire.json"))
    found["console"] = "\n".join(path.read_text(errors="replace") for path in state.glob("guests/*/console.log"))
    found["report"] = site.report.read_text()
    found["log"] = log
    return {name: decoded(text) for name, text in found.items()}


def body(key: str) -> str:
    """The longest line of a PEM key: what to search for."""
    return max((line for line in key.splitlines() if "-----" not in line), key=len)


def in_guest(guest, text: str) -> list[str]:
    """Files in which the guest holds ``text``: agent, handlers, settings, status, logs, temporary files."""
    command = f"grep -rlF '{text}' /var/lib/waagent /var/log /tmp /run/systemd /etc/docker /root /var/tmp 2> /dev/null"
    return guest.run(command, check=False).split()


@pytest.fixture(scope="module")
def default_run(make_site):
    site = make_site("secrets", {"secret1": {}}, azure_vms_subnet_prefix="10.42.50.0/24")
    return site, succeeded(play(site, "playbooks/site.yml", "-vvv"))


def test_default_run_moves_no_private_key(default_run, arm, guest):
    site, run = default_run
    key = body(guest(site, "secret1").run("cat /etc/docker/tls/server-key.pem"))
    found = places(arm, site, run.output)
    assert [name for name, text in found.items() if key in text] == []
    mine = {
        name: text for name, text in found.items() if name in ("arm.json", "requests.jsonl", "log", "report", "wire")
    }
    assert [name for name, text in mine.items() if PRIVATE.search(text)] == []
    assert in_guest(guest(site, "secret1"), key) == ["/etc/docker/tls/server-key.pem"]


def test_client_keys_and_login_secret_stay_out_of_the_log(default_run, arm):
    site, run = default_run
    secret = os.environ["LOCAL_AZURE_CLIENT_SECRET"]
    keys = [body(path.read_text()) for path in site.certificates.rglob("*key.pem")]
    assert len(keys) >= 3  # two authorities and a client: the search has something to search for
    found = places(arm, site, run.output)
    for planted in (secret, *keys, (site.certificates / "digest.key").read_text().strip()):
        assert [name for name, text in found.items() if planted in text] == []


def test_key_from_the_controller_is_in_the_request_and_nowhere_else(make_site, arm, guest):
    """The positive control: here a key does travel, and the same search finds it, in ARM's request only."""
    site = make_site("carried", {"carried1": {}}, azure_vms_subnet_prefix="10.42.51.0/24",
                     docker_engine_key_origin="controller")  # fmt: skip
    run = succeeded(play(site, "playbooks/site.yml", "-vvv"))
    key = body((site.certificates / "servers" / "carried1" / "key.pem").read_text())
    found = places(arm, site, run.output)
    assert [name for name, text in found.items() if key in text] == ["bodies.jsonl"]
    assert in_guest(guest(site, "carried1"), key) == ["/etc/docker/tls/server-key.pem"]
    assert [path for path in arm.writes("carried") if "carried1/extensions" in path]
    again = succeeded(play(site))
    assert again.numbers("changed") == {"carried1": 0}


PLANTED = {"password": "planted-long-S3cret", "flag": "true", "port": "2376"}


def planting(vm: str) -> list[dict]:
    """A play that sends secrets, long and short ones, by an extension and by a run command."""
    target = {"vms": [vm], "digest_key": "planted-digest-S3cret"}
    extension = {"name": "planted", "publisher": "Contoso.Operations", "type": "Marker", "type_handler_version": "1.0"}
    script = 'test -n "$password" && echo "flag is $flag, port is $port"'
    command = {"name": "planted", "script": script, "protected_parameters": PLANTED}
    tasks = [
        {"bulwark.azure_docker.vm_extension": {**target, **extension, "protected_settings": PLANTED}},
        {"bulwark.azure_docker.vm_run_command": {**target, **command}, "register": "told"},
        {"ansible.builtin.debug": {"msg": "{{ told.vms.values() | map(attribute='execution.output') | first }}"}},
    ]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "module_defaults": defaults()}
    return [{**play, "tasks": [{"name": f"Step {number}", **task} for number, task in enumerate(tasks)]}]


def test_protected_settings_and_parameters_appear_nowhere_and_blank_nothing(default_run, arm, guest):
    site, _run = default_run
    playbook = custom(site, "planted", planting(machine(site, "secret1")))
    variables = [f"{name}={site.defaults()[name]}" for name in ("docker_azure_cloud", "docker_azure_ca_path")]
    run = succeeded(play(site, playbook, "-vvvv", "-e", variables[0], "-e", variables[1]))
    assert "flag is true, port is 2376" in run.text, "short values stay readable"
    again = succeeded(play(site, playbook, "-vvvv", "-e", variables[0], "-e", variables[1]))
    assert again.numbers("changed") == {"localhost": 0}
    found = places(arm, site, run.output + again.output)
    assert [name for name, text in found.items() if PLANTED["password"] in text] == ["bodies.jsonl"]
    assert [name for name, text in found.items() if "planted-digest-S3cret" in text] == []
    assert in_guest(guest(site, "secret1"), PLANTED["password"]) == []
