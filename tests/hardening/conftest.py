# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One VM that is hardened once, for all tests: ``make test ONLY=hardening``. Its guests are virtual machines."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from end_to_end.arm import Arm
from end_to_end.conftest import arm, guest, machine
from end_to_end.run import Guest, Run, play, succeeded

from local_azure.site import Site

from . import inside
from .rows import IMAGE, ROWS

PACKAGES = "busybox-static docker-buildx docker-compose"
PROGRAMS = "sh sleep cat httpd wget id nc ls touch"
MAKE_IMAGE = f"""set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update > /dev/null
apt-get -q --yes install {PACKAGES} > /dev/null
mkdir -p /srv/image/bin /srv/image/etc /srv/image/tmp /srv/image/www
cp /bin/busybox /srv/image/bin/
for name in {PROGRAMS}; do ln -sf busybox /srv/image/bin/$name; done
echo root:x:0:0::/:/bin/sh > /srv/image/etc/passwd
echo served > /srv/image/www/index.html
tar -C /srv/image -c . | docker import - {IMAGE}
"""
# With live-restore off, so that a swarm can be made before; the hardening turns it on.
BEFORE = {"docker_engine_live_restore": False}


class Host:
    """The VM, by SSH."""

    def __init__(self, arm: Arm, site: Site, machine: Guest) -> None:
        self.arm, self.site, self.machine = arm, site, machine
        self.variables: dict[str, Any] = dict(BEFORE)

    def run(self, command: str, check: bool = True) -> str:
        return self.machine.run(command, check)

    def play(self, *arguments: str, **variables: Any) -> Run:
        self.variables.update(variables)
        return play(self.site, "playbooks/site.yml", "-e", json.dumps(self.variables), *arguments)

    def restart(self, before: str) -> None:
        """Restart the VM through Azure; return once it has booted anew (it had the boot id ``before``) and Docker
        answers. AssertionError after five minutes."""
        self.arm.call("POST", f"{machine(self.site, 'hardened1')}/restart")
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            if self.run("cat /proc/sys/kernel/random/boot_id", check=False) not in ("", before):
                self.run("systemctl is-system-running --wait", check=False)
                self.run("docker version")
                return
            time.sleep(2)
        raise AssertionError("the VM did not boot again within 300 s")

    def tried(self) -> dict[str, dict[str, Any]]:
        """What becomes of all rows now."""
        with open(inside.__file__, "rb") as file:
            program = base64.b64encode(file.read()).decode()
        rows = base64.b64encode(json.dumps([row.given for row in ROWS]).encode()).decode()
        self.run(f"echo {program} | base64 -d > /srv/inside.py; echo {rows} | base64 -d > /srv/rows.json")
        return json.loads(self.run("python3 /srv/inside.py < /srv/rows.json 2> /srv/inside.log"))


@pytest.fixture(scope="session")
def host(arm: Arm, guest: Callable[[Site, str], Guest]) -> Host:
    """A Docker host as the other roles leave it, with an image and a container."""
    directory = pathlib.Path(os.environ["LOCAL_AZURE_STATE"]) / "sites" / "hardened"
    site = Site(directory, {"hardened1": {}}, "hardened")
    site.write()
    succeeded(play(site, "playbooks/site.yml", "--skip-tags", "docker_hardening", "-e", json.dumps(BEFORE)))
    found = Host(arm, site, guest(site, "hardened1"))
    found.run(MAKE_IMAGE)
    found.run(f"docker run --detach --restart always --name kept --network none {IMAGE} /bin/sleep infinity")
    return found


__all__ = ["arm", "guest", "host"]
