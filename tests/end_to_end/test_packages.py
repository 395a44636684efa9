# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the engine comes from: a signed mirror, and package files; the tests build on each other."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import pathlib
import zipfile
from typing import Any

import pytest

from local_azure.__main__ import CHECKOUT

from . import sleeper
from .portal import Portal
from .repository import BROKEN, Repository, Server
from .run import Guest, Run, custom, play, succeeded

NUMBER = 90
OLD, NEW, BAD = "28.0.0", "28.1.0", "28.2.0"
PLUGINS = ("docker-buildx-plugin", "docker-compose-plugin")
PLACES = (
    "/etc/apt/keyrings/bulwark-azure-docker.asc", "/etc/apt/preferences.d/bulwark-azure-docker",
    "/etc/apt/sources.list.d/bulwark-azure-docker.sources",
)  # fmt: skip
OTHER = "AB" * 20


class Host:
    """One VM; ``declare`` runs the module docker_engine on it, over SSH."""

    def __init__(self, site, guest: Guest, repository: Repository, server: Server) -> None:
        self.site, self.guest, self.repository, self.server = site, guest, repository, server
        self.url = f"http://10.42.{NUMBER}.1:{server.port}"

    def mirror(self, **fields: Any) -> dict[str, Any]:
        pin = self.repository.signer.fingerprint
        return {"kind": "mirror", "url": self.url, "key_fingerprint": pin, **fields}

    def declare(self, source: dict[str, Any], *arguments: str, version: str | None = None, **options: Any) -> Run:
        given = {
            "host": "packages1", "vm_id": "vm-1", "address": self.guest.address, "package_source": source,
            "engine_version": version, "daemon_options": {"live-restore": True}, **options,
        }  # fmt: skip
        tasks = [{"name": "Engine", "bulwark.azure_docker.docker_engine": given, "become": True}]
        plays = [{"name": "Packages", "hosts": "docker_hosts", "gather_facts": False, "tasks": tasks}]
        return play(self.site, custom(self.site, "packages", plays), *arguments)

    def absent(self) -> Run:
        return self.declare({}, state="absent")

    def run(self, command: str, check: bool = True) -> str:
        return self.guest.run(command, check)

    def version(self, name: str) -> str:
        return self.run(f"dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' {name} 2> /dev/null", check=False)

    def changed(self, run: Run) -> int:
        return succeeded(run).numbers("changed")["packages1"]


@pytest.fixture(scope="module")
def host(arm, make_site, guest):
    portal = Portal(arm, "packages", NUMBER)
    site = make_site("packages", {"packages1": {"azure_vms_id": portal.id("packages1")}}, azure_vms_subscription_id="")
    portal.vm(site, "packages1")
    found = guest(site, "packages1")
    site.hosts["packages1"] |= {
        "ansible_host": found.address,
        "ansible_user": "azureuser",
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
    }
    site.write()
    repository = Repository(pathlib.Path(os.environ["LOCAL_AZURE_STATE"]) / "mirror")
    repository.engine(OLD)
    repository.containerd("1.7.27")
    for name in PLUGINS:
        repository.package(name, "0.1-1")
    repository.package("libc6", "99-1")  # what a mirror must not be able to do
    repository.publish()
    server = Server(repository.directory)
    yield Host(site, found, repository, server)
    server.stop()


def test_check_tells_what_would_be_done_and_does_nothing(host):
    run = succeeded(host.declare(host.mirror(), "--check", "--diff"))
    for place in PLACES:
        assert place in run.text
    assert "install engine: not installed" in run.text
    assert host.run(f"ls {' '.join(PLACES)} 2> /dev/null", check=False) == ""


def test_a_key_that_is_not_pinned_is_refused_before_anything_is_written(host):
    run = host.declare(host.mirror(key_fingerprint=OTHER))
    assert run.code != 0
    fingerprint = host.repository.signer.fingerprint
    assert f"{host.url}/gpg has the fingerprint {fingerprint}, expected {OTHER}; if" in run.text
    assert host.run(f"ls {' '.join(PLACES)} 2> /dev/null", check=False) == ""
    assert host.version("docker-ce") == ""


def test_the_engine_comes_from_the_mirror_and_nothing_else_does(host):
    assert host.changed(host.declare(host.mirror())) == 1
    assert host.version("docker-ce").startswith(f"installed 5:{OLD}")
    for name in ("docker-ce-cli", "containerd.io", *PLUGINS):
        assert host.version(name).startswith("installed"), name
    assert host.run("docker info --format '{{.LiveRestoreEnabled}}'").strip() == "true"
    policy = host.run("apt-cache policy libc6")
    assert "99-1 -1" in " ".join(policy.split()), "the control: the mirror offers it"
    assert "Candidate: 2." in policy


def test_again_nothing_changes_and_no_key_is_fetched(host):
    del host.server.asked[:]
    assert host.changed(host.declare(host.mirror())) == 0
    assert host.server.asked == []


def test_what_somebody_did_to_the_source_is_mended(host):
    started = host.run("systemctl show docker.service -p ExecMainStartTimestampMonotonic")
    before = host.run(f"sha256sum {' '.join(PLACES)}")
    host.run(f"rm {PLACES[0]}; : > {PLACES[1]}; sed -i 's/^Signed-By.*/Trusted: yes/' {PLACES[2]}")
    checked = host.declare(host.mirror(), "--check", "--diff")
    assert "Trusted: yes" in checked.text
    assert host.changed(host.declare(host.mirror())) == 1
    assert host.run(f"sha256sum {' '.join(PLACES)}") == before
    assert host.run("systemctl show docker.service -p ExecMainStartTimestampMonotonic") == started


@pytest.fixture(scope="module")
def container(host):
    """The process id of a container that runs since before the upgrade."""
    return sleeper.start(host)


def test_an_upgrade_keeps_containers_running(host, container):
    host.repository.engine(NEW)
    host.repository.containerd("1.7.28")
    host.repository.publish()
    assert host.changed(host.declare(host.mirror())) == 0, "without a version what is there is right"
    assert host.changed(host.declare(host.mirror(), version="28.1")) == 1
    for name in ("docker-ce", "docker-ce-cli"):
        assert host.version(name).startswith(f"installed 5:{NEW}"), name
    assert host.version("containerd.io") == "installed 1.7.28-1"
    executable = host.run("readlink /proc/$(systemctl show docker.service -p MainPID --value)/exe").strip()
    assert executable == "/usr/sbin/dockerd", "the new one runs"
    assert sleeper.pid(host) == container
    assert host.changed(host.declare(host.mirror(), version="28.1")) == 0


def test_an_upgrade_waits_where_nothing_may_restart(host):
    host.repository.engine(BAD, files={"usr/sbin/dockerd": BROKEN})
    host.repository.publish()
    run = host.declare(host.mirror(), "-v", version=BAD, restart="deferred")
    assert host.changed(run) == 0
    assert f"wanted {BAD} (an upgrade restarts the daemon)" in run.text
    assert host.version("docker-ce").startswith(f"installed 5:{NEW}")


def test_a_version_that_does_not_start_is_rolled_back(host, container):
    run = host.declare(host.mirror(), version=BAD)
    assert run.code != 0
    assert "dockerd does not answer after the upgrade; its last words:" in run.text
    assert "this dockerd is broken" in run.text
    assert f"docker-ce 5:{NEW}" in run.text
    assert "are in force again; mend the cause, or declare a version that works" in run.text
    for name in ("docker-ce", "docker-ce-cli"):
        assert host.version(name).startswith(f"installed 5:{NEW}"), name
    assert sleeper.pid(host) == container
    assert host.changed(host.declare(host.mirror(), version=NEW)) == 0


def test_an_older_version_is_refused(host):
    run = host.declare(host.mirror(), version=OLD)
    assert run.code != 0
    assert f"wanted version {OLD}, which is older; an engine is not downgraded over its data" in run.text
    assert host.version("docker-ce").startswith(f"installed 5:{NEW}")


def test_an_interrupted_dpkg_is_mended(host):
    host.run("dpkg --remove docker-buildx-plugin && : > /var/lib/dpkg/updates/0000")
    assert "dpkg was interrupted" in host.run("apt-get install docker-buildx-plugin 2>&1", check=False), "the control"
    assert host.changed(host.declare(host.mirror(), version=NEW)) == 1
    assert host.version("docker-buildx-plugin") == "installed 0.1-1"
    assert "--configure -a" in host.run("cat /var/log/bulwark-azure-docker.log")


HOLD = """
cat > /srv/holder.py << 'END'
import fcntl, os, time
files = [open(f"/var/lib/{name}", "w") for name in ("dpkg/lock-frontend", "apt/lists/lock")]
for file in files:
    fcntl.lockf(file, fcntl.LOCK_EX)
with open("/srv/held.new", "w") as file:
    file.write(str(os.getpid()))
os.rename("/srv/held.new", "/srv/held")
time.sleep(300)
END
rm -f /srv/held
setsid python3 /srv/holder.py > /dev/null 2>&1 < /dev/null &
while ! [ -e /srv/held ]; do sleep 0.1; done
"""


def test_who_holds_the_lock_is_named(host):
    """The program as it is, but with less patience than the ten minutes that it has for other package runs."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in (CHECKOUT / "plugins/module_utils/_engine").glob("*.py"):
            archive.write(path, f"engine/{path.name}")
    text = base64.b64encode(content.getvalue()).decode()
    state = {
        "schema": 1, "host": "packages1", "vm_id": "vm-1", "address": host.guest.address, "port": 2376, "tls": None,
        "engine": {"version": NEW, "source": host.mirror()}, "daemon": {"options": {"live-restore": True}},
    }  # fmt: skip
    program = "import sys; from engine import apt, program; apt.LOCK_SECONDS, apt.PAUSE = 3, 1; program.main()"
    host.run(f"base64 -d > /srv/program.zip << 'END'\n{text}\nEND\ndpkg --remove docker-buildx-plugin\n{HOLD}")
    try:
        command = f"echo '{json.dumps(state)}' | PYTHONPATH=/srv/program.zip python3 -c '{program}' 2>&1"
        said = host.run(command, check=False)
    finally:
        host.run("kill $(cat /srv/held)")
    assert "/var/lib/apt/lists/lock was held for 3 s by process" in said
    assert "(python3 /srv/holder.py), expected it to become free; wait for that package run to end" in said
    assert host.changed(host.declare(host.mirror(), version=NEW)) == 1


def test_engines_are_not_swapped(host):
    run = host.declare({})
    assert run.code != 0
    assert "installed by this collection; wanted is docker.io from kind distribution" in run.text
    assert "declare the state absent first (images, containers and volumes stay on the disk)" in run.text
    assert host.version("docker-ce").startswith("installed")


def test_absence_takes_engine_and_source_along(host):
    assert host.changed(host.absent()) == 1
    for name in ("docker-ce", "docker-ce-cli", "containerd.io", *PLUGINS):
        assert not host.version(name).startswith("installed"), name
    assert host.run(f"ls {' '.join(PLACES)} 2> /dev/null", check=False) == ""
    assert host.changed(host.absent()) == 0


def package(host, name: str) -> pathlib.Path:
    (path,) = host.repository.pool.glob(f"{name}-*.deb")
    return path


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_of(host, *names: str, spoilt: str = "") -> dict[str, Any]:
    """A source of package files: the command line by a path on the machine, the rest from the mirror's pool."""
    entries = []
    for name in names:
        path = package(host, name)
        place = {"url": f"{host.url}/pool/{path.name}"}
        if name.startswith("docker-ce-cli"):
            place = {"path": f"/srv/{path.name}"}
            text = base64.b64encode(path.read_bytes()).decode()
            host.run(f"base64 -d > /srv/{path.name} << 'END'\n{text}\nEND")
        entries.append({**place, "sha256": "0" * 64 if name == spoilt else digest(path)})
    return {"kind": "offline", "files": entries}


SET = (f"docker-ce_{OLD}", f"docker-ce-cli_{OLD}", "containerd.io_1.7.27")


def test_a_wrong_checksum_installs_nothing(host):
    run = host.declare(files_of(host, *SET, spoilt=SET[2]))
    assert run.code != 0
    assert f"has the SHA-256 {digest(package(host, SET[2]))}, expected {'0' * 64}; nothing was installed" in run.text
    for name in ("docker-ce", "docker-ce-cli", "containerd.io"):
        assert not host.version(name).startswith("installed"), name


def test_what_files_depend_on_is_named_and_taken_from_nowhere(host):
    run = host.declare(files_of(host, *SET[:2]))
    assert run.code != 0
    assert "depend on packages that are neither among them nor installed: containerd.io; declare the files" in run.text
    assert not host.version("docker-ce-cli").startswith("installed")


def test_package_files_are_installed(host):
    source = files_of(host, *SET)
    assert host.changed(host.declare(source)) == 1
    assert host.version("docker-ce").startswith(f"installed 5:{OLD}")
    assert host.run("docker version --format '{{.Server.Version}}'").strip()
    assert "files-" not in host.run("ls /var/lib/bulwark-azure-docker"), "what was brought is gone"
    del host.server.asked[:]
    host.run("rm -f /srv/*.deb")
    assert host.changed(host.declare(source)) == 0
    assert host.server.asked == [], "no file is fetched again"


def test_newer_package_files_are_an_upgrade(host):
    newer = (f"docker-ce_{NEW}", f"docker-ce-cli_{NEW}", SET[2])
    assert host.changed(host.declare(files_of(host, *newer))) == 1
    assert host.version("docker-ce").startswith(f"installed 5:{NEW}")
    executable = host.run("readlink /proc/$(systemctl show docker.service -p MainPID --value)/exe").strip()
    assert executable == "/usr/sbin/dockerd"
