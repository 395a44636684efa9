# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose projects with a private registry and secrets, by the extension, on a guest with Debian's own engine."""

from __future__ import annotations

import json

import pytest

from .run import play, succeeded
from .test_secrets import places

REGISTRY = "registry.test:5000"
PASSWORD, TOKEN, NEXT_TOKEN = "planted-registry-P4ssword", "planted-compose-T0ken", "planted-next-T0ken"
DIRECTORY = "/var/lib/bulwark-azure-docker/compose/shop"
# What the engine keeps of its containers, with the environment that they were given.
STATE = ("/var/lib/docker/containers", "/var/lib/docker/overlay2", "/var/lib/containerd", "/run/containerd")
# A registry with TLS and a password, and one image in it that is nowhere else on the machine.
SETUP = f"""set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --quiet --quiet --yes --no-install-recommends docker-registry apache2-utils busybox-static > /dev/null
echo 127.0.0.1 registry.test >> /etc/hosts
cd /etc/docker/registry
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=registry.test -addext subjectAltName=DNS:registry.test \
    -keyout key.pem -out cert.pem 2> /dev/null
chown docker-registry key.pem
mkdir -p '/etc/docker/certs.d/{REGISTRY}'
cp cert.pem '/etc/docker/certs.d/{REGISTRY}/ca.crt'
tls='tls: {{certificate: /etc/docker/registry/cert.pem, key: /etc/docker/registry/key.pem}}'
sed -i "s#^http:#http:\\n  $tls#" config.yml
echo '{PASSWORD}' | htpasswd -iBn ada > htpasswd
systemctl restart docker-registry
mkdir -p /run/image/bin
cp /bin/busybox /run/image/bin/
for name in sh cat sleep; do ln -s busybox "/run/image/bin/$name"; done
tar --create --directory /run/image . | docker import --change 'CMD ["sleep", "1000000"]' - {REGISTRY}/tool:1
login() {{ echo '{PASSWORD}' | docker --config /run/push login --username ada --password-stdin {REGISTRY}; }}
for turn in $(seq 50); do login && break; sleep 0.2; done
docker --config /run/push push --quiet {REGISTRY}/tool:1
docker image rm {REGISTRY}/tool:1
rm -rf /run/push /run/image
"""
MODEL = {
    "services": {
        "web": {
            "image": f"{REGISTRY}/tool:1",
            "restart": "unless-stopped",
            "environment": {"GREETING": "$GREETING"},
            "volumes": ["data:/data"],
        },
        "api": {
            "image": f"{REGISTRY}/tool:1",
            "environment": {"TOKEN": "$TOKEN"},
            "env_file": "api.env",
            "secrets": ["token"],
        },
        "job": {"image": f"{REGISTRY}/tool:1", "command": ["sh", "-c", "exit 0"]},
    },
    "secrets": {"token": {"environment": "TOKEN"}},
    "volumes": {"data": {}},
}  # fmt: skip


def declare(site, greeting="hello", token=TOKEN, **given):
    """Write the inventory anew."""
    files = {"compose.yaml": json.dumps(MODEL), "api.env": "LEVEL=1\n"}
    project = {"name": "shop", "files": files, "environment": {"GREETING": greeting}, "wait_seconds": 60, **given}
    site.variables.update(
        docker_engine_compose_projects=[project],
        docker_engine_compose_secret_environment={"shop": {"TOKEN": token}},
        docker_engine_registry_logins=[{"registry": REGISTRY, "username": "ada", "password": PASSWORD}],
    )
    site.write()


@pytest.fixture(scope="module")
def shop(make_site, guest):
    """(site, guest, the run that brought the project up)."""
    site = make_site("compose", {"compose1": {}}, azure_vms_subnet_prefix="10.42.91.0/24")
    succeeded(play(site))
    machine = guest(site, "compose1")
    machine.run(SETUP)
    declare(site)
    return site, machine, succeeded(play(site, "playbooks/site.yml", "-vvv"))


def containers(machine):
    """Ids and states by service."""
    form = '{{.Label "com.docker.compose.service"}} {{.ID}} {{.State}}'
    rows = machine.run(f"docker container ls --all --no-trunc --format '{form}'").splitlines()
    return {row.split()[0]: tuple(row.split()[1:]) for row in rows}


def inside(machine, service, command):
    return machine.run(f"docker exec shop-{service}-1 {command}")


def same(before, after, *services):
    return [before[name] == after[name] for name in services]


def test_images_are_pulled_with_the_login_and_containers_have_their_variables(shop):
    _site, machine, run = shop
    assert run.numbers("changed") == {"compose1": 1}
    assert {name: state for name, (_id, state) in containers(machine).items()} == {
        "web": "running", "api": "running", "job": "exited",
    }  # fmt: skip
    assert inside(machine, "web", "sh -c 'echo $GREETING'") == "hello\n"
    assert inside(machine, "api", "sh -c 'echo $TOKEN $LEVEL'") == f"{TOKEN} 1\n"
    assert inside(machine, "api", "cat /run/secrets/token") == TOKEN
    assert machine.run(f"stat -c '%a %U' {DIRECTORY} {DIRECTORY}/*").split() == ["700", "root", *["600", "root"] * 2]


def test_a_second_run_changes_nothing(shop):
    site, machine, _run = shop
    before = (machine.footprint(), containers(machine))
    again = succeeded(play(site))
    assert again.numbers("changed") == {"compose1": 0}
    assert (machine.footprint(), containers(machine)) == before


def found(machine, text):
    """Files of the guest with ``text`` in them, but for what the engine keeps of its containers."""
    places = "/var /etc /root /home /tmp /run /opt /srv /usr/local"
    command = f"grep -rslFD skip -- '{text}' {places} | grep -vE '^({'|'.join(STATE)})'"
    return machine.run(command, check=False).split()


def test_nothing_secret_is_left_behind(shop, arm):
    site, machine, run = shop
    assert [found(machine, text) for text in (TOKEN, PASSWORD)] == [[], []]
    machine.run(f"echo {TOKEN} {PASSWORD} > /opt/planted")
    assert [found(machine, text) for text in (TOKEN, PASSWORD)] == [["/opt/planted"]] * 2, "the control"
    machine.run("rm /opt/planted")
    kept = [machine.run(f"grep -rslF -- '{text}' {' '.join(STATE)}", check=False) for text in (TOKEN, PASSWORD)]
    assert kept[0], "the engine keeps what a service's environment is given"
    assert kept[1] == ""
    outside = places(arm, site, run.output)
    for secret in (TOKEN, PASSWORD):
        assert [name for name, text in outside.items() if secret in text] == ["bodies.jsonl"]


def test_a_container_that_was_killed_is_found_and_started_again(shop):
    site, machine, _run = shop
    before = containers(machine)
    machine.run("docker kill shop-web-1")
    checked = succeeded(play(site, "playbooks/site.yml", "--check", "-v"))
    assert checked.numbers("changed") == {"compose1": 1}
    assert "up Compose project shop: service web: shop-web-1 exited (137)" in checked.text
    assert containers(machine)["web"][1] == "exited"
    done = succeeded(play(site))
    assert done.numbers("changed") == {"compose1": 1}
    after = containers(machine)
    assert (after["web"][1], same(before, after, "web", "api")) == ("running", [True, True])


def test_another_variable_makes_only_its_service_anew(shop):
    site, machine, _run = shop
    before = containers(machine)
    declare(site, greeting="good day")
    assert succeeded(play(site)).numbers("changed") == {"compose1": 1}
    after = containers(machine)
    assert same(before, after, "web", "api") == [False, True]
    assert inside(machine, "web", "sh -c 'echo $GREETING'") == "good day\n"


def test_another_secret_too(shop):
    site, machine, _run = shop
    before = containers(machine)
    declare(site, greeting="good day", token=NEXT_TOKEN)
    assert succeeded(play(site)).numbers("changed") == {"compose1": 1}
    after = containers(machine)
    assert same(before, after, "web", "api") == [True, False]
    assert inside(machine, "api", "sh -c 'echo $TOKEN'") == f"{NEXT_TOKEN}\n"
    assert inside(machine, "api", "cat /run/secrets/token") == NEXT_TOKEN
    assert found(machine, NEXT_TOKEN) == []


def test_a_project_that_compose_refuses_changes_nothing(shop):
    site, machine, _run = shop
    before = containers(machine)
    declare(site, token=NEXT_TOKEN, files={"compose.yaml": f"services: {{web: {{ports: ['{NEXT_TOKEN}']}}}}"})
    run = play(site)
    assert run.code != 0
    assert "docker compose refuses the files of the project shop" in run.text
    assert NEXT_TOKEN not in run.output
    assert (containers(machine), found(machine, NEXT_TOKEN)) == (before, [])


def test_absent(shop):
    site, machine, _run = shop
    declare(site, state="absent")
    site.variables["docker_engine_compose_secret_environment"] = {}
    site.write()
    assert succeeded(play(site)).numbers("changed") == {"compose1": 1}
    assert containers(machine) == {}
    assert machine.run("docker volume ls --quiet") == "shop_data\n"
    assert machine.run(f"ls -d {DIRECTORY} 2> /dev/null", check=False) == ""
    assert succeeded(play(site)).numbers("changed") == {"compose1": 0}
