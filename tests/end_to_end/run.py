# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks on a site of local Azure, and look into its guests as its administrator would: by SSH."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from typing import Any

from local_azure.recap import Recap, recap
from local_azure.site import Site


@dataclasses.dataclass(frozen=True)
class Run:
    """What one ansible-playbook did."""

    code: int
    output: str
    recap: dict[str, Recap]

    def numbers(self, name: str) -> dict[str, int]:
        """One column of the recap by host: changed, failed, unreachable or ok."""
        return {host: getattr(row, name) for host, row in self.recap.items()}

    @property
    def text(self) -> str:
        """The output in one line, as Ansible wraps and quotes its messages."""
        return " ".join(self.output.replace('\\"', '"').replace("\\n", " ").split())


def play(site: Site, playbook: str = "playbooks/site.yml", *arguments: str, **environment: str) -> Run:
    """Run a playbook of the checkout, or one at an absolute path."""
    from local_azure.__main__ import CHECKOUT

    done = subprocess.run(
        site.command(playbook, *arguments), cwd=CHECKOUT, env={**site.environment(), **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    return Run(done.returncode, output, recap(output))


def succeeded(run: Run) -> Run:
    assert run.code == 0, run.output[-4000:]
    return run


def custom(site: Site, name: str, plays: list[dict[str, Any]]) -> str:
    """A playbook of the test's own, as a user would write one; its path."""
    path = site.directory / f"{name}.json"
    path.write_text(json.dumps(plays, indent=2))
    return str(path)


def defaults() -> dict[str, Any]:
    """The module_defaults that a play of the user's own needs on this cloud."""
    options = {"cloud": "{{ docker_azure_cloud }}", "ca_path": "{{ docker_azure_ca_path }}"}
    return {"group/bulwark.azure_docker.azure": options}


def site_play(**keywords: Any) -> dict[str, Any]:
    """The play of site.yml with other keywords (serial, strategy, become ...)."""
    roles = ("azure_vms", "docker_tls", "docker_engine", "docker_verify")
    return {
        "name": "Docker hosts",
        "hosts": "docker_hosts",
        "gather_facts": False,
        "module_defaults": defaults(),
        "roles": [{"role": f"bulwark.azure_docker.{role}"} for role in roles],
        **keywords,
    }


class Guest:
    """A VM by SSH, with the site's key and the host keys that the collection wrote."""

    def __init__(self, site: Site, name: str, address: str) -> None:
        self.site, self.name, self.address = site, name, address

    def run(self, command: str, check: bool = True) -> str:
        """Run a shell command as root; its output."""
        known = self.site.certificates / "known_hosts" / self.name
        # before its first run the collection knows no keys of a VM that somebody else made
        strict = "yes" if known.exists() else "no"
        options = {
            "BatchMode": "yes",
            "UserKnownHostsFile": known if known.exists() else "/dev/null",
            "HostKeyAlias": self.name,
            "StrictHostKeyChecking": strict,
            "LogLevel": "ERROR",
        }
        flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        done = subprocess.run(
            ["ssh", *flags, "-i", str(self.site.key), f"azureuser@{self.address}", "sudo", "sh", "-s"],
            input=command, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{self.name}: {command}: {done.stdout} {done.stderr}"
        return done.stdout

    def footprint(self) -> dict[str, str]:
        """What a run that changes nothing leaves as it is."""
        return {
            "files": self.run(
                "stat -c '%n %i %Y %Z' /etc/docker/tls/* /etc/systemd/system/docker.service.d/* /etc/docker"
            ),
            "dockerd": self.run("systemctl show docker.service -p ExecMainPID -p ExecMainStartTimestampMonotonic"),
            "sequence": self.run(
                "ls /var/lib/waagent/*CustomScript-*/config/ | sort -n; cat /var/lib/waagent/custom-script/mrseq"
            ),
        }
