# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``guest``: which machine is meant, and what is refused."""

from __future__ import annotations

import argparse
import json

import pytest

from local_azure import server_file
from local_azure.commands import guest
from local_azure.guests.nspawn import NspawnOperator
from local_azure.guests.qemu import QemuOperator
from local_azure.lab import join
from local_azure.lab.launcher import LabError

from .wire.machines import spec


@pytest.fixture
def state(tmp_path):
    for vm_id, name in (("id-1-00000001", "docker1"), ("id-2-00000002", "docker2"), ("id-3-00000003", "docker2")):
        directory = tmp_path / "guests" / vm_id
        directory.mkdir(parents=True)
        (directory / "machine.json").write_text(json.dumps({"name": name, "vm_id": vm_id, "address": "10.42.0.4"}))
    return tmp_path


@pytest.mark.parametrize(
    ("guests", "vm", "kind", "machine"),
    [
        ("nspawn", "docker1", NspawnOperator, "vm-00000001"),
        ("nspawn", "DOCKER1", NspawnOperator, "vm-00000001"),
        ("nspawn", "id-3-00000003", NspawnOperator, "vm-00000003"),
        ("qemu", "docker1", QemuOperator, "vm-00000001"),
    ],
)
def test_find(state, guests, vm, kind, machine):
    found = guest.find(state, guests, vm)
    assert isinstance(found, kind)
    assert (found.machine if guests == "nspawn" else found.agent.machine) == machine
    assert found.address == "10.42.0.4"


@pytest.mark.parametrize(("vm", "text"), [("docker9", "found 0 VMs"), ("docker2", "found 2 VMs called 'docker2'")])
def test_not_one(state, vm, text):
    with pytest.raises(LabError, match=text):
        guest.find(state, "qemu", vm)


@pytest.mark.parametrize("verb", ["snapshot", "restore"])
def test_a_container_has_no_snapshots(verb):
    with pytest.raises(LabError, match="needs a virtual machine; start with --guests qemu"):
        getattr(NspawnOperator(spec().vm_id, spec().address), verb)("installed")


@pytest.mark.parametrize(
    ("guests", "text"), [(None, "none runs"), ("null", "no machines; start with --guests nspawn or qemu")]
)
def test_what_is_refused(state, monkeypatch, guests, text):
    server = guests and server_file.Server(1, guests, "", "", str(state), join.network(), {})
    monkeypatch.setattr(server_file, "find", lambda _state: server)
    with pytest.raises(LabError, match=text):
        guest.guest(argparse.Namespace(state=state, vm="docker1", action="run", command=["true"]))


@pytest.mark.parametrize(
    ("code", "expected"), [(0, 0), (3, 3), (-9, 137)]
)  # fmt: skip
def test_output_and_exit_code(state, monkeypatch, capsys, code, expected):
    class Operator:
        def run(self, *command):
            return argparse.Namespace(returncode=code, stdout=f"{command}\n", stderr="problem\n")

    server = server_file.Server(1, "qemu", "", "", str(state), join.network(), {})
    monkeypatch.setattr(server_file, "find", lambda _state: server)
    monkeypatch.setattr(guest, "find", lambda *_given: Operator())
    options = argparse.Namespace(state=state, vm="docker1", action="run", command=["--", "uname", "-r"])
    assert guest.guest(options) == expected
    assert capsys.readouterr() == ("('uname', '-r')\n", "problem\n")
