# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site on local Azure: its inventory, and how to call ansible-playbook on it. Only the inventory tells the cloud."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .__main__ import CACHE, CHECKOUT

COLLECTION = ("ansible_collections", "bulwark", "azure_docker")
LOCATION = "westeurope"


def collections_path() -> pathlib.Path:
    """A directory in which the checkout is found as a collection, whatever it is called itself."""
    path = CACHE / "collections"
    link = path.joinpath(*COLLECTION)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(CHECKOUT, target_is_directory=True)
    return path


SITE_PLAYBOOK = "playbooks/site.yml"


class Site:
    """One directory with an inventory, an SSH key, the certificate directory and the report."""

    def __init__(
        self,
        directory: pathlib.Path,
        hosts: Mapping[str, Mapping[str, Any]],
        name: str = "demo",
        skip_tags: Sequence[str] = (),
        **variables: Any,
    ) -> None:
        """``skip_tags``: parts of the site's playbook that are left out in every run."""
        self.directory = directory
        self.hosts = dict(hosts)
        self.name = name
        self.skip_tags = skip_tags
        self.variables = variables
        self.inventory = directory / "inventory.json"
        self.key = directory / "ssh_key"
        self.certificates = directory / "certificates"
        self.report = self.certificates / "report.json"

    def write(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        group = {"hosts": self.hosts, "vars": {**self.defaults(), **self.variables}}
        self.inventory.write_text(json.dumps({"all": {"children": {"docker_hosts": group}}}, indent=2))

    def host_variables(self, host: str) -> Mapping[str, Any]:
        return {**self.variables, **self.hosts.get(host, {})}

    def defaults(self) -> dict[str, Any]:
        return {
            "docker_site_name": self.name,
            "docker_tls_directory": str(self.certificates),
            "docker_azure_cloud": os.environ["LOCAL_AZURE_CLOUD"],
            "docker_azure_ca_path": os.environ["LOCAL_AZURE_CA"],
            "azure_vms_subscription_id": os.environ["LOCAL_AZURE_SUBSCRIPTIONS"].split(",")[0],
            "azure_vms_location": LOCATION,
            "azure_vms_ssh_public_key": self.key.with_suffix(".pub").read_text().strip(),
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def environment(self) -> dict[str, str]:
        """The environment of ansible-playbook; the client's secret comes in by it, as from a vault."""
        return {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_ASYNC_DIR": str(self.directory / "async"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_HOST_KEY_CHECKING": "true",
            "AZURE_TENANT_ID": os.environ["LOCAL_AZURE_TENANT"],
            "AZURE_CLIENT_ID": os.environ["LOCAL_AZURE_CLIENT_ID"],
            "AZURE_CLIENT_SECRET": os.environ["LOCAL_AZURE_CLIENT_SECRET"],
        }

    def command(self, playbook: str, *arguments: str) -> list[str]:
        tool = pathlib.Path(sys.executable).parent / "ansible-playbook"
        skipped = ["--skip-tags", ",".join(self.skip_tags)] if self.skip_tags and playbook == SITE_PLAYBOOK else []
        return [str(tool), "--inventory", str(self.inventory), playbook, *skipped, *arguments]
