# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The teardown forgets the SSH host keys of the VMs that it removed, and no others: its own task, run by Ansible."""

from __future__ import annotations

import json
import pathlib

import pytest

from ..house import checkout

ROLE = checkout.ROOT / "roles" / "azure_vms"
VMS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines"
DELETED = {"action": "delete", "changed": True, "reasons": ["present"]}
# host -> what came of its VM
REMOVED = {
    "gone": DELETED,
    "theirs": {"action": "none", "changed": False, "reasons": ["kept: its tag bulwark-azure-docker-owner is None"]},
    "absent": {"action": "none", "changed": False, "reasons": []},
    "locked": {"action": "none", "changed": False, "reasons": [], "error": {"code": "ScopeLocked"}},
    "unknown": DELETED,  # no keys of it were ever stored
}


def forget(directory: pathlib.Path, *arguments: str, known_hosts: str = "known_hosts") -> list[str]:
    """Run the task for all hosts; the names whose keys are still there. Only "unknown" has none to begin with."""
    [task] = [
        task for task in checkout.load(ROLE / "tasks" / "teardown.yml") if task["name"].startswith("Forget the SSH")
    ]
    role = directory / "roles" / "forgetting"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").write_text(json.dumps([task]))
    for name in ("defaults", "vars"):
        (role / name).symlink_to(ROLE / name)
    stored = directory / "known_hosts"
    stored.mkdir()
    for host in REMOVED:
        if host != "unknown":
            (stored / host).touch()
    hosts = {
        host: {"azure_vms_id": f"{VMS}/{host}", "__azure_vms_removed": {"resources": {f"{VMS}/{host}": result}}}
        for host, result in REMOVED.items()
    }
    directory_given = str(directory / known_hosts) if known_hosts else ""
    common = {"ansible_connection": "local", "azure_vms_known_hosts_directory": directory_given}
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    (directory / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": ["forgetting"]}]))
    done = checkout.ansible(directory, "playbook", "-i", "inventory.json", "play.yml", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(path.name for path in stored.iterdir())


@pytest.mark.parametrize(
    ("arguments", "known_hosts", "left"),
    [
        ([], "known_hosts", ["absent", "locked", "theirs"]),
        (["--check"], "known_hosts", ["absent", "gone", "locked", "theirs"]),
        ([], "", ["absent", "gone", "locked", "theirs"]),
    ],
)
def test_keys_of_removed_vms_go(
    tmp_path: pathlib.Path, arguments: list[str], known_hosts: str, left: list[str]
) -> None:
    assert forget(tmp_path, *arguments, known_hosts=known_hosts) == left
